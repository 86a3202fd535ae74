"""Test of whether the best trials crowd at an end of a range, by counting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

BEST = (5, 10, 20)  # numbers of best trials that are counted


def least(of: int, share: float, level: float) -> int:
    """Return the smallest k with P(B ≥ k) ≤ level for a binomial B of `of` trials with probability `share`."""
    return int(stats.binom.isf(level, of, share)) + 1


def crowded(inside: NDArray[np.bool_], limits: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the first (count inside, number of best) that reaches its limit, else None.

    `inside` is a flag per trial, best first; `limits` are pairs of a number of best and the least count among them.
    """
    for of, count in limits:
        if len(inside) >= of and inside[:of].sum() >= count:
            return int(inside[:of].sum()), of
    return None


def exact_limits(trials: int, share: float, level: float) -> list[tuple[int, int]]:
    """Return limits for `crowded` whose false alarms under uniform draws are at most `level` in all."""
    numbers = [of for of in BEST if of <= trials]
    limits = [(of, least(of, share, level / len(numbers))) for of in numbers]
    return [(of, count) for of, count in limits if count <= of]
