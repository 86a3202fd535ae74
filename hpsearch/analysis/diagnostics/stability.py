"""Regions of divergence at the ends of a parameter's range."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from hpsearch.analysis.diagnostics.search import TaskSearch

_CHANCE = 0.01  # maximum probability of as many infeasible trials in a region if spread evenly


class Boundary(NamedTuple):
    """Region of divergence at one end of a range: ``"low"`` or ``"high"``, its boundary, and its number of trials.

    `position` is from 0 to 1, between the last trial that did not diverge and the first that did.
    """

    end: str
    position: float
    trials: int
    bad: int


def boundary(search: TaskSearch, name: str, end: str) -> Boundary | None:
    """Return the largest region of divergence at an end of the range; None without one.

    A region has at least `stability_trials` trials, and a share of at least `stability_share` is infeasible. Outside,
    at most half of the trials are. At the rate outside, as many infeasible trials inside must have a probability below
    0.01. Otherwise divergence may be unrelated to the parameter.
    """
    trials = search.trials
    places = search.positions(trials, name)
    defined = ~np.isnan(places)
    bad = trials["bad"].to_numpy(dtype=bool)[defined]
    away = places[defined] if end == "low" else 1 - places[defined]  # distance from the end
    order = np.argsort(away, kind="stable")
    size = _region(bad[order], search.limits.stability_trials, search.limits.stability_share)
    if size == 0:
        return None
    ordered = away[order]
    edge = float(ordered[size - 1] if size == len(ordered) else (ordered[size - 1] + ordered[size]) / 2)
    return Boundary(end, edge if end == "low" else 1 - edge, size, int(bad[order][:size].sum()))


def _region(bad: NDArray[np.bool_], least: int, share: float) -> int:
    """Return the size of the region in trials, counted from the end; 0 without a region."""
    sizes = np.arange(1, len(bad) + 1)
    inside = np.cumsum(bad)
    outside = (bad.sum() - inside) / np.maximum(len(bad) - sizes, 1)
    fits = bad & (inside >= share * sizes) & (sizes >= least) & (outside <= 0.5)
    fits &= binom.sf(inside - 1, sizes, outside) < _CHANCE
    return int(sizes[fits].max()) if fits.any() else 0
