"""How good the best value was after each part of the budget: its median over runs, and how sure that median is."""

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
_POINTS = 300  # at most so many along the budget: more can't be seen
_COLUMNS = ["task", "strategy", "spent", "median", "low", "high", "repeats"]


def best_so_far(results: Results) -> pd.DataFrame:
    """The median over repeats of the best value so far, and its interval, against what was spent.

    Spent are trials, or epochs where the budget counts epochs. A strategy's rows end where the first of its runs ends:
    averaging whichever runs got farther would let the selection move the curve. A run without a complete trial yet
    counts as worse than any value. Runs that have not begun do not count.

    The interval is the percentile bootstrap (95 %) of the median over whole runs, from fixed resamples. It never
    reaches beyond the best and the worst run, and these two hold the true median between them with probability
    1 − 2^(1 − repeats): below six runs the interval covers less than it says.

    Returns
    -------
    task, strategy, spent, median, low, high (of the interval, low ≤ high), repeats (how many the row summarises).
    """
    curves = _with_spent(results, incumbents(results))
    groups: Any = curves.groupby(["task", "strategy"], sort=False)
    summaries = [
        _over_runs([run for _, run in group.groupby("repeat")], results.sign).assign(task=task, strategy=strategy)
        for (task, strategy), group in groups
    ]
    return pd.concat(summaries, ignore_index=True)[_COLUMNS] if summaries else pd.DataFrame(columns=_COLUMNS)


def coverage(repeats: int) -> float:
    """The most that an interval of the median between the extremes of so many runs can cover."""
    return 1 - 2.0 ** (1 - repeats)


def _with_spent(results: Results, curves: pd.DataFrame) -> pd.DataFrame:
    """The curves with what each run had spent when it had finished the trial of that number."""
    if results.epochs_budget is None or curves.empty:
        return curves.assign(spent=curves["number"] + 1)
    epochs = results.trials[[*KEYS, "number", "epochs"]].assign(epochs=lambda frame: frame["epochs"].astype(float))
    known = curves.merge(epochs, on=[*KEYS, "number"], how="left", validate="one_to_one")
    most = known["epochs"].max()  # a trial that does not say may have trained as long as any
    return known.assign(spent=known["epochs"].fillna(most).groupby([known[key] for key in KEYS]).cumsum())


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
    """The run's best value when that much was spent; `before` it had any."""
    reached = np.searchsorted(run["spent"].to_numpy(), spent, side="right")
    values = run["value"].astype(float).fillna(before).to_numpy()
    return np.concatenate([[before], values])[reached]


def _interval(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The bounds for each row of sorted values, one a run.

    A resample's median is the mean of two order statistics whose places do not depend on the values: one set of places
    serves all rows.
    """
    count = values.shape[1]
    drawn = np.sort(np.random.default_rng(count).integers(count, size=(_RESAMPLES, count)), axis=1)
    lower, upper = values[:, drawn[:, (count - 1) // 2]], values[:, drawn[:, count // 2]]
    with np.errstate(invalid="ignore"):
        medians = np.where(lower == upper, lower, (lower + upper) / 2)
    bounds = quantiles(medians, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return bounds[:, 0], bounds[:, 1]
