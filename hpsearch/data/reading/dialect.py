"""Separator, decimal sign and quotes of a delimited text, found by looking at its first lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hpsearch.errors import UsageError, quoted

SEPARATORS = (",", ";", "\t", "|")
"""Separators that are looked for; the first wins where two fit equally well."""

DECIMALS = (".", ",")
QUOTES = ('"', "'")

SEPARATOR_LINE = re.compile(rb"sep=([,;\t|])(?:\r\n|\n|\r)")
"""First line by which Excel names the separator."""

_LINES = 200  # that are looked at
_BYTES = 1 << 18
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA_DECIMAL = re.compile(
    r"[+-]?(\d*,(\d{1,2}|\d{4,})|(0|\d{4,}),\d+|[1-9]\d{0,2}(\.\d{3})+,\d+)([eE][+-]?\d+)?", re.ASCII
)
_POINT_DECIMAL = re.compile(r"[+-]?\d*\.(\d{1,2}|\d{4,})([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Dialect:
    """How a text is delimited.

    Attributes
    ----------
    decimal
        Sign before the decimals of a number.
    """

    separator: str = ","
    decimal: str = "."
    quote: str = '"'


def check_separator(key: str, value: object) -> None:
    """Refuse what can't separate values.

    Raises
    ------
    UsageError
        With key, rule and value.
    """
    valid = isinstance(value, str) and len(value) == 1 and value.isascii()
    if (
        not valid
        or str(value).isalnum()
        or (str(value) in "\"'\\.+-" or not (str(value).isprintable() or value == "\t"))
    ):
        raise UsageError(f'{key} must be one sign, such as ",", ";", "\\t" or "|", got {quoted(value)}')


def check_decimal(key: str, value: object) -> None:
    """Refuse what is no decimal sign.

    Raises
    ------
    UsageError
        With key, rule and value.
    """
    if value not in DECIMALS:
        raise UsageError(f'{key} must be "." or ",", got {quoted(value)}')


def find_dialect(text: bytes, separator: str | None = None, decimal: str | None = None) -> Dialect:
    """Return the dialect of a UTF-8 text; what is given is not looked for.

    The separator is the one with the most lines as long as the first, then with the most values that are numbers.
    """
    named = SEPARATOR_LINE.match(text)
    if named:
        separator = separator or named[1].decode()
        text = text[named.end() :]
    lines = _first_lines(text)
    quote = _quote(lines)
    separators = SEPARATORS if separator is None else (separator,)
    tables = {each: list(_records(lines, each, quote)) for each in separators}
    best = max(separators, key=lambda each: _fit(tables[each]))
    values = [value for record in tables[best][1:] for value in record]
    return Dialect(best, decimal or _decimal(values), quote)


def _first_lines(text: bytes) -> list[str]:
    head = text[:_BYTES].decode(errors="ignore")
    lines = [line for line in head.splitlines(keepends=True) if line.strip(" \r\n")]
    return lines[:-1] if len(text) > _BYTES and len(lines) > 1 else lines[:_LINES]


def _quote(lines: Sequence[str]) -> str:
    """Return the apostrophe if it encloses the names and no quotation mark is there."""
    first = lines[0].strip() if lines else ""
    single = len(first) > 1 and first[0] == first[-1] == "'"
    return QUOTES[single and not any(QUOTES[0] in line for line in lines)]


def _records(lines: Sequence[str], separator: str, quote: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines[:_LINES], delimiter=separator, quotechar=quote, skipinitialspace=True)
    except csv.Error:  # a long value: the structure is checked later
        return


def _fit(records: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Return how well a separator fits: the share of records as long as the first, and of numbers."""
    if not records or len(records[0]) < 2:
        return (0.0, 0.0)
    rest = records[1:] or records
    alike = sum(len(record) == len(records[0]) for record in rest) / len(rest)
    values = [value.strip() for record in rest for value in record]
    numbers = sum(_NUMBER.fullmatch(value) is not None for value in values) / max(1, len(values))
    return (max(alike, 1e-9), numbers)


def _decimal(values: Sequence[str]) -> str:
    commas = any(_COMMA_DECIMAL.fullmatch(value.strip()) for value in values)
    points = any(_POINT_DECIMAL.fullmatch(value.strip()) for value in values)
    return "," if commas and not points else "."
