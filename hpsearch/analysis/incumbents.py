"""Best value so far of every run, by trial or by epoch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.results.results import FINISHED, Results, once

KEYS = ["task", "variant", "repeat"]


def tasks(results: Results) -> list[str]:
    """Return the tasks that have a run, in order of appearance."""
    return [str(task) for task in results.runs["task"].unique()]


@once
def incumbents(results: Results) -> pd.DataFrame:
    """Return the best value among the complete trials 0..number, up to each run's last finished trial.

    An unfinished run ends at its last finished trial; its incumbent is not carried forward. Values are as observed by
    the search. Trials that confirm others do not change the best, since their values are not comparable. So the curve
    of a confirmed run shows its search only.

    Returns
    -------
    task, variant, repeat, number, value (NaN before the first complete trial); ordered by task, variant (in the
    study's order), repeat and number.
    """
    runs = {_key(key): run for key, run in results.trials.groupby(KEYS)}
    curves = [
        _best_so_far(runs[key], results.sign).assign(task=task, variant=variant, repeat=key[2])
        for task in tasks(results)
        for variant in results.variants
        for key in sorted(key for key in runs if key[:2] == (task, variant))
    ]
    columns = [*KEYS, "number", "value"]
    return pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns)


def _key(group: Any) -> tuple[str, str, int]:
    task, variant, repeat = group
    return str(task), str(variant), int(repeat)


def _best_so_far(run: pd.DataFrame, sign: int) -> pd.DataFrame:
    finished = run.loc[run["state"].isin(FINISHED), "number"]
    numbers = np.arange(finished.max() + 1 if len(finished) else 0)
    complete = _observed(run).set_index("number")["value"].astype(float)
    best = (sign * complete).reindex(numbers).cummax().ffill()
    return pd.DataFrame({"number": numbers, "value": sign * best.to_numpy()})


def _observed(run: pd.DataFrame) -> pd.DataFrame:
    """Return the complete trials of the search."""
    return run[(run["state"] == "COMPLETE") & run["confirms"].isna()]


def incumbents_by_epochs(results: Results) -> pd.DataFrame:
    """Return the best value so far as a function of spent epochs, on one grid for all runs.

    A trial counts from its end, since its value is unknown before. The grid step is the maximum number of epochs per
    trial: the declared one or, if unknown, the largest observed. Each run ends at the last grid point within its spent
    epochs. Trials that do not record their epochs count as one step.

    Returns
    -------
    task, variant, repeat, spent (epochs), value (NaN before the first complete trial); ordered as `incumbents`.
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
    """Return the grid step in epochs; 0 if no trial records its epochs."""
    if results.epochs_budget is not None:
        return results.epochs_budget / results.budget
    most = results.trials["epochs"].astype(float).max()
    return 0.0 if math.isnan(most) else float(most)


def _on_grid(curve: pd.DataFrame, run: pd.DataFrame, unit: float) -> pd.DataFrame:
    finished = run[run["state"].isin(FINISHED)].set_index("number")["epochs"].astype(float)
    ends = finished.fillna(unit).reindex(curve["number"], fill_value=0.0).cumsum().to_numpy()
    grid = unit * np.arange(1, math.floor(ends[-1] / unit) + 1)
    ended = np.searchsorted(ends, grid, side="right") - 1  # index of the last ended trial
    values = np.array([math.nan, *curve["value"].astype(float)])
    return pd.DataFrame({"spent": grid, "value": values[ended + 1]})
