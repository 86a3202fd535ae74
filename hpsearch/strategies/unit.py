"""A numeric parameter seen as a position in [0, 1] of its declared range, logarithmic where the range is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from optuna.distributions import FloatDistribution, IntDistribution

Numeric = FloatDistribution | IntDistribution
Floats = npt.NDArray[np.float64]


def position(value: float, distribution: Numeric) -> float:
    """Where `value` lies in the range: 0 at its low end, 1 at its high end."""
    low, high = _ends(distribution)
    if low == high:
        return 0.5
    return min(max((_scaled(value, distribution) - low) / (high - low), 0.0), 1.0)


def positions(values: Floats, distribution: Numeric) -> Floats:
    """Where each of the `values` lies in the range; NaN where it lies outside, or is NaN."""
    low, high = _ends(distribution)
    inside = np.where((values >= distribution.low) & (values <= distribution.high), values, np.nan)
    scaled = np.log(inside) if distribution.log else inside
    return scaled - low + 0.5 if low == high else (scaled - low) / (high - low)


def value_at(position: float, distribution: Numeric) -> float | int:
    """The value at `position`, on the distribution's grid where it has one."""
    low, high = _ends(distribution)
    scaled = low + position * (high - low)
    raw = math.exp(scaled) if distribution.log else scaled
    if distribution.step is not None and not (isinstance(distribution, IntDistribution) and distribution.log):
        raw = distribution.low + round((raw - distribution.low) / distribution.step) * distribution.step
    if isinstance(distribution, IntDistribution):
        return min(max(round(raw), distribution.low), distribution.high)
    return min(max(raw, distribution.low), distribution.high)


def _ends(distribution: Numeric) -> tuple[float, float]:
    """The scaled range; a grid's is half a step wider on both sides, so that its ends are as likely as the rest."""
    margin = 0.0 if distribution.step is None else distribution.step / 2
    return (
        _scaled(distribution.low - margin, distribution),
        _scaled(distribution.high + margin, distribution),
    )


def _scaled(value: float, distribution: Numeric) -> float:
    return math.log(value) if distribution.log else float(value)
