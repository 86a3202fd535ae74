"""The table of strategies: what each found, how well that was tested, and what it spent."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.analysis.incumbents import FINISHED, incumbents, tasks
from hpsearch.analysis.results import Results
from hpsearch.analysis.spread import mean_interval, quantiles

BASELINE = "random"


def strategy_table(results: Results) -> pd.DataFrame:
    """One row a strategy, in the study's order (with several tasks: one row a task and strategy).

    Values are compared over complete runs only, so that every strategy has spent the same; costs count
    all trials.

    Returns
    -------
    task, strategy
    runs_complete, runs
        Runs whose budget is spent, and runs that the study asks for.
    tested
        Complete runs whose incumbent has test values.
    test, test_low, test_high
        Mean over runs of a run's mean test value; Student's t interval (95 %; NaN with fewer than two runs).
    validation
        Mean over runs of the incumbent's validation value: optimistic, since the search chose it.
    gap
        How much better validation looks than test, mean over tested runs: validation − test where more is
        better, test − validation where less is.
    trials_to_random
        Trials that half of the runs needed to be as good as the median random run at its end; infinite
        where more than half don't get there, NaN where no random run is complete.
    trials, epochs, seconds
        Sums over all finished trials; NaN where unknown.
    diverged
        Share of the finished trials that diverged.
    """
    target = {task: _target(results, task) for task in tasks(results)}
    curves = incumbents(results)
    rows = [
        {"task": task, "strategy": strategy}
        | _values(results, _of(results.runs, task, strategy))
        | {"trials_to_random": _to_target(results, _of(curves, task, strategy), target[task])}
        | _costs(_of(results.trials, task, strategy))
        for task in tasks(results)
        for strategy in results.strategies
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    "task",
    "strategy",
    "runs_complete",
    "runs",
    "tested",
    "test",
    "test_low",
    "test_high",
    "validation",
    "gap",
    "trials_to_random",
    "trials",
    "epochs",
    "seconds",
    "diverged",
]


def test_means(runs: pd.DataFrame) -> pd.Series[float]:
    """The mean test value of each run; NaN where it has none."""
    means = [
        float(np.mean([_number(value) for value in values])) if values else math.nan for values in runs["test_values"]
    ]
    return pd.Series(means, index=runs.index, dtype=float)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _of(frame: pd.DataFrame, task: str, strategy: str) -> pd.DataFrame:
    return frame[(frame["task"] == task) & (frame["strategy"] == strategy)]


def _values(results: Results, runs: pd.DataFrame) -> dict[str, Any]:
    complete = runs[runs["complete"].astype(bool)]
    values = complete["value"].astype(float)
    test = test_means(complete)
    tested = test.notna()
    interval = mean_interval(test[tested].to_numpy())
    return {
        "runs_complete": len(complete),
        "runs": max(results.repeats, len(runs)),
        "tested": int(tested.sum()),
        "test": interval.mean,
        "test_low": interval.low,
        "test_high": interval.high,
        "validation": mean_interval(values.dropna().to_numpy()).mean,
        "gap": mean_interval(results.sign * (values - test)[tested].to_numpy()).mean,
    }


def _costs(trials: pd.DataFrame) -> dict[str, Any]:
    finished = trials[trials["state"].isin(FINISHED)]
    return {
        "trials": len(finished),
        "epochs": finished["epochs"].astype(float).sum(min_count=1),
        "seconds": finished["seconds"].astype(float).sum(min_count=1),
        "diverged": float(finished["diverged"].astype(bool).mean()) if len(finished) else math.nan,
    }


def _complete_repeats(results: Results, task: str, strategy: str) -> pd.DataFrame:
    runs = _of(results.runs, task, strategy)
    return runs[runs["complete"].astype(bool)]


def _target(results: Results, task: str) -> float:
    """The median over complete random runs of what they ended with; NaN where that is not a number to
    reach.
    """
    values = _complete_repeats(results, task, BASELINE)["value"].astype(float)
    if values.empty:
        return math.nan
    median = float(quantiles(values.fillna(-results.sign * math.inf).to_numpy()[None, :], (0.5,))[0, 0])
    return median if math.isfinite(median) else math.nan


def _to_target(results: Results, curves: pd.DataFrame, target: float) -> float:
    if curves.empty or math.isnan(target):
        return math.nan
    task, strategy = curves["task"].iloc[0], curves["strategy"].iloc[0]
    complete = _complete_repeats(results, task, strategy)["repeat"]
    needed = [
        _first(curve, results.sign, target) for repeat, curve in curves.groupby("repeat") if repeat in set(complete)
    ]
    return sorted(needed)[(len(needed) - 1) // 2] if needed else math.nan


def _first(curve: pd.DataFrame, sign: int, target: float) -> float:
    reached = curve.loc[sign * curve["value"] >= sign * target, "number"]
    return float(reached.min()) + 1 if len(reached) else math.inf
