"""Delimited text: its structure checked, then read by pandas."""

from __future__ import annotations

import csv
import io
from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.limits import MOST_CELLS, MOST_LINE_BYTES, MOST_NAME_CHARACTERS, MOST_ROWS
from hpsearch.data.reading.codes import codes_of
from hpsearch.data.reading.dialect import NUMBER, SEPARATOR_LINE, Dialect
from hpsearch.data.reading.problems import Problems
from hpsearch.data.reading.shape import check_shape, check_texts
from hpsearch.errors import DataError, quoted
from hpsearch.text import plain

if TYPE_CHECKING:
    import pandas as pd

Lines = NDArray[np.int64]

_STEP = 61  # one of so many rows is looked at for texts


def read_delimited(
    text: bytes,
    dialect: Dialect,
    source: object,
    texts: Collection[str] = (),
    missing: Sequence[str] = (),
    numbers: Collection[str] = (),
) -> tuple[pd.DataFrame, Lines, list[str]]:
    """Return the rows of a UTF-8 text, the line where each begins, shape (rows,), and the columns of codes.

    These are whole numbers of which some have a leading zero; they are text.

    Parameters
    ----------
    texts
        Names of columns that are text, whatever they look like.
    missing
        Texts, and numbers as text, that stand for missing values, beside those that pandas knows.
    numbers
        Names of columns that are no codes.

    Raises
    ------
    DataError
        If it can't be read; one message lists all problems.
    """
    import pandas as pd

    _check_sizes(text, dialect, source)
    named = SEPARATOR_LINE.match(text)
    if named:
        text = b"\n" + text[named.end() :]  # a blank line, so that lines keep their numbers
    header, lines = _structure(text, dialect, source)
    options: dict[str, Any] = {
        "sep": dialect.separator,
        "decimal": "." if dialect.decimal == dialect.separator else dialect.decimal,
        "quotechar": dialect.quote,
        "skipinitialspace": True,
        "low_memory": False,  # otherwise pandas decides the type of a column piece by piece
        "header": 0,
        "names": header,
        "index_col": False,
        "na_values": list(missing) or None,
        "dtype": {name: str for name in header if name in texts},
        "encoding": "utf-8",
    }
    try:
        frame = pd.read_csv(io.BytesIO(text), **options)
    except (ValueError, OverflowError) as error:  # pandas' ParserError is a ValueError
        raise DataError(f"{source}: can't be read as CSV: {plain(str(error))}") from error
    if len(frame) != len(lines):
        raise DataError(f"{source}: can't be read as CSV: {len(lines):,} rows look like {len(frame):,} to pandas")
    codes = codes_of(text, frame, dialect.separator, options, {*numbers, *texts})
    return (frame.assign(**codes) if codes else frame), lines, list(codes)


def _check_sizes(text: bytes, dialect: Dialect, source: object) -> None:
    """Refuse long lines and too many values before anything is parsed."""
    start = 0
    while len(text) - start > MOST_LINE_BYTES:
        ends = (text.rfind(end, start, start + MOST_LINE_BYTES) for end in (b"\n", b"\r"))
        end = max(ends)
        if end < 0:
            raise DataError(f"{source}: a line has more than {MOST_LINE_BYTES:,} bytes, and at most so many are read")
        start = end + 1
    rows = max(text.count(b"\n"), text.count(b"\r"))
    if rows > MOST_ROWS + 1:
        raise DataError(f"{source}: has {rows:,} lines, and at most {MOST_ROWS:,} rows are read")
    cells = text.count(dialect.separator.encode()) + rows
    if cells > 2 * MOST_CELLS:  # separators can also stand in texts; the exact number is checked later
        raise DataError(f"{source}: has about {cells:,} values, and at most {MOST_CELLS:,} are read")


def _structure(text: bytes, dialect: Dialect, source: object) -> tuple[list[str], Lines]:
    """Return the names of the columns and the line where each row begins; refuse wrong names and lengths of rows."""
    problems = Problems(source)
    limit = csv.field_size_limit(MOST_LINE_BYTES)
    starts, texts = array("q"), set[str]()
    try:
        records = _records(text, dialect)
        line, header = next(records, (1, []))
        header = [name.strip() for name in header]
        check_shape(0, len(header), source)
        _check_names(header, line, problems)
        for line, record in records:
            starts.append(line)
            if len(record) != len(header):
                problems.add(_wrong_length(line, len(record), header))
            if len(starts) % _STEP == 0:
                texts.update(value for value in record if not NUMBER.fullmatch(value))
        last = line
        if _has_open_quote(text, dialect, last):
            problems = Problems(source)  # all others may follow from it
            problems.add(f"can't be read as CSV: a quote in line {last} or below is opened and never closed")
    except csv.Error:
        problems.add(
            f"can't be read as CSV: below line {starts[-1] if starts else 0}, a value has more than"
            f" {MOST_LINE_BYTES:,} characters, or a quote is opened and never closed"
        )
    finally:
        csv.field_size_limit(limit)
    problems.refuse()
    if not starts:
        raise DataError(f"{source}: no rows below the line that names the columns")
    check_shape(len(starts), len(header), source)
    check_texts(len(texts) * _STEP, source)
    return header, np.frombuffer(starts, np.int64)


def _records(text: bytes, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of its first line in the file; skips blank lines, as pandas does."""
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=dialect.separator, quotechar=dialect.quote, skipinitialspace=True)
    line = 1
    for record in reader:
        if len(record) > 1 or "".join(record).strip():
            yield line, record
        line = reader.line_num + 1


def _has_open_quote(text: bytes, dialect: Dialect, line: int) -> bool:
    """Return whether the record that begins in the last `line` ends within quotes."""
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    rest = islice(lines, line - 1, None)
    reader = csv.reader(rest, delimiter=dialect.separator, quotechar=dialect.quote, skipinitialspace=True, strict=True)
    try:
        next(reader, None)
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _check_names(header: Sequence[str], line: int, problems: Problems) -> None:
    for number, name in enumerate(header, start=1):
        if not name:
            problems.add(
                f"column {number} has no name: name it in line {line}, or leave it out"
                " (pandas writes an index so, unless told index=False)"
            )
        if len(name) > MOST_NAME_CHARACTERS:
            problems.add(f"the name of column {number} has {len(name):,} characters, at most {MOST_NAME_CHARACTERS:,}")
    for name, times in Counter(filter(None, header)).items():
        if times > 1:
            problems.add(f"column names must differ; the first line has {quoted(name)} more than once")


def _wrong_length(line: int, length: int, header: Sequence[str]) -> str:
    names = f"{len(header):,} columns" if len(header) > 1 else f"1 column, {quoted(header[0])}"
    return f"line {line} has {length:,} value{'' if length == 1 else 's'}, and the first line names {names}"
