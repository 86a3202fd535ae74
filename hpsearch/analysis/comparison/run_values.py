"""Values for comparing runs: test or validation values, and references for scaling them across tasks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import Results

Judged = Literal["test", "validation"]


class Reference(NamedTuple):
    """True best and median value over a task's configurations."""

    best: float
    median: float

    @property
    def unit(self) -> float:
        """Difference of value for a normalised regret of 1; positive if less is better."""
        return self.median - self.best


class RunValue(NamedTuple):
    """Value of a run with a spent budget.

    Attributes
    ----------
    value
        Mean of its sound trainings, by which runs are compared; −∞ if there is none (∞ if less is better).
    trainings
        Values of its sound trainings that differ only in their seed.
    failed, trained
        Number of trainings without a sound value, and of all. A run without a complete trial counts as one that failed.
    """

    task: str
    variant: str
    repeat: int
    value: float
    trainings: tuple[float, ...]
    failed: int
    trained: int


@dataclass(frozen=True)
class RunValues:
    """Values of the complete runs of a study.

    Attributes
    ----------
    judged
        ``"test"`` if at least one complete run has test values, else ``"validation"``; never mixed. A run without a
        value of that kind is left out.
    """

    judged: Judged
    sign: int
    tasks: tuple[str, ...]
    references: Mapping[str, Reference]
    runs: tuple[RunValue, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """The runs as a data frame."""
        return pd.DataFrame(self.runs, columns=list(RunValue._fields))


def run_values(results: Results) -> RunValues:
    """Return the value of each complete run: its mean test value, or its incumbent's validation value.

    The validation value is the mean of the incumbent's confirmation. Without one it is the value for which the search
    selected the incumbent, which is optimistic.
    """
    complete = results.runs[results.runs["complete"].astype(bool)].assign(failed_tests=failed_tests)
    is_tested = (complete["test_values"].map(len) + complete["failed_tests"] > 0).any()
    which: Judged = "test" if is_tested else "validation"
    read = _by_tests if is_tested else _by_validation
    runs = (
        run
        for row in complete.to_dict("records")
        for run in [_nothing(row) if math.isnan(row["incumbent"]) else read(row)]
        if run is not None
    )
    worst = -results.sign * math.inf
    ranked = tuple(run._replace(value=worst) if math.isnan(run.value) else run for run in runs)
    return RunValues(which, results.sign, tuple(tasks(results)), references(results), ranked)


def _nothing(row: Mapping[Any, Any]) -> RunValue:
    """Return the value of a run without a complete trial."""
    return RunValue(str(row["task"]), str(row["variant"]), int(row["repeat"]), math.nan, (), 1, 1)


def _by_tests(row: Mapping[Any, Any]) -> RunValue | None:
    """Return the mean of the sound retrainings; NaN if all have failed, None if there was no test yet."""
    values = _floats(row["test_values"])
    sound = tuple(value for value in values if math.isfinite(value))
    trained = len(values) + row["failed_tests"]
    if not trained:
        return None
    return _nothing(row)._replace(value=_mean(sound), trainings=sound, failed=trained - len(sound), trained=trained)


def _by_validation(row: Mapping[Any, Any]) -> RunValue:
    """Return the mean of the sound confirmations, without confirmation the incumbent's value; NaN if not finite."""
    values = _floats(row["confirmed"])
    judged = values or [float(row["value"])]
    sound = tuple(value for value in judged if math.isfinite(value))
    failed = len(judged) - len(sound)
    trainings = sound if values else ()
    return _nothing(row)._replace(value=_mean(sound), trainings=trainings, failed=failed, trained=len(judged))


def failed_tests(runs: pd.DataFrame) -> pd.Series[int]:
    """Return the number of retrainings of each run that gave no sound value; 0 if not recorded."""
    if "test_failed" not in runs:
        return pd.Series(0, index=runs.index)
    return runs["test_failed"].fillna(0).astype(int)


def references(results: Results) -> dict[str, Reference]:
    """Return the references of the tasks that have one with a best value different from the median."""
    columns = results.runs[["task", "reference_best", "reference_median"]].drop_duplicates("task")
    all_references = {
        str(task): Reference(float(best), float(median)) for task, best, median in columns.itertuples(index=False)
    }
    return {
        task: reference
        for task, reference in all_references.items()
        if math.isfinite(reference.unit) and reference.unit != 0
    }


def test_means(runs: pd.DataFrame) -> pd.Series[float]:
    """Return the mean test value of each run; NaN without one."""
    return pd.Series([_mean(values) for values in _lists(runs["test_values"])], index=runs.index, dtype=float)


def retrained_means(runs: pd.DataFrame) -> pd.Series[float]:
    """Return the mean validation value of each run's retrainings; NaN if not recorded."""
    recorded = runs.get("retrained_validation", pd.Series([[]] * len(runs), index=runs.index))
    return pd.Series([_mean(values) for values in _lists(recorded)], index=runs.index, dtype=float)


def confirmed_means(runs: pd.DataFrame) -> pd.Series[float]:
    """Return the mean of each run's confirmation; NaN without one."""
    return pd.Series([_mean(values) for values in _lists(runs["confirmed"])], index=runs.index, dtype=float)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def _lists(column: Any) -> list[list[float]]:
    return [_floats(values) for values in column]


def _floats(values: Iterable[float | None]) -> list[float]:
    return [math.nan if value is None else float(value) for value in values]
