"""Values for comparing runs: test or validation values, and references for scaling them across tasks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
        Compared value of the run; infinitely bad without a complete trial.
    trainings
        Values of its trainings that differ only in their seed.
    """

    task: str
    variant: str
    repeat: int
    value: float
    trainings: tuple[float, ...]


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
    complete = results.runs[results.runs["complete"].astype(bool)]
    which: Judged = "test" if complete["test_values"].map(len).any() else "validation"
    values = test_means(complete) if which == "test" else complete["value"].astype(float)
    values = values.mask(complete["incumbent"].isna(), -results.sign * math.inf)
    trainings = _lists(complete["test_values" if which == "test" else "confirmed"])
    columns = (complete["task"], complete["variant"], complete["repeat"], values, trainings)
    runs = (
        RunValue(str(task), str(variant), int(repeat), float(value), tuple(each))
        for task, variant, repeat, value, each in zip(*columns, strict=True)
    )
    defined = tuple(run for run in runs if not math.isnan(run.value))
    return RunValues(which, results.sign, tuple(tasks(results)), references(results), defined)


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
    return [[math.nan if value is None else float(value) for value in values] for values in column]
