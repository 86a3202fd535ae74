"""The target of a user's file: which task it means, and its labels or numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.errors import DataError

MAX_CLASSES = 20


def encode_target(values: NDArray[Any], task: str | None, source: str) -> tuple[NDArray[Any], str, tuple[str, ...]]:
    """Encode `values`, shape (rows,), as (y, task, class names); `source` is what errors call it.

    The task, if not given, is classification for text, true/false, and whole numbers (1.0 is one) with at
    most `MAX_CLASSES` different values, and regression else. Classes are sorted: text by letters, numbers by size.

    Raises
    ------
    DataError
        When the values are neither numbers nor text, text stands where numbers are needed, or numbers differ too
        little for float32.
    """
    kind = values.dtype.kind
    if kind not in "biufU":
        raise DataError(f"{source}: a target must be numbers or text; received {values.dtype}")
    task = task or _infer_task(values)
    if task == "regression":
        if kind == "U":
            raise DataError(f"{source}: regression needs numbers; received text such as {str(values[0])!r}")
        y = to_float32(values)
        if first_blurred(values[:, np.newaxis], y[:, np.newaxis]) is not None:
            raise DataError(f"{source}: {BLURRED}")
        return y, task, ()
    classes, labels = np.unique(values, return_inverse=True)
    return labels.astype(np.int64).reshape(-1), task, tuple(_class_name(value) for value in classes)


def to_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """A float32 copy; what is too large becomes infinite without a warning, and a Dataset then refuses it."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _infer_task(values: NDArray[Any]) -> str:
    if values.dtype.kind in "bU":
        return "classification"
    distinct = np.unique(values)
    few_and_whole = len(distinct) <= MAX_CLASSES and bool((distinct == np.floor(distinct)).all())
    return "classification" if few_and_whole else "regression"


def _class_name(value: Any) -> str:
    whole = value.dtype.kind == "f" and value == np.floor(value)
    return str(int(value)) if whole else str(value)
