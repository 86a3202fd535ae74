"""Roles of a table's columns: number, category, date, or ignored, with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpsearch.errors import and_more, quoted

if TYPE_CHECKING:
    import pandas as pd

    from hpsearch.data.table import Table

TARGET, NUMBER, CATEGORY, DATE, IGNORED = "target", "number", "category", "date", "ignored"

MOST_CATEGORIES = 100
"""Maximum number of categories of a text with a matrix column each; rare ones share a column beyond it."""

LEAST_ROWS_PER_TEXT = 2.0
"""Mean number of rows of each text below which a column of more than `MOST_CATEGORIES` texts is nearly unique."""

LEAST_ASCENDING = 30
"""Minimum number of rows in which different, ascending whole numbers are taken for an id: few rows are often sorted."""

MOST_NAMED = 50  # columns that the line to write names

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_IDS = frozenset({"id", "ids", "uid", "uuid", "guid"})
_NUMBERS = frozenset({"key", "index", "idx", "nr", "no"})  # of anything: a house, a week
_OF_IDS = _IDS | _NUMBERS
_OWNERS = frozenset(
    {"patient", "subject", "participant", "person", "user", "customer", "client", "household", "member", "student"}
)
_KINDS = frozenset(
    {"zip", "postal", "area", "region", "country", "state", "city", "year", "month", "week", "day", "hour", "type"}
    | {"kind", "class", "category", "status", "grade", "version", "language", "currency", "colour", "color", "gender"}
)
"""Words of names whose ids are those of kinds of rows, which new rows share."""


@dataclass(frozen=True)
class ColumnProposal:
    """Proposed role of a column.

    Attributes
    ----------
    role
        "target", "number", "category", "date" or "ignored"; in a proposed study "group", "time" or "weight", too.
    reason
        Why, in a few words.
    """

    name: str
    role: str
    reason: str


def describe_columns(table: Table, target: str | None) -> list[ColumnProposal]:
    """Return the proposed role of each column, in the order of the table.

    Proposed to be ignored are ids (a different whole number in every row, in ascending order or named like an id; a
    different text in every row), columns with one value, and texts that are nearly all different. Whole numbers with
    few values stay numbers.
    """
    return [
        ColumnProposal(str(name), TARGET, "named as the target")
        if str(name) == target
        else ColumnProposal(str(name), *proposed(str(name), values))
        for name, values in table.frame.items()
    ]


def proposed(name: str, values: pd.Series[Any]) -> tuple[str, str]:
    """Return the role of a column and the reason."""
    import pandas as pd

    present = values.dropna()
    different = present.nunique()
    if different == 0:
        return IGNORED, "no value in any row"
    if different == 1 and len(present) == len(values):
        return IGNORED, f"{quoted(_plain(present.iloc[0]))} in every row"
    if pd.api.types.is_datetime64_any_dtype(values):
        return DATE, f"from {present.min():%Y-%m-%d} to {present.max():%Y-%m-%d}"
    if is_truth(values):
        return CATEGORY, "true or false"
    if pd.api.types.is_numeric_dtype(values):
        return _of_numbers(name, present, different)
    return _of_texts(present, different)


def is_truth(values: pd.Series[Any]) -> bool:
    """Return whether all values are true, false or missing."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(values):
        return True
    present = values.dropna() if values.dtype == object else values.iloc[:0]
    return len(present) > 0 and all(isinstance(each, bool | np.bool_) for each in present.unique())


def _of_numbers(name: str, present: pd.Series[Any], different: int) -> tuple[str, str]:
    numbers = present.to_numpy()
    if different == len(present) and (numbers == np.floor(numbers)).all():
        if is_named_like_an_id(name):
            return IGNORED, "a different whole number in every row, named like an id"
        if len(present) >= LEAST_ASCENDING and present.is_monotonic_increasing:
            return IGNORED, "a different whole number in every row, in ascending order, like an id"
    return NUMBER, _how_many(present, different, "numbers")


def _of_texts(present: pd.Series[Any], different: int) -> tuple[str, str]:
    if different == len(present) > 1:
        return IGNORED, f"a different text in every row, such as {quoted(_plain(present.iloc[0]))}"
    if different <= MOST_CATEGORIES:
        return CATEGORY, _how_many(present, different, "texts")
    if len(present) < LEAST_ROWS_PER_TEXT * different:
        return IGNORED, f"{different:,} different texts in {len(present):,} rows"
    return CATEGORY, f"{different:,} different texts, of which the rare ones share a column"


def _how_many(present: pd.Series[Any], different: int, values: str) -> str:
    if different == 1:
        return f"{quoted(_plain(present.iloc[0]))} in every row that has a value"
    return f"{different:,} different {values}"


def is_named_like_an_id(name: str) -> bool:
    """Return whether the last word of a name is one of ids.

    >>> [is_named_like_an_id(name) for name in ("id", "customerId", "ORDER_NO", "valid", "humidity")]
    [True, True, True, False, False]
    """
    return _last_word(name) in _OF_IDS


def repeats_like_an_id(name: str, frame: pd.DataFrame) -> bool:
    """Return whether a column is named like an id or like what has one, and its values repeat.

    Its rows then belong together: those of one patient, for example, are alike. Numbers of anything ("no") must name
    their owner, and ids of kinds of rows, such as "country_id", are none.
    """
    import pandas as pd

    values = frame[name].dropna()
    if not _names_an_owner(name) or len(values) < len(frame) or is_truth(values):
        return False
    if pd.api.types.is_datetime64_any_dtype(values):
        return False
    if pd.api.types.is_numeric_dtype(values) and (values != np.floor(values)).any():
        return False
    return 1 < values.nunique() < len(values)


def _names_an_owner(name: str) -> bool:
    """Return whether a name is that of an id which rows can share by belonging together.

    >>> [_names_an_owner(name) for name in ("customerId", "patient", "patient_no", "house_no", "zip", "country_id")]
    [True, True, True, False, False, False]
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or _KINDS & set(words):
        return False
    return words[-1] in _IDS | _OWNERS or (words[-1] in _NUMBERS and bool(_OWNERS & set(words)))


def _last_word(name: str) -> str:
    words = _WORDS.findall(name)
    return str(words[-1]).lower() if words else ""


def to_be_ignored(proposals: Iterable[ColumnProposal], named: Collection[str]) -> str:
    """Return the message on all columns that are proposed to be ignored and not `named` in a role; empty if none."""
    columns = [each for each in proposals if each.role == IGNORED and each.name not in named]
    if not columns:
        return ""
    first = columns[:MOST_NAMED]
    listed = ", ".join(f"{quoted(each.name)} ({each.reason})" for each in first) + and_more(len(columns) - MOST_NAMED)
    return (
        f"nothing can be learned from {'columns' if len(columns) > 1 else 'column'} {listed}: write"
        f" {ignore_line([each.name for each in first])} in [data], or name those to use in numbers, categories or dates"
    )


def ignore_line(names: Iterable[str]) -> str:
    """Return the line of ``[data]`` that leaves columns out.

    >>> ignore_line(["id", "name"])
    'ignore = ["id", "name"]'
    """
    return list_line("ignore", names)


def list_line(key: str, texts: Iterable[str]) -> str:
    """Return the line of ``[data]`` that sets a key to a list of texts."""
    return f"{key} = [{', '.join(map(_toml, texts))}]"


def _toml(text: str) -> str:
    """Return a string of TOML; signs that can't be seen are escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    signs = (sign if sign.isprintable() else f"\\U{ord(sign):08X}" for sign in escaped)
    return f'"{"".join(signs)}"'


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
