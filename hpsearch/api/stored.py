"""The storage of a study: opened before it, read after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.storages import BaseStorage, InMemoryStorage

from hpsearch.storage import open_storage
from hpsearch.storage.optuna_log import quiet_optuna

if TYPE_CHECKING:
    from hpsearch.results.results import Results


def opened(storage: str | BaseStorage | None) -> BaseStorage:
    """Return the storage at a URL, the given one, or one in memory."""
    if storage is None:
        return InMemoryStorage()
    return open_storage(storage) if isinstance(storage, str) else storage


def stored_results(storage: BaseStorage, name: str) -> Results:
    """Return the results of the study `name`."""
    from hpsearch.results.load import load_results

    with quiet_optuna():
        return load_results(storage, name)
