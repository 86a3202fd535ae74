"""What a study file, or a caller, may say about a split: one rule, one function."""

import numpy as np

from hpsearch.data.scaling import SCALINGS
from hpsearch.errors import UsageError, choose_from


def check_share(key: str, value: object) -> None:
    """Raise UsageError unless `value` is a fraction between 0 and 1 or a count of rows."""
    if isinstance(value, float | np.floating) and 0 < value < 1:
        return
    if not _is_whole(value, least=1):
        raise UsageError(f"{key} must be a fraction between 0 and 1, or a count of rows from 1 on; received {value!r}")


def is_fraction(value: object) -> bool:
    """Whether a share is meant as a fraction (a float), not as a count (an int)."""
    return isinstance(value, float | np.floating)


def check_whole(key: str, value: object, least: int) -> None:
    """Raise UsageError unless `value` is a whole number from `least` on."""
    if not _is_whole(value, least):
        raise UsageError(f"{key} must be a whole number from {least} on; received {value!r}")


def check_scaling(value: object) -> None:
    """Raise UsageError unless `value` is a key of `SCALINGS`."""
    if not isinstance(value, str) or value not in SCALINGS:
        raise UsageError(choose_from("scaling", value, SCALINGS))


def _is_whole(value: object, least: int) -> bool:
    # True and False are ints to Python, but nobody's count of rows.
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= least
