"""The table of data sets: a new one is a loader and one line here."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.data.bundled import bundled
from hpsearch.data.csv_file import load_csv
from hpsearch.data.dataset import Dataset
from hpsearch.data.fizzbuzz import load_fizzbuzz
from hpsearch.data.mnist import load_mnist
from hpsearch.data.npz_file import load_npz

if TYPE_CHECKING:
    from hpsearch.data.settings import DataSettings

#: (settings, folder of data files or None) to a data set.
Loader = Callable[["DataSettings", Path | None], Dataset]

#: The user's own files: these need `path`, and alone may name `target` and `task`.
FILES: dict[str, Loader] = {"csv": load_csv, "npz": load_npz}

DATASETS: dict[str, Loader] = {
    "digits": bundled("digits", "classification"),
    "iris": bundled("iris", "classification"),
    "wine": bundled("wine", "classification"),
    "breast_cancer": bundled("breast_cancer", "classification"),
    # Not scaled: scikit-learn's scaling of it is fitted on all rows, the test rows too.
    "diabetes": bundled("diabetes", "regression", scaled=False),
    "mnist": load_mnist,
    "fizzbuzz": load_fizzbuzz,
    **FILES,
}
