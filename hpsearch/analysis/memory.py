"""Remembers what was computed from results, as long as they live: several sections of a report ask for the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from weakref import ref

from hpsearch.analysis.results import Results

_T = TypeVar("_T")


def once(compute: Callable[[Results], _T]) -> Callable[[Results], _T]:
    """The same function of results, which computes once for each: nothing may be changed in them in between."""
    known: dict[int, tuple[ref[Results], _T]] = {}

    def remembered(results: Results) -> _T:
        key = id(results)
        held = known.get(key)
        if held is not None and held[0]() is results:
            return held[1]
        found = compute(results)
        known[key] = (ref(results, lambda _: known.pop(key, None) and None), found)
        return found

    remembered.__doc__, remembered.__name__ = compute.__doc__, compute.__name__
    return remembered
