"""The study file that is proposed for a table: roles of columns, metric, model, ranges and budget, with reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.data.roles import IGNORED, TARGET, ColumnProposal, describe_columns
from hpsearch.data.sources.target import encode_target
from hpsearch.data.table import Table
from hpsearch.errors import DataError, UsageError, and_more, choose_from
from hpsearch.objectives.estimators import ESTIMATORS
from hpsearch.objectives.estimators.settings import settings_type
from hpsearch.study.row_roles import LEAST_GROUPS, Hint, row_roles
from hpsearch.text import short

SMALL, LARGE = "extra_trees", "hist_gradient_boosting"
"""Estimators for tables of fewer and of more than `MANY_ROWS` rows.

Four kinds of models were tuned alike on the five data sets of scikit-learn that ship (30 trials of narrowing, 4
repeats, seed 11). Mean ranks by mean test score: extra trees 1.4, the network 2.5, random forest 2.8, histogram
gradient boosting 3.3. The last one bins columns: on one thread, 64,000 rows of 30 columns took its defaults 1.4 s and
extra trees 9.9 s; 10,000 rows took 0.4 s and 1.2 s.
"""

MANY_ROWS = 10_000

STRATEGY = "narrowing"
TRIALS = 60  # at random, so many miss the best 5 % of a space with a chance of 0.95 ** 60 = 5 %
FOLDS = "5-fold"
FEW_ROWS = 2_000
"""Number of rows below which trials are judged by `FOLDS`: one part of a fifth of them would be too noisy."""

LEAST_OF_CLASS = 10
"""Minimum number of rows of the rarest class for `FOLDS`: each fold must have some."""

LOPSIDED = 0.75
"""Share of the most frequent class above which accuracy says little: always naming it would look good."""

MOST_NAMED = 20
"""Maximum number of columns or classes that a comment names."""

ROWS_BY = {
    "group": "rows with the same value stay in one part, so that no part knows those of another",
    "time": "later rows judge what was learned from earlier ones",
    "weight": "how much each row counts",
}
"""Key of ``[data]`` that names a column of the rows, not of the inputs → what it does."""

_LIKELY_TARGETS = ("target", "label", "class", "outcome", "y")


@dataclass(frozen=True)
class Choice:
    """A value of a study file, and the reason for it."""

    value: Any
    reason: str


@dataclass(frozen=True)
class Proposal:
    """Proposed study of a table.

    Attributes
    ----------
    name
        Name of the study.
    table
        The table, as it was read.
    target
        Column to predict.
    columns
        Role of every column.
    reading
        Keys of ``[data]`` that say how the file is read, where the user set them.
    rows
        Keys of ``[data]`` in `ROWS_BY` → the column that each names.
    hints
        Lines that are mentioned only.
    task, metric, validation, estimator
        What is predicted, by what it is judged, on which rows, and by which kind of model.
    fixed
        Settings of the model that are not its defaults.
    """

    name: str
    table: Table = field(repr=False)
    target: str
    columns: Sequence[ColumnProposal]
    reading: Mapping[str, Any]
    rows: Mapping[str, str]
    hints: Sequence[Hint]
    task: Choice
    metric: Choice
    validation: Choice
    estimator: Choice
    fixed: Mapping[str, Choice]

    @property
    def ignored(self) -> list[ColumnProposal]:
        """Columns that are left out."""
        return [each for each in self.columns if each.role == IGNORED]

    @property
    def inputs(self) -> list[ColumnProposal]:
        """Columns that the model uses."""
        return [each for each in self.columns if each.role not in (IGNORED, TARGET, *ROWS_BY)]

    def tables(self, path: str) -> dict[str, Any]:
        """Return the study file, for data at `path`."""
        space = ESTIMATORS[self.estimator.value].space_for(self.task.value)
        ignored = [each.name for each in self.ignored]
        return {
            "name": self.name,
            "title": f"Prediction of {short(self.target)} from {short(PurePath(path).name)}",
            "data": {
                "source": "csv",
                "path": path,
                **self.reading,
                "target": self.target,
                "task": self.task.value,
                **({"ignore": ignored} if ignored else {}),
                **self.rows,
                "metric": self.metric.value,
                "validation": self.validation.value,
                "test": 0.2,
            },
            "model": {
                "family": "estimator",
                "estimator": self.estimator.value,
                **{name: each.value for name, each in self.fixed.items()},
            },
            "space": {name: dict(spec) for name, spec in space.items()},
            "search": {"strategies": [STRATEGY], "trials": TRIALS, "repeats": 1, "seed": 0},
        }


def propose(
    table: Table,
    target: str | None,
    reading: Mapping[str, Any] | None = None,
    rows: Mapping[str, str] | None = None,
    estimator: str | None = None,
) -> Proposal:
    """Return the proposed study of a table; `reading` and `rows` have the keys of ``[data]`` that the user set.

    `estimator` is the kind of model that the user wants, a key of `ESTIMATORS`.

    A column whose ids repeat is proposed as group of the rows, see `row_roles`.

    Raises
    ------
    UsageError
        If there is no such target or estimator, or no other column that a model can use.
    DataError
        If the target can't be predicted.
    """
    names = [str(name) for name in table.frame.columns]
    if estimator is not None and estimator not in ESTIMATORS:
        raise UsageError(f"--estimator: {choose_from('estimator', estimator, ESTIMATORS)}")
    if target is None:
        likely = likely_target(table)
        raise UsageError(
            f"--target must name the column to predict, such as {likely!r}: choose from {', '.join(names)}"
        )
    if target not in names:
        raise UsageError(f"--target: {choose_from('column', target, names)}")
    for key, name in (rows or {}).items():
        if name not in names or name == target:
            raise UsageError(f"--{key}: {choose_from('column', name, [each for each in names if each != target])}")
    values = _values(table, target)
    task = _task(values, f"{table.name}: column {target!r}")
    columns = describe_columns(table, target)
    roles = row_roles(table.frame, columns, target, rows or {}, has_classes=task == "classification")
    columns = _with_roles(columns, roles.named, table.frame)
    if all(each.role in (IGNORED, TARGET, *ROWS_BY) for each in columns):
        reasons = ", ".join(f"{each.name!r} ({each.reason})" for each in columns if each.role == IGNORED)
        raise DataError(f"{table.name}: no column to predict {target!r} from" + (f": {reasons}" if reasons else ""))
    counts = pd.Series(values).value_counts()
    model = _estimator(len(values)) if estimator is None else Choice(estimator, "as asked for")
    return Proposal(
        name=study_name(table.name),
        table=table,
        target=target,
        columns=columns,
        reading=dict(reading or {}),
        rows=roles.named,
        task=Choice(task, _task_reason(task, counts, len(values))),
        metric=_metric(task, counts),
        hints=roles.hints,
        validation=_validation(task, counts, roles.fewest_groups),
        estimator=model,
        fixed=_fixed(model.value, task, len(values), roles.named),
    )


def _with_roles(
    columns: Sequence[ColumnProposal], rows: Mapping[str, str], frame: pd.DataFrame
) -> list[ColumnProposal]:
    """Return the columns with the roles of `ROWS_BY` for those that `rows` names."""
    roles = {name: key for key, name in rows.items()}
    return [
        replace(each, role=roles[each.name], reason=_reason(roles[each.name], each.name, frame))
        if each.name in roles
        else each
        for each in columns
    ]


def _reason(key: str, name: str, frame: pd.DataFrame) -> str:
    different = f"{frame[name].nunique():,} different values: " if key == "group" else ""
    return different + ROWS_BY[key]


def likely_target(table: Table) -> str:
    """Return the column that is probably to be predicted: by its name, else the last usable one."""
    names = [str(name) for name in table.frame.columns]
    for likely in _LIKELY_TARGETS:
        for name in names:
            if name.lower() == likely:
                return name
    useful = [each.name for each in describe_columns(table, None) if each.role != IGNORED]
    return (useful or names)[-1]


def study_name(path: str) -> str:
    """Return a study's name for a data file.

    >>> study_name("data/my customers.csv.gz"), study_name("…")
    ('my-customers', 'study')
    """
    stem = PurePath(path).name.split(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:80] or "study"


def _values(table: Table, target: str) -> np.ndarray[Any, Any]:
    """Return the target without missing values, as `encode_target` takes it."""
    present = table.frame[target].dropna()
    if not len(present):
        raise DataError(f"{table.name}: column {target!r} has no value in any row: it can't be predicted")
    if pd.api.types.is_bool_dtype(present):
        return present.to_numpy(dtype=bool)
    values = present.to_numpy()
    return values.astype(str) if values.dtype.kind == "O" else values


def _task(values: np.ndarray[Any, Any], place: str) -> str:
    return encode_target(values, None, place)[1]


def _task_reason(task: str, counts: pd.Series[int], rows: int) -> str:
    if task == "regression":
        return f"{len(counts):,} different numbers in {rows:,} rows"
    named = [f"{short(str(label))} {count:,}" for label, count in counts.head(MOST_NAMED).items()]
    in_order = pd.api.types.is_numeric_dtype(counts.index.dtype) and len(counts) > 2
    as_numbers = '; task = "regression" and metric = "r2" would take them as numbers' if in_order else ""
    return f"{len(counts):,} different values: {', '.join(named)}{and_more(len(counts) - MOST_NAMED)}{as_numbers}"


def _metric(task: str, counts: pd.Series[int]) -> Choice:
    if task == "regression":
        return Choice("r2", "share of the target's variance that is predicted; 1 is perfect")
    share, label = counts.iloc[0] / counts.sum(), short(str(counts.index[0]))
    if share <= LOPSIDED:
        return Choice("accuracy", "share of the rows that are predicted right")
    lopsided = f"{share:.0%} of the rows are {label}, so that accuracy would say little"
    return Choice("roc_auc" if len(counts) == 2 else "balanced_accuracy", lopsided)


def _validation(task: str, counts: pd.Series[int], fewest_groups: int | None) -> Choice:
    """Return folds for few rows; `fewest_groups` have rows of one class, None if there are none."""
    rows = int(counts.sum())
    if rows >= FEW_ROWS:
        return Choice(0.2, f"share of the rows that trials are judged on: {round(0.2 * rows):,} are enough")
    if task == "classification" and counts.min() < LEAST_OF_CLASS:
        rare = f"too few rows of {short(str(counts.index[-1]))} for folds"
        return Choice(0.2, f"share of the rows that trials are judged on; {rare}")
    if fewest_groups is not None and fewest_groups < LEAST_GROUPS:
        few = f"rows of one class are in {fewest_groups} groups, too few for folds"
        return Choice(0.2, f"share of the rows that trials are judged on; {few}")
    return Choice(FOLDS, f"each trial is trained and judged five times: with {rows:,} rows, one part is too noisy")


def _estimator(rows: int) -> Choice:
    if rows < MANY_ROWS:
        return Choice(SMALL, 'good on small tables; "hpsearch list" names others')
    return Choice(LARGE, 'fast on large tables; "hpsearch list" names others')


def _fixed(estimator: str, task: str, rows: int, named: Mapping[str, str]) -> dict[str, Choice]:
    """Return the settings that a model needs where rows belong together."""
    stops_early = ESTIMATORS[estimator].stops_early(settings_type(estimator, task)(), rows)
    belonging = next((key for key in ("group", "time") if key in named), "")
    if not belonging or not stops_early:
        return {}
    return {"early_stopping": Choice(False, f"by default it is on, by rows at random that do not keep to {belonging}")}
