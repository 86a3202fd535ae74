"""Performance profiles: on how many tasks a strategy is within a factor of the fastest."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from hpsearch.analysis.comparison.targets import trials_to_target
from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import Results

ENOUGH_TASKS = 3
_COLUMNS = ["strategy", "factor", "share", "tasks"]


def median_trials(needed: pd.DataFrame) -> pd.Series[float]:
    """Trials that half of the runs needed, by task and strategy: the lower median, infinite where most never got there.

    Parameters
    ----------
    needed
        See :func:`~hpsearch.analysis.comparison.targets.trials_to_target`.
    """
    groups = needed.groupby(["task", "strategy"], sort=False)["trials"]
    return groups.apply(lambda trials: sorted(trials)[(len(trials) - 1) // 2]).astype(float)


def profiles(results: Results) -> pd.DataFrame:
    """The share of tasks on which each strategy needed at most `factor` times the trials of the fastest one.

    ρ(τ) = share of tasks with t / min over strategies of t ≤ τ, where t is the number of trials that half of a
    strategy's runs needed to reach the task's target. At factor 1 it is how often a strategy was (among) the fastest,
    at the right how often it got there at all. Like every comparison with the best of a pool it depends on who is in
    the pool: the order of two strategies is to be read at one factor, and their own ratio is in the table of
    strategies.

    Returns
    -------
    strategy, factor, share, tasks; a step for each factor at which a share grows. No rows with fewer than three tasks
    on which every strategy has a complete run and some strategy reached the target.

    Source: Dolan and Moré, Mathematical Programming 91, 2002; Gould and Scott, ACM TOMS 43, 2016.
    """
    needed = trials_to_target(results)
    if needed.empty:
        return pd.DataFrame(columns=_COLUMNS)
    table = median_trials(needed).reset_index().pivot_table(index="task", columns="strategy", values="trials")
    table = table.reindex(index=tasks(results), columns=list(results.strategies)).dropna()
    table = table[np.isfinite(table.min(axis=1))]
    if len(table) < ENOUGH_TASKS:
        return pd.DataFrame(columns=_COLUMNS)
    ratios = table.div(table.min(axis=1), axis=0)
    factors = sorted({1.0, *(ratio for ratio in ratios.to_numpy().ravel() if math.isfinite(ratio))})
    rows = [
        {"strategy": name, "factor": factor, "share": float((ratios[name] <= factor).mean()), "tasks": len(table)}
        for name in ratios
        for factor in factors
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)
