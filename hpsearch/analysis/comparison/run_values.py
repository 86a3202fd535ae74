"""What each run is judged by: its test value, its validation value, and how they are scaled across tasks."""

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
    """The true best and median value of a task's configurations."""

    best: float
    median: float

    @property
    def unit(self) -> float:
        """What a normalised regret of 1 is worth: positive where less is better."""
        return self.median - self.best


class RunValue(NamedTuple):
    """What a run whose budget is spent is worth.

    Attributes
    ----------
    value
        By the value that runs of the study are judged by; infinitely bad where no trial was complete.
    trainings
        Those values of trainings that differ by nothing but their seed.
    """

    task: str
    strategy: str
    repeat: int
    value: float
    trainings: tuple[float, ...]


@dataclass(frozen=True)
class RunValues:
    """What the complete runs of a study are worth.

    Attributes
    ----------
    judged
        By what: ``"test"`` values as soon as one complete run has them, else ``"validation"`` values, never both.
        A run without a value of that kind is left out.
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
    """What each complete run is worth: its mean test value, or what its incumbent is known to reach in validation.

    That is the mean of the incumbent's confirmation where it was confirmed, and else the value for which the search
    chose it, which is optimistic.
    """
    complete = results.runs[results.runs["complete"].astype(bool)]
    which: Judged = "test" if complete["test_values"].map(len).any() else "validation"
    values = test_means(complete) if which == "test" else complete["value"].astype(float)
    values = values.mask(complete["incumbent"].isna(), -results.sign * math.inf)
    trainings = _lists(complete["test_values" if which == "test" else "confirmed"])
    columns = (complete["task"], complete["strategy"], complete["repeat"], values, trainings)
    runs = (
        RunValue(str(task), str(strategy), int(repeat), float(value), tuple(each))
        for task, strategy, repeat, value, each in zip(*columns, strict=True)
    )
    known = tuple(run for run in runs if not math.isnan(run.value))
    return RunValues(which, results.sign, tuple(tasks(results)), references(results), known)


def references(results: Results) -> dict[str, Reference]:
    """The reference of each task that has one with a best value apart from its median."""
    held = results.runs[["task", "reference_best", "reference_median"]].drop_duplicates("task")
    found = {str(task): Reference(float(best), float(median)) for task, best, median in held.itertuples(index=False)}
    return {task: known for task, known in found.items() if math.isfinite(known.unit) and known.unit != 0}


def test_means(runs: pd.DataFrame) -> pd.Series[float]:
    """The mean test value of each run; NaN where it has none."""
    return pd.Series([_mean(values) for values in _lists(runs["test_values"])], index=runs.index, dtype=float)


def confirmed_means(runs: pd.DataFrame) -> pd.Series[float]:
    """The mean of each run's confirmation; NaN where its incumbent was not confirmed."""
    return pd.Series([_mean(values) for values in _lists(runs["confirmed"])], index=runs.index, dtype=float)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def _lists(column: Any) -> list[list[float]]:
    return [[math.nan if value is None else float(value) for value in values] for values in column]
