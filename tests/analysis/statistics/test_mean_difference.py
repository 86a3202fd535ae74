import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.statistics.mean_difference import mean_difference, sign_test


@pytest.mark.parametrize("n", [2, 5, 10, 30, 60])
def test_as_the_paired_t_test(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(0.1, 1, n), rng.normal(0, 1, n)
    found, by_scipy = mean_difference(a - b), stats.ttest_rel(a, b)
    assert found.p == pytest.approx(by_scipy.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(by_scipy.confidence_interval(0.95)))


def test_by_hand():
    # mean 2, s = 1: t = 2 √3 = 3.4641 with 2 degrees of freedom
    found = mean_difference(np.array([1.0, 2.0, 3.0]))
    assert (found.mean, found.p) == pytest.approx((2.0, 0.074180), abs=1e-6)


# Differences without a t: their mean, and the p value of the exact sign test.
SIGNS = {
    (0.5,) * 6: (0.5, 2 / 64),
    (-0.5,) * 5: (-0.5, 2 / 32),
    (0.1, 0.1 + 1e-17, 0.1): (0.1, 2 / 8),
    (0.0,) * 9: (0.0, 1.0),
    (math.inf, 1.0, 2.0, -1.0): (math.inf, stats.binomtest(3, 4).pvalue),
    (math.inf, -math.inf, 0.0): (math.nan, 1.0),
    (1e200, 2e200, 3e200): (2e200, 2 / 8),  # their variance is beyond the largest float
}


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("differences", SIGNS)
def test_signs_stand_in_for_what_has_no_spread(differences):
    found = mean_difference(np.array(differences))
    assert (found.mean, found.p) == pytest.approx(SIGNS[differences], nan_ok=True)
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize(("spread", "by_signs"), [(0.9e-12, True), (1.1e-12, False)])
@pytest.mark.parametrize("size", [1.0, -1e6])
def test_a_spread_up_to_a_millionth_of_a_millionth_of_the_largest_is_none(spread, by_signs, size):
    found = mean_difference(size * np.array([1 - spread, 1.0, 1 + spread]))
    assert (found.p == 2 / 8, math.isnan(found.low)) == (by_signs, by_signs)


def test_below_two_pairs_there_is_no_test():
    assert mean_difference(np.array([0.3]))[0] == 0.3
    for differences in ([], [0.3], [math.inf]):
        found = mean_difference(np.array(differences, dtype=float))
        assert np.isnan([found.low, found.high, found.p]).all()


def test_the_sign_test_leaves_draws_out():
    assert sign_test(np.array([0.0, 0.0, 1.0, 1.0, -1.0])) == stats.binomtest(2, 3).pvalue
