"""Data of an objective: loaded once in each process, and checked against its fingerprint."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from hpsearch.data import Dataset, DataSettings, Split, cross_split, load, split
from hpsearch.data.folds import folds
from hpsearch.data.in_memory import InMemory, in_memory, is_in_memory, refuse
from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.errors import DataError, UsageError, choose_from
from hpsearch.objectives.prepared_splits import PREPARED

Data = str | Mapping[str, object] | tuple[object, object] | DataSettings | Dataset | InMemory
"""What objectives take as data."""


def data_settings(data: Data) -> DataSettings | InMemory:
    """Return the settings for a name, a table like ``[data]``, or settings; data in memory with its settings.

    Raises
    ------
    UsageError
        If a key or value is invalid.
    DataError
        If data in memory can't be used; one message lists all problems.
    """
    if isinstance(data, DataSettings | InMemory):
        return data
    if isinstance(data, Dataset):
        return InMemory(data)
    if is_in_memory(data):
        try:
            return in_memory(data)  # type: ignore[arg-type]  # a pair, or a table
        except DataError:
            raise
        except UsageError as error:
            raise UsageError(f"data: {error}") from error
    if not isinstance(data, str | Mapping):
        raise refuse(data)
    table = {"source": data} if isinstance(data, str) else dict(data)
    keys = [field.name for field in fields(DataSettings)]
    for key in table:
        if key not in keys:
            raise UsageError(f"[data] {key}: {choose_from('key', key, keys)}")
    try:
        return DataSettings(**table)
    except UsageError as error:
        raise UsageError(f"[data] {error}") from error


LOADED: OrderedDict[Source, Dataset] = OrderedDict()
"""Data sets of this process."""

_MAX_LOADED = 8  # a study can have several tasks


@dataclass(frozen=True)
class Source:
    """Data of an objective, with its fingerprint; a process that does not receive the split loads it, once.

    Attributes
    ----------
    fingerprint
        SHA-256 of the data at construction of the objective.
    """

    data: DataSettings | InMemory
    data_dir: str | Path | None
    folder: str | Path | None
    fingerprint: str

    @classmethod
    def read(cls, data: DataSettings | InMemory, data_dir: str | Path | None, folder: str | Path | None) -> Source:
        """Load the current data, without using the cache."""
        dataset = data.dataset if isinstance(data, InMemory) else _read(data, data_dir, folder)
        source = cls(data, data_dir, folder, dataset.fingerprint)
        source._cache(dataset)
        return source

    @property
    def metric(self) -> str | None:
        """Name of scikit-learn's scorer that judges; None for the task's own score."""
        return self.settings.metric

    @property
    def dataset(self) -> Dataset:
        """Data set with this fingerprint, loaded if it is not in the cache.

        Raises
        ------
        DataError
            If the reloaded data has another fingerprint.
        """
        if isinstance(self.data, InMemory):
            return self.data.dataset
        dataset = LOADED.get(self)
        if dataset is None:
            dataset = load(self.data, self.data_dir, self.folder)
            if dataset.fingerprint != self.fingerprint:
                raise DataError(f"{dataset.name}: the data changed while it was in use; start again")
            self._cache(dataset)
        return dataset

    @property
    def settings(self) -> DataSettings:
        """Settings of the split, scaling and metric."""
        return self.data.settings if isinstance(self.data, InMemory) else self.data

    def split(self, seed: int, repeat: int) -> Split:
        """Return train, validation and test part of a repeat; the last two splits are cached."""
        return _split(self, seed, repeat)

    def split_of(self, preparation: PreparationSettings, seed: int, repeat: int) -> Split:
        """Return the same rows prepared in another way; the last splits are kept, see `PREPARED`."""
        settings = self.settings
        key = (self.fingerprint, settings.validation, settings.test, settings.train, preparation, seed, repeat)
        return PREPARED.get(key, lambda: _drawn(self, preparation, seed, repeat))

    def keep(self, dataset: Dataset) -> None:
        """Keep the data set of another process, which has this fingerprint."""
        if not isinstance(self.data, InMemory):
            self._cache(dataset)

    def _cache(self, dataset: Dataset) -> None:
        LOADED[self] = dataset
        LOADED.move_to_end(self)
        while len(LOADED) > _MAX_LOADED:
            LOADED.popitem(last=False)


_READ: ContextVar[dict[Any, Dataset] | None] = ContextVar("_READ", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Read each data set once within the context: for objectives that differ in their models only."""
    token = _READ.set({})
    try:
        yield
    finally:
        _READ.reset(token)


def _read(data: DataSettings, data_dir: str | Path | None, folder: str | Path | None) -> Dataset:
    read = _READ.get()
    if read is None:
        return load(data, data_dir, folder)
    key = (data.source, *data.read_by_source().items(), data_dir, folder)
    if key not in read:
        read[key] = load(data, data_dir, folder)
    return read[key]


@lru_cache(maxsize=2)
def _split(source: Source, seed: int, repeat: int) -> Split:
    return _drawn(source, source.settings.preparation, seed, repeat)


def _drawn(source: Source, preparation: PreparationSettings, seed: int, repeat: int) -> Split:
    settings = source.settings
    arguments: dict[str, Any] = {"test": settings.test, "train": settings.train, "seed": seed, "repeat": repeat}
    arguments |= asdict(preparation)
    if isinstance(settings.validation, str):
        return cross_split(source.dataset, folds=folds(settings.validation), **arguments)
    return split(source.dataset, validation=settings.validation, **arguments)
