import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpsearch.analysis.comparison.ranks import ranks
from hpsearch.analysis.statistics.critical_difference import critical_difference, nemenyi

# Nine tasks and four strategies, more is better, and what independent implementations make of them: autorank 1.3.0
# (mean ranks and critical difference), scikit-posthocs 0.17.1 (p values of posthoc_nemenyi_friedman).
VALUES = [
    [2.04, -2.26, 1.32, 0.93],
    [-0.45, 0.08, -1.12, 1.27],
    [-0.87, 3.62, 1.13, 1.15],
    [-0.28, -0.37, -0.16, 1.11],
    [0.48, 0.06, 1.86, 1.3],
    [0.02, 1.85, 1.45, 0.99],
    [-0.18, 0.84, 2.84, 1.23],
    [-0.24, 1.3, 0.01, 1.21],
    [0.88, 0.88, 0.99, 2.17],
]
MEAN_RANKS = {"a": 3.277778, "b": 2.611111, "c": 2.222222, "d": 1.888889}
CRITICAL = 1.563453110994427
NEMENYI = {("a", "b"): 0.692333, ("a", "c"): 0.305720, ("a", "d"): 0.102159, ("b", "d"): 0.635254, ("c", "d"): 0.947190}


def places(values, sign=1):
    array = np.array(values, dtype=float)
    return pd.DataFrame(ranks(array, sign), columns=list("abcdefgh")[: array.shape[1]])


def test_as_independent_implementations():
    found = critical_difference(places(VALUES))
    assert found.ranks.to_dict() == pytest.approx(MEAN_RANKS, abs=1e-6)
    assert found.ranks.index.tolist() == ["d", "c", "b", "a"]
    assert found.difference == pytest.approx(CRITICAL, rel=1e-5)
    assert (found.statistic, found.p) == pytest.approx(stats.friedmanchisquare(*np.array(VALUES).T))
    assert found.groups == (("d", "c", "b", "a"),)


def test_what_is_told_apart_agrees_with_nemenyis_p_values():
    spread = np.add(VALUES, [0, 1, 2, 6])
    found = critical_difference(places(spread))
    for one, other in NEMENYI:
        gap = abs(found.ranks[one] - found.ranks[other])
        p = stats.studentized_range.sf(gap / np.sqrt(4 * 5 / (12 * 9)), 4, np.inf)
        together = any({one, other} <= set(group) for group in found.groups)
        assert together == (p > 0.05)
    assert found.p < 0.001


@pytest.mark.parametrize("pair", NEMENYI)
def test_p_values_of_a_library_lie_on_the_same_side_of_the_difference(pair):
    gap = abs(MEAN_RANKS[pair[0]] - MEAN_RANKS[pair[1]])
    assert (gap < nemenyi(4, 9)) == (NEMENYI[pair] > 0.05)


# Demšar 2006, table 5: q at 0.05; and the published differences for four strategies.
@pytest.mark.parametrize(("k", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (8, 3.031), (10, 3.164)])
def test_the_quantiles_are_the_published_ones(k, q):
    assert nemenyi(k, 14) == pytest.approx(q * np.sqrt(k * (k + 1) / (6 * 14)), abs=5e-4)


@pytest.mark.parametrize(("tasks", "difference"), [(5, 2.10), (8, 1.66), (20, 1.05)])
def test_the_differences_of_four_strategies(tasks, difference):
    assert nemenyi(4, tasks) == pytest.approx(difference, abs=0.005)


def test_groups_of_neighbours_without_those_inside_others():
    table = pd.DataFrame([[1.0, 2.0, 3.0, 4.0, 5.0]] * 20, columns=list("abcde"))  # difference 1.36
    assert critical_difference(table).groups == (("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"))
    same = pd.DataFrame([[2.0, 2.0, 2.0]] * 8, columns=list("abc"))
    found = critical_difference(same)
    assert (found.statistic, found.p, found.groups) == (0.0, 1.0, (("a", "b", "c"),))


def test_groups_come_largest_first_and_none_is_of_one_strategy():
    table = pd.DataFrame([[1.0, 2.0, 2.5, 3.0, 6.0]] * 20, columns=list("abcde"))  # difference 1.36
    assert critical_difference(table).groups == (("b", "c", "d"), ("a", "b"))


def test_turning_values_turns_ranks():
    up, down = critical_difference(places(VALUES)), critical_difference(places(VALUES, -1))
    assert (5 - up.ranks).to_dict() == pytest.approx(down.ranks.to_dict())
    assert up.p == pytest.approx(down.p)


@pytest.mark.parametrize("shape", [(7, 4), (8, 2), (0, 5)])
def test_too_few_tasks_or_strategies_have_none(shape):
    assert critical_difference(pd.DataFrame(np.ones(shape))) is None
