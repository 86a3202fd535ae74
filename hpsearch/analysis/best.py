"""The best hyperparameters that a study found, and its best trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import PARAM, Results


@dataclass(frozen=True)
class Best:
    """The trial with the best validation value of a task, over all its runs.

    Attributes
    ----------
    run
        Name of the run's optuna study; `number` is the trial's in it.
    value
        Its validation value: the mean of `confirmed`, where there is one.
    confirmed
        Validation values of its repetitions; empty where it was not confirmed.
    test_values
        Test scores of its hyperparameters, trained again on fresh seeds; empty where they have not been.
    """

    task: str
    strategy: str
    repeat: int
    run: str
    number: int
    params: Mapping[str, Any]
    value: float
    test_values: tuple[float, ...]
    confirmed: tuple[float, ...] = ()

    @property
    def test_mean(self) -> float:
        """The mean of the test values; NaN where there are none."""
        return float(np.mean(self.test_values)) if self.test_values else math.nan

    @property
    def test_sd(self) -> float:
        """The standard deviation (n − 1) of the test values; NaN below two of them or where one is
        infinite.
        """
        if len(self.test_values) < 2 or not np.isfinite(self.test_values).all():
            return math.nan
        return float(np.std(self.test_values, ddof=1))


def best(results: Results) -> tuple[Best, ...]:
    """The best of each task, by validation value; of equals, the earliest trial.

    Where a run of the task has a confirmed incumbent, the best of those: a mean of repetitions and a value that was
    picked for being the highest of many can't be compared. A task whose trials all diverged has none. Equal values at
    equal trial numbers go to the strategy that the study names first, then to the lower repeat.
    """
    observed = leaders(results, 1)
    found = []
    for task in tasks(results):
        confirmed = _best_confirmed(results, task)
        leading = observed[observed["task"] == task] if confirmed is None else confirmed
        found += [_best(results, trial) for _, trial in leading.iterrows()]
    return tuple(found)


def _best_confirmed(results: Results, task: str) -> pd.DataFrame | None:
    """The trial whose repetitions have the best finite mean, as a frame of one row; None where there is none."""
    runs = results.runs
    known = runs[(runs["task"] == task) & runs["strategy"].isin(results.strategies)]
    known = known[known["confirmed"].map(len).astype(bool) & np.isfinite(known["value"].astype(float))]
    if known.empty:
        return None
    order = known.assign(
        _score=-results.sign * known["value"], _strategy=known["strategy"].map(results.strategies.index)
    )
    first = order.sort_values(["_score", "incumbent", "_strategy", "repeat"], kind="stable").iloc[0]
    trials = results.trials
    same = (trials["task"] == task) & (trials["strategy"] == first["strategy"]) & (trials["repeat"] == first["repeat"])
    chosen: pd.DataFrame = trials.loc[same & (trials["number"] == first["incumbent"])]
    return chosen


def leaders(results: Results, count: int) -> pd.DataFrame:
    """The `count` best trials of each task's searches that did not diverge nor end infinite, best first.

    Trials that confirm others are no part of a search. A trial that several strategies share, as they do their first
    random points, counts once: same repeat and number, hence the same seed, same parameters and value.

    Returns
    -------
    The columns of ``results.trials`` and ``rank`` (from 1).
    """
    trials = results.trials[results.trials["strategy"].isin(results.strategies)]
    trials = trials[(trials["state"] == "COMPLETE") & trials["confirms"].isna()]
    trials = trials[~trials["diverged"].astype(bool) & np.isfinite(trials["value"].astype(float))]
    ordered = trials.assign(
        _score=-results.sign * trials["value"].astype(float),
        _strategy=trials["strategy"].map(results.strategies.index),
    ).sort_values(["_score", "number", "_strategy", "repeat"], kind="stable")
    same = ["task", "repeat", "number", "value", *(name for name in ordered if str(name).startswith(PARAM))]
    ordered = ordered.drop_duplicates(same).drop(columns=["_score", "_strategy"])
    return pd.concat(
        [_first(ordered[ordered["task"] == task], count) for task in tasks(results)] or [_first(ordered, 0)]
    )


def _first(ordered: pd.DataFrame, count: int) -> pd.DataFrame:
    head = ordered.head(count)
    return head.assign(rank=range(1, len(head) + 1))


def _best(results: Results, trial: pd.Series[Any]) -> Best:
    runs = results.runs
    same = (runs["task"] == trial["task"]) & (runs["strategy"] == trial["strategy"])
    run = runs[same & (runs["repeat"] == trial["repeat"])].iloc[0]
    is_incumbent = run["incumbent"] == trial["number"]
    confirmed = tuple(float(value) for value in run["confirmed"]) if is_incumbent else ()
    return Best(
        task=str(trial["task"]),
        strategy=str(trial["strategy"]),
        repeat=int(trial["repeat"]),
        run=str(run["name"]),
        number=int(trial["number"]),
        params=parameters(trial, results.space_of(str(trial["task"]))),
        value=float(run["value"] if confirmed else trial["value"]),
        test_values=tuple(float(value) for value in run["test_values"]) if is_incumbent else (),
        confirmed=confirmed,
    )


def parameters(trial: pd.Series[Any], space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """The hyperparameters of a row of ``results.trials``, of the types that the space declares.

    A data frame turns integers to floats where a trial lacks the parameter; the distributions turn them back.
    """
    found = {
        name: _typed(trial[PARAM + name], distribution)
        for name, distribution in space.items()
        if PARAM + name in trial.index
    }
    return {name: value for name, value in found.items() if value is not _MISSING}


_MISSING = object()


def _typed(value: Any, distribution: BaseDistribution) -> Any:
    missing = bool(pd.isna(value))
    if isinstance(distribution, CategoricalDistribution):
        same = (choice for choice in distribution.choices if choice == value or (choice is None and missing))
        return next(same, _MISSING)
    if missing:
        return _MISSING
    return int(value) if isinstance(distribution, IntDistribution) else float(value)
