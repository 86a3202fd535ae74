"""Signs and numbers that stand for missing values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hpsearch.data.reading.dates import as_dates
from hpsearch.data.reading.numbers import decimal_of
from hpsearch.errors import UsageError, quoted

if TYPE_CHECKING:
    import pandas as pd

_LINES = ("?", "??", "-", "--", "---", "\u2013", "\u2014", ".", "..", "*", "**", "/", "x")
_WORDS = ("na", "n.a.", "n/a", "nan", "nil", "none", "null", "missing", "unknown", "not available", "not known")
_GERMAN = ("k.a.", "k. a.", "keine angabe", "unbekannt", "#nv")
_OF_SHEETS = ("#value!", "#ref!", "#div/0!")
SIGNS = frozenset((*_LINES, *_WORDS, *_GERMAN, *_OF_SHEETS))
"""Texts, in small letters, that people write in the place of a number or date; pandas knows others by itself."""

_NINES = (99.0, 999.0, 9999.0, 99999.0, 999999.0, 99.9, 999.9, 9999.9)
CODES = (*_NINES, *(-each for each in (1.0, 9.0, *_NINES)))
"""Numbers that are written in the place of a missing one."""

LEAST_ROWS, LEAST_SHARE = 3, 0.005
"""Minimum number and share of the rows in which a number of `CODES` is taken for one."""


def check_missing(key: str, value: object) -> None:
    """Refuse what is no list of texts.

    Raises
    ------
    UsageError
        With the key, the rule and the value.
    """
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each.strip() for each in value):
        raise UsageError(f'{key} must be a list of texts such as ["?", "999"]; received {quoted(value)}')


def without(values: pd.Series[Any], missing: Sequence[str]) -> pd.Series[Any]:
    """Return the values; those that are one of `missing`, as text or as a number, are missing."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(values):
        return values
    if pd.api.types.is_numeric_dtype(values):
        return values.mask(values.isin([*_numbers(missing)]))
    if values.dtype != object and not pd.api.types.is_string_dtype(values):
        return values
    return values.mask(values.map(lambda value: str(value).strip() in missing, na_action="ignore").eq(True))


def _numbers(texts: Iterable[str]) -> Iterator[float]:
    for text in texts:
        try:
            yield float(text)
        except ValueError:
            continue


def proposed_missing(frame: pd.DataFrame, target: str | None = None) -> dict[str, list[str]]:
    """Return each probable mark of missing values → the columns that hold it.

    A text of `SIGNS` does if all other texts of its column are numbers or dates. A number of `CODES` does if it is
    farther from the others of its column than these are from each other, in every column that holds it.

    Parameters
    ----------
    target
        Column to predict; a number in it is no code.
    """
    import pandas as pd

    columns: dict[str, list[str]] = {}
    kept: set[str] = set()
    for label, values in frame.items():
        name = str(label)
        if values.dtype == object:
            signs = _signs(values)
        elif pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            numbers = values.dropna().to_numpy(dtype=float)
            signs = [] if name == target else _codes(numbers)
            kept |= {_text(code) for code in _held_codes(numbers)} - {*signs}
        else:
            continue
        for sign in signs:
            columns.setdefault(sign, []).append(name)
    return {sign: names for sign, names in columns.items() if sign not in kept}


def _signs(values: pd.Series[Any]) -> list[str]:
    """Return the signs in a column of texts that otherwise are numbers or dates."""
    different = values.dropna().drop_duplicates()
    if not all(isinstance(each, str) for each in different):
        return []
    is_sign = different.map(lambda text: text.casefold() in SIGNS).astype(bool)
    others = different[~is_sign]
    if others.empty or not is_sign.any() or not _are_numbers_or_dates(others):
        return []
    return [str(sign) for sign in different[is_sign]]


def _are_numbers_or_dates(texts: pd.Series[Any]) -> bool:
    import pandas as pd

    numbers = pd.to_numeric(texts, errors="coerce").notna().all()
    return bool(numbers) or decimal_of(texts, None) is not None or bool(as_dates(texts)[1])


def _held_codes(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.intersect1d(numbers, CODES)


def _codes(numbers: np.ndarray[Any, Any]) -> list[str]:
    """Return the codes among the numbers of a column."""
    codes = []
    for code in _held_codes(numbers):
        here = numbers == code
        others = numbers[~here]
        if here.sum() < max(LEAST_ROWS, LEAST_SHARE * len(numbers)) or len(np.unique(others)) < 2:
            continue
        gap = np.abs(others - code).min()
        if gap > others.max() - others.min():
            codes.append(_text(float(code)))
    return codes


def _text(code: float) -> str:
    return str(int(code)) if float(code).is_integer() else repr(float(code))
