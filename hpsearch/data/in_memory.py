"""Data that exists only in Python: frames, arrays and data sets, with the settings of their split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from hpsearch.checks import one_of
from hpsearch.data.dataset import TASKS, Dataset
from hpsearch.data.settings import DataSettings
from hpsearch.data.table import table_of
from hpsearch.data.table_dataset import dataset_of
from hpsearch.errors import UsageError, choose_from, quoted

NAME = "frame"
"""Name of data in memory in messages and reports."""

FRAME, TARGET, TASK = "frame", "target", "task"

_OF_SOURCES = {"source", "path", "rows", "inputs", TARGET, TASK}  # settings that say where data is from
_SPLIT = tuple(field.name for field in fields(DataSettings) if field.name not in _OF_SOURCES)
_DEFAULTS = DataSettings()


@dataclass(frozen=True, eq=False)
class InMemory:
    """Data set that exists only in Python, with the settings of its split, scaling and metric."""

    dataset: Dataset
    settings: DataSettings = _DEFAULTS

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the data of a table with the keys "frame" and "target", and optionally others of ``[data]``.

        Raises
        ------
        UsageError
            If a key is unknown or missing, or a value is invalid.
        DataError
            If the data can't be used; one message tells all.
        """
        keys = (FRAME, TARGET, TASK, *_SPLIT)
        for key in table:
            if key not in keys:
                raise UsageError(choose_from("key", key, keys))
        target = table.get(TARGET)
        if target is None:
            raise UsageError("a frame needs its target: the name of a column, or an array with a number for each row")
        task = table.get(TASK)
        if task is not None:
            one_of(TASK, task, TASKS)
        settings = DataSettings(**{key: value for key, value in table.items() if key in _SPLIT})
        return cls(dataset_of(*table_of(table[FRAME], target, NAME), task), settings)

    @property
    def content(self) -> dict[str, Any]:
        """Name, and the settings that are not defaults."""
        changed = {key: getattr(self.settings, key) for key in _SPLIT}
        return {"source": self.dataset.name} | {
            key: value for key, value in changed.items() if value != getattr(_DEFAULTS, key)
        }

    def varied(self, content: Mapping[str, Any]) -> Self:
        """Return the same data with the settings in `content`, which is like the property.

        Raises
        ------
        UsageError
            If a key can't vary, or a value is invalid.
        """
        changes = {key: value for key, value in content.items() if key != "source"}
        for key in changes:
            if key not in _SPLIT:
                raise UsageError(
                    f"[data] {key} can't vary with data given in Python: {choose_from('key', key, _SPLIT)}"
                )
        return replace(self, settings=DataSettings(**changes))


def is_in_memory(data: object) -> bool:
    """Return whether `data` is a pair (inputs, target), or a table with the key "frame"."""
    return isinstance(data, tuple) or (isinstance(data, Mapping) and FRAME in data)


def in_memory(data: tuple[Any, ...] | Mapping[str, Any]) -> InMemory:
    """Return the data of a pair (inputs, target), or of a table with the key "frame".

    Raises
    ------
    UsageError
        If a tuple is no pair, or as for `InMemory.of_table`.
    DataError
        As for `InMemory.of_table`.
    """
    if not isinstance(data, tuple):
        return InMemory.of_table(data)
    if len(data) != 2:
        raise UsageError(f"a tuple must be a pair (X, y), got {len(data)} values")
    return InMemory.of_table({FRAME: data[0], TARGET: data[1]})


def refuse(data: object) -> UsageError:
    """Return the error for data of another kind."""
    shape = getattr(data, "shape", None)
    if shape is not None:
        return UsageError(f'data of shape {shape} needs its target: write (X, y), or (frame, "name of a column")')
    return UsageError(f"data must be a name, a table, a pair (X, y) or a Dataset, got {quoted(data)}")
