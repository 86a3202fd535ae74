"""Data that exists only in Python: frames, arrays and data sets, with the settings of their split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from hpsearch.data.dataset import Dataset
from hpsearch.data.preparation_settings import PREPARATION_KEYS
from hpsearch.data.row_columns import KEYS
from hpsearch.data.settings import DataSettings
from hpsearch.data.table import table_of
from hpsearch.data.table_dataset import Roles, dataset_of
from hpsearch.errors import UsageError, choose_from, quoted

NAME = "frame"
"""Name of data in memory in messages and reports."""

FRAME, TARGET, TASK = "frame", "target", "task"

_ROLES = ("ignore", "numbers", "categories", "dates")
_SPLIT = ("train", "validation", "test", *PREPARATION_KEYS, "metric")
_DEFAULTS = DataSettings()


@dataclass(frozen=True, eq=False)
class InMemory:
    """Data set that exists only in Python, with the settings of its columns, split, scaling and metric."""

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
            If the data can't be used; one message lists all problems.
        """
        keys = (FRAME, TARGET, TASK, *_ROLES, *KEYS, *_SPLIT)
        for key in table:
            if key not in keys:
                raise UsageError(choose_from("key", key, keys))
        target = table.get(TARGET)
        if target is None:
            raise UsageError("a frame needs its target: the name of a column, or an array with a value for each row")
        settings = _settings({key: value for key, value in table.items() if key not in (FRAME, TARGET)})
        ignore, numbers, categories, dates = (getattr(settings, key) or () for key in _ROLES)
        rows = {"group": settings.group, "time": settings.time, "weight": settings.weight}
        roles = Roles(ignore, numbers, categories, dates, **rows)
        return cls(dataset_of(*table_of(table[FRAME], target, NAME), settings.task, roles), settings)

    @property
    def content(self) -> dict[str, Any]:
        """Name, and the settings that are not defaults, in JSON types.

        Groups, times and weights of a `Dataset`, which have no name, are true.
        """
        every = {key: getattr(self.settings, key) for key in (*_ROLES, *KEYS, *_SPLIT)}
        changed = {key: value for key, value in every.items() if value != getattr(_DEFAULTS, key)}
        rows = zip(KEYS, (self.dataset.groups, self.dataset.order, self.dataset.weights), strict=True)
        unnamed = {key: True for key, values in rows if values is not None}
        return (
            {"source": self.dataset.name}
            | unnamed
            | {key: list(value) if key in _ROLES else value for key, value in changed.items()}
        )

    def varied(self, content: Mapping[str, Any]) -> Self:
        """Return the same data with the settings in `content`, which is like the property.

        Raises
        ------
        UsageError
            If a key can't vary, or a value is invalid.
        """
        before = self.content
        changes = {key: value for key, value in content.items() if before.get(key) != value}
        changes |= {key: getattr(_DEFAULTS, key) for key in PREPARATION_KEYS if key in before and key not in content}
        for key in changes:
            if key not in _SPLIT:
                raise UsageError(f"[data] {key} of data in Python can't vary: {choose_from('key', key, _SPLIT)}")
        return replace(self, settings=replace(self.settings, **changes))


def _settings(table: Mapping[str, Any]) -> DataSettings:
    """Return the settings, checked as those of a file with a table."""
    return DataSettings(source="csv", path=NAME, target=TARGET, **table)


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
