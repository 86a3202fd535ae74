"""Loader of CSV files with a header line and a target column."""

import csv
import io
import os
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.columns import TEXT, Columns
from hpsearch.data.dataset import INFINITE, MISSING, Dataset
from hpsearch.data.row_columns import row_columns
from hpsearch.data.sources.files import check_readable, located
from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.data.sources.target import encode_target, to_float32
from hpsearch.errors import DataError, choose_from

if TYPE_CHECKING:
    import pandas as pd


MAX_CATEGORIES = 100
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def load_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    task: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    group: str | None = None,
    time: str | None = None,
    weight: str | None = None,
) -> Dataset:
    """Load the CSV file at `path`, UTF-8 with commas; `target` names the target column.

    A relative path starts from `folder`, or from the current folder if None; the data set is named by the path alone.

    Blanks around names and text values are ignored.

    A text column is one-hot encoded: one column of 0 and 1 per category, named ``column=category``, after the numeric
    columns. Values that pandas reads as missing (empty cells, NA, NaN, null, None, …) are refused. See `encode_target`
    for the target. `group`, `time` and `weight` name columns that are no inputs, see `row_columns`.

    Raises
    ------
    DataError
        If the file is invalid; the message names the file, and the column and line of an invalid value.
    """
    name, path = str(located(path)), located(path, folder)
    text = _read_text(path)
    frame = _parse(text, path)
    target = _target_column(frame, target, path)
    keys = {"group": group, "time": time, "weight": weight}
    rows = row_columns(frame, keys, str(path), lambda row: f"line {_line(text, row)}")
    frame = frame.drop(columns=list(rows.names))
    _check_values(frame, text, path)
    columns, inputs = _encode_inputs(frame.drop(columns=target), target, path)
    values = frame[target].to_numpy()
    y, task, class_names = encode_target(
        values.astype(str) if values.dtype.kind == "O" else values,
        task,
        f"{path}: column {target!r}",
    )
    return Dataset(
        name=name,
        x=_to_float32(inputs, path),
        y=y,
        task=task,
        feature_names=tuple(str(column) for column in inputs.columns),
        class_names=class_names,
        columns=replace(columns, additional=rows.names),
        groups=rows.groups,
        order=rows.order,
        weights=rows.weights,
    )


def read_rows(path: str | os.PathLike[str], columns: Columns) -> "pd.DataFrame":
    """Read a CSV file of new rows for a model with these columns, as `load_csv` reads files.

    Raises
    ------
    DataError
        If the file can't be read as CSV; what is in it is not checked.
    """
    file_path = located(path)
    texts = {column.name for column in columns.inputs if column.kind == TEXT}
    return _parse(_read_text(file_path), file_path, texts)


def _to_float32(inputs: "pd.DataFrame", path: Path) -> NDArray[np.float32]:
    """Convert the inputs to float32; refuse columns that lose too much precision."""
    x = to_float32(inputs.to_numpy(dtype=np.float64))
    for index, name in enumerate(inputs.columns):
        if first_blurred(inputs[[name]].to_numpy(), x[:, [index]]) is not None:
            raise DataError(f"{path}: column {str(name)!r}: {BLURRED}")
    return x


def _read_text(path: Path) -> str:
    check_readable(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text, which a CSV file must be: {error}") from error
    if not text.strip() or "\0" in text:
        raise DataError(f"{path}: not a CSV file: it {'holds NUL bytes' if text.strip() else 'is empty'}")
    return text


def _parse(text: str, path: Path, texts: Container[str] = ()) -> "pd.DataFrame":
    """Return the rows; columns named in `texts` are text, whatever they look like."""
    import pandas as pd

    try:
        (_, header), *first = islice(_records(text), 2)
        names = pd.read_csv(io.StringIO(text), skipinitialspace=True, nrows=0).columns if texts else ()
        as_text = {name: str for name in names if str(name).strip() in texts}
        frame = pd.read_csv(io.StringIO(text), skipinitialspace=True, low_memory=False, dtype=as_text)
    except (csv.Error, ValueError) as error:
        # pandas' ParserError is a ValueError; some of its messages end in a line break.
        raise DataError(f"{path}: can't be read as CSV: {' '.join(str(error).split())}") from error
    header = [name.strip() for name in header]
    _check_header(header, path)
    # If the first row is longer than the header, pandas silently uses its first values as an index.
    for line, record in first:
        if len(record) > len(header):
            raise DataError(
                f"{path}: line {line} has {len(record)} values, and the first line names {len(header)} columns"
            )
    if frame.empty:
        raise DataError(f"{path}: no rows below the line that names the columns")
    frame.columns = header
    return frame.apply(_stripped)


def _stripped(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Strip blanks around text values, so "yes " and "yes" are the same class."""
    if column.dtype.kind in "biufc":
        return column
    return column.map(lambda value: value.strip() if isinstance(value, str) else value)


def _check_header(header: list[str], path: Path) -> None:
    used = [name for separator, name in OTHER_SEPARATORS.items() if len(header) == 1 and separator in header[0]]
    if used:
        raise DataError(f"{path}: the first line has {used[0]} where commas must separate the columns: {header[0]!r}")
    for number, name in enumerate(header, start=1):
        if not name.strip():
            raise DataError(
                f"{path}: column {number} has no name: name it in the first line, or leave it out"
                " (pandas writes an index so, unless told index=False)"
            )
    repeated = [name for name, times in Counter(header).items() if times > 1]
    if repeated:
        raise DataError(f"{path}: column names must differ; the first line has {repeated[0]!r} more than once")


def _target_column(frame: "pd.DataFrame", target: str | None, path: Path) -> str:
    columns = [str(column) for column in frame.columns]
    if target not in columns:
        problem = choose_from("column", target, columns) if target else f"choose from {', '.join(columns)}"
        raise DataError(f"{path}: target must name a column: {problem}")
    if len(columns) == 1:
        raise DataError(f"{path}: {target!r} is the only column: no inputs, or no commas between them")
    return target


def _check_values(frame: "pd.DataFrame", text: str, path: Path) -> None:
    """Refuse missing and infinite values, and text in numeric columns."""
    for name, column in frame.items():
        bad = _first_bad(column)
        if bad is not None:
            row, reason = bad
            raise DataError(f"{path}: column {str(name)!r}, line {_line(text, row)}: {reason}")


def _first_bad(column: "pd.Series[Any]") -> tuple[int, str] | None:
    """Return the row of the first invalid value and the reason, or None."""
    import pandas as pd

    missing = column.isna().to_numpy()
    if missing.any():
        return int(missing.argmax()), MISSING
    if pd.api.types.is_numeric_dtype(column):
        infinite = ~np.isfinite(to_float32(column.to_numpy(dtype=np.float64)))
        return (int(infinite.argmax()), INFINITE) if infinite.any() else None
    numbers = pd.to_numeric(column, errors="coerce")
    not_numeric = numbers.isna().to_numpy()
    if not not_numeric.any():
        return int(numbers.abs().argmax()), "a whole number must fit in 64 bits: write it as a decimal (1e30)"
    if not_numeric.mean() >= 0.5:
        return None
    # Mostly numbers: probably a typo, which would turn the column into hundreds of categories.
    row = int(not_numeric.argmax())
    return row, f"{str(column.iloc[row])!r} can't be used as a number, and most of the column can"


def _encode_inputs(inputs: "pd.DataFrame", target: str, path: Path) -> "tuple[Columns, pd.DataFrame]":
    import pandas as pd

    texts = [name for name in inputs.columns if not pd.api.types.is_numeric_dtype(inputs[name])]
    for name in texts:
        categories = inputs[name].nunique()
        if categories > MAX_CATEGORIES:
            raise DataError(
                f"{path}: column {str(name)!r} holds {categories} different texts, more than the"
                f" {MAX_CATEGORIES} that become categories: turn it into numbers, or leave it out"
            )
        if categories == len(inputs):
            raise DataError(
                f"{path}: column {str(name)!r} holds another text in every row, such as {str(inputs[name].iloc[0])!r}:"
                " turn it into numbers, or leave it out"
            )
    columns = Columns.of_frame(inputs, target)
    return columns, columns.one_hot(inputs)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of its first line in the file; skips blank lines, as pandas does."""
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    limit = csv.field_size_limit(max(len(text), csv.field_size_limit()))
    try:
        line = 1
        for record in reader:
            if len(record) > 1 or "".join(record).strip():
                yield line, record
            line = reader.line_num + 1
    finally:
        csv.field_size_limit(limit)


def _line(text: str, row: int) -> int:
    """Return the line number where data row `row` (from 0) starts."""
    return next(islice((line for line, _ in _records(text)), row + 1, None))
