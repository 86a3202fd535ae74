"""Whether strategies take different places over many tasks: Friedman's test and Nemenyi's critical difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

ENOUGH_TASKS = 8  # with fewer, the critical difference exceeds nearly all differences that occur
ENOUGH_STRATEGIES = 3  # of two, their paired comparison says more


@dataclass(frozen=True)
class CriticalDifference:
    """What the places on many tasks say.

    Attributes
    ----------
    ranks
        Mean place of each strategy, best first.
    tasks
        How many the means are over.
    statistic, p
        Friedman's χ² with k − 1 degrees of freedom, corrected for ties, and its p value.
    difference
        Mean places that differ by less can't be told apart at the 5 % level.
    groups
        Sets of neighbours, largest first, that can't be told apart.
    """

    ranks: pd.Series[float]
    tasks: int
    statistic: float
    p: float
    difference: float
    groups: tuple[tuple[str, ...], ...]


def critical_difference(places: pd.DataFrame) -> CriticalDifference | None:
    """Friedman's test and the critical difference; None with fewer than eight tasks or three strategies.

    Tasks are the blocks, and repeats were averaged before: repeats of a task are no independent tasks, and counting
    them as such makes anything significant. All ranks being compared at once, whether two strategies are told apart
    also depends on who else is in the pool (Benavoli et al.).

    Parameters
    ----------
    places
        One row a task, one column a strategy; see :func:`~hpsearch.analysis.comparison.ranks.task_ranks`.

    Sources: Demšar, JMLR 7, 2006; Benavoli, Corani and Mangili, JMLR 17(5), 2016.
    """
    tasks, strategies = places.shape
    if tasks < ENOUGH_TASKS or strategies < ENOUGH_STRATEGIES:
        return None
    means = places.mean().sort_values(kind="stable")
    apart = nemenyi(strategies, tasks)
    statistic, p = _friedman(places)
    return CriticalDifference(means, tasks, statistic, p, apart, _groups(means, apart))


def nemenyi(strategies: int, tasks: int, alpha: float = 0.05) -> float:
    """Nemenyi's critical difference: q √(k (k + 1) / (6 N)) with q the studentised range's quantile over √2."""
    q = float(stats.studentized_range.ppf(1 - alpha, strategies, math.inf)) / math.sqrt(2)
    return q * math.sqrt(strategies * (strategies + 1) / (6 * tasks))


def _friedman(places: pd.DataFrame) -> tuple[float, float]:
    if places.eq(places.iloc[:, 0], axis=0).all(axis=None):
        return 0.0, 1.0  # all tied on every task
    found = stats.friedmanchisquare(*places.to_numpy(dtype=float).T)
    return float(found.statistic), float(found.pvalue)


def _groups(means: pd.Series[float], apart: float) -> tuple[tuple[str, ...], ...]:
    """The runs of neighbours whose ends are less than `apart` from each other, without those inside another."""
    values = means.to_numpy(dtype=float)
    ends = np.searchsorted(values, values + apart, side="left")
    found = [
        tuple(map(str, means.index[start:end]))
        for start, end in enumerate(ends)
        if end - start > 1 and (start == 0 or end > ends[start - 1])
    ]
    return tuple(sorted(found, key=len, reverse=True))
