"""Data set of a table: numbers and categories of its inputs, and its target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hpsearch.data.columns import Columns
from hpsearch.data.dataset import INFINITE, MISSING, Dataset
from hpsearch.data.reading.problems import Problems
from hpsearch.data.sources.csv_file import MAX_CATEGORIES
from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.data.sources.target import encode_target, to_float32
from hpsearch.data.table import Table
from hpsearch.errors import DataError, choose_from, quoted

if TYPE_CHECKING:
    import pandas as pd


def dataset_of(table: Table, target: str, task: str | None = None) -> Dataset:
    """Return the data set of a table whose column `target` is predicted; texts become columns of zeros and ones.

    Raises
    ------
    DataError
        If there is no such column, or a column can't be used; one message tells all.
    """
    names = [str(name) for name in table.frame.columns]
    if target not in names:
        raise DataError(f"{table.name}: target must name a column: {choose_from('column', target, names)}")
    if len(names) == 1:
        raise DataError(f"{table.name}: {quoted(target)} is the only column, so there are no inputs")
    problems = Problems(table.name)
    inputs = table.frame.drop(columns=target)
    for name, column in table.frame.items():
        _check(str(name), column, table, problems, is_target=str(name) == target)
    problems.refuse()
    columns = Columns.of_frame(inputs, target)
    encoded = columns.one_hot(inputs)
    x = to_float32(encoded.to_numpy(dtype=np.float64))
    for place, name in enumerate(columns.feature_names):
        if first_blurred(encoded[[name]].to_numpy(), x[:, [place]]) is not None:
            problems.add(f"column {quoted(name)}: {BLURRED}")
    problems.refuse()
    values = table.frame[target].to_numpy()
    y, task, class_names = encode_target(
        values.astype(str) if values.dtype.kind == "O" else values, task, f"{table.name}: column {quoted(target)}"
    )
    return Dataset(table.name, x, y, task, columns.feature_names, class_names, columns=columns)


def _check(name: str, column: pd.Series[Any], table: Table, problems: Problems, *, is_target: bool) -> None:
    """Add what is wrong with a column: missing or infinite values, dates, and too many categories."""
    import pandas as pd

    missing = column.isna().to_numpy()
    if missing.any():
        problems.add(f"column {quoted(name)}, {table.place(int(missing.argmax()))}: {MISSING}")
    elif pd.api.types.is_numeric_dtype(column):
        infinite = ~np.isfinite(to_float32(column.to_numpy(dtype=np.float64)))
        if infinite.any():
            problems.add(f"column {quoted(name)}, {table.place(int(infinite.argmax()))}: {INFINITE}")
    elif pd.api.types.is_datetime64_any_dtype(column):
        problems.add(f"column {quoted(name)} holds dates: turn them into numbers, or leave it out")
    elif not is_target:
        _check_categories(name, column, problems)


def _check_categories(name: str, column: pd.Series[Any], problems: Problems) -> None:
    categories = column.nunique()
    if categories > MAX_CATEGORIES:
        problems.add(
            f"column {quoted(name)} holds {categories} different texts, more than the {MAX_CATEGORIES} that become"
            " categories: turn it into numbers, or leave it out"
        )
    elif categories == len(column):
        problems.add(
            f"column {quoted(name)} holds another text in every row, such as {quoted(str(column.iloc[0]))}: turn it"
            " into numbers, or leave it out"
        )
