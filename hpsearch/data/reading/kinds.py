"""Columns of any dtype as numbers, truths, texts or dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpsearch.text import plain, shorten

if TYPE_CHECKING:
    import pandas as pd


class UnusableColumnError(Exception):
    """The column holds what is neither number, truth, text nor date; says what to write."""


def as_kind(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return the column with one of few dtypes; missing values stay missing.

    Numbers get NumPy's integers or floats, truths bool (or pandas' "boolean" with missing values), dates datetime64
    without a zone, in UTC. Everything else is text, stripped, with None where missing.

    Raises
    ------
    UnusableColumnError
        If it holds other things.
    """
    import pandas as pd

    types, dtype = pd.api.types, values.dtype
    if isinstance(dtype, pd.SparseDtype):
        return as_kind(pd.Series(values.to_numpy(), name=values.name))
    if isinstance(dtype, pd.CategoricalDtype):
        return as_text(values)
    if types.is_bool_dtype(dtype):
        return values.astype("boolean" if values.hasnans else bool)
    if types.is_complex_dtype(dtype):
        raise UnusableColumnError("holds complex numbers: make a column of each part")
    if types.is_numeric_dtype(dtype):
        return _as_numbers(values)
    if types.is_datetime64_any_dtype(dtype):
        return _as_dates(values)
    if isinstance(dtype, pd.PeriodDtype):
        return _as_dates(values.dt.to_timestamp())
    if types.is_timedelta64_dtype(dtype):
        raise UnusableColumnError("holds durations: turn them into numbers, such as .dt.total_seconds()")
    if types.is_string_dtype(dtype) and not types.is_object_dtype(dtype):
        return as_text(values)
    if types.is_object_dtype(dtype):
        return _of_objects(values)
    return _of_objects(values.astype(object))


def usable(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers and texts as they are, and any other column as `as_kind` does.

    Raises
    ------
    UnusableColumnError
        As `as_kind`.
    """
    import numpy as np
    import pandas as pd

    is_plain = isinstance(values.dtype, np.dtype) and values.dtype in map(np.dtype, _PLAIN)
    return values if is_plain or pd.api.types.infer_dtype(values) == "string" else as_kind(values)


def as_text(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return the values as text without blanks around it, None where missing."""
    import pandas as pd

    objects, missing = values.astype(object), values.isna()
    texts = [None if gone else _text(value) for value, gone in zip(objects, missing, strict=True)]
    return pd.Series(texts, index=values.index, name=values.name, dtype=object)


def _text(value: object) -> str:
    return (value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)).strip()


def _as_numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return NumPy's numbers instead of pandas' or Arrow's."""
    import numpy as np
    import pandas as pd

    if isinstance(values.dtype, np.dtype):
        if values.dtype in (np.float16, np.longdouble):  # which pandas can't look up
            return values.astype(np.float64)
        return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))
    if values.isna().any() or not pd.api.types.is_integer_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = values.to_numpy(dtype=np.uint64 if pd.api.types.is_unsigned_integer_dtype(values.dtype) else np.int64)
    return pd.Series(numbers, index=values.index, name=values.name)


def _as_dates(values: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    return pd.to_datetime(values, utc=True).dt.tz_localize(None)


def _of_objects(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of Python objects by what they are."""
    import numpy as np
    import pandas as pd

    inferred = pd.api.types.infer_dtype(values, skipna=True)
    try:
        is_empty = bool(values.isna().all())
    except ArithmeticError as error:  # a Decimal that signals
        raise UnusableColumnError("holds a number that signals that it is none: leave it missing") from error
    if is_empty:
        return pd.Series(np.full(len(values), np.nan), index=values.index, name=values.name)
    if inferred == "boolean":
        return as_kind(values.astype("boolean"))
    try:
        if inferred == "integer" and not values.isna().any():
            return _whole(values)
        if inferred in _NUMBERS:
            return values.map(float, na_action="ignore").astype(float)
        if inferred in _DATES:
            return _as_dates(values)
    except (ValueError, OverflowError, TypeError) as error:
        raise UnusableColumnError(f"can't be used as {inferred}: {shorten(plain(str(error)), 200)}") from error
    odd = next((value for value in values[values.notna()] if not isinstance(value, _TEXTS)), None)
    if odd is not None:
        raise UnusableColumnError(f"holds values of type {type(odd).__name__}, which are neither numbers nor text")
    return as_text(values)


def _whole(values: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    numbers = pd.to_numeric(values)
    if numbers.dtype.kind not in "iu":
        raise UnusableColumnError("holds whole numbers beyond 64 bits: turn them into floats, or into text")
    return numbers


_PLAIN = "?bhilqBHILQfd"  # NumPy's numbers that pandas can look up
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
_DATES = ("datetime64", "datetime", "date")
_TEXTS = (str, bytes, int, float)
