"""Ranges that can be narrowed without dropping anything as good as the best."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hpsearch.analysis.diagnostics.finding import Change
from hpsearch.analysis.diagnostics.noise import as_good
from hpsearch.analysis.diagnostics.ranges import change, outward, values_of
from hpsearch.analysis.diagnostics.search import Search
from hpsearch.strategies.unit import value_at

_FEWEST = 5
_CHANCE = 0.05
_ENDS = ("low", "high")


def tightened(search: Search) -> Iterator[Change]:
    """Ends of ranges moved in to where the trials as good as the best lie, and a tenth of the range further out.

    Moved is an end if at least five independent trials are as good as the best, and by chance alone they would all lie
    on their side of it with a probability below 0.05 (u^m for m uniform draws); less than a fifth of the range is
    not worth moving an end for.
    """
    best = search.independent_good
    if len(best) < _FEWEST:
        return
    equals = best[as_good(search, best["value"].to_numpy())]
    for name, distribution in search.numeric.items():
        places = search.positions(equals, name)
        places = places[~np.isnan(places)]
        if len(places) < _FEWEST or values_of(distribution) < 10:
            continue
        for end in _ENDS:
            reach = float((1 - places).max() if end == "low" else places.max())  # from the other end of the range
            room = reach + search.limits.near_share
            if reach ** len(places) >= _CHANCE or room > 0.8:
                continue
            at = value_at(1 - room if end == "low" else room, distribution)
            value = outward(float(at), end, distribution)
            if value not in (distribution.low, distribution.high):
                reason = f"all {len(places)} trials drawn at random that are as good as the best lie within"
                yield change(name, end, value, distribution, reason)
