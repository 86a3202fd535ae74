"""The data sets that ship with scikit-learn."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hpsearch.data.dataset import Dataset

if TYPE_CHECKING:
    from hpsearch.data.datasets import Loader
    from hpsearch.data.settings import DataSettings


def bundled(name: str, task: str, **options: Any) -> "Loader":
    """A loader of ``sklearn.datasets.load_<name>(**options)``."""

    def loader(_settings: "DataSettings", _data_dir: Path | None) -> Dataset:
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
