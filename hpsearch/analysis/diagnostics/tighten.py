"""Ranges that can be narrowed without excluding trials as good as the best."""

from __future__ import annotations

from collections.abc import Iterator

from hpsearch.analysis.diagnostics.finding import Change
from hpsearch.analysis.diagnostics.noise import places_as_good
from hpsearch.analysis.diagnostics.ranges import change, outward, values_of
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.space import value_at

_FEWEST = 5
_CHANCE = 0.05
_MARGIN = 0.1  # share of the range that is kept beyond the trials as good as the best
_ENDS = ("low", "high")


def tightened(search: TaskSearch) -> Iterator[Change]:
    """Yield ends of ranges moved in to the trials as good as the best, plus a tenth of the range.

    An end is moved if at least five independent trials are as good as the best and u^m is below 0.05: the probability
    that m uniform draws are all on their side of it. It must save at least a fifth of the range.
    """
    for name, _, places in places_as_good(search, _FEWEST):
        distribution = search.numeric[name]
        if values_of(distribution) < 10:
            continue
        for end in _ENDS:
            reach = float((1 - places).max() if end == "low" else places.max())  # measured from the other end
            room = reach + _MARGIN
            if reach ** len(places) >= _CHANCE or room > 0.8:
                continue
            at = value_at(1 - room if end == "low" else room, distribution)
            value = outward(float(at), end, distribution)
            if value not in (distribution.low, distribution.high):
                reason = f"all {len(places)} trials drawn at random that are as good as the best lie within"
                yield change(name, end, value, distribution, reason)
