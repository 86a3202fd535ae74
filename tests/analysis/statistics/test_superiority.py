import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.statistics.superiority import superiority


@pytest.mark.parametrize(("won", "lost"), [(7, 3), (10, 0), (0, 4), (1, 1), (15, 16)])
def test_the_interval_is_wilsons(won, lost):
    found = superiority(np.array([0.5] * won + [-0.1] * lost))
    by_scipy = stats.binomtest(won, won + lost).proportion_ci(0.95, method="wilson")
    assert found.probability == won / (won + lost)
    assert (found.low, found.high) == pytest.approx((by_scipy.low, by_scipy.high), abs=1e-12)


def test_ties_count_half_and_infinite_differences_count():
    assert superiority(np.array([0.0, 0.0, 0.1, -0.1, math.inf, -math.inf, math.inf])).probability == 4 / 7


def test_as_mann_whitney_would_count_a_single_pair():
    a, b = [0.3], [0.2]
    by_scipy = stats.mannwhitneyu(a, b).statistic / (len(a) * len(b))
    assert superiority(np.subtract(a, b)).probability == by_scipy


def test_turned():
    differences = np.array([0.1, 0.4, 0.0, -0.2])
    one, other = superiority(differences), superiority(-differences)
    assert one == pytest.approx((1 - other.probability, 1 - other.high, 1 - other.low))


def test_the_interval_of_a_share_stays_within_0_and_1():
    for n in range(1, 60):  # at n = 16 and 21 Wilson's ends are beyond, by rounding
        assert 0 <= superiority(-np.ones(n)).low < superiority(np.ones(n)).high <= 1


def test_no_pair_says_nothing():
    assert np.isnan(superiority(np.array([]))).all()
