"""Whole numbers with leading zeros, such as postal codes, which are names and lose their zeros as numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_CODE = r"0\d+"


def codes_of(
    text: bytes, frame: pd.DataFrame, separator: str, options: Mapping[str, Any], numbers: Collection[str]
) -> dict[str, pd.Series[Any]]:
    """Return the columns of whole numbers of which some have a leading zero, as texts.

    Parameters
    ----------
    text, options
        What pandas has read as `frame`, and how. It reads columns of whole numbers again, if any code is in the text.
    numbers
        Names of columns that stay numbers.
    """
    import pandas as pd

    before, after = re.escape(separator) + r"\"\n\r ", re.escape(separator) + r"\"\r\n "
    if not re.search(rf"[{before}]{_CODE}(?:[{after}]|$)".encode(), text):
        return {}
    names = [str(name) for name, values in frame.items() if str(name) not in numbers and _is_whole(values)]
    if not names:
        return {}
    texts = pd.read_csv(io.BytesIO(text), **{**options, "usecols": names, "dtype": str})
    return {name: texts[name] for name in names if _has_codes(texts[name])}


def _is_whole(values: pd.Series[Any]) -> bool:
    """Return whether a column is of whole numbers; with missing ones they are floats."""
    if values.dtype.kind != "f":
        return values.dtype.kind in "iu"
    present = values.dropna().to_numpy()
    return 0 < len(present) < len(values) and bool((np.floor(present) == present).all())


def _has_codes(texts: pd.Series[Any]) -> bool:
    different = texts.dropna().drop_duplicates().str.strip()
    return bool(different.str.fullmatch(_CODE).any() and different.str.fullmatch(r"[+-]?\d+").all())
