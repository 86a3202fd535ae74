"""Loader of files with a table and a target column."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import BinaryIO

from hpsearch.data.columns import CODE, NUMBER, TEXT, Columns
from hpsearch.data.dataset import Dataset
from hpsearch.data.table import Table, read_table
from hpsearch.data.table_dataset import Roles, dataset_of


def load_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    task: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    missing: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    numbers: Sequence[str] | None = None,
    categories: Sequence[str] | None = None,
    dates: Sequence[str] | None = None,
    group: str | None = None,
    time: str | None = None,
    weight: str | None = None,
) -> Dataset:
    """Load the table in the file at `path`; `target` names the target column.

    A relative path starts from `folder`, or from the current folder if None; the data set is named by the path alone.
    See `read_table` for `separator`, `decimal`, `encoding` and `missing`, `Roles` for the names of columns, and
    `encode_target` for the target.

    Raises
    ------
    DataError
        If the file is invalid; the message names the file, and the column and line of all invalid values.
    """
    roles = Roles(ignore or (), numbers or (), categories or (), dates or (), group=group, time=time, weight=weight)
    table = read_table(
        path,
        separator=separator,
        decimal=decimal,
        encoding=encoding,
        missing=missing or (),
        folder=folder,
        texts=roles.categories,
        numbers={*roles.numbers, *roles.of_rows().values(), *([target] if target else [])},
    )
    return dataset_of(table, target, task, roles)


def read_rows(
    path: str | os.PathLike[str],
    columns: Columns,
    *,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    kept: Collection[str] = (),
    file: BinaryIO | None = None,
) -> Table:
    """Read a file of new rows for a model with these columns, as `load_csv` reads files.

    Parameters
    ----------
    separator, decimal, encoding, file
        See `read_table`.
    kept
        Names of columns that are to be written again. Those that are no inputs are read as text: 007 keeps its zeros.

    Raises
    ------
    DataError
        If the file can't be read; what is in it is not checked.
    UsageError
        If a setting breaks a rule.
    """
    texts = {column.name for column in columns.inputs if column.kind == TEXT or column.form}
    numbers = {column.name for column in columns.inputs if column.kind in (NUMBER, CODE)}
    texts |= {*kept} - {column.name for column in columns.inputs}
    return read_table(
        path,
        separator=separator,
        decimal=decimal,
        encoding=encoding,
        missing=columns.missing,
        texts=texts,
        numbers=numbers,
        file=file,
    )
