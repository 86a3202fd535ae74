"""Encoding of a user's target as labels or numbers, and inference of the task."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.limits import MOST_NAME_CHARACTERS
from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.errors import DataError, quoted

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
    kind = "U" if _is_text(values) else values.dtype.kind
    if kind not in "biufU":
        raise DataError(f"{source}: a target must be numbers or text; received {values.dtype}")
    task = task or _infer_task(values, kind)
    if task == "regression":
        if kind == "U":
            raise DataError(f"{source}: regression needs numbers; received text such as {quoted(str(values[0]))}")
        y = to_float32(values)
        if first_blurred(values[:, np.newaxis], y[:, np.newaxis]) is not None:
            raise DataError(f"{source}: {BLURRED}")
        return y, task, ()
    classes, labels = np.unique(values, return_inverse=True)
    names = tuple(_class_name(value) for value in classes)
    longest = max(names, key=len, default="")
    if len(longest) > MOST_NAME_CHARACTERS:
        raise DataError(
            f"{source}: a class must have at most {MOST_NAME_CHARACTERS:,} characters, got {quoted(longest)}"
        )
    return labels.astype(np.int64).reshape(-1), task, names


def to_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return a float32 copy; overflow gives infinity without a warning, which `Dataset` refuses."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _is_text(values: NDArray[Any]) -> bool:
    """Return whether the values are text: NumPy's, or Python's, which need no more memory for one that is long."""
    return values.dtype.kind == "U" or (values.dtype.kind == "O" and all(isinstance(value, str) for value in values))


def _infer_task(values: NDArray[Any], kind: str) -> str:
    if kind in "bU":
        return "classification"
    distinct = np.unique(values)
    few_and_whole = len(distinct) <= MAX_CLASSES and bool((distinct == np.floor(distinct)).all())
    return "classification" if few_and_whole else "regression"


def _class_name(value: Any) -> str:
    whole = isinstance(value, np.floating) and np.isfinite(value) and value == np.floor(value)
    return str(int(value)) if whole else str(value)
