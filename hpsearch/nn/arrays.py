"""What the network's files share about arrays: the type, a buffer that is lent by rows, and checks of user data."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.blas import daxpy, saxpy

from hpsearch.errors import DataError

Array = NDArray[Any]
"""A float32 or float64 array; which of the two, the network decides."""

MOST_VIEWS = 16
"""Numbers of rows that a buffer keeps a view for."""


def constant(value: float, dtype: np.dtype[Any]) -> Array:
    """A number as an array without dimensions: NumPy takes it as an operand twice as fast as a number of Python's."""
    with np.errstate(all="ignore"):
        return np.array(value, dtype)


def axpy(dtype: np.dtype[Any]) -> Callable[..., Array]:
    """BLAS' operation on vectors of that type: ``axpy(x, y, a=factor)`` adds factor · x to y, in place."""
    chosen: Callable[..., Array] = saxpy if dtype == np.float32 else daxpy
    return chosen


class Buffer:
    """Memory for at most as many rows as were ever asked for, allocated once and lent by rows.

    Training and evaluation ask for the same few numbers of rows again and again, such as a batch, the last batch and a
    chunk: the usual call returns the view of a call before.

    Attributes
    ----------
    view
        The rows that were lent last.
    vector
        The same entries in one dimension.
    """

    __slots__ = ("__weakref__", "_fill", "_lent", "_whole", "vector", "view")

    def __init__(self, columns: int, dtype: np.dtype[Any] | type, fill: int = 0) -> None:
        self._fill = fill
        self._whole: Array = np.full((0, columns), fill, dtype)
        self._lent: dict[int, tuple[Array, Array]] = {}
        self.view: Array = self._whole
        self.vector: Array = self._whole.reshape(-1)

    def rows(self, count: int) -> Array:
        """`count` rows: all `fill` at first, later what was last written to them or, after growing, `fill` again."""
        view = self.view  # read once: networks in other threads may share a buffer that nobody writes to
        if len(view) != count:
            view, vector = self._lent.get(count) or self._lend(count)
            self.view, self.vector = view, vector
        return view

    def _lend(self, count: int) -> tuple[Array, Array]:
        whole = self._whole
        if len(whole) < count:
            self._whole = whole = np.full((count, whole.shape[1]), self._fill, whole.dtype)
            self._lent = {}
        elif len(self._lent) == MOST_VIEWS:
            self._lent = {}
        view = whole[:count]
        return self._lent.setdefault(count, (view, view.reshape(-1)))


def as_inputs(x: ArrayLike, n_inputs: int, dtype: np.dtype[Any], what: str = "x") -> Array:
    """`x` as a C-contiguous (rows, n_inputs) array of `dtype`, copied only if it has to be.

    Raises
    ------
    DataError
        If it isn't numeric, has another shape, no rows, or holds NaN or infinity.
    """
    array = _as_numbers(x, dtype, what)
    if array.ndim != 2 or array.shape[1] != n_inputs:
        raise DataError(f"{what} must have the shape (rows, {n_inputs}), got {array.shape}")
    _check_rows_and_finite(array, what)
    return array


def as_targets(y: ArrayLike, n_rows: int, n_outputs: int, dtype: np.dtype[Any], what: str = "y") -> Array:
    """`y` as a C-contiguous (rows, n_outputs) array of `dtype`; a vector counts as one column.

    Raises
    ------
    DataError
        If it isn't numeric, has another shape, or holds NaN or infinity.
    """
    array = _as_numbers(y, dtype, what)
    array = array[:, np.newaxis] if array.ndim == 1 else array
    if array.shape != (n_rows, n_outputs):
        raise DataError(f"{what} must have the shape ({n_rows}, {n_outputs}) like its inputs, got {array.shape}")
    _check_rows_and_finite(array, what)
    return array


def as_labels(y: ArrayLike, n_rows: int, n_classes: int, what: str = "y") -> Array:
    """`y` as a vector of class numbers 0 … n_classes - 1.

    Raises
    ------
    DataError
        If it isn't made of such whole numbers, or has another length.
    """
    array = np.asarray(y)
    if array.shape != (n_rows,):
        raise DataError(f"{what} must have the shape ({n_rows},) like its inputs, got {array.shape}")
    if array.dtype.kind not in "iu":
        raise DataError(f"{what} must hold whole numbers (class 0 to {n_classes - 1}), got {array.dtype}")
    if n_rows and (array.min() < 0 or array.max() >= n_classes):
        raise DataError(f"{what} must hold class numbers from 0 to {n_classes - 1}, got {array.min()} to {array.max()}")
    return np.ascontiguousarray(array, np.intp)


def _as_numbers(values: ArrayLike, dtype: np.dtype[Any], what: str) -> Array:
    try:
        with np.errstate(all="ignore"):
            array = np.asarray(values)
            if array.dtype.kind not in "biufO":
                raise DataError(f"{what} must hold numbers, got {array.dtype}")
            return np.ascontiguousarray(array, dtype) if array.ndim else array.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{what} must be an array of numbers: {error}") from None


def _check_rows_and_finite(array: Array, what: str) -> None:
    if not len(array):
        raise DataError(f"{what} must have at least one row, got {array.shape}")
    if not is_finite(array):
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise DataError(
            f"{what} must hold finite numbers that fit {array.dtype}, "
            f"got {array[row, column]} in row {row}, column {column}"
        )


def is_finite(array: Array) -> bool:
    """Whether no entry is NaN or infinite; usually in one pass and without memory of the same size."""
    with np.errstate(all="ignore"):
        entries = array.reshape(-1)
        # A sum of squares is finite only if all of them are; where it overflows, the entries themselves tell.
        return bool(np.isfinite(entries.dot(entries)) or np.isfinite(entries).all())
