"""Data sets that ship with scikit-learn."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hpsearch.data.dataset import Dataset


def bundled(name: str, task: str, **options: Any) -> Callable[[], Dataset]:
    """Return a loader of ``sklearn.datasets.load_<name>(**options)`` for `task`."""

    def loader() -> Dataset:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")(**options)
        classes = task == "classification"
        return Dataset(
            name=name,
            x=bunch.data.astype(np.float32),
            y=bunch.target.astype(np.int64 if classes else np.float32),
            task=task,
            feature_names=tuple(str(feature) for feature in bunch.feature_names),
            class_names=tuple(str(label) for label in bunch.target_names) if classes else (),
        )

    return loader
