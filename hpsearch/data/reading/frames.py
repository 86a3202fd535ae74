"""Data in memory as frames of pandas, with columns of few kinds."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hpsearch.data.limits import MOST_ARRAY_NUMBERS, MOST_NAME_CHARACTERS
from hpsearch.data.reading.kinds import UnusableColumnError, as_kind
from hpsearch.data.reading.problems import Problems
from hpsearch.data.reading.shape import check_shape
from hpsearch.errors import DataError, quoted, some_of
from hpsearch.text import plain, shorten

if TYPE_CHECKING:
    import pandas as pd

_INPUTS, _TARGET = "x", "y"


def of_few_kinds(frame: pd.DataFrame, source: object) -> pd.DataFrame:
    """Return the columns as `as_kind` makes them, named by text, with rows numbered from 0.

    Raises
    ------
    DataError
        If names are missing or repeated, or a column can't be used; one message lists all problems.
    """
    import pandas as pd

    check_shape(0, frame.shape[1], source)
    problems = Problems(source)
    if frame.columns.nlevels > 1:
        problems.add(
            'names of columns must have one level: frame.columns = ["_".join(map(str, each)) for each in frame.columns]'
        )
        problems.refuse()
    names = [column_name(name) for name in frame.columns]
    for number, name in enumerate(names, start=1):
        if not name:
            problems.add(f"column {number} has no name")
        if len(name) > MOST_NAME_CHARACTERS:
            problems.add(f"the name of column {number} has {len(name):,} characters, at most {MOST_NAME_CHARACTERS:,}")
    for name, times in Counter(filter(None, names)).items():
        if times > 1:
            problems.add(f"column names must differ; {quoted(name)} is there {times} times")
    columns = {}
    for number, name in enumerate(names):
        try:
            columns[name] = as_kind(frame.iloc[:, number].reset_index(drop=True))
        except UnusableColumnError as error:
            problems.add(f"column {quoted(name)} {error}")
    if not names:
        problems.add("has no columns")
    elif not len(frame):
        problems.add("has no rows")
    problems.refuse()
    return pd.DataFrame(columns)


def column_name(name: object) -> str:
    """Return the name of a column as text without blanks around it, empty if it has none."""
    if name is None or (isinstance(name, float) and np.isnan(name)):
        return ""
    try:
        return str(name).strip()
    except Exception:  # of an object of the user's own
        return ""


def frame_of(data: Any, y: Any, source: object) -> tuple[pd.DataFrame, str]:
    """Return a frame with the inputs and the target, and the name of the target, empty if it has none.

    Raises
    ------
    DataError
        If `data` is no table, or `y` does not fit it.
    """
    frame = _frame(data, source)
    if y is None:
        return frame, ""
    if isinstance(y, str):
        return frame, y
    if isinstance(y, int | np.integer) and not isinstance(y, bool):  # pandas numbers columns without names
        return frame, str(y)
    target = _column(y, len(frame), source)
    name = column_name(target.name) or _TARGET
    taken = {column_name(each) for each in frame.columns}
    while name in taken:
        name = f"{name}_"
    return frame.reset_index(drop=True).assign(**{name: target}), name


def _frame(data: Any, source: object) -> pd.DataFrame:
    return inputs_of(data, source)[0]


def inputs_of(data: Any, source: object) -> tuple[pd.DataFrame, bool]:
    """Return a table of any form as a frame of pandas, and whether its columns have names of their own.

    Raises
    ------
    DataError
        If `data` is no table, or is too large.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return data, True
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(data, polars.LazyFrame):
        raise DataError(f"{source}: is a lazy frame of polars: give frame.collect()")
    if polars is not None and isinstance(data, polars.DataFrame):
        check_shape(0, data.width, source)
        return pd.DataFrame({name: _values(data[name], source) for name in data.columns}), True
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(data):
        check_shape(data.shape[0], data.shape[-1], source)
        data = data.toarray()
    try:
        if isinstance(data, Mapping):
            return pd.DataFrame(dict(data)), True
        array = data if np.ma.isMaskedArray(data) else np.asarray(data)  # pandas knows masks
        if array.dtype.names:
            return pd.DataFrame({name: pd.Series(list(array[name])) for name in array.dtype.names}), True
    except (ValueError, TypeError) as error:
        raise DataError(f"{source}: is no table: {shorten(plain(str(error)), 300)}") from error
    if array.ndim != 2:
        raise DataError(
            f"{source}: must be a data frame, or an array of shape (rows, columns), got {type(data).__name__}"
            f" of shape {array.shape}"
        )
    check_shape(0, array.shape[1], source)
    if array.size > MOST_ARRAY_NUMBERS:
        raise DataError(f"{source}: has {array.size:,} values, and at most {MOST_ARRAY_NUMBERS:,} are read")
    return pd.DataFrame(array, columns=[f"{_INPUTS}_{number}" for number in range(array.shape[1])]), False


def _values(series: Any, source: object) -> Any:
    """Return a series of polars as an array, by its own means: pandas would need pyarrow."""
    polars = sys.modules["polars"]
    try:
        array = series.to_numpy()
    except polars.exceptions.PolarsError as error:  # whole numbers of 128 bits
        name = quoted(column_name(series.name))
        raise DataError(f"{source}: column {name} can't be used: {shorten(plain(str(error)), 300)}") from error
    return array if array.ndim == 1 else list(array)


def _column(y: Any, rows: int, source: object) -> pd.Series[Any]:
    import pandas as pd

    polars = sys.modules.get("polars")
    if polars is not None and isinstance(y, polars.Series):
        y = pd.Series(_values(y, source), name=y.name)
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if not isinstance(y, pd.Series):
        try:
            array = np.asarray(y)
        except ValueError as error:
            raise DataError(f"{source}: the target is no array: {shorten(plain(str(error)), 300)}") from error
        y = array.reshape(rows) if array.shape == (rows, 1) else array
    if y.shape != (rows,):
        raise DataError(f"{source}: the target must have shape ({rows},), one for each row, got {y.shape}")
    if not isinstance(y, pd.Series):
        if y.dtype.names:
            raise DataError(f"{source}: the target must be one array, got one with the fields {some_of(y.dtype.names)}")
        y = pd.Series(y)
    target: pd.Series[Any] = y.reset_index(drop=True)
    return target
