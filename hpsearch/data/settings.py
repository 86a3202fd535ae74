"""Settings of the ``[data]`` table of a study file, and loading of the data set."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpsearch.checks import one_of, share, whole
from hpsearch.data.dataset import TASKS, Dataset
from hpsearch.data.folds import folds
from hpsearch.data.preparation_settings import PREPARATION_KEYS, PreparationSettings
from hpsearch.data.reading.dialect import check_decimal, check_separator
from hpsearch.data.reading.encoding import check_encoding
from hpsearch.data.reading.missing import check_missing
from hpsearch.data.row_columns import check_row_keys
from hpsearch.data.sources import SOURCES
from hpsearch.data.time_drawing import repeated
from hpsearch.errors import UsageError, quoted


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Source, split and scaling of the data; every key has a default.

    Parameters
    ----------
    source
        Key of `SOURCES`.
    path
        File of source "csv" or "npz". Relative paths start from the folder of the study file; in Python, from the
        current folder.
    target
        csv: name of the target column, required. npz: key of the target array, "y" if None; the inputs are "x".
    task
        "classification" or "regression", for csv and npz. If None, it is inferred from the target:
        classification for text, true/false, and whole numbers with at most 20 different values, else regression.
    group, time, weight
        csv: names of columns that are no inputs. Rows of one group are in one part of the split or one fold; rows are
        split in the order of time, a date or a number; weights count in trainings and scores. Group and time exclude
        each other.
    separator, decimal, encoding
        Of a csv file, see `read_table`; if None, they are found by looking at it.
    missing
        csv: texts and numbers (as text) that stand for missing values, such as ("?", "999"), in every column.
    rows, inputs
        Number of rows and of columns of source "normal"; None: 1,000 and 100.
    ignore, numbers, categories, dates
        csv: names of columns in a role, see `Roles`.
    train, validation, test, scaling, imputation, max_categories
        See `split` and `PreparationSettings`. `validation` can also be folds, such as "5-fold" or "3 x 5-fold", see
        `cross_split`.
    metric
        Name of scikit-learn's scorer that judges trials, baselines and the test, such as "roc_auc". None: "accuracy" or
        "r2".

    Raises
    ------
    UsageError
        If a value breaks a rule; the message names the key, the rule and the value.
    """

    source: str = "digits"
    path: str | None = None
    target: str | None = None
    task: str | None = None
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None
    rows: int | None = None
    inputs: int | None = None
    ignore: tuple[str, ...] | None = None
    numbers: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    dates: tuple[str, ...] | None = None
    train: int | None = None
    validation: float | int | str = 0.2
    test: float | int = 0.2
    scaling: str = PreparationSettings.scaling
    imputation: str = PreparationSettings.imputation
    max_categories: int = PreparationSettings.max_categories
    metric: str | None = None

    def __post_init__(self) -> None:
        one_of("source", self.source, SOURCES)
        if SOURCES[self.source].is_file and not self.path:
            raise UsageError(f"source {self.source!r} needs path, the file to read; received {quoted(self.path)}")
        self._check_keys_of_sources()
        if self.task is not None:
            one_of("task", self.task, TASKS)
        check_row_keys({"target": self.target, "group": self.group, "time": self.time, "weight": self.weight})
        if isinstance(self.validation, str):
            parsed = folds(self.validation)
            if self.time is not None and parsed.times > 1:
                raise UsageError(repeated(parsed))
        else:
            share("validation", self.validation)
        share("test", self.test)
        if self.train is not None:
            whole("train", self.train, least=1)
        _ = self.preparation  # checks its values
        if self.metric is not None:
            _text("metric", self.metric)

    def _check_keys_of_sources(self) -> None:
        for key, check in _RULES.items():
            value = getattr(self, key)
            if value is None:
                continue
            check(key, value)
            if isinstance(value, list):
                object.__setattr__(self, key, tuple(value))
            if key not in SOURCES[self.source].reads:
                sources = " or ".join(repr(name) for name, source in SOURCES.items() if key in source.reads)
                raise UsageError(f"{key} is for source {sources} only; received {quoted(value)} with {self.source!r}")

    @property
    def preparation(self) -> PreparationSettings:
        """Settings of the preparation."""
        return PreparationSettings(**{key: getattr(self, key) for key in PREPARATION_KEYS})

    def read_by_source(self) -> dict[str, Any]:
        """Return the keys that the source reads, by name."""
        return {key: getattr(self, key) for key in _RULES if key in SOURCES[self.source].reads}


def _text(key: str, value: object) -> None:
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"{key} must be text; received {quoted(value)}")
    if "\0" in os.fspath(value):
        raise UsageError(f"{key} must not hold NUL characters; received {quoted(value)}")


def _size(key: str, value: object) -> None:
    whole(key, value, least=1, most=_MOST[key])


def _names(key: str, value: object) -> None:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise UsageError(f'{key} must be a list of names of columns such as ["id"]; received {quoted(value)}')


_MOST = {"rows": 1_000_000, "inputs": 10_000}

_RULES: Mapping[str, Callable[[str, object], None]] = {
    "path": _text,
    "target": _text,
    "task": _text,
    "group": _text,
    "time": _text,
    "weight": _text,
    "separator": check_separator,
    "decimal": check_decimal,
    "encoding": check_encoding,
    "missing": check_missing,
    "rows": _size,
    "inputs": _size,
    "ignore": _names,
    "numbers": _names,
    "categories": _names,
    "dates": _names,
}
"""Key that only some sources read → check of its value."""


def load(
    settings: DataSettings,
    data_dir: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load the data set described by `settings`.

    Parameters
    ----------
    data_dir
        Folder with the files of "mnist".
    folder
        Where a relative path starts; the current folder if None. The data set is named by the path as written.

    Raises
    ------
    DataError
        If the data is missing or invalid.
    """
    source = SOURCES[settings.source]
    arguments = settings.read_by_source() | {"folder": folder, "data_dir": None if data_dir is None else Path(data_dir)}
    return source.load(**{name: arguments[name] for name in source.reads})
