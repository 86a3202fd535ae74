"""Table of data sources; a new source needs a loader and one line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hpsearch.data.dataset import Dataset
from hpsearch.data.sources.bundled import bundled
from hpsearch.data.sources.csv_file import load_csv
from hpsearch.data.sources.fizzbuzz import load_fizzbuzz
from hpsearch.data.sources.mnist import load_mnist
from hpsearch.data.sources.normal import load_normal
from hpsearch.data.sources.npz_file import load_npz


class Source(NamedTuple):
    """Loader of a data source, and the names of its arguments."""

    load: Callable[..., Dataset]
    reads: tuple[str, ...] = ()
    """Subset of the keys of ``[data]`` that only some sources read, "folder" (where a relative path starts) and
    "data_dir" (folder of the standard data sets)."""

    @property
    def is_file(self) -> bool:
        """Whether the source reads a file named by the user."""
        return "path" in self.reads


_FILE = ("path", "target", "task", "folder")
_ROLES = ("ignore", "numbers", "categories", "dates", "group", "time", "weight")

SOURCES: dict[str, Source] = {
    "digits": Source(bundled("digits", "classification")),
    "iris": Source(bundled("iris", "classification")),
    "wine": Source(bundled("wine", "classification")),
    "breast_cancer": Source(bundled("breast_cancer", "classification")),
    # Not scaled: scikit-learn's scaling is fitted on all rows, including the test rows.
    "diabetes": Source(bundled("diabetes", "regression", scaled=False)),
    "mnist": Source(load_mnist, ("data_dir",)),
    "fizzbuzz": Source(load_fizzbuzz),
    "normal": Source(load_normal, ("rows", "inputs")),
    "csv": Source(load_csv, (*_FILE, "separator", "decimal", "encoding", "missing", *_ROLES)),
    "npz": Source(load_npz, _FILE),
}
