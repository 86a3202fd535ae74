"""CSV text that is safe from formula injection in spreadsheets."""

from __future__ import annotations

from typing import Any

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters that may start a formula. Source: OWASP, "CSV Injection"."""


def csv_text(frame: pd.DataFrame) -> str:
    r"""Return the frame as CSV with a header; prefix text that may start a formula with a single quote.

    Numbers are unchanged. A carriage return becomes a line feed: pandas quotes only the latter, and an unquoted
    one starts a new row.

    >>> csv_text(pd.DataFrame({"name": ["=1+1", "a"], "value": [-1.5, 2.0]}))
    "name,value\n'=1+1,-1.5\na,2.0\n"
    """
    safe = frame.rename(columns=_neutral)
    for place, dtype in enumerate(safe.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            # A series keeps `object`; pandas would make an array of texts PyArrow's, which refuses lone surrogates.
            column: Any = pd.Series([*map(_neutral, safe.iloc[:, place])], safe.index, dtype=object)
            safe.isetitem(place, column)
    return safe.to_csv(index=False, lineterminator="\n")


def _neutral(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if cell.startswith(FORMULA_STARTS) else text
