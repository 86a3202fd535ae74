"""Whether noise is so large that it, and not the hyperparameters, decides which trial is best."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.metrics import metric

LEAST = 0.01  # noise up to it is negligible, for a metric from 0 to 1
_FEWEST = 10
_QUARTILES = 1.349  # distance of the quartiles of a normal distribution, in standard deviations


def decides(search: TaskSearch, sd: float, error: float) -> bool:
    """Return whether noise of standard deviation `sd` is material.

    It is if its variance exceeds the share `noise_share` of the variance of the values of trials on the same rows (by
    their quartiles), so that values mostly show noise; or if `sd` exceeds that share of `error`, the distance to a
    perfect score, where the metric has one, and 0.01. Noise above the lead over the second trial is ordinary: more
    trials shrink that lead to nothing.
    """
    share = search.limits.noise_share
    return sd**2 > share * spread(search) ** 2 or _of_error(search, sd, error)


def overstates(search: TaskSearch, gap: float, error: float) -> bool:
    """Return whether an optimism gap is material.

    It is if it exceeds the share `noise_share` of the best trial's lead over the median one; or if it exceeds that
    share of `error`, and 0.01.
    """
    values = _values(search)
    lead = abs(float(values[0] - np.median(values))) if len(values) >= _FEWEST else math.nan
    return gap > search.limits.noise_share * lead or _of_error(search, gap, error)


def _of_error(search: TaskSearch, amount: float, error: float) -> bool:
    return bool(amount > search.limits.noise_share * error and amount > LEAST)


def _values(search: TaskSearch) -> NDArray[np.float64]:
    return search.contenders["value"].to_numpy(dtype=np.float64)


def spread(search: TaskSearch) -> float:
    """Return the standard deviation of the values on the best trial's rows, by quartiles; NaN below ten trials."""
    values = _values(search)
    if len(values) < _FEWEST:
        return math.nan
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / _QUARTILES


def error_of(search: TaskSearch, value: float) -> float:
    """Return the distance of a value to a perfect score; NaN if the metric has none."""
    traits = metric(search.results.metric)
    if traits.best_is_one:
        return 1 - value
    return value if traits.share_of_rows and search.results.direction == "minimize" else math.nan
