"""Best hyperparameters and best trials of a study."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import PARAM, Results


@dataclass(frozen=True)
class Best:
    """Trial with the best validation value of a task, over all its runs.

    Attributes
    ----------
    run
        Name of the run's Optuna study; `number` is the trial's number in it.
    value
        Validation value: the mean of `confirmed` if it is not empty.
    confirmed
        Validation values of its repetitions; empty without confirmation.
    tied
        Number of trials with this value, itself included.
    test_values
        Test scores of its hyperparameters, retrained on fresh seeds; empty without a test.
    """

    task: str
    variant: str
    repeat: int
    run: str
    number: int
    params: Mapping[str, Any]
    value: float
    test_values: tuple[float, ...]
    confirmed: tuple[float, ...] = ()
    tied: int = 1

    @property
    def test_mean(self) -> float:
        """Mean of the test values; NaN if empty."""
        return float(np.mean(self.test_values)) if self.test_values else math.nan

    @property
    def test_sd(self) -> float:
        """Standard deviation (n − 1) of the test values; NaN for fewer than two or infinite values."""
        if len(self.test_values) < 2 or not np.isfinite(self.test_values).all():
            return math.nan
        if len(set(self.test_values)) == 1:
            return 0.0  # without the rounding of their mean
        return float(np.std(self.test_values, ddof=1))


def best(results: Results, variants: Collection[str] | None = None) -> tuple[Best, ...]:
    """Return the best trial of each task by validation value; the earliest one if tied.

    `variants` limits it to the runs of these.

    If a run of the task has a confirmed incumbent, only confirmed incumbents compete. A mean of repetitions is not
    comparable with a value selected as the best of many. A task has no best trial if all trials diverged. Ties at
    equal trial numbers go to the first variant of the study, then to the lower repeat.
    """
    among = tuple(each for each in results.variants if variants is None or each in variants)
    observed = leaders(results, len(results.trials), among)
    bests = []
    for task in tasks(results):
        confirmed = _best_confirmed(results, task, among)
        of_task = observed[observed["task"] == task]
        leading = of_task.head(1) if confirmed is None else confirmed
        tied = int((of_task["value"] == of_task["value"].iloc[0]).sum()) if confirmed is None and len(of_task) else 1
        bests += [_best(results, trial, tied) for _, trial in leading.iterrows()]
    return tuple(bests)


def _best_confirmed(results: Results, task: str, variants: Sequence[str]) -> pd.DataFrame | None:
    """Return the trial with the best finite mean of repetitions, as a frame of one row; None without confirmations."""
    runs = results.runs
    confirmed = runs[(runs["task"] == task) & runs["variant"].isin(variants)]
    confirmed = confirmed[confirmed["confirmed"].map(len).astype(bool) & np.isfinite(confirmed["value"].astype(float))]
    if confirmed.empty:
        return None
    order = confirmed.assign(
        _score=-results.sign * confirmed["value"], _variant=confirmed["variant"].map(results.variants.index)
    )
    first = order.sort_values(["_score", "incumbent", "_variant", "repeat"], kind="stable").iloc[0]
    trials = results.trials
    same = (trials["task"] == task) & (trials["variant"] == first["variant"]) & (trials["repeat"] == first["repeat"])
    chosen: pd.DataFrame = trials.loc[same & (trials["number"] == first["incumbent"])]
    return chosen


def leaders(results: Results, count: int, variants: Collection[str] | None = None) -> pd.DataFrame:
    """Return the `count` best trials of each task's searches, best first, without diverged or infinite ones.

    `variants` limits it to the runs of these.

    Trials that confirm others are excluded. A trial shared by several variants, such as a common first random point,
    counts once: it has the same repeat, number, parameters and value.

    Returns
    -------
    The columns of ``results.trials`` and ``rank`` (from 1).
    """
    among = results.variants if variants is None else variants
    trials = results.trials[results.trials["variant"].isin(among)]
    trials = trials[(trials["state"] == "COMPLETE") & trials["confirms"].isna()]
    trials = trials[~trials["diverged"].astype(bool) & np.isfinite(trials["value"].astype(float))]
    ordered = trials.assign(
        _score=-results.sign * trials["value"].astype(float),
        _variant=trials["variant"].map(results.variants.index),
    ).sort_values(["_score", "number", "_variant", "repeat"], kind="stable")
    same = ["task", "repeat", "number", "value", *(name for name in ordered if str(name).startswith(PARAM))]
    ordered = ordered.drop_duplicates(same).drop(columns=["_score", "_variant"])
    return pd.concat(
        [_first(ordered[ordered["task"] == task], count) for task in tasks(results)] or [_first(ordered, 0)]
    )


def _first(ordered: pd.DataFrame, count: int) -> pd.DataFrame:
    head = ordered.head(count)
    return head.assign(rank=range(1, len(head) + 1))


def _best(results: Results, trial: pd.Series[Any], tied: int) -> Best:
    runs = results.runs
    same = (runs["task"] == trial["task"]) & (runs["variant"] == trial["variant"])
    run = runs[same & (runs["repeat"] == trial["repeat"])].iloc[0]
    is_incumbent = run["incumbent"] == trial["number"]
    confirmed = tuple(float(value) for value in run["confirmed"]) if is_incumbent else ()
    return Best(
        task=str(trial["task"]),
        variant=str(trial["variant"]),
        repeat=int(trial["repeat"]),
        run=str(run["name"]),
        number=int(trial["number"]),
        params=parameters(trial, results.space_of(str(trial["task"]), str(trial["variant"]))),
        value=float(run["value"] if confirmed else trial["value"]),
        test_values=tuple(float(value) for value in run["test_values"]) if is_incumbent else (),
        confirmed=confirmed,
        tied=tied,
    )


def parameters(trial: pd.Series[Any], space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """Return the hyperparameters of a row of ``results.trials``, with the types of the space.

    A data frame converts integers to floats if a trial lacks the parameter; this undoes it.
    """
    typed = {
        name: _typed(trial[PARAM + name], distribution)
        for name, distribution in space.items()
        if PARAM + name in trial.index
    }
    return {name: value for name, value in typed.items() if value is not _MISSING}


_MISSING = object()


def _typed(value: Any, distribution: BaseDistribution) -> Any:
    missing = bool(pd.isna(value))
    if isinstance(distribution, CategoricalDistribution):
        same = (choice for choice in distribution.choices if choice == value or (choice is None and missing))
        return next(same, _MISSING)
    if missing:
        return _MISSING
    return int(value) if isinstance(distribution, IntDistribution) else float(value)
