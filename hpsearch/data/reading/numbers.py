"""Numbers that pandas leaves as text: with another decimal sign, or with separators of thousands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_POWER = r"(?:[eE][+-]?\d+)?"
_FORMS = {
    decimal: re.compile(
        rf"[+-]?(?:(?:\d+|[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+)(?:{sign}\d*)?|{sign}\d+){_POWER}", re.ASCII
    )
    for decimal, sign, thousands in ((".", r"\.", ","), (",", ",", r"\."))
}
"""Decimal sign → numbers that are written with it; the other sign can separate thousands."""


def decimal_of(texts: pd.Series[Any], decimal: str | None) -> str | None:
    """Return the decimal sign of the numbers, None if one is no decimal number, empty if both signs are possible.

    Parameters
    ----------
    texts
        Different texts, none of them missing.
    decimal
        The sign that is used where both are possible; None if unknown.
    """
    if not texts.str.contains(r"[.,]").any():
        return None  # such as whole numbers beyond 64 bits
    possible = [sign for sign, form in _FORMS.items() if all(map(form.fullmatch, texts))]
    if len(possible) == 2:
        return decimal or ""
    return possible[0] if possible else None


def to_numbers(texts: pd.Series[Any], decimal: str) -> pd.Series[Any]:
    """Return numbers that are written with this decimal sign, NaN where missing."""
    import pandas as pd

    thousands = "," if decimal == "." else "."
    plain = texts.astype(object).str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
    return pd.to_numeric(plain).astype(float)
