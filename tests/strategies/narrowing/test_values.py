import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.strategies.narrowing.values import count, index, key, open_index, value

DISCRETE = [
    (CategoricalDistribution(["a", 1, None]), ["a", 1, None]),
    (IntDistribution(3, 6), [3, 4, 5, 6]),
    (IntDistribution(0, 8, step=4), [0, 4, 8]),
    (IntDistribution(1, 4, log=True), [1, 2, 3, 4]),
    (IntDistribution(7, 7), [7]),
    (FloatDistribution(-0.1, 0.3, step=0.1), [-0.1, 0.0, 0.1, 0.2, 0.3]),
    (FloatDistribution(0.5, 0.5), [0.5]),
]


@pytest.mark.parametrize(("distribution", "values"), DISCRETE, ids=str)
def test_values_are_counted_from_0_in_their_order(distribution, values):
    assert count(distribution) == len(values)
    assert [value(distribution, place) for place in range(len(values))] == pytest.approx(values)
    assert [index(distribution, key(distribution, each)) for each in values] == list(range(len(values)))


@pytest.mark.parametrize("distribution", [FloatDistribution(0, 1), FloatDistribution(1e-3, 1, log=True)])
def test_continuous_parameters_have_no_count(distribution):
    assert count(distribution) is None
    assert index(distribution, 0.5) is None


def test_floats_that_differ_by_rounding_are_the_same_step():
    distribution = FloatDistribution(0, 1, step=0.1)
    assert key(distribution, 0.1 + 0.2) == key(distribution, 0.3)


def test_what_a_distribution_does_not_have_has_no_index():
    assert index(IntDistribution(0, 8, step=4), 6) is None
    assert index(IntDistribution(0, 10), 11) is None
    assert index(IntDistribution(0, 10), -1) is None


def test_quantiles_of_what_is_left_are_evenly_spread_over_it():
    distribution = IntDistribution(0, 9)
    closed = {0, 3, 4, 9}
    left = [open_index(distribution, closed, (place + 0.5) / 6) for place in range(6)]
    assert left == [1, 2, 5, 6, 7, 8]
    assert open_index(distribution, closed, 1.0) == 8
    assert open_index(distribution, set(range(10)), 0.5) is None


def test_a_huge_range_is_not_enumerated():
    assert open_index(IntDistribution(0, 10**15), {0, 5}, 0.5) == pytest.approx(5e14, rel=1e-9)
