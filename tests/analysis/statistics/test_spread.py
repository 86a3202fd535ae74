import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.statistics.spread import mean_interval, quantiles

QUARTERS = (0.25, 0.5, 0.75)


def test_quantiles_are_those_of_numpy_where_all_is_finite():
    values = np.random.default_rng(0).normal(size=(6, 7))
    np.testing.assert_allclose(quantiles(values, QUARTERS), np.quantile(values, QUARTERS, axis=1).T)


def test_a_quantile_next_to_an_infinite_value_is_infinite():
    found = quantiles(np.array([[1.0, 2.0, 3.0, math.inf], [-math.inf, -math.inf, 1.0, 2.0]]), QUARTERS)
    np.testing.assert_array_equal(found, [[1.75, 2.5, math.inf], [-math.inf, -math.inf, 1.25]])


def test_no_values_have_no_quantiles():
    assert np.isnan(quantiles(np.empty((2, 0)), QUARTERS)).all()


def test_interval_of_three_numbers_by_hand():
    # mean 2, s = 1, t(0.975, 2) = 4.302653, so half the width is 4.302653 / sqrt(3)
    assert mean_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2.0, 2 - 2.484138, 2 + 2.484138), abs=1e-6)


def test_interval_is_that_of_the_t_test():
    values = np.random.default_rng(1).normal(size=9)
    by_scipy = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    assert mean_interval(values, level=0.9)[1:] == pytest.approx(tuple(by_scipy))


def test_too_few_or_infinite_numbers_have_no_interval():
    assert np.isnan(mean_interval(np.array([]))).all()
    assert mean_interval(np.array([3.0]))[0] == 3.0
    assert np.isnan(mean_interval(np.array([3.0]))[1:]).all()
    infinite = mean_interval(np.array([3.0, math.inf]))
    assert infinite.mean == math.inf
    assert np.isnan(infinite[1:]).all()
