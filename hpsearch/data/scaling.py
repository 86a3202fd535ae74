"""Scaling of columns, fitted on the training rows."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Fit = Callable[[NDArray[np.float32]], tuple[Float64, Float64]]

BLOCK_ROWS = 4096


def fit_standard(x: NDArray[np.float32]) -> tuple[Float64, Float64]:
    """Return the mean and 1 / standard deviation (of the population, as in scikit-learn's StandardScaler)."""
    mean = x.mean(axis=0, dtype=np.float64)
    # Two passes in blocks: x.var() would allocate a float64 copy of x.
    squares = sum((np.square(x[rows] - mean).sum(axis=0) for rows in _blocks(len(x))), np.zeros_like(mean))
    return mean, _inverse(np.sqrt(squares / len(x)))


def fit_minmax(x: NDArray[np.float32]) -> tuple[Float64, Float64]:
    """Return the minimum and 1 / (maximum - minimum), which scale the training rows to [0, 1]."""
    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    return low, _inverse(high - low)


def fit_none(x: NDArray[np.float32]) -> tuple[Float64, Float64]:
    """Return shift 0 and factor 1, which leave all values unchanged."""
    return np.zeros(x.shape[1]), np.ones(x.shape[1])


#: Name → function that fits shift and factor, shape (columns,), of (x - shift) * factor.
SCALINGS: dict[str, Fit] = {"standard": fit_standard, "minmax": fit_minmax, "none": fit_none}


def rescale(x: NDArray[np.float32], shift: Float64, factor: Float64) -> None:
    """Replace `x`, shape (rows, columns), by (x - shift) * factor, in place.

    Computes in float64 by blocks: large offsets lose no precision, and no float64 copy of `x` is allocated.
    Values that overflow float32 become infinite without a warning; the caller must check.
    """
    with np.errstate(over="ignore"):
        for rows in _blocks(len(x)):
            x[rows] = (x[rows] - shift) * factor


def _inverse(spread: Float64) -> Float64:
    """Return 1 / spread, or 0 for a column that is constant in training, which makes it 0 in all rows.

    scikit-learn divides such a column by 1 instead, so it can be non-zero in other rows. The spread of a constant
    column is exactly 0: a float64 sum of equal float32 values is exact up to 2**29 rows.
    """
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK_ROWS) for start in range(0, rows, BLOCK_ROWS))
