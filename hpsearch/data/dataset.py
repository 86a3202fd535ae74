"""Validated data sets: numeric inputs, and labels or numeric targets."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.columns import CODE, DATE, Columns
from hpsearch.data.labels import problem_of
from hpsearch.data.preparation import Preparation
from hpsearch.data.roles import MOST_CATEGORIES
from hpsearch.data.row_columns import check_row_columns
from hpsearch.data.values import INFINITE
from hpsearch.errors import DataError, choose_from

TASKS = ("classification", "regression")

_BLOCK_ROWS = 4096  # whose matrix is made at a time

MISSING = "the value is missing (NaN): fill it in, or leave the row out"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Complete data set before splitting and scaling; its arrays are read-only.

    Parameters
    ----------
    name
        Name in error messages and reports.
    x
        Inputs, float32 of shape (rows, columns): numbers, NaN where one is missing, and places of categories.
    y
        Shape (rows,). Labels 0 .. K-1 as int64, or targets as float32.
    task
        "classification" or "regression".
    feature_names
        Names of the columns of `x`.
    class_names
        Names of the K classes, in the order of the labels; () for regression.
    test
        Inputs and labels of the official test set, or None.
    columns
        Columns of the table that `x` was made from (`Columns.raw_names` are the names of `x`); by default numbers named
        by `feature_names`.
    groups
        Group of each row, int64 of shape (rows,): a group is never in two parts of a split. None: rows are independent.
    order
        Time of each row, float64 of shape (rows,): a split is made in this order. It excludes `groups`.
    weights
        Weight of each row, float64 of shape (rows,), at least 0: of trainings and of scores. None: all are 1. Neither
        of the three is an input, and none goes with an official test set.
    class_values
        Values of the K classes with the type of the target, shape (K,), numbers or truths; None if they are texts.

    Raises
    ------
    DataError
        If the content violates these rules, or has fewer than two classes, a constant target or a column without
        values.
    """

    name: str
    x: NDArray[np.float32] = field(repr=False)
    y: NDArray[Any] = field(repr=False)
    task: str
    feature_names: tuple[str, ...] = field(repr=False)
    class_names: tuple[str, ...] = ()
    test: tuple[NDArray[np.float32], NDArray[Any]] | None = field(default=None, repr=False)
    columns: Columns = field(default=Columns(()), repr=False)
    groups: NDArray[np.int64] | None = field(default=None, repr=False)
    order: NDArray[np.float64] | None = field(default=None, repr=False)
    weights: NDArray[np.float64] | None = field(default=None, repr=False)
    class_values: NDArray[Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise DataError(f"{self.name}: {choose_from('task', self.task, TASKS)}")
        if not self.columns.inputs:
            object.__setattr__(self, "columns", Columns.of_numbers(self.feature_names))
        if self.columns.raw_names != tuple(self.feature_names):
            raise DataError(f"{self.name}: feature_names must be those of the columns, {self.columns.raw_names}")
        object.__setattr__(self, "x", _read_only(self.x))
        object.__setattr__(self, "y", _read_only(self.y))
        if self.test is not None:
            object.__setattr__(self, "test", (_read_only(self.test[0]), _read_only(self.test[1])))
        for part, x, y in self._parts():
            self._check_inputs(part, x, y)
            self._check_targets(part, y)
        if self.class_values is not None and (problem := problem_of(self.class_values, len(self.class_names))):
            raise DataError(f"{self.name}: {problem}")
        self._check_variety()
        check_row_columns(self.name, len(self.x), self._row_columns)
        if self._row_columns and self.test is not None:
            raise DataError(f"{self.name}: {' and '.join(self._row_columns)} can't go with an official test set")
        for name, values in self._row_columns.items():
            object.__setattr__(self, name, _read_only(values))

    @property
    def nbytes(self) -> int:
        """Size of inputs, labels and targets in bytes."""
        return sum(array.nbytes for _, x, y in self._parts() for array in (x, y))

    @cached_property
    def incomplete(self) -> NDArray[np.bool_]:
        """Which columns of `x` miss values, in any part."""
        lacking: NDArray[np.bool_] = np.any([np.isnan(x).any(axis=0) for _, x, _ in self._parts()], axis=0)
        return lacking

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, not of the name; computed on first access. Detects changed files.

        Of complete numbers, truths and texts with few categories it is that of a matrix with a column for each
        category, as in earlier versions.
        """
        if self.is_plain:
            plain = Preparation.plain(self.columns)
            names, matrix = plain.feature_names, plain.apply
            digest = hashlib.sha256(repr((self.task, names, self.class_names)).encode())
        else:
            names, matrix = self.columns.raw_names, _same_missing
            digest = hashlib.sha256(repr((self.task, self.columns.inputs, self.class_names)).encode())
        for _, x, y in self._parts():
            digest.update(f"{(len(x), len(names))} {y.dtype.name}".encode())
            for start in range(0, len(x), _BLOCK_ROWS):
                digest.update(matrix(x[start : start + _BLOCK_ROWS]).data)
            digest.update(np.ascontiguousarray(y).data)
        for name, values in self._row_columns.items():
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()

    @cached_property
    def is_plain(self) -> bool:
        """Whether earlier versions could read such a table: it is complete, without dates and many categories."""
        kinds = {column.kind for column in self.columns.inputs}
        few = all(len(column.categories) <= MOST_CATEGORIES for column in self.columns.categorical)
        return few and not self.incomplete.any() and not kinds & {CODE, DATE}

    @property
    def _row_columns(self) -> dict[str, NDArray[Any]]:
        values = {"groups": self.groups, "order": self.order, "weights": self.weights}
        return {name: array for name, array in values.items() if array is not None}

    def _parts(self) -> list[tuple[str, NDArray[np.float32], NDArray[Any]]]:
        official = [] if self.test is None else [(f"{self.name} (test)", *self.test)]
        return [(self.name, self.x, self.y), *official]

    def _check_inputs(self, part: str, x: NDArray[Any], y: NDArray[Any]) -> None:
        columns = len(self.feature_names)
        if x.dtype != np.float32 or x.ndim != 2 or x.shape[1] != columns or columns == 0:
            raise DataError(
                f"{part}: x must be float32 of shape (rows, {columns or 'at least 1'}), one column for each"
                f" feature name; received {x.dtype} of shape {x.shape}"
            )
        if y.shape != (len(x),):
            raise DataError(f"{part}: y must have shape ({len(x)},), one for each row of x; received {y.shape}")
        infinite = np.isinf(x)
        if infinite.any():
            row, column = (int(index) for index in np.argwhere(infinite)[0])
            raise DataError(f"{part}: column {self.feature_names[column]!r}, row {row} (from 0): {INFINITE}")

    def _check_targets(self, part: str, y: NDArray[Any]) -> None:
        dtype = np.dtype(np.int64 if self.task == "classification" else np.float32)
        if y.dtype != dtype:
            raise DataError(f"{part}: y must be {dtype} for {self.task}; received {y.dtype}")
        if self.task == "regression" and not np.isfinite(y).all():
            row = int(np.flatnonzero(~np.isfinite(y))[0])
            raise DataError(f"{part}: the target in row {row} (from 0): {not_finite(y[row])}")
        classes = len(self.class_names)
        if self.task == "classification" and len(y) and not 0 <= y.min() <= y.max() < classes:
            raise DataError(
                f"{part}: labels must lie in 0..{classes - 1}, one for each class name; received {y.min()}..{y.max()}"
            )

    def _check_variety(self) -> None:
        empty = np.isnan(self.x).all(axis=0) & (len(self.x) > 0)
        if empty.any():
            name = self.feature_names[int(empty.argmax())]
            raise DataError(f"{self.name}: column {name!r} has no value in any row: leave it out")
        values = np.unique(self.y)
        if len(values) >= 2:
            return
        if self.task == "classification":
            content = ", ".join(repr(self.class_names[label]) for label in values) or "none"
            raise DataError(f"{self.name}: classification needs at least two classes; the rows hold {content}")
        content = f"is {values[0]:g} in all {len(self.y)} rows" if len(values) else "has no rows"
        raise DataError(f"{self.name}: regression needs a target that varies; it {content}")


def not_finite(value: float) -> str:
    """Return the reason why a `value` that is not finite is refused."""
    return MISSING if np.isnan(value) else INFINITE


def _same_missing(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a copy in which all missing values have the same bits."""
    return np.where(np.isnan(x), np.float32(np.nan), x)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view, so the fingerprint stays valid; the caller's array remains writable."""
    view = array.view()
    view.flags.writeable = False
    return view
