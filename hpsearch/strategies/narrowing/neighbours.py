"""How good a place is, judged by the trials around it: one lucky result counts for less than good company."""

from __future__ import annotations

import numpy as np

from hpsearch.space import Floats

NARROWEST = 1e-4  # a width below which the nearest trial alone decides


def ranks(values: Floats) -> Floats:
    """Ranks of the `values` as shares: near 0 for the smallest, near 1 for the largest; the same for equal values."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    return np.asarray((upto - count / 2)[place] / len(values), dtype=float)


def smoothed(places: Floats, known: Floats, scores: Floats, width: float) -> Floats:
    """The mean of the `scores` of the known trials, as seen from each place: the nearer a trial, the more it counts.

    s(x) = Σ wᵢ scoreᵢ / Σ wᵢ, wᵢ = exp(−‖x − xᵢ‖² / 2 width²), the kernel regression of Nadaraya and Watson (1964).
    Where no trial is near, the nearest decides.

    Parameters
    ----------
    places
        Coordinates x, shape (m, d).
    known
        Coordinates xᵢ of the trials, shape (n, d).
    scores
        Their scores, shape (n,).
    width
        How far a neighbour counts; 0: the nearest trial alone.
    """
    squared = (places**2).sum(1)[:, None] + (known**2).sum(1) - 2 * places @ known.T
    nearest = squared.min(axis=1, keepdims=True)
    weights = np.exp((nearest - squared) / (2 * max(width, NARROWEST) ** 2))
    # Rounded, so that equals are equal on every machine, and the first of them is taken.
    means: Floats = np.round(weights @ scores / weights.sum(axis=1), 9)
    return means
