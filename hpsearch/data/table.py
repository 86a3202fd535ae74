"""Tables in files and data frames, with columns of few kinds."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from hpsearch.data.labels import categories_of
from hpsearch.data.reading import parquet
from hpsearch.data.reading.delimited import read_delimited
from hpsearch.data.reading.dialect import check_decimal, check_separator, find_dialect
from hpsearch.data.reading.encoding import as_utf8, check_encoding
from hpsearch.data.reading.frames import frame_of, of_few_kinds
from hpsearch.data.reading.kinds import as_text
from hpsearch.data.reading.missing import check_missing, without
from hpsearch.data.reading.texts import interpret
from hpsearch.data.reading.unpacking import unpacked
from hpsearch.data.sources.files import located
from hpsearch.errors import DataError, some_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Table:
    """Table with columns of few kinds; it may hold missing values.

    Attributes
    ----------
    name
        As in messages and reports: the path as written, or "table".
    frame
        Rows are numbered from 0; names of columns are different texts. Columns hold numbers (int or float), truths
        (bool, or pandas' "boolean" where some are missing), dates (datetime64 without zone) or text (object, without
        blanks around it). Missing values are NaN, NA, NaT and None.
    reading
        How it was read: "separator", "decimal", "quote", "encoding", "compression", and columns by what was made of
        their texts: "numbers", "dates", "codes", "ambiguous"; "format" if it is "parquet". Empty for frames.
    lines
        Line of the file where each row begins, shape (rows,); None if it is no text.
    date_formats
        Format of each column of dates that was text.
    missing
        What stands for missing values in it, as text.
    categories
        Categories of the columns that pandas held as such, by name, shape (categories,): in the frame they are text.
    """

    name: str
    frame: pd.DataFrame = field(repr=False)
    reading: Mapping[str, str] = field(default_factory=dict)
    lines: NDArray[np.int64] | None = field(default=None, repr=False)
    date_formats: Mapping[str, str] = field(default_factory=dict, repr=False)
    missing: tuple[str, ...] = ()
    categories: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)

    def place(self, row: int) -> str:
        """Return where a row is, for messages: its line in the file, or its number from 0.

        >>> import pandas as pd
        >>> Table("table", pd.DataFrame({"a": [1]})).place(0)
        'row 0 (from 0)'
        """
        return f"row {row} (from 0)" if self.lines is None else f"line {self.lines[row]}"


def read_table(
    path: str | os.PathLike[str],
    *,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    missing: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    texts: Collection[str] = (),
    numbers: Collection[str] = (),
    dates: bool = True,
    file: BinaryIO | None = None,
) -> Table:
    r"""Read a CSV file, with a line of names, or a Parquet file; it can be compressed by gzip, bzip2, xz or zip.

    Parameters
    ----------
    separator, decimal, encoding
        Of text, such as ``"\t"``, ``","`` and ``"cp1252"``. If None, they are found by looking at the file.
    missing
        Texts, and numbers as text, that stand for missing values in any column.
    folder
        Where a relative path starts; the current folder if None.
    texts
        Names of columns that are text, whatever they look like: ``01234`` keeps its zero.
    numbers
        Names of columns that are numbers, even if they look like dates or codes.
    dates
        Whether texts that all are dates of one format become dates.
    file
        Open file that is read to its end, such as standard input; `path` only names it then.

    Raises
    ------
    DataError
        If it can't be read, or is larger than the limits; one message lists all problems.
    UsageError
        If a setting breaks a rule.
    """
    for key, check, value in (
        ("separator", check_separator, separator),
        ("decimal", check_decimal, decimal),
        ("encoding", check_encoding, encoding),
    ):
        if value is not None:
            check(key, value)
    check_missing("missing", missing)
    missing = tuple(missing)
    name, file_path = str(located(path)), located(path, folder)
    content, compression = unpacked(file_path, file)
    how = {"compression": compression} if compression else {}
    if content.startswith(parquet.MAGIC):
        if separator or decimal or encoding:
            raise DataError(f"{file_path}: is Parquet, which has no separator, decimal or encoding to set")
        raw = parquet.read_parquet(content, file_path)
        frame, categories = of_few_kinds(raw, file_path), categories_of(raw)
        frame = _with_texts(frame, texts)
        frame = frame.assign(**{str(name): without(values, missing) for name, values in frame.items() if missing})
        return Table(name, frame, how | {"format": "parquet"}, missing=missing, categories=categories)
    text, encoding = as_utf8(content, encoding, file_path)
    del content
    dialect = find_dialect(text, separator, decimal)
    frame, lines, codes = read_delimited(text, dialect, file_path, texts, missing, numbers)
    del text
    how |= {"separator": dialect.separator, "decimal": dialect.decimal, "quote": dialect.quote, "encoding": encoding}
    known = decimal or ("," if dialect.decimal == "," else None)
    how |= {"codes": some_of(codes)} if codes else {}
    frame, interpreted, formats = interpret(frame, decimal=known, dates=dates, texts=texts, numbers=numbers)
    return Table(name, of_few_kinds(frame, file_path), how | interpreted, lines, formats, missing)


def _with_texts(frame: pd.DataFrame, texts: Collection[str]) -> pd.DataFrame:
    columns = {str(name): as_text(values) for name, values in frame.items() if str(name) in texts}
    return frame.assign(**columns)


def table_of(data: Any, y: Any = None, name: str = "table") -> tuple[Table, str]:
    """Return a table of data in memory, and the name of its target, empty if it has none.

    Parameters
    ----------
    data
        Data frame of pandas or polars, mapping of names to columns, array or sparse matrix of shape (rows, columns),
        or a pair (inputs, target).
    y
        Target, shape (rows,); or the name of the column that is the target.

    Raises
    ------
    DataError
        If it is no table, or larger than the limits; one message lists all problems.
    """
    if isinstance(data, tuple) and len(data) == 2 and y is None:
        data, y = data
    frame, target = frame_of(data, y, name)
    return Table(name, of_few_kinds(frame, name), categories=categories_of(frame)), target
