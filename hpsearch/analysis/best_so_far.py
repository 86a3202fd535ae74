"""Median over runs of the best value so far, with its interval, as a function of the spent budget."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpsearch.analysis.incumbents import KEYS, incumbents
from hpsearch.analysis.statistics.spread import quantiles
from hpsearch.results.results import Results

LEVEL = 0.95
_RESAMPLES = 1000
_POINTS = 300  # maximum points per curve: more would not be visible
_COLUMNS = ["task", "variant", "spent", "median", "low", "high", "repeats"]


def best_so_far(results: Results) -> pd.DataFrame:
    """Compute the median over repeats of the best value so far, and its interval, against the spent budget.

    The budget is in trials, or in epochs if the study counts epochs. A variant's rows end at the end of its shortest
    run: a mean over the longer runs only would be biased by selection. A run without a complete trial counts as worse
    than any value. Runs that have not started are left out.

    The interval is the percentile bootstrap (95 %) of the median over whole runs, from fixed resamples. It never
    extends beyond the best and the worst run. These two enclose the true median with probability 1 − 2^(1 − repeats),
    so the interval covers less than 95 % below six runs.

    Returns
    -------
    task, variant, spent, median, low, high (of the interval, low ≤ high), repeats (number of runs in the row).
    """
    return over_runs(results, incumbents(results))


def over_runs(results: Results, curves: pd.DataFrame) -> pd.DataFrame:
    """Return median and interval as in :func:`best_so_far`, of any curve of each run: its keys, number and value."""
    curves = _with_spent(results, curves)
    groups: Any = curves.groupby(["task", "variant"], sort=False)
    summaries = [
        _over_runs([run for _, run in group.groupby("repeat")], results.sign).assign(task=task, variant=variant)
        for (task, variant), group in groups
    ]
    return pd.concat(summaries, ignore_index=True)[_COLUMNS] if summaries else pd.DataFrame(columns=_COLUMNS)


def coverage(repeats: int) -> float:
    """Return the maximum coverage of an interval for the median between the extremes of `repeats` runs."""
    return 1 - 2.0 ** (1 - repeats)


def _with_spent(results: Results, curves: pd.DataFrame) -> pd.DataFrame:
    """Add the column `spent`: the budget that the run had used when the trial ended."""
    if results.epochs_budget is None or curves.empty:
        return curves.assign(spent=curves["number"] + 1)
    epochs = results.trials[[*KEYS, "number", "epochs"]].assign(epochs=lambda frame: frame["epochs"].astype(float))
    merged = curves.merge(epochs, on=[*KEYS, "number"], how="left", validate="one_to_one")
    most = merged["epochs"].max()  # upper bound for trials that do not record their epochs
    return merged.assign(spent=merged["epochs"].fillna(most).groupby([merged[key] for key in KEYS]).cumsum())


def _over_runs(runs: list[pd.DataFrame], sign: int) -> pd.DataFrame:
    reached = min(run["spent"].max() for run in runs)
    spent = np.unique(np.linspace(1, reached, min(int(reached), _POINTS)).round()).astype(int)
    values = np.sort(np.column_stack([_at(run, spent, -sign * math.inf) for run in runs]), axis=1)
    low, high = _interval(values)
    return pd.DataFrame(
        {
            "spent": spent,
            "median": quantiles(values, (0.5,))[:, 0],
            "low": low,
            "high": high,
            "repeats": len(runs),
        }
    )


def _at(run: pd.DataFrame, spent: NDArray[Any], before: float) -> NDArray[np.float64]:
    """Return the run's best value at each `spent`; `before` if it has none yet."""
    reached = np.searchsorted(run["spent"].to_numpy(), spent, side="right")
    values = run["value"].astype(float).fillna(before).to_numpy()
    return np.concatenate([[before], values])[reached]


def _interval(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds for each row of sorted values, one column per run.

    A resample's median is the mean of two order statistics. Their positions do not depend on the values, so one set of
    positions serves all rows.
    """
    count = values.shape[1]
    positions = np.sort(np.random.default_rng(count).integers(count, size=(_RESAMPLES, count)), axis=1)
    lower, upper = values[:, positions[:, (count - 1) // 2]], values[:, positions[:, count // 2]]
    with np.errstate(invalid="ignore"):
        medians = np.where(lower == upper, lower, (lower + upper) / 2)
    bounds = quantiles(medians, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return bounds[:, 0], bounds[:, 1]
