from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.report import figures, scales, style
from tests.report.built import empty_figure


@given(st.lists(st.floats(-0.5, 1.5), max_size=8).map(sorted), st.floats(0.01, 0.1))
def test_spread_keeps_order_and_distance(levels, gap):
    moved = scales.spread(levels, gap)
    assert all(below + gap <= above + 1e-9 for below, above in pairwise(moved))
    assert all(level <= 1.0 for level in moved)
    if all(low + gap < high for low, high in zip(levels, [*levels[1:], 1.0 + gap], strict=False)):
        assert moved == pytest.approx(levels)


@pytest.mark.parametrize(
    "distribution",
    [
        FloatDistribution(1e-6, 1.0, log=True),
        FloatDistribution(0.01, 0.05, log=True),
        FloatDistribution(-1.0, 1.0),
        FloatDistribution(0.5, 0.5),
        IntDistribution(8, 512, log=True),
        IntDistribution(0, 3),
    ],
)
def test_parameter_axes_show_the_declared_range_with_few_ticks(distribution):
    figure, (axes,) = empty_figure()
    with style.applied():
        scales.parameter_axis(axes, "x", "rate", distribution, 5, 20)
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert low < distribution.low <= distribution.high < high
    assert axes.get_xscale() == ("log" if distribution.log else "linear")
    assert axes.get_xlabel() == "rate"
    assert 1 <= len(ticks) <= 8
    figures.picture(figure)


def test_a_category_has_no_axis():
    _, (axes,) = empty_figure()
    with pytest.raises(TypeError, match="categorical"):
        scales.parameter_axis(axes, "x", "kind", CategoricalDistribution(["a"]), 5, 20)


@pytest.mark.parametrize(
    ("tick", "written"), [(1e-6, "1e-6"), (0.002, "2e-3"), (0.01, "0.01"), (1, "1"), (300, "300"), (1e6, "1e6")]
)
def test_ticks(tick, written):
    assert scales.power(tick) == written
