"""Dates written as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_TIME = r"(?P<time>[T ]\d{1,2}:\d{2}(?P<seconds>:\d{2}(?P<fraction>\.\d{1,9})?)?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"

_MONTHS = ("jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?",
           "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?")  # fmt: skip
_MONTH = f"(?i:{'|'.join(_MONTHS)})"
_NAMED = re.compile(rf"\b{_MONTH}\b", re.ASCII)
_YEAR = r"(?:1[6-9]|2[01])\d{2}"  # where fewer digits tell that it is a date

_FORMS = tuple(
    (re.compile(form + _TIME + zone, re.ASCII), orders)
    for form, zone, orders in (
        (r"\d{4}-\d{2}-\d{2}", _ZONE, ("%Y-%m-%d",)),
        (r"\d{4}/\d{1,2}/\d{1,2}", "", ("%Y/%m/%d",)),
        (r"\d{1,2}\.\d{1,2}\.\d{4}", "", ("%d.%m.%Y",)),
        (r"\d{1,2}/\d{1,2}/\d{4}", "", ("%d/%m/%Y", "%m/%d/%Y")),
        (r"\d{1,2}-\d{1,2}-\d{4}", "", ("%d-%m-%Y", "%m-%d-%Y")),
        (r"\d{1,2}\.\d{1,2}\.\d{2}", "", ("%d.%m.%y",)),
        (r"\d{1,2}/\d{1,2}/\d{2}", "", ("%d/%m/%y", "%m/%d/%y")),
        (r"\d{1,2}-\d{1,2}-\d{2}", "", ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d")),
        (rf"\d{{1,2}} {_MONTH} \d{{4}}", "", ("%d %b %Y",)),
        (rf"\d{{1,2}}-{_MONTH}-\d{{4}}", "", ("%d-%b-%Y",)),
        (rf"\d{{1,2}}/{_MONTH}/\d{{4}}", "", ("%d/%b/%Y",)),
        (rf"\d{{1,2}} {_MONTH} \d{{2}}", "", ("%d %b %y",)),
        (rf"\d{{1,2}}-{_MONTH}-\d{{2}}", "", ("%d-%b-%y",)),
        (rf"\d{{1,2}}/{_MONTH}/\d{{2}}", "", ("%d/%b/%y",)),
        (rf"{_MONTH} \d{{1,2}}, \d{{4}}", "", ("%b %d, %Y",)),
        (rf"{_YEAR}-\d{{2}}", "", ("%Y-%m",)),
        (rf"{_MONTH} {_YEAR}", "", ("%b %Y",)),
    )
)
"""Forms of a date, and the orders of day, month and year that each can have. ``%b`` is a month by its English name."""

_COMPACT = "%Y%m%d"
_TIME_FORM = re.compile(r"(?:[ T]%H:%M(?::%S(?:\.%f)?)?)?")


def is_form(form: str) -> bool:
    """Return whether `form` is one that `as_dates` or `compact_dates` returns."""
    orders = {_COMPACT, *(order for _, orders in _FORMS for order in orders)}
    return any(form.startswith(order) and _TIME_FORM.fullmatch(form[len(order) :]) for order in orders)


def written_so(texts: pd.Series[Any], form: str) -> pd.Series[Any]:
    """Return the dates of texts of a form, NaT for others. Two-digit years are those from 1969 to 2068, as in POSIX."""
    import pandas as pd

    if "%b" in form:  # by numbers, since pandas knows the names of the locale
        texts, form = texts.str.replace(_NAMED, _number, regex=True), form.replace("%b", "%m")
    return pd.to_datetime(texts, format=form, errors="coerce")


def _number(name: re.Match[str]) -> str:
    return str(_PLACES[name[0][:3].lower()])


_PLACES = {name[:3]: number for number, name in enumerate(_MONTHS, start=1)}


def compact_dates(name: str, numbers: pd.Series[Any]) -> tuple[pd.Series[Any] | None, str]:
    """Return dates and their format, if a column's name says "date" and all its numbers are dates such as 20240305."""
    import pandas as pd

    if "date" not in name.lower() or pd.api.types.is_bool_dtype(numbers):
        return None, ""
    present = numbers.dropna()
    if present.empty or not present.between(16_000_101, 21_991_231).all() or (present % 1 != 0).any():
        return None, ""
    dates = pd.to_datetime(present.astype("int64").astype(str), format=_COMPACT, errors="coerce")
    return (None, "") if dates.isna().any() else (dates.reindex(numbers.index), _COMPACT)


def as_dates(texts: pd.Series[Any]) -> tuple[pd.Series[Any] | None, str]:
    """Return dates and their format, if all texts have one; times with a zone become UTC.

    Parameters
    ----------
    texts
        Text, or missing.

    Returns
    -------
        Dates, and the format; None and the formats that fit if there are several; None and "" if none does.
    """
    different = texts.dropna().drop_duplicates()
    if different.empty:
        return None, ""
    first = str(different.iloc[0])
    for form, orders in _FORMS:
        parts = form.fullmatch(first)
        if parts and all(map(form.fullmatch, different)):
            return _only_one(texts, different, [order + _time(parts) for order in orders])
    return None, ""


def _time(parts: re.Match[str]) -> str:
    """Return the format of the time that one date has; of ISO dates, empty parts differ."""
    if not parts["time"]:
        return ""
    return parts["time"][0] + "%H:%M" + (":%S" if parts["seconds"] else "") + (".%f" if parts["fraction"] else "")


def _only_one(
    texts: pd.Series[Any], different: pd.Series[Any], formats: list[str]
) -> tuple[pd.Series[Any] | None, str]:
    parsed = {each: _parsed(different, each) for each in formats}
    fitting = {each: dates for each, dates in parsed.items() if dates is not None}
    if not fitting:
        return None, ""
    first, dates = next(iter(fitting.items()))
    if not all(other.equals(dates) for other in fitting.values()):
        return None, " or ".join(fitting)
    return texts.map(dict(zip(different, dates, strict=True))).astype(dates.dtype), first


def _parsed(different: pd.Series[Any], form: str) -> pd.Series[Any] | None:
    """Return the dates, or None if one does not fit the format."""
    import pandas as pd

    iso = form.startswith("%Y-")
    zones = different.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True) & (different.str.len() > 10)
    if iso and zones.any() and not zones.all():
        return None
    dates = pd.to_datetime(different, format="ISO8601", errors="coerce", utc=True) if iso else None
    dates = written_so(different, form) if dates is None else dates.dt.tz_localize(None)
    return None if dates.isna().any() else dates
