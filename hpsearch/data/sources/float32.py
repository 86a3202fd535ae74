"""Detection of columns that lose too much precision in float32."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

NARROW = 2.0**-12
"""Spread relative to size above which a column keeps at least 2¹² distinct values in float32."""
NOISE = 1e-12
"""Relative spread below which differences are rounding errors of float64 and may be lost."""
LOST = 0.01
"""Largest acceptable rounding error, as a share of the spread."""

BLURRED = (
    "the values differ too little for their size to be told apart in float32: subtract the smallest from all, or take "
    "a smaller unit"
)


def first_blurred(exact: NDArray[Any], rounded: NDArray[np.float32]) -> int | None:
    """Return the first column of `exact`, shape (rows, columns), that loses too much precision in `rounded`, or None.

    Example: float32 rounds times in seconds since 1970 to multiples of 128, so times a minute apart
    can coincide. The later scaling would amplify the rounding errors.
    """
    if exact.dtype.kind not in "iuf" or exact.dtype.itemsize < 4 or exact.dtype == np.float32 or not len(exact):
        return None
    with np.errstate(all="ignore"):  # infinite values are reported elsewhere
        low, high = (reduce(rounded).astype(np.float64) for reduce in (np.fmin.reduce, np.fmax.reduce))
        narrow = (high - low < NARROW * np.maximum(np.abs(low), np.abs(high))) | ((low == 0) & (high == 0))
        return next((int(c) for c in np.flatnonzero(narrow) if _is_blurred(exact[:, c], rounded[:, c])), None)


def _is_blurred(exact: NDArray[Any], rounded: NDArray[np.float32]) -> bool:
    exact, rounded = exact[~np.isnan(rounded)], rounded[~np.isnan(rounded)]
    whole = exact.dtype.kind in "iu"
    numbers = exact.astype(np.int64 if whole else np.float64)
    steps = (numbers - numbers[0]).astype(np.float64)  # exact for whole numbers
    spread = float(np.ptp(steps))
    if not whole and spread <= NOISE * float(np.abs(numbers).max()):
        return False
    rounded_steps = rounded.astype(np.float64) - float(rounded[0])
    return bool(np.abs(rounded_steps - steps).max() > LOST * spread)
