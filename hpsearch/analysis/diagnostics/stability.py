"""Where in a parameter's range everything diverges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from hpsearch.analysis.diagnostics.search import TaskSearch

_CHANCE = 0.01  # of as many infeasible trials at the end of a range if they were spread over it


class Boundary(NamedTuple):
    """The end of the range beyond which trials diverge: ``"low"`` or ``"high"``; where it begins; how many lie there.

    `position` is from 0 to 1, between the last trial that did not diverge and the first that did.
    """

    end: str
    position: float
    trials: int
    bad: int


def boundary(search: TaskSearch, name: str, end: str) -> Boundary | None:
    """The largest region at that end of the range in which so many trials diverged; None where there is none.

    Of the region's trials at least `stability_share` are infeasible, at least `stability_trials` are in it, and of
    the trials outside it at most half are; by the share outside, as many inside would come about in less than one case
    in a hundred: divergence that has nothing to do with the parameter has no boundary.
    """
    trials = search.trials
    places = search.positions(trials, name)
    known = ~np.isnan(places)
    bad = trials["bad"].to_numpy(dtype=bool)[known]
    away = places[known] if end == "low" else 1 - places[known]  # distance from the end
    order = np.argsort(away, kind="stable")
    size = _region(bad[order], search.limits.stability_trials, search.limits.stability_share)
    if size == 0:
        return None
    ordered = away[order]
    edge = float(ordered[size - 1] if size == len(ordered) else (ordered[size - 1] + ordered[size]) / 2)
    return Boundary(end, edge if end == "low" else 1 - edge, size, int(bad[order][:size].sum()))


def _region(bad: NDArray[np.bool_], least: int, share: float) -> int:
    """How many of the trials, nearest to the end first, make the region; 0 where there is none."""
    sizes = np.arange(1, len(bad) + 1)
    inside = np.cumsum(bad)
    outside = (bad.sum() - inside) / np.maximum(len(bad) - sizes, 1)
    fits = bad & (inside >= share * sizes) & (sizes >= least) & (outside <= 0.5)
    fits &= binom.sf(inside - 1, sizes, outside) < _CHANCE
    return int(sizes[fits].max()) if fits.any() else 0
