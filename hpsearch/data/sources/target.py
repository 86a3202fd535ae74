"""Encoding of a user's target as labels or numbers, and inference of the task."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.errors import DataError

MAX_CLASSES = 20


def encode_target(values: NDArray[Any], task: str | None, source: str) -> tuple[NDArray[Any], str, tuple[str, ...]]:
    """Encode `values`, shape (rows,), as (y, task, class names); `source` names them in error messages.

    If `task` is None, it is classification for text, true/false, and whole numbers (including 1.0) with at most
    `MAX_CLASSES` different values, else regression. Classes are sorted: text alphabetically, numbers by value.

    Raises
    ------
    DataError
        If the values are neither numbers nor text, are text in a regression, or are not distinguishable in float32.
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
    """Return a float32 copy; overflow gives infinity without a warning, which `Dataset` refuses."""
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
