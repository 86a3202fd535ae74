"""Score of a place from the trials around it, so that one lucky result counts less than several good ones."""

from __future__ import annotations

import numpy as np

from hpsearch.space import Floats

NARROWEST = 1e-4  # lower limit of the kernel width; the nearest trial alone decides there


def ranks(values: Floats) -> Floats:
    """Return the mid-ranks of the `values` divided by their number; ties get the same rank.

    The smallest value is near 0, the largest near 1.
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    return np.asarray((upto - count / 2)[place] / len(values), dtype=float)


def smoothed(places: Floats, known: Floats, scores: Floats, width: float) -> Floats:
    """Return the kernel-weighted mean of the trials' `scores` at each place.

    s(x) = Σ wᵢ scoreᵢ / Σ wᵢ, wᵢ = exp(−‖x − xᵢ‖² / 2 width²), the kernel regression of Nadaraya and Watson (1964).
    Far from all trials, the nearest one decides.

    Parameters
    ----------
    places
        Coordinates x, shape (m, d).
    known
        Coordinates xᵢ of the trials, shape (n, d).
    scores
        Scores of the trials, shape (n,).
    width
        Standard deviation of the kernel; 0: the nearest trial alone.
    """
    squared = (places**2).sum(1)[:, None] + (known**2).sum(1) - 2 * places @ known.T
    nearest = squared.min(axis=1, keepdims=True)
    weights = np.exp((nearest - squared) / (2 * max(width, NARROWEST) ** 2))
    # Round, so that ties are the same on every machine; the first of them wins.
    means: Floats = np.round(weights @ scores / weights.sum(axis=1), 9)
    return means
