"""Loader of files with a table and a target column."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.columns import TEXT, Columns
from hpsearch.data.dataset import INFINITE, MISSING, Dataset
from hpsearch.data.reading.problems import Problems
from hpsearch.data.sources.files import located
from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.data.sources.target import encode_target, to_float32
from hpsearch.data.table import Table, read_table
from hpsearch.errors import DataError, choose_from, quoted, some_of

if TYPE_CHECKING:
    import pandas as pd


MAX_CATEGORIES = 100


def load_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    task: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
) -> Dataset:
    """Load the table in the file at `path`; `target` names the target column.

    A relative path starts from `folder`, or from the current folder if None; the data set is named by the path alone.
    See `read_table` for `separator`, `decimal` and `encoding`.

    Blanks around names and text values are ignored.

    A text column is one-hot encoded: one column of 0 and 1 per category, named ``column=category``, after the numeric
    columns. Values that pandas reads as missing (empty cells, NA, NaN, null, None, …) are refused. See `encode_target`
    for the target.

    Raises
    ------
    DataError
        If the file is invalid; the message names the file, and the column and line of all invalid values.
    """
    table = read_table(path, separator=separator, decimal=decimal, encoding=encoding, folder=folder, dates=False)
    file_path = located(path, folder)
    target = _target_column(table.frame, target, file_path)
    problems = Problems(file_path)
    _check_values(table, problems)
    inputs = table.frame.drop(columns=target)
    _check_categories(inputs, problems)
    problems.refuse()
    columns = Columns.of_frame(inputs, target)
    encoded = columns.one_hot(inputs)
    values = table.frame[target].to_numpy()
    y, task, class_names = encode_target(
        values.astype(str) if values.dtype.kind == "O" else values,
        task,
        f"{file_path}: column {quoted(target)}",
    )
    return Dataset(
        name=table.name,
        x=_to_float32(encoded, file_path),
        y=y,
        task=task,
        feature_names=tuple(str(column) for column in encoded.columns),
        class_names=class_names,
        columns=columns,
    )


def read_rows(path: str | os.PathLike[str], columns: Columns) -> pd.DataFrame:
    """Read a file of new rows for a model with these columns, as `load_csv` reads files.

    Raises
    ------
    DataError
        If the file can't be read; what is in it is not checked.
    """
    texts = {column.name for column in columns.inputs if column.kind == TEXT}
    return read_table(path, texts=texts, dates=False).frame


def _to_float32(inputs: pd.DataFrame, path: Path) -> NDArray[np.float32]:
    """Convert the inputs to float32; refuse columns that lose too much precision."""
    x = to_float32(inputs.to_numpy(dtype=np.float64))
    problems = Problems(path)
    for index, name in enumerate(inputs.columns):
        if first_blurred(inputs[[name]].to_numpy(), x[:, [index]]) is not None:
            problems.add(f"column {quoted(name)}: {BLURRED}")
    problems.refuse()
    return x


def _target_column(frame: pd.DataFrame, target: str | None, path: Path) -> str:
    columns = [str(column) for column in frame.columns]
    if target not in columns:
        problem = choose_from("column", target, columns) if target else f"choose from {some_of(columns, 100)}"
        raise DataError(f"{path}: target must name a column: {problem}")
    if len(columns) == 1:
        raise DataError(f"{path}: {quoted(target)} is the only column: no inputs, or no separators between them")
    return target


def _check_values(table: Table, problems: Problems) -> None:
    """Add missing and infinite values, and text in numeric columns: the first of each column."""
    for name, column in table.frame.items():
        bad = _first_bad(column)
        if bad is not None:
            row, reason = bad
            problems.add(f"column {quoted(str(name))}, {table.place(row)}: {reason}")


def _first_bad(column: pd.Series[Any]) -> tuple[int, str] | None:
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
    return row, f"{quoted(column.iloc[row])} can't be used as a number, and most of the column can"


def _check_categories(inputs: pd.DataFrame, problems: Problems) -> None:
    """Add columns of text with too many categories."""
    import pandas as pd

    for name in inputs.columns:
        if pd.api.types.is_numeric_dtype(inputs[name]):
            continue
        categories = inputs[name].nunique()
        if categories > MAX_CATEGORIES:
            problems.add(
                f"column {quoted(name)} holds {categories} different texts, more than the"
                f" {MAX_CATEGORIES} that become categories: turn it into numbers, or leave it out"
            )
        elif categories == len(inputs):
            problems.add(
                f"column {quoted(name)} holds another text in every row, such as {quoted(inputs[name].iloc[0])}:"
                " turn it into numbers, or leave it out"
            )
