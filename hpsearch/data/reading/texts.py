"""Texts of a file that are numbers or dates."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from hpsearch.data.reading.dates import as_dates, compact_dates
from hpsearch.data.reading.kinds import as_text
from hpsearch.data.reading.numbers import decimal_of, to_numbers
from hpsearch.errors import some_of

if TYPE_CHECKING:
    import pandas as pd


def interpret(
    frame: pd.DataFrame, *, decimal: str | None, dates: bool, texts: Collection[str], numbers: Collection[str] = ()
) -> tuple[pd.DataFrame, dict[str, str], dict[str, str]]:
    """Return the frame with numbers and dates in place of the texts that write them, and which columns those are.

    The last is the format of each column of dates.

    Parameters
    ----------
    decimal
        Decimal sign of numbers that could have either, None if unknown.
    dates
        Whether dates are looked for.
    texts
        Names of columns that stay text.
    numbers
        Names of columns of numbers that stay numbers, even if these are dates such as 20240305.
    """
    import pandas as pd

    columns: dict[Any, pd.Series[Any]] = {}
    formats: dict[str, str] = {}
    said: dict[str, list[str]] = {"numbers": [], "dates": [], "ambiguous": []}
    kept = {*texts, *numbers}
    for name, values in frame.items():
        if dates and str(name) not in kept and pd.api.types.is_numeric_dtype(values):
            parsed, form = compact_dates(str(name), values)
            if parsed is not None:
                columns[name], formats[str(name)] = parsed, form
                said["dates"].append(f"{name} ({form})")
                continue
        # Python's integers are those beyond 64 bits; as text they lose no digit.
        if pd.api.types.is_numeric_dtype(values) or pd.api.types.infer_dtype(values) not in ("string", "integer"):
            columns[name] = values
            continue
        columns[name] = stripped = as_text(values)
        if str(name) in texts:
            continue
        different = stripped.dropna().drop_duplicates()
        sign = decimal_of(different, decimal)
        if sign:
            columns[name] = to_numbers(stripped, sign)
            said["numbers"].append(f"{name} ({different.iloc[0]})")
        elif sign is not None:
            said["ambiguous"].append(f'{name} ({different.iloc[0]}: give decimal = "." or ",")')
        elif dates:
            parsed, form = as_dates(stripped)
            if parsed is not None:
                columns[name] = parsed
                formats[str(name)] = form
            if form:
                said["ambiguous" if parsed is None else "dates"].append(f"{name} ({form})")
    return pd.DataFrame(columns), {key: some_of(names) for key, names in said.items() if names}, formats
