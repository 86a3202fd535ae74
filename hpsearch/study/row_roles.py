"""Columns of a table that may say how its rows belong together: proposed as group, or mentioned in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from hpsearch.data.roles import DATE, TARGET, ColumnProposal, repeats_like_an_id

LEAST_GROUPS = 10
"""Minimum number of groups, and of those with rows of each class for folds: of fewer, each part would have hardly one.
"""

LEAST_OF_CLASS = 3
"""Minimum number of groups with rows of a class: one for training, one for validation, one for the test."""

LEAST_TIMES = 30
"""Minimum number of different dates that may order the rows: a few are sorted by chance, or say a batch."""

NEARLY_ALL = 0.9
"""Share of rows with a date of their own from which on the dates look like times of events."""

_WEIGHT = re.compile(
    r"((sample|case|row|survey|sampling|instance|observation|obs)[ _.-]?)?(weights?|wgt|wt)|fnlwgt", re.IGNORECASE
)


class Hint(NamedTuple):
    """Line of ``[data]`` that a person may want: key, column, and why."""

    key: str
    column: str
    reason: str


class RowRoles(NamedTuple):
    """Columns of the rows.

    Attributes
    ----------
    named
        Names of columns by key of ``[data]``.
    hints
        Lines that are mentioned only.
    fewest_groups
        Number of groups with rows of the class that is in the fewest; None without groups or classes.
    """

    named: dict[str, str]
    hints: tuple[Hint, ...]
    fewest_groups: int | None


def row_roles(
    table: pd.DataFrame,
    columns: Sequence[ColumnProposal],
    target: str,
    given: Mapping[str, str],
    *,
    has_classes: bool,
) -> RowRoles:
    """Return `given` names, with a group proposed where ids repeat in enough rows of each class, and hints.

    Parameters
    ----------
    given
        Keys of ``[data]`` "group", "time" and "weight", as the user set them.
    """
    named = dict(given)
    hints: list[Hint] = []
    classes = target if has_classes else None
    free = [each for each in columns if each.role != TARGET and each.name not in named.values()]
    ids = [each.name for each in free if repeats_like_an_id(each.name, table)]
    if ids and not {"group", "time"} & set(named):
        reason = _too_few(table, ids[0], classes)
        if reason:
            hints.append(Hint("group", ids[0], reason))
        else:
            named["group"] = ids[0]
    free = [each for each in free if each.name not in named.values()]
    if "time" not in named:
        hints += _times(table, free, instead="group" in named)
    if "weight" not in named:
        hints += _weights(table, free)
    fewest = _fewest(table, named["group"], classes) if "group" in named and classes is not None else None
    return RowRoles(named, tuple(hints), fewest)


def _fewest(table: pd.DataFrame, group: str, classes: str) -> int:
    return int(table.dropna(subset=[classes]).groupby(classes)[group].nunique().min())


def _too_few(table: pd.DataFrame, group: str, classes: str | None) -> str:
    """Return why whole groups can't be split; empty if they can."""
    count = table[group].nunique()
    if count < LEAST_GROUPS:
        return f"an id with {count} different values, too few to split by; as an input it may give the answer away"
    if classes is not None and (fewest := _fewest(table, group, classes)) < LEAST_OF_CLASS:
        return f"an id that repeats, but rows of one class are in {fewest} of its {count:,} groups only: too few"
    return ""


def _times(table: pd.DataFrame, columns: Sequence[ColumnProposal], *, instead: bool) -> Iterator[Hint]:
    dates = [each.name for each in columns if each.role == DATE]
    if len(dates) != 1:
        return
    values = table[dates[0]]
    different = values.nunique()
    if values.isna().any() or different < LEAST_TIMES:
        return
    ordered = values.is_monotonic_increasing or values.is_monotonic_decreasing
    if ordered:
        reason = "the rows are in its order"
    elif different >= NEARLY_ALL * len(values):
        reason = "nearly every row has a date of its own"
    else:
        return
    other = "instead of group: " if instead else ""
    yield Hint("time", dates[0], f"{other}{reason}; right if the model is for later rows than these")


def _weights(table: pd.DataFrame, columns: Sequence[ColumnProposal]) -> Iterator[Hint]:
    for each in columns:
        values = table[each.name]
        if not _WEIGHT.fullmatch(each.name) or not pd.api.types.is_numeric_dtype(values) or values.nunique() < 2:
            continue
        if values.isna().any() or not np.isfinite(values.to_numpy(dtype=float)).all() or (values < 0).any():
            continue
        yield Hint("weight", each.name, "named like one; right if it says how much a row counts, and nothing measured")
        return
