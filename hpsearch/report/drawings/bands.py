"""Median and band over repeats of a curve, with diverged repeats as the worst."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpsearch.analysis.statistics.spread import quantiles

FEW = 5  # repeats, from which on the band is their quartiles rather than their range
COLUMNS = ("step", "low", "median", "high", "spread", "repeats")


def band_word(repeats: int) -> str:
    """Return what the band over this number of repeats is; empty for one."""
    return "" if repeats < 2 else "quartiles" if repeats >= FEW else "smallest and largest value"


def band(cell: pd.DataFrame, direction: int, smooth: int = 1) -> pd.DataFrame:
    """Return the median and band of one line at each step.

    A repeat that diverged counts as the worst from then on: infinite, with the sign that is bad; it is left out if
    neither sign is. A repeat that stopped early is left out after its end, and steps that fewer than half of the
    repeats have are left out.

    Parameters
    ----------
    cell
        repeat, step, value, diverged.
    direction
        1 if more is better, −1 if less is, 0 if unknown.
    smooth
        Number of steps of the centred moving mean, taken within each repeat.

    Returns
    -------
    step, low, median, high, spread (standard deviation of the finite values; NaN for one), repeats.
    """
    steps, rows = np.unique(cell["step"].to_numpy(dtype=float), return_inverse=True)
    repeats, columns = np.unique(cell["repeat"].to_numpy(), return_inverse=True)
    values, recorded = np.full((len(steps), len(repeats)), math.nan), np.zeros((len(steps), len(repeats)), bool)
    values[rows, columns], recorded[rows, columns] = cell["value"].to_numpy(dtype=float), True
    values = np.column_stack([smoothed(steps, curve, smooth) for curve in values.T])
    diverged = np.isin(repeats, cell.loc[cell["diverged"].astype(bool), "repeat"])
    worst = -direction * math.inf if direction else math.nan
    lost = ~np.isfinite(values) & (recorded | diverged)
    values = np.where(lost, worst, values)
    there = np.sum(~np.isnan(values), axis=1)
    enough = 2 * there >= max(values.shape[1], 1)
    few = values.shape[1] < FEW
    low, median, high = _quantiles(values, (0.0, 0.5, 1.0) if few else (0.25, 0.5, 0.75)).T
    with np.errstate(invalid="ignore"):
        finite = np.where(np.isfinite(values), values, np.nan)
    spread = pd.DataFrame(finite).std(axis=1).to_numpy()
    frame = pd.DataFrame(dict(zip(COLUMNS, (steps, low, median, high, spread, there), strict=True)))
    drawn: pd.DataFrame = frame[enough].reset_index(drop=True)
    return drawn


def smoothed(steps: NDArray[Any], values: NDArray[Any], width: int) -> NDArray[np.float64]:
    """Return the centred moving mean over `width` steps; values that are not finite stay, and do not count.

    At both ends the mean is over the part of the window that lies within the curve.
    """
    if width <= 1 or len(steps) < 2:
        return values.astype(np.float64)
    points = max(round(width / float(np.median(np.diff(steps)))), 1)
    finite = np.isfinite(values)
    series = pd.Series(np.where(finite, values, np.nan))
    means = series.rolling(points, center=True, min_periods=1).mean().to_numpy()
    return np.where(finite, means, values)


def _quantiles(values: NDArray[np.float64], probabilities: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the quantiles of each row without its NaN."""
    ordered = np.sort(values, axis=1)  # NaN last
    counts = np.sum(~np.isnan(values), axis=1)
    results = np.full((len(values), len(probabilities)), math.nan)
    for count in np.unique(counts[counts > 0]):
        rows = counts == count
        results[rows] = quantiles(ordered[rows, :count], probabilities)
    return results
