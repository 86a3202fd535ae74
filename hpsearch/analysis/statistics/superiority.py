"""Probability that one variant beats another."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats


class Superiority(NamedTuple):
    """P(better) and its 95 % interval; NaN without a pair."""

    probability: float
    low: float
    high: float


def superiority(differences: NDArray[Any], level: float = 0.95) -> Superiority:
    """Compute P(A better than B) + ½ P(A equal to B) over pairs, with Wilson's score interval.

    Pairs are repeats: both variants start from the same split and the same first trials. Comparing every run of A
    with every run of B would count this shared luck. The probability is an effect size without a unit; Bouthillier et
    al. call 0.75 and more a meaningful improvement. Ties make the interval conservative.

    Parameters
    ----------
    differences
        How much better A was, for each pair; may be infinite.
    level
        Confidence level of the interval.

    Source: Bouthillier et al., "Accounting for variance in machine learning benchmarks", MLSys 2021; Wilson, JASA 22,
    1927. Their bootstrap interval collapses to a point if one variant wins every pair.
    """
    n = len(differences)
    if n == 0:
        return Superiority(math.nan, math.nan, math.nan)
    share = float(np.mean((differences > 0) + 0.5 * (differences == 0)))
    z = float(stats.norm.ppf((1 + level) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Superiority(share, max(centre - half, 0.0), min(centre + half, 1.0))
