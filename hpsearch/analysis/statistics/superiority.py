"""How often one strategy beats another."""

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
    """P(A better than B) + ½ P(A as good as B) over pairs, with Wilson's score interval.

    Pairs are repeats: both strategies started from the same split and the same first trials, so that comparing each
    run of the one with every run of the other would count luck that they share. The share is of an effect that has no
    unit; 0.75 and more is what Bouthillier et al. call a meaningful improvement. Ties make the interval too wide
    rather than too narrow.

    Parameters
    ----------
    differences
        How much better A was, pair by pair; may be infinite.

    Source: Bouthillier et al., "Accounting for variance in machine learning benchmarks", MLSys 2021; Wilson, JASA 22,
    1927. They bootstrap their interval, which collapses to a point where one strategy won every pair.
    """
    n = len(differences)
    if n == 0:
        return Superiority(math.nan, math.nan, math.nan)
    share = float(np.mean((differences > 0) + 0.5 * (differences == 0)))
    z = float(stats.norm.ppf((1 + level) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Superiority(share, max(centre - half, 0.0), min(centre + half, 1.0))
