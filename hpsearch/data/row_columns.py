"""Columns of a table that are no inputs but say how its rows belong together: groups, times and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpsearch.errors import DataError, UsageError, choose_from, quoted

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("group", "time", "weight")
"""Keys of ``[data]`` that name such a column."""

_BOTH = (
    "group and time exclude each other: rows of one group can lie on both sides of a point in time, so that no split"
    " keeps groups whole and the order too"
)


class RowColumns(NamedTuple):
    """Groups, order and weights as `Dataset` takes them, and what is wrong with their columns."""

    problems: tuple[str, ...] = ()
    groups: NDArray[np.int64] | None = None
    order: NDArray[np.float64] | None = None
    weights: NDArray[np.float64] | None = None


def check_row_keys(keys: Mapping[str, str | None]) -> None:
    """Refuse ``target``, ``group``, ``time`` and ``weight`` that name one column twice, or exclude each other.

    Raises
    ------
    UsageError
        With the keys and the column.
    """
    if keys.get("group") is not None and keys.get("time") is not None:
        raise UsageError(f"{_BOTH}; received group = {quoted(keys['group'])} and time = {quoted(keys['time'])}")
    users: dict[str, str] = {}
    for key, name in keys.items():
        if name is None:
            continue
        if name in users:
            raise UsageError(f"{key} must name another column than {users[name]}; received {quoted(name)} for both")
        users[name] = key


def row_columns(
    frame: pd.DataFrame,
    keys: Mapping[str, str],
    place: Callable[[int], str] = lambda row: f"row {row + 1}",
) -> RowColumns:
    """Return the groups, the order and the weights that columns of `frame` hold.

    Parameters
    ----------
    keys
        Names of the columns for ``group``, ``time`` and ``weight``, any of them. Groups are any values that can be
        equal. Times are numbers, dates, or texts of dates by ISO 8601 such as 2024-05-31; of the order only ranks are
        kept. Weights are numbers, at least 0.
    place
        Where a row (from 0) is from, for messages.
    """
    read: Mapping[str, tuple[str, Callable[[pd.Series[Any]], Any]]] = {
        "group": ("groups", _groups),
        "time": ("order", _order),
        "weight": ("weights", _weights),
    }
    columns = [str(name) for name in frame.columns]
    arrays: dict[str, Any] = {}
    problems = []
    for key, name in keys.items():
        if name not in columns:
            problems.append(f"{key}: {choose_from('column', name, columns)}")
            continue
        values = frame.iloc[:, columns.index(name)]
        missing = values.isna().to_numpy()
        if missing.any():
            where = place(int(missing.argmax()))
            problems.append(f"column {quoted(name)}, {where}: the {key} is missing, and each row needs one")
            continue
        field, convert = read[key]
        try:
            arrays[field] = convert(values)
        except _WrongValueError as wrong:
            shown = quoted(str(values.iloc[wrong.row]))
            problems.append(f"column {quoted(name)}, {place(wrong.row)}: {wrong}; received {shown}")
    return RowColumns(tuple(problems), **arrays)


def check_row_columns(name: str, rows: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check the fields ``groups``, ``order`` and ``weights`` of a data set with so many rows.

    Raises
    ------
    DataError
        If an array has another type or shape, or invalid values.
    """
    if "groups" in arrays and "order" in arrays:
        raise DataError(f"{name}: {_BOTH.replace('time', 'order', 1)}")
    for field, values in arrays.items():
        dtype = np.dtype(np.int64 if field == "groups" else np.float64)
        if values.shape != (rows,) or values.dtype != dtype:
            raise DataError(
                f"{name}: {field} must be {dtype} of shape ({rows},), one for each row; received {values.dtype} of"
                f" shape {values.shape}"
            )
        if not np.isfinite(values).all():
            raise DataError(f"{name}: {field} must be finite numbers")
    weights = arrays.get("weights")
    if weights is not None and (weights.min() < 0 or not weights.any()):
        raise DataError(f"{name}: weights must be at least 0, and some above; received {weights.min():g} as the least")


class _WrongValueError(Exception):
    """A value that can't be used, in this row (from 0)."""

    def __init__(self, row: int, rule: str) -> None:
        super().__init__(rule)
        self.row = row


def _groups(values: pd.Series[Any]) -> NDArray[np.int64]:
    """Return the rank of each group among the sorted groups, so that codes do not depend on the order of rows."""
    import pandas as pd

    sortable = values.astype(str) if values.dtype.kind == "O" else values
    return pd.factorize(sortable, sort=True)[0].astype(np.int64)


def _order(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Return the rank of each time among the different times, from 0."""
    import pandas as pd

    times = values
    if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)):
        times = pd.to_datetime(values.astype(str), errors="coerce", format="ISO8601", utc=True)
        wrong = times.isna().to_numpy()
        if wrong.any():
            raise _WrongValueError(int(wrong.argmax()), "a time must be a number, or a date such as 2024-05-31")
    _finite(times, "a time must be finite")
    return pd.factorize(times, sort=True)[0].astype(np.float64)


def _weights(values: pd.Series[Any]) -> NDArray[np.float64]:
    import pandas as pd

    rule = "a weight must be a finite number, at least 0"
    numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
    _finite(numbers.fillna(np.inf), rule)
    negative = (numbers < 0).to_numpy()
    if negative.any():
        raise _WrongValueError(int(negative.argmax()), rule)
    if not numbers.any():
        raise _WrongValueError(0, "some weight must be above 0, and all are 0")
    return np.asarray(numbers, np.float64)


def _finite(values: pd.Series[Any], rule: str) -> None:
    if values.dtype.kind == "f":
        wrong = ~np.isfinite(values.to_numpy())
        if wrong.any():
            raise _WrongValueError(int(wrong.argmax()), rule)
