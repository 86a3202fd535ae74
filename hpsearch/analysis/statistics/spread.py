"""The middle and the spread of a few numbers, among them infinite ones."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

_HUGE = 1e300  # stands for infinity while quantiles are interpolated: inf − inf would give NaN


class Interval(NamedTuple):
    """A mean and the bounds of its confidence interval; NaN where there are too few numbers for one."""

    mean: float
    low: float
    high: float


def quantiles(values: NDArray[Any], probabilities: tuple[float, ...]) -> NDArray[np.float64]:
    """The quantiles of each row, by linear interpolation, which is infinite next to an infinite value.

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
    found = np.quantile(clipped, probabilities, axis=1).T
    return np.where(np.abs(found) > _HUGE / 100, np.copysign(np.inf, found), found)


def mean_interval(values: NDArray[Any], level: float = 0.95) -> Interval:
    """The mean, and Student's t interval for it: mean ± t((1 + level) / 2, n − 1) · s / √n.

    At the five to ten repeats that studies have it keeps its level, where a percentile bootstrap covers
    84 to 89 %. One value, or an infinite one, has no interval; no value has no mean.
    """
    n = len(values)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan)
    mean = float(np.mean(values)) if not np.isnan(values).any() else math.nan
    if n == 1 or not np.isfinite(values).all():
        return Interval(mean, math.nan, math.nan)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
    return Interval(mean, mean - half, mean + half)
