"""What is lost when a user's numbers become float32."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

NARROW = 2.0**-12
"""Columns whose spread is a larger share of their size than this keep at least 2¹² different values in float32."""
NOISE = 1e-12
"""A smaller share is the rounding of float64: nobody misses it."""
LOST = 0.01
"""Share of the spread that rounding may move a value by."""

BLURRED = (
    "the values differ too little for their size to be told apart in float32: subtract the smallest from all, or take "
    "a smaller unit"
)


def first_blurred(exact: NDArray[Any], rounded: NDArray[np.float32]) -> int | None:
    """The first column of `exact`, shape (rows, columns), that `rounded` to float32 tells too little of, or None.

    So it is with times in seconds since 1970 that are minutes apart: float32 knows 128 of them as one. Scaling, which
    comes later, would spread out what is left of them.
    """
    if exact.dtype.kind not in "iuf" or exact.dtype.itemsize < 4 or exact.dtype == np.float32 or not len(exact):
        return None
    with np.errstate(all="ignore"):  # infinite values are told of elsewhere
        low, high = rounded.min(axis=0).astype(np.float64), rounded.max(axis=0).astype(np.float64)
        narrow = (high - low < NARROW * np.maximum(np.abs(low), np.abs(high))) | ((low == 0) & (high == 0))
        return next((int(c) for c in np.flatnonzero(narrow) if _is_blurred(exact[:, c], rounded[:, c])), None)


def _is_blurred(exact: NDArray[Any], rounded: NDArray[np.float32]) -> bool:
    whole = exact.dtype.kind in "iu"
    numbers = exact.astype(np.int64 if whole else np.float64)
    steps = (numbers - numbers[0]).astype(np.float64)  # of whole numbers, exact
    spread = float(np.ptp(steps))
    if not whole and spread <= NOISE * float(np.abs(numbers).max()):
        return False
    kept = rounded.astype(np.float64) - float(rounded[0])
    return bool(np.abs(kept - steps).max() > LOST * spread)
