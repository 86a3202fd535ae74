"""The best value so far of every run, trial by trial or epoch by epoch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.results.results import FINISHED, Results, once

KEYS = ["task", "strategy", "repeat"]


def tasks(results: Results) -> list[str]:
    """The tasks that have a run, in the order in which the runs name them."""
    return [str(task) for task in results.runs["task"].unique()]


@once
def incumbents(results: Results) -> pd.DataFrame:
    """The best value among the complete trials 0..number, for each number up to the run's last finished
    trial.

    An unfinished run ends where it stands: its last incumbent is not carried forward to trials it has not
    made. Values are those that the search observed: trials that confirm others pass without changing the best, since
    their values are of another kind, and the curve of a confirmed run is that of its search to the end.

    Returns
    -------
    task, strategy, repeat, number, value (NaN before the first complete trial); ordered by task, then as
    the study orders its strategies, then repeat and number.
    """
    runs = {_key(key): run for key, run in results.trials.groupby(KEYS)}
    curves = [
        _best_so_far(runs[key], results.sign).assign(task=task, strategy=strategy, repeat=key[2])
        for task in tasks(results)
        for strategy in results.strategies
        for key in sorted(key for key in runs if key[:2] == (task, strategy))
    ]
    columns = [*KEYS, "number", "value"]
    return pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns)


def _key(group: Any) -> tuple[str, str, int]:
    task, strategy, repeat = group
    return str(task), str(strategy), int(repeat)


def _best_so_far(run: pd.DataFrame, sign: int) -> pd.DataFrame:
    finished = run.loc[run["state"].isin(FINISHED), "number"]
    numbers = np.arange(finished.max() + 1 if len(finished) else 0)
    complete = _observed(run).set_index("number")["value"].astype(float)
    best = (sign * complete).reindex(numbers).cummax().ffill()
    return pd.DataFrame({"number": numbers, "value": sign * best.to_numpy()})


def _observed(run: pd.DataFrame) -> pd.DataFrame:
    """The complete trials of the search itself."""
    return run[(run["state"] == "COMPLETE") & run["confirms"].isna()]


def incumbents_by_epochs(results: Results) -> pd.DataFrame:
    """The best value that was known when so many epochs had been spent, on one grid for all runs.

    A trial counts from when it ends: one that is still training has not been found. The grid has a point after each
    trial's worth of epochs: the most that a trial may train or, where that is not known, the most that one did. It ends
    for each run with the last point that it has spent. Trials that don't say what they trained count that many too.

    Returns
    -------
    task, strategy, repeat, spent (epochs), value (NaN before the first complete trial); ordered as `incumbents`.
    """
    unit = _epochs_of_a_trial(results)
    by_number: Any = incumbents(results).groupby(KEYS, sort=False)
    trials = {_key(key): run for key, run in results.trials.groupby(KEYS)} if unit else {}
    curves = [
        _on_grid(curve, trials[_key(key)], unit).assign(**dict(zip(KEYS, key, strict=True)))
        for key, curve in by_number
        if unit
    ]
    columns = [*KEYS, "spent", "value"]
    return pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns)


def _epochs_of_a_trial(results: Results) -> float:
    """The width of the grid; 0 where nothing says what was trained."""
    if results.epochs_budget is not None:
        return results.epochs_budget / results.budget
    most = results.trials["epochs"].astype(float).max()
    return 0.0 if math.isnan(most) else float(most)


def _on_grid(curve: pd.DataFrame, run: pd.DataFrame, unit: float) -> pd.DataFrame:
    finished = run[run["state"].isin(FINISHED)].set_index("number")["epochs"].astype(float)
    ends = finished.fillna(unit).reindex(curve["number"], fill_value=0.0).cumsum().to_numpy()
    grid = unit * np.arange(1, math.floor(ends[-1] / unit) + 1)
    known = np.searchsorted(ends, grid, side="right") - 1  # the last trial that had ended
    values = np.array([math.nan, *curve["value"].astype(float)])
    return pd.DataFrame({"spent": grid, "value": values[known + 1]})
