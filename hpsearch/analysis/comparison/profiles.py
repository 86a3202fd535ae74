"""Performance profiles: share of tasks on which a variant is within a factor of the fastest."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from hpsearch.analysis.comparison.targets import trials_to_target
from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import Results

ENOUGH_TASKS = 3
_COLUMNS = ["variant", "factor", "share", "tasks"]


def median_trials(needed: pd.DataFrame) -> pd.Series[float]:
    """Return the lower median over runs of the needed trials, by task and variant.

    It is infinite if more than half of the runs did not reach the target.

    Parameters
    ----------
    needed
        See :func:`~hpsearch.analysis.comparison.targets.trials_to_target`.
    """
    groups = needed.groupby(["task", "variant"], sort=False)["trials"]
    return groups.apply(lambda trials: sorted(trials)[(len(trials) - 1) // 2]).astype(float)


def profiles(results: Results) -> pd.DataFrame:
    """Compute the share of tasks on which each variant needed at most `factor` times the trials of the fastest.

    ρ(τ) = share of tasks with t / min over variants of t ≤ τ, where t is the median number of trials to the task's
    target. At factor 1 it is the share of tasks on which a variant was (among) the fastest. At the right end it is
    the share on which it reached the target at all. The ratios depend on the set of variants, like every comparison
    with the best of a set. So compare variants at one factor only; the table of variants has their own ratio.

    Returns
    -------
    variant, factor, share, tasks; one step for each factor at which a share grows. There are no rows with fewer than
    three tasks on which every variant has a complete run and some variant reached the target.

    Source: Dolan and Moré, Mathematical Programming 91, 2002; Gould and Scott, ACM TOMS 43, 2016.
    """
    needed = trials_to_target(results)
    if needed.empty:
        return pd.DataFrame(columns=_COLUMNS)
    table = median_trials(needed).reset_index().pivot_table(index="task", columns="variant", values="trials")
    table = table.reindex(index=tasks(results), columns=list(results.variants)).dropna()
    table = table[np.isfinite(table.min(axis=1))]
    if len(table) < ENOUGH_TASKS:
        return pd.DataFrame(columns=_COLUMNS)
    ratios = table.div(table.min(axis=1), axis=0)
    factors = sorted({1.0, *(ratio for ratio in ratios.to_numpy().ravel() if math.isfinite(ratio))})
    rows = [
        {"variant": name, "factor": factor, "share": float((ratios[name] <= factor).mean()), "tasks": len(table)}
        for name in ratios
        for factor in factors
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)
