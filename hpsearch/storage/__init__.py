"""Optuna storages: opened by URL, read whole."""

from hpsearch.redaction import shown
from hpsearch.storage.damage import STORAGE_ERRORS, damage_in, damaged, name_of
from hpsearch.storage.opening import open_existing, open_storage, opened
from hpsearch.storage.reading import StoredStudy, all_studies, read_studies
from hpsearch.storage.urls import check_url, file_of

__all__ = [
    "STORAGE_ERRORS",
    "StoredStudy",
    "all_studies",
    "check_url",
    "damage_in",
    "damaged",
    "file_of",
    "name_of",
    "open_existing",
    "open_storage",
    "opened",
    "read_studies",
    "shown",
]
