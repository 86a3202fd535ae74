"""Performance profiles: share of tasks on which a strategy is within a factor of the fastest."""

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
    """Return the lower median over runs of the needed trials, by task and strategy.

    It is infinite if more than half of the runs did not reach the target.

    Parameters
    ----------
    needed
        See :func:`~hpsearch.analysis.comparison.targets.trials_to_target`.
    """
    groups = needed.groupby(["task", "strategy"], sort=False)["trials"]
    return groups.apply(lambda trials: sorted(trials)[(len(trials) - 1) // 2]).astype(float)


def profiles(results: Results) -> pd.DataFrame:
    """Compute the share of tasks on which each strategy needed at most `factor` times the trials of the fastest.

    ρ(τ) = share of tasks with t / min over strategies of t ≤ τ, where t is the median number of trials to the task's
    target. At factor 1 it is the share of tasks on which a strategy was (among) the fastest. At the right end it is
    the share on which it reached the target at all. The ratios depend on the set of strategies, like every comparison
    with the best of a set. So compare strategies at one factor only; the table of strategies has their own ratio.

    Returns
    -------
    strategy, factor, share, tasks; one step for each factor at which a share grows. There are no rows with fewer than
    three tasks on which every strategy has a complete run and some strategy reached the target.

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
