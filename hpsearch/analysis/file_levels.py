"""What the levels of factors set in a study file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hpsearch.objectives.data_keys import DATA
from hpsearch.objectives.levels import merged

OF_FAMILY = ("model", "space")  # tables that some families fix
SETTING = (*OF_FAMILY, DATA)  # tables in which a parameter stands, searched or fixed


def _tables(file: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the table of each factor."""
    factors = file.get("factors")
    tables = factors.values() if isinstance(factors, Mapping) else ()
    return [table for table in tables if isinstance(table, Mapping)]


def _levels(factor: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the tables of a factor's labelled levels."""
    levels = factor.get("levels")
    return [level for level in levels.values() if isinstance(level, Mapping)] if isinstance(levels, Mapping) else []


def level_keys(file: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Return table and key of every setting that some level of a factor sets."""
    keys = {tuple(str(factor["key"]).split(".", 1)) for factor in _tables(file) if "key" in factor}
    for factor in _tables(file):
        for level in _levels(factor):
            keys |= {(table, key) for table, own in level.items() if isinstance(own, Mapping) for key in own}
    return keys


def merged_levels(file: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the file itself, then its tables with each labelled level merged."""
    yield dict(file)
    for factor in _tables(file):
        for level in _levels(factor):
            yield merged(file, [level])
