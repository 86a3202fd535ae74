"""Number of repeats that would probably resolve a comparison."""

from __future__ import annotations

import math

from scipy import stats

from hpsearch.analysis.statistics.anytime import first_deciding, half_width

FEWEST = 8
"""Minimum number of differences for an estimate."""

MOST = 100
"""Largest number of repeats that is named."""

_DEVIATIONS = 1.15  # two-sided 75 % interval of the standardised effect
_POWER = 0.85  # (c + 0.85) / √n is the 80 % point of the decision, to 5 %


def gap(mean: float, sd: float, n: int, margin: float | None = None) -> float:
    """Return a conservative distance, in deviations, that an interval must get below to decide.

    e = (1 − 3/(4n−5)) |x̄|/s and u = 1.15 √(1/n + e²/(2n)). The gap is e − u, the distance of the effect from 0. With a
    margin M = margin/s it is the larger of this and M − e − u, the distance of the effect from the margin.
    """
    effect = (1 - 3 / (4 * n - 5)) * abs(mean) / sd
    unsure = _DEVIATIONS * math.sqrt(1 / n + effect**2 / (2 * n))
    return max(effect - unsure, -math.inf if margin is None else margin / sd - effect - unsure)


def needed(mean: float, sd: float, n: int, level: float, margin: float | None = None) -> int | None:
    """Return the smallest number of repeats whose anytime-valid interval would probably decide.

    N = smallest n' > n with (c(n', level) + 0.85) / √n' ≤ gap. In simulations 80 % or more of such promises are kept,
    unless effects are small.

    Returns
    -------
    None below 8 differences, without a spread, or above 100.
    """
    if n < FEWEST or not sd > 0:
        return None
    distance = gap(mean, sd, n, margin)
    candidates = range(max(n + 1, first_deciding(level)), MOST + 1)
    return next((each for each in candidates if (half_width(each, level) + _POWER) / math.sqrt(each) <= distance), None)


def planned_may_resolve(
    mean: float, sd: float, n: int, planned: int, level: float, margin: float | None = None
) -> bool:
    """Return whether Student's interval at the `planned` number, if that lies ahead, would probably decide."""
    if not FEWEST <= n < planned or not sd > 0:
        return False
    width = float(stats.t.isf(level / 2, planned - 1))
    return (width + _POWER) / math.sqrt(planned) <= gap(mean, sd, n, margin)
