"""Quantiles and mean intervals of a few numbers, which may be infinite."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

_HUGE = 1e300  # replaces infinity during interpolation, since inf − inf gives NaN


class Interval(NamedTuple):
    """Mean and bounds of its confidence interval; NaN if there are too few numbers."""

    mean: float
    low: float
    high: float


def quantiles(values: NDArray[Any], probabilities: tuple[float, ...]) -> NDArray[np.float64]:
    """Compute the quantiles of each row by linear interpolation; infinite next to an infinite value.

    Parameters
    ----------
    values
        Shape (n, repeats), without NaN.
    probabilities
        Such as (0.25, 0.5, 0.75).

    Returns
    -------
    Shape (n, len(probabilities)).
    """
    if values.size == 0:
        return np.full((len(values), len(probabilities)), math.nan)
    clipped = np.clip(values.astype(np.float64), -_HUGE, _HUGE)
    interpolated = np.quantile(clipped, probabilities, axis=1).T
    return np.where(np.abs(interpolated) > _HUGE / 100, np.copysign(np.inf, interpolated), interpolated)


def mean_interval(values: NDArray[Any], level: float = 0.95) -> Interval:
    """Compute the mean and its Student's t interval: mean ± t((1 + level) / 2, n − 1) · s / √n.

    With the five to ten repeats of a typical study it keeps its level, while a percentile bootstrap covers 84 to 89 %.
    The interval is NaN for one value or any infinite value; the mean is NaN without values.
    """
    n = len(values)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan)
    mean = float(np.mean(values)) if not np.isnan(values).any() else math.nan
    if n == 1 or not np.isfinite(values).all():
        return Interval(mean, math.nan, math.nan)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
    return Interval(mean, mean - half, mean + half)
