"""Values of a table's columns as numbers: one function for each kind of column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.reading.dates import written_so
from hpsearch.errors import and_more, quoted

if TYPE_CHECKING:
    import pandas as pd

MISSING_CATEGORY = "missing"
"""Category of the missing values of a text column. A text that says so is in it, too."""

UNSEEN = -1
"""Code of a category that training did not have."""

DATE_PARTS = ("year", "month", "day", "weekday", "days")
"""Numbers that a date becomes: weekday from 0 for Monday, days since 1970-01-01."""

TIME_PARTS = ("hour",)
"""Number that a time of day becomes, with minutes as fraction; for columns with times alone."""

INFINITE = "the value is infinite, or too large for float32"

_TRUTHS = {"true": 1.0, "false": 0.0}
_MOST_NAMED = 10  # columns or categories that a message names


@dataclass(frozen=True)
class Converted:
    """Numbers of a column.

    Attributes
    ----------
    numbers
        Float64 of shape (rows, raw columns), NaN where the value is missing.
    wrong_row
        First row (from 0) with a value that can't be used; None if there is none.
    problem
        What is wrong with it, as messages say it.
    unseen
        Texts that training did not have, sorted.
    """

    numbers: NDArray[np.float64]
    wrong_row: int | None = None
    problem: str = ""
    unseen: tuple[str, ...] = ()


def of_numbers(values: pd.Series[Any]) -> Converted:
    """Return numbers; text that is no number is a problem."""
    import pandas as pd

    if values.dtype.kind == "M":  # pandas would count nanoseconds or seconds
        return _checked(values, pd.Series(np.nan, values.index))
    return _checked(values, pd.to_numeric(values, errors="coerce"))


def of_truths(values: pd.Series[Any]) -> Converted:
    """Return 1 for true and 0 for false, also as text in any case."""
    import pandas as pd

    different = pd.unique(values)
    truths = {each: _TRUTHS.get(str(each).strip().lower(), each) for each in different if not pd.isna(each)}
    numbers = pd.to_numeric(values.astype(object).map(truths), errors="coerce")
    return _checked(values, numbers.where(numbers.isin([0, 1])), "neither true nor false")


def _checked(values: pd.Series[Any], numbers: pd.Series[Any], problem: str = "not a number") -> Converted:
    array = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.isnan(array) & ~values.isna().to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        return Converted(array[:, np.newaxis], row, f"{quoted(str(values.iloc[row]))} is {problem}")
    with np.errstate(over="ignore"):
        infinite = np.isinf(array.astype(np.float32))
    if infinite.any():
        return Converted(array[:, np.newaxis], int(infinite.argmax()), INFINITE)
    return Converted(array[:, np.newaxis])


def of_texts(values: pd.Series[Any], categories: Sequence[str]) -> Converted:
    """Return the place of each text in the `categories`."""
    return _codes(texts(values), categories)


def of_codes(values: pd.Series[Any], categories: Sequence[str]) -> Converted:
    """Return the place of each number in the `categories`, which are the numbers as text."""
    return _codes(code_texts(values), categories)


def _codes(values: pd.Series[Any], categories: Sequence[str]) -> Converted:
    places = {category: place for place, category in enumerate(categories)}
    codes = values.map(places).fillna(UNSEEN).to_numpy().astype(np.float64)
    unseen = sorted(set(values[codes == UNSEEN]))
    return Converted(codes[:, np.newaxis], unseen=tuple(unseen))


def texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return values as text without blanks around it; missing ones are `MISSING_CATEGORY`."""
    return _mapped(values, lambda value: str(value).strip())


def code_texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers as text, 8001 and 8001.0 alike; missing ones are `MISSING_CATEGORY`."""
    return _mapped(values, _code_text)


def _mapped(values: pd.Series[Any], text: Callable[[Any], str]) -> pd.Series[Any]:
    import pandas as pd

    names = {each: text(each) for each in pd.unique(values) if not pd.isna(each)}
    mapped: pd.Series[Any] = values.astype(object).map(names)
    return mapped.astype(object).where(~values.isna(), MISSING_CATEGORY)


def _code_text(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value).strip()
    return str(int(number)) if number.is_integer() else repr(number)


def of_dates(values: pd.Series[Any], parts: Sequence[str]) -> Converted:
    """Return the `parts` of dates, see `DATE_PARTS`; text that is no date is a problem."""
    dates = as_dates(values)
    wrong = (dates.isna() & ~values.isna()).to_numpy()
    numbers = np.stack([_PARTS[part](dates) for part in parts], axis=1)
    if not wrong.any():
        return Converted(numbers)
    row = int(wrong.argmax())
    return Converted(numbers, row, f"{quoted(str(values.iloc[row]))} is not a date such as 2024-03-01")


def as_dates(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return dates; text must have the form of ISO 8601, also 20240301, and what has not is missing; in UTC."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(values):
        dates: pd.Series[Any] = values
    else:
        as_text = values.astype(object).map(lambda value: value if pd.isna(value) else _code_text(value))
        dates = pd.to_datetime(as_text, errors="coerce", format="ISO8601", utc=True)
    return dates.dt.tz_convert("UTC").dt.tz_localize(None) if dates.dt.tz is not None else dates


def in_form(values: pd.Series[Any], form: str) -> pd.Series[Any]:
    """Return dates in place of the texts of a form such as ``"%d.%m.%Y"``; the other values stay as they are."""
    if values.dtype.kind == "M":
        return values
    texts = values.astype(object).map(str)
    dates = written_so(texts, form)
    return dates if dates.notna().equals(values.notna()) else dates.astype(object).where(dates.notna(), values)


def date_parts(values: pd.Series[Any]) -> tuple[str, ...]:
    """Return the parts of a column of dates: those of the time of day, too, if any value has one."""
    dates = as_dates(values).dropna()
    return DATE_PARTS + (TIME_PARTS if bool((dates != dates.dt.normalize()).any()) else ())


def _days(dates: pd.Series[Any]) -> NDArray[np.float64]:
    days = dates.to_numpy().astype("datetime64[D]")  # in nanoseconds, 1108 would overflow
    return np.where(np.isnat(days), np.nan, days.astype(np.int64))


def _hours(dates: pd.Series[Any]) -> NDArray[np.float64]:
    return _float((dates - dates.dt.normalize()).dt.total_seconds() / 3600)


def _float(values: pd.Series[Any]) -> NDArray[np.float64]:
    array: NDArray[np.float64] = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return array


_PARTS: Mapping[str, Callable[[Any], NDArray[np.float64]]] = {
    "year": lambda dates: _float(dates.dt.year),
    "month": lambda dates: _float(dates.dt.month),
    "day": lambda dates: _float(dates.dt.day),
    "weekday": lambda dates: _float(dates.dt.day_of_week),
    "days": _days,
    "hour": _hours,
}


def some(names: Sequence[str]) -> str:
    """Return the first of the names, quoted, and how many more there are."""
    return ", ".join(map(quoted, names[:_MOST_NAMED])) + and_more(len(names) - _MOST_NAMED)
