"""Table of variants: values, tests and costs."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from hpsearch.analysis.comparison.paired import pairs
from hpsearch.analysis.comparison.pairings import pairing_of
from hpsearch.analysis.comparison.profiles import median_trials
from hpsearch.analysis.comparison.ranks import task_ranks
from hpsearch.analysis.comparison.run_values import (
    RunValues,
    confirmed_means,
    retrained_means,
    run_values,
    test_means,
)
from hpsearch.analysis.comparison.targets import trials_to_target
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.statistics.spread import mean_interval
from hpsearch.analysis.statistics.superiority import superiority
from hpsearch.analysis.views import searching
from hpsearch.results.results import FINISHED, Results

COLUMNS = [
    "task",
    "variant",
    "runs_complete",
    "runs",
    "tested",
    "test",
    "test_low",
    "test_high",
    "validation",
    "confirmed",
    "gap",
    "gap_selection",
    "gap_rows",
    "better",
    "better_low",
    "better_high",
    "pairs",
    "regret",
    "trials_to_random",
    "trials",
    "epochs",
    "seconds",
    "infeasible",
    "diverged",
    "failed",
]


def variant_table(results: Results) -> pd.DataFrame:
    """Return one row per variant, in the study's order; with several tasks, one row per task and variant.

    Values are compared over complete runs only, so that all variants have the same budget. Costs count all trials.

    Returns
    -------
    task, variant
    runs_complete, runs
        Runs with a spent budget, and runs in the plan.
    tested
        Complete runs with test values of their incumbent.
    test, test_low, test_high
        Mean over runs of a run's mean test value; Student's t interval (95 %; NaN with fewer than two runs).
    validation
        Mean over runs of the best validation value of the search; optimistic, since it was selected as the best.
    confirmed
        Mean over runs of the incumbent's confirmation, measured after its selection; NaN without.
    gap
        Mean over tested runs of the optimism of `validation`: validation − test if more is better, test − validation
        if less is better.
    gap_selection, gap_rows
        Parts of `gap`, with its sign, over the tested runs whose retrainings were scored on the validation rows too.
        Selection: observed − mean validation value of the retrainings, since the best of noisy trials was chosen. Rows:
        mean validation − mean test value of the same retrainings, since the test rows may be harder. The parts add up
        to `gap` if all tested runs have such scores; NaN if none has.
    better, better_low, better_high, pairs
        P(better than the baseline) over paired repeats, its 95 % interval, and the number of pairs; NaN for the
        baseline, and with several factors.
    regret
        Mean over runs of (value − best) / (median − best): 0 at the task's best configuration, 1 at its median one; by
        test values if available. NaN if the task's reference is unknown.
    trials_to_random
        Median number of trials to reach the final value of the baseline's median run (random if the study has it).
        Infinite if more than half of the runs do not reach it, NaN without a complete run. Variants that search
        nothing have none, and are no baseline of it.
    trials, epochs, seconds
        Sums over all finished trials, including confirmations; NaN if unknown.
    infeasible, diverged, failed
        Share of the finished trials that diverged or failed, and of each of the two.
    """
    to_target = median_trials(trials_to_target(searching(results))).to_dict()
    values = run_values(results)
    runs, trials = _groups(results.runs), _groups(results.trials)
    rows = [
        {"task": task, "variant": label}
        | _values(results, runs.get((task, label), results.runs[:0]))
        | {"regret": _regret(values, task, label)}
        | _superiority(results, values, task, label)
        | {"trials_to_random": to_target.get((task, label), math.nan)}
        | _costs(trials.get((task, label), results.trials[:0]))
        for task in tasks(results)
        for label in results.variants
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summary_over_tasks(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per variant, in the study's order, summarised over all tasks with equal weight.

    Parameters
    ----------
    table
        Result of :func:`variant_table`.

    Returns
    -------
    variant, tasks (on which every variant has a value), rank (mean rank on them, by the mean over repeats), first
    (tasks on which no other did better), regret (mean over these tasks; NaN if any reference is unknown).
    """
    places = task_ranks(results)
    regrets = table.pivot_table(index="task", columns="variant", values="regret")
    regrets = regrets.reindex(index=places.index, columns=places.columns)
    best = places.eq(places.min(axis=1), axis=0)
    return pd.DataFrame(
        {
            "variant": list(results.variants),
            "tasks": len(places),
            "rank": [float(places[label].mean()) for label in results.variants],
            "first": [int(best[label].sum()) for label in results.variants],
            "regret": [float(regrets[label].mean(skipna=False)) for label in results.variants],
        }
    )


def _groups(frame: pd.DataFrame) -> dict[Any, pd.DataFrame]:
    return dict(iter(frame.groupby(["task", "variant"], sort=False)))


def _values(results: Results, runs: pd.DataFrame) -> dict[str, Any]:
    complete = runs[runs["complete"].astype(bool)]
    observed, test, retrained = complete["observed"].astype(float), test_means(complete), retrained_means(complete)
    tested = test.notna()
    interval = mean_interval(test[tested].to_numpy())
    return {
        "runs_complete": len(complete),
        "runs": max(results.repeats, len(runs)),
        "tested": int(tested.sum()),
        "test": interval.mean,
        "test_low": interval.low,
        "test_high": interval.high,
        "validation": _mean(observed),
        "confirmed": _mean(confirmed_means(complete)),
        "gap": _mean(results.sign * (observed - test)[tested]),
        "gap_selection": _mean(results.sign * (observed - retrained)[tested]),
        "gap_rows": _mean(results.sign * (retrained - test)[tested]),
    }


def _mean(values: pd.Series[float]) -> float:
    return mean_interval(values.dropna().to_numpy()).mean


def _regret(values: RunValues, task: str, label: str) -> float:
    if task not in values.references:
        return math.nan
    best, unit = values.references[task].best, values.references[task].unit
    regrets = [(run.value - best) / unit for run in values.runs if (run.task, run.variant) == (task, label)]
    return sum(regrets) / len(regrets) if regrets else math.nan


def _superiority(results: Results, values: RunValues, task: str, label: str) -> dict[str, Any]:
    """Return P(better than the baseline); NaN for the baseline itself, and for the cells of several factors."""
    comparison = pairing_of(results, label)
    if comparison is None:
        return {"better": math.nan, "better_low": math.nan, "better_high": math.nan, "pairs": 0}
    differences = pairs(values, comparison, task).differences
    probability, low, high = superiority(differences)
    return {"better": probability, "better_low": low, "better_high": high, "pairs": len(differences)}


def _costs(trials: pd.DataFrame) -> dict[str, Any]:
    finished = trials[trials["state"].isin(FINISHED)]
    diverged = finished["diverged"].astype(bool)
    failed = finished["state"] == "FAIL"
    return {
        "trials": len(finished),
        "epochs": finished["epochs"].astype(float).sum(min_count=1),
        "seconds": finished["seconds"].astype(float).sum(min_count=1),
        "infeasible": _share(diverged | failed),
        "diverged": _share(diverged),
        "failed": _share(failed),
    }


def _share(flags: pd.Series[bool]) -> float:
    return float(flags.mean()) if len(flags) else math.nan
