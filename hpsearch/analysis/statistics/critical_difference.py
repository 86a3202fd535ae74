"""Comparison of variants over many tasks: Friedman's test and Nemenyi's critical difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

ENOUGH_TASKS = 8  # with fewer, the critical difference exceeds nearly all real differences
ENOUGH_STRATEGIES = 3  # for two, use the paired comparison


@dataclass(frozen=True)
class CriticalDifference:
    """Result of Friedman's and Nemenyi's tests.

    Attributes
    ----------
    ranks
        Mean rank of each variant, best first.
    tasks
        Number of tasks.
    statistic, p
        Friedman's χ² with k − 1 degrees of freedom, corrected for ties, and its p value.
    difference
        Critical difference of mean ranks at the 5 % level; smaller differences are not significant.
    groups
        Sets of neighbours without significant differences, largest first.
    """

    ranks: pd.Series[float]
    tasks: int
    statistic: float
    p: float
    difference: float
    groups: tuple[tuple[str, ...], ...]


def critical_difference(places: pd.DataFrame) -> CriticalDifference | None:
    """Compute Friedman's test and the critical difference; None for fewer than eight tasks or three variants.

    Tasks are the blocks, with repeats averaged beforehand. Repeats of a task are not independent tasks; counting them
    as such inflates significance. Since all variants are ranked together, the result for two of them also depends on
    the others (Benavoli et al.).

    Parameters
    ----------
    places
        One row per task, one column per variant; see :func:`~hpsearch.analysis.comparison.ranks.task_ranks`.

    Sources: Demšar, JMLR 7, 2006; Benavoli, Corani and Mangili, JMLR 17(5), 2016.
    """
    tasks, variants = places.shape
    if tasks < ENOUGH_TASKS or variants < ENOUGH_STRATEGIES:
        return None
    means = places.mean().sort_values(kind="stable")
    apart = nemenyi(variants, tasks)
    statistic, p = _friedman(places)
    return CriticalDifference(means, tasks, statistic, p, apart, _groups(means, apart))


def nemenyi(variants: int, tasks: int, alpha: float = 0.05) -> float:
    """Compute Nemenyi's critical difference: q √(k (k + 1) / (6 N)).

    q is the quantile of the studentised range divided by √2.
    """
    q = float(stats.studentized_range.ppf(1 - alpha, variants, math.inf)) / math.sqrt(2)
    return q * math.sqrt(variants * (variants + 1) / (6 * tasks))


def _friedman(places: pd.DataFrame) -> tuple[float, float]:
    if places.eq(places.iloc[:, 0], axis=0).all(axis=None):
        return 0.0, 1.0  # all variants tied on every task
    test = stats.friedmanchisquare(*places.to_numpy(dtype=float).T)
    return float(test.statistic), float(test.pvalue)


def _groups(means: pd.Series[float], apart: float) -> tuple[tuple[str, ...], ...]:
    """Return the maximal runs of neighbours with ends less than `apart` from each other."""
    values = means.to_numpy(dtype=float)
    ends = np.searchsorted(values, values + apart, side="left")
    groups = [
        tuple(map(str, means.index[start:end]))
        for start, end in enumerate(ends)
        if end - start > 1 and (start == 0 or end > ends[start - 1])
    ]
    return tuple(sorted(groups, key=len, reverse=True))
