"""Oracle numbers: by numerical integration of noncentral t densities, and from R's safestats."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from hpsearch.analysis.statistics.anytime import e_value, first_deciding, half_width, sign_e_value

HALF_WIDTHS = {
    0.05: (4.2509, 3.8698, 3.5376, 3.4248, 3.3246, 3.3468),
    0.05 / 3: (5.6064, 4.7915, 4.1619, 3.9525, 3.7383, 3.6982),
    0.05 / 9: (7.5888, 5.8837, 4.8100, 4.4784, 4.1321, 4.0261),
    0.01: (6.4164, 5.2728, 4.4592, 4.1967, 3.9234, 3.8532),
    0.01 / 3: (8.9481, 6.4782, 5.1240, 4.7250, 4.3102, 4.1721),
    0.01 / 9: (14.7756, 8.0470, 5.8360, 5.2645, 4.6858, 4.4747),
}


@pytest.mark.parametrize("level", HALF_WIDTHS)
def test_half_widths(level):
    widths = [half_width(n, level) for n in (8, 10, 15, 20, 40, 100)]
    assert widths == pytest.approx(HALF_WIDTHS[level], abs=6e-5)


@pytest.mark.parametrize(("level", "first"), [(0.05, 5), (0.05 / 3, 6), (0.01, 6), (0.05 / 9, 7), (0.01 / 9, 8)])
def test_the_first_finite_half_width(level, first):
    assert [math.isfinite(half_width(n, level)) for n in (first - 1, first)] == [False, True]
    assert half_width(1, level) == math.inf


def test_the_first_number_that_may_decide():
    levels = (0.05, 0.01, 0.05 / 3, 0.05 / 9, 0.01 / 3, 0.01 / 9, 0.5, 0.25)
    assert [first_deciding(level) for level in levels] == [6, 8, 7, 9, 10, 11, 2, 3]


E_VALUES = [(2.5, 10, 1, 3.10102865), (4, 6, 1, 9.05091437), (1, 20, 1, 0.35545395), (-3, 15, 0.5, 8.21895264)]


@pytest.mark.parametrize(("t", "n", "spread", "expected"), E_VALUES)
def test_e_values(t, n, spread, expected):
    assert e_value(t, n, spread) == pytest.approx(expected, rel=1e-8)


def test_the_e_value_is_a_mixture_of_noncentral_densities():
    def density(delta):
        return stats.nct.pdf(2.0, 7, delta * math.sqrt(8)) * stats.norm.pdf(delta)

    mixed, _ = integrate.quad(density, -6, 6)
    assert e_value(2.0, 8) == pytest.approx(mixed / stats.t.pdf(2.0, 7), rel=1e-6)


def test_the_half_width_is_where_the_e_value_reaches_its_threshold():
    for n in (6, 17, 90):
        assert e_value(half_width(n, 0.02), n) == pytest.approx(50)
    assert half_width(12, 0.05, 0.4**2) * 2 / math.sqrt(12) == pytest.approx(2.769707, abs=1e-6)


def test_sign_e_values():
    values = [sign_e_value(*signs) for signs in ((6, 0), (7, 0), (9, 0), (10, 1))]
    assert values == pytest.approx([14.4375, 26.8125, 94.9610, 16.4023], abs=1e-4)
    assert sign_e_value(0, 0) == 1.0
    assert sign_e_value(0, 7) == sign_e_value(7, 0)
    assert sign_e_value(5000, 0) > 1e300


def test_the_error_over_many_looks_stays_below_the_level():
    rng, n = np.random.default_rng(3), np.arange(1, 61)
    x = rng.normal(size=(2000, 60))
    mean = x.cumsum(axis=1) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt(np.maximum((x**2).cumsum(axis=1) - n * mean**2, 0) / (n - 1))
    widths = np.array([half_width(each, 0.1) for each in n])
    misses = (np.abs(mean[:, 6:]) > (widths * sd / np.sqrt(n))[:, 6:]).any(axis=1)
    assert 0.02 < misses.mean() < 0.1 + 3 * math.sqrt(0.09 / 2000)
