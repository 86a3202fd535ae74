"""Mean of paired differences: intervals, and a test against zero."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.statistics.spread import mean_interval

_ROUNDING = 1e-12  # relative spread below which differences count as equal, up to rounding


class MeanDifference(NamedTuple):
    """Estimate of the mean of paired differences; NaN if undefined.

    Attributes
    ----------
    mean
        Infinite if one of the differences is.
    low, high
        The 95 % interval, by Student's t.
    p
        Two-sided p value of "no difference".
    """

    mean: float
    low: float
    high: float
    p: float


def mean_difference(differences: NDArray[Any]) -> MeanDifference:
    """Apply Student's t test to the pairs, or the exact sign test if t is undefined.

    Student's t is used at every number of pairs. Below 30 pairs a percentile bootstrap is too narrow (84 % coverage at
    5 pairs, 89 % at 10); from 30 pairs the two agree. Student's t needs no random numbers, and its interval always
    agrees with its test. It is undefined if a difference is infinite (a run without any value). It is also not used if
    all are equal, since zero spread in few pairs is not certainty. The sign test still applies: with w pairs won and l
    lost, p is the two-sided binomial probability of w in w + l at ½. It takes at least six pairs to get below 0.05,
    seven to get below 0.03.

    Sources: Student, Biometrika 6, 1908; sign test: Conover, Practical Nonparametric Statistics, 3.4.
    """
    n = len(differences)
    mean = _mean(differences)
    if n < 2:
        return MeanDifference(mean, math.nan, math.nan, math.nan)
    largest = float(np.max(np.abs(differences)))
    sd = float(np.std(differences, ddof=1)) if math.isfinite(largest) else math.inf
    if not math.isfinite(sd) or sd <= _ROUNDING * largest:
        return MeanDifference(mean, math.nan, math.nan, sign_test(differences))
    p = 2 * float(stats.t.sf(abs(mean) / (sd / math.sqrt(n)), n - 1))
    return MeanDifference(*mean_interval(differences), p)


def sign_test(differences: NDArray[Any]) -> float:
    """Compute the exact two-sided sign test; ties are ignored, and p is 1 without other pairs."""
    won, lost = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    return float(stats.binomtest(won, won + lost).pvalue) if won + lost else 1.0


def _mean(differences: NDArray[Any]) -> float:
    """Compute the mean; NaN if empty or if it has infinities of both signs."""
    both = np.isposinf(differences).any() and np.isneginf(differences).any()
    return math.nan if both or not len(differences) else float(np.mean(differences))
