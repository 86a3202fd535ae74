"""Optuna storages: opened by URL, owned by one process at a time, read whole."""

from hpsearch.storage.opening import STORAGE_ERRORS, check_url, open_existing, open_storage, opened, shown, tune_sqlite
from hpsearch.storage.ownership import sole_owner
from hpsearch.storage.reading import StoredStudy, read_studies

__all__ = [
    "STORAGE_ERRORS",
    "StoredStudy",
    "check_url",
    "open_existing",
    "open_storage",
    "opened",
    "read_studies",
    "shown",
    "sole_owner",
    "tune_sqlite",
]
