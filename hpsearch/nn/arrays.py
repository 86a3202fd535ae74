"""Array type, reusable row buffers, and validation of user arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.blas import daxpy, saxpy

from hpsearch.errors import DataError

Array = NDArray[Any]
"""float32 or float64 array, depending on the network's dtype."""

MOST_VIEWS = 16
"""Maximum number of row counts that a buffer caches views for."""


def constant(value: float, dtype: np.dtype[Any]) -> Array:
    """Return a number as a 0-dimensional array, which NumPy operations accept twice as fast as a Python number."""
    with np.errstate(all="ignore"):
        return np.array(value, dtype)


def axpy(dtype: np.dtype[Any]) -> Callable[..., Array]:
    """Return the BLAS function for vectors of this dtype: ``axpy(x, y, a=factor)`` adds factor · x to y in place."""
    chosen: Callable[..., Array] = saxpy if dtype == np.float32 else daxpy
    return chosen


class Buffer:
    """Reusable memory for rows; grows to the largest row count requested.

    Training and evaluation request the same few row counts repeatedly, such as a batch, the last batch and a chunk.
    Views are cached, so that most calls return an existing one.

    Attributes
    ----------
    view
        Rows returned by the last call of `rows`.
    vector
        The same entries as a flat array.
    """

    __slots__ = ("__weakref__", "_fill", "_views", "_whole", "vector", "view")

    def __init__(self, columns: int, dtype: np.dtype[Any] | type, fill: int = 0) -> None:
        self._fill = fill
        self._whole: Array = np.full((0, columns), fill, dtype)
        self._views: dict[int, tuple[Array, Array]] = {}
        self.view: Array = self._whole
        self.vector: Array = self._whole.reshape(-1)

    def rows(self, count: int) -> Array:
        """Return `count` rows: filled with `fill` when allocated or grown, otherwise with their last contents."""
        view = self.view  # read once: threads may share a read-only buffer
        if len(view) != count:
            view, vector = self._views.get(count) or self._add_view(count)
            self.view, self.vector = view, vector
        return view

    def _add_view(self, count: int) -> tuple[Array, Array]:
        whole = self._whole
        if len(whole) < count:
            self._whole = whole = np.full((count, whole.shape[1]), self._fill, whole.dtype)
            self._views = {}
        elif len(self._views) == MOST_VIEWS:
            self._views = {}
        view = whole[:count]
        return self._views.setdefault(count, (view, view.reshape(-1)))


def as_inputs(x: ArrayLike, n_inputs: int, dtype: np.dtype[Any], what: str = "x") -> Array:
    """Return `x` as a C-contiguous (rows, n_inputs) array of `dtype`; copies only if necessary.

    Raises
    ------
    DataError
        If it isn't numeric, has another shape or no rows, or contains NaN or infinity.
    """
    array = _as_numbers(x, dtype, what)
    if array.ndim != 2 or array.shape[1] != n_inputs:
        raise DataError(f"{what} must have the shape (rows, {n_inputs}), got {array.shape}")
    _check_rows_and_finite(array, what)
    return array


def as_targets(y: ArrayLike, n_rows: int, n_outputs: int, dtype: np.dtype[Any], what: str = "y") -> Array:
    """Return `y` as a C-contiguous (rows, n_outputs) array of `dtype`; a vector counts as one column.

    Raises
    ------
    DataError
        If it isn't numeric, has another shape, or contains NaN or infinity.
    """
    array = _as_numbers(y, dtype, what)
    array = array[:, np.newaxis] if array.ndim == 1 else array
    if array.shape != (n_rows, n_outputs):
        raise DataError(f"{what} must have the shape ({n_rows}, {n_outputs}) like its inputs, got {array.shape}")
    _check_rows_and_finite(array, what)
    return array


def as_labels(y: ArrayLike, n_rows: int, n_classes: int, what: str = "y") -> Array:
    """Return `y` as a vector of class numbers 0 … n_classes - 1.

    Raises
    ------
    DataError
        If it has another shape, isn't of integer dtype, or has values out of this range.
    """
    array = np.asarray(y)
    if array.shape != (n_rows,):
        raise DataError(f"{what} must have the shape ({n_rows},) like its inputs, got {array.shape}")
    if array.dtype.kind not in "iu":
        raise DataError(f"{what} must hold whole numbers (class 0 to {n_classes - 1}), got {array.dtype}")
    if n_rows and (array.min() < 0 or array.max() >= n_classes):
        raise DataError(f"{what} must hold class numbers from 0 to {n_classes - 1}, got {array.min()} to {array.max()}")
    return np.ascontiguousarray(array, np.intp)


def as_sample_weight(weights: ArrayLike, n_rows: int, dtype: np.dtype[Any], what: str = "sample_weight") -> Array:
    """Return the weights of rows divided by their mean, a vector of `dtype`.

    Raises
    ------
    DataError
        If they have another shape, aren't finite numbers of at least 0, or are all 0.
    """
    array = np.asarray(_as_numbers(weights, np.dtype(np.float64), what))
    if array.shape != (n_rows,):
        raise DataError(f"{what} must have the shape ({n_rows},) like its inputs, got {array.shape}")
    if not np.isfinite(array).all() or array.min() < 0 or not array.any():
        raise DataError(
            f"{what} must hold finite numbers of at least 0, and some above, got {array.min()} as the least"
        )
    return np.ascontiguousarray(array / array.mean(), dtype)


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
    """Return whether no entry is NaN or infinite; usually in one pass without a temporary array."""
    with np.errstate(all="ignore"):
        entries = array.reshape(-1)
        # A finite sum of squares implies finite entries. The sum may also overflow: then check every entry.
        return bool(np.isfinite(entries.dot(entries)) or np.isfinite(entries).all())
