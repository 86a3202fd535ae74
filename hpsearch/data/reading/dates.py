"""Dates written as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_TIME = r"(?P<time>[T ]\d{1,2}:\d{2}(?P<seconds>:\d{2}(?P<fraction>\.\d{1,9})?)?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"

_FORMS = tuple(
    (re.compile(form + _TIME + zone, re.ASCII), orders)
    for form, zone, orders in (
        (r"\d{4}-\d{2}-\d{2}", _ZONE, ("%Y-%m-%d",)),
        (r"\d{4}/\d{1,2}/\d{1,2}", "", ("%Y/%m/%d",)),
        (r"\d{1,2}\.\d{1,2}\.\d{4}", "", ("%d.%m.%Y",)),
        (r"\d{1,2}/\d{1,2}/\d{4}", "", ("%d/%m/%Y", "%m/%d/%Y")),
        (r"\d{1,2}-\d{1,2}-\d{4}", "", ("%d-%m-%Y", "%m-%d-%Y")),
    )
)
"""Forms of a date, and the orders of day and month that each can have."""


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
    dates = pd.to_datetime(different, format="ISO8601" if iso else form, errors="coerce", utc=True)
    return None if dates.isna().any() else dates.dt.tz_localize(None)
