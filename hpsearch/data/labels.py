"""Values of classes with the type that they have in the target: whole numbers, decimals or truths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

_KINDS = "biuf"

TYPES = {
    dtype.name: dtype
    for dtype in map(np.dtype, ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"))
}
"""Types that class values can have, by name; texts are the names of the classes themselves."""


def class_values(target: NDArray[Any]) -> NDArray[Any] | None:
    """Return the different values of a target, sorted as its classes are, shape (classes,); None if they are texts."""
    if target.dtype.kind not in _KINDS:
        return None
    values = np.unique(target)
    return values.astype(TYPES.get(values.dtype.name, np.float64))  # in native byte order


def values_of_categories(names: Sequence[str], categories: NDArray[Any] | None) -> NDArray[Any] | None:
    """Return the `categories` of pandas that the classes name, shape (classes,); None if they are no numbers."""
    if categories is None or categories.dtype.kind not in _KINDS:
        return None
    by_name = {str(value): place for place, value in enumerate(categories.tolist())}
    return categories[[by_name[name] for name in names]]


def categories_of(frame: pd.DataFrame) -> Mapping[str, NDArray[Any]]:
    """Return the categories of the columns that pandas holds as such, by the names of these."""
    import pandas as pd

    return {
        str(name).strip(): dtype.categories.to_numpy()
        for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
        if isinstance(dtype, pd.CategoricalDtype)
    }


def written(values: NDArray[Any] | None) -> Mapping[str, Any]:
    """Return the values in JSON types under the key "class_values"; nothing if there are none."""
    return {} if values is None else {"class_values": {"type": values.dtype.name, "values": values.tolist()}}


def restored(table: Mapping[str, Any] | None) -> NDArray[Any] | None:
    """Return the values that `written` made this table of; None without one.

    Raises
    ------
    ValueError
        If it describes none.
    """
    if table is None:
        return None
    dtype = TYPES.get(table["type"])
    if dtype is None:
        raise ValueError(f"the type of class values must be one of {', '.join(TYPES)}")
    return np.array(table["values"], dtype)


def problem_of(values: NDArray[Any], classes: int) -> str:
    """Return what is wrong with the values of so many classes; empty if nothing is."""
    if values.dtype not in TYPES.values() or values.shape != (classes,):
        return f"class_values must be {classes} numbers, one for each class, got {values.dtype} of shape {values.shape}"
    if not np.isfinite(values).all() or len(np.unique(values)) < classes:
        return "class_values must be finite numbers that differ"
    return ""
