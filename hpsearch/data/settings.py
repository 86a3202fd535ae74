"""What the ``[data]`` table of a study file may hold, and the data set that it means."""

import os
from dataclasses import dataclass
from pathlib import Path

from hpsearch.data.checks import check_scaling, check_share, check_whole
from hpsearch.data.dataset import TASKS, Dataset
from hpsearch.data.datasets import DATASETS, FILES
from hpsearch.errors import UsageError, choose_from


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Which data, and how it is split; every key has a default.

    Parameters
    ----------
    source
        A key of `DATASETS`.
    path
        The file of source "csv" or "npz"; a relative one starts from the current folder.
    target
        csv: the name of the target column, which must be given. npz: the key of the target array, "y" when
        None; the inputs are "x".
    task
        "classification" or "regression", for csv and npz. When None it is inferred from the target: text,
        true/false, and whole numbers with at most 20 different values mean classification, else regression.
    train, validation, test, scaling
        See `split`.

    Raises
    ------
    UsageError
        Naming the key, the rule and the value received.
    """

    source: str = "digits"
    path: str | None = None
    target: str | None = None
    task: str | None = None
    train: int | None = None
    validation: float | int = 0.2
    test: float | int = 0.2
    scaling: str = "standard"

    def __post_init__(self) -> None:
        if not isinstance(self.source, str) or self.source not in DATASETS:
            raise UsageError(choose_from("source", self.source, DATASETS))
        if self.source in FILES and not self.path:
            raise UsageError(f"source {self.source!r} needs path, the file to read; received {self.path!r}")
        self._check_file_keys()
        if self.task is not None and self.task not in TASKS:
            raise UsageError(choose_from("task", self.task, TASKS))
        check_share("validation", self.validation)
        check_share("test", self.test)
        check_whole("train", 1 if self.train is None else self.train, least=1)
        check_scaling(self.scaling)

    def _check_file_keys(self) -> None:
        for key in ("path", "target", "task"):
            value = getattr(self, key)
            if value is not None and not isinstance(value, str | os.PathLike):
                raise UsageError(f"{key} must be text; received {value!r}")
            if value is not None and self.source not in FILES:
                files = " or ".join(repr(name) for name in FILES)
                raise UsageError(f"{key} is for source {files} only; received {value!r} with {self.source!r}")


def load(settings: DataSettings, data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """The data set that `settings` describe; `data_dir` is the folder that holds the files of "mnist".

    Raises
    ------
    DataError
        When the data is not there, or can't be used as it is.
    """
    return DATASETS[settings.source](settings, None if data_dir is None else Path(data_dir))
