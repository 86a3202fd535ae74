"""The mean of paired differences: its intervals and the test that it is not zero."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.statistics.spread import Interval, mean_interval

Basis = Literal["t", "signs", "none"]

_ROUNDING = 1e-12  # differences that agree to so many parts of the largest have no spread but that of rounding
_UNKNOWN = (math.nan, math.nan)


class MeanDifference(NamedTuple):
    """What paired differences say of their mean; NaN where they say nothing.

    Attributes
    ----------
    mean
        Infinite where one of the differences is.
    wide, narrow
        The 95 % and the 90 % interval.
    p
        Two-sided p value of "there is no difference".
    basis
        Where p is from: ``"t"``, ``"signs"``, or ``"none"`` with fewer than two pairs.
    """

    mean: float
    wide: tuple[float, float]
    narrow: tuple[float, float]
    p: float
    basis: Basis


def mean_difference(differences: NDArray[Any]) -> MeanDifference:
    """Student's t over the pairs, and the exact sign test where there is no t.

    Student's t at every number of pairs: below 30 a percentile bootstrap is too narrow (84 % coverage at 5 pairs, 89 %
    at 10), from 30 on the two agree, and t needs no random numbers and always agrees with its own test. It has no
    answer where a difference is infinite (one run found nothing at all) or all are equal (a spread of 0 estimated from
    few pairs is no certainty). The signs then still have one: with w pairs won and l lost, p is the two-sided binomial
    probability of w in w + l at ½, which takes at least six pairs to get below 0.05, seven to get below 0.03.

    Sources: Student, Biometrika 6, 1908; sign test: Conover, Practical Nonparametric Statistics, 3.4.
    """
    n = len(differences)
    mean = _mean(differences)
    if n < 2:
        return MeanDifference(mean, _UNKNOWN, _UNKNOWN, math.nan, "none")
    largest = float(np.max(np.abs(differences)))
    sd = float(np.std(differences, ddof=1)) if math.isfinite(largest) else math.inf
    if not math.isfinite(sd) or sd <= _ROUNDING * largest:
        return MeanDifference(mean, _UNKNOWN, _UNKNOWN, sign_test(differences), "signs")
    p = 2 * float(stats.t.sf(abs(mean) / (sd / math.sqrt(n)), n - 1))
    wide, narrow = (_bounds(mean_interval(differences, level)) for level in (0.95, 0.90))
    return MeanDifference(mean, wide, narrow, p, "t")


def sign_test(differences: NDArray[Any]) -> float:
    """The exact two-sided sign test; pairs without a difference don't count, and none at all gives 1."""
    won, lost = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    return float(stats.binomtest(won, won + lost).pvalue) if won + lost else 1.0


def _mean(differences: NDArray[Any]) -> float:
    """The mean; NaN of nothing, and where infinitely better and infinitely worse stand side by side."""
    both = np.isposinf(differences).any() and np.isneginf(differences).any()
    return math.nan if both or not len(differences) else float(np.mean(differences))


def _bounds(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high
