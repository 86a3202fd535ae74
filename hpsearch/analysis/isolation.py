"""Isolation plots: best value in each bucket of a parameter's range, over all values of the other parameters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from hpsearch.results.results import PARAM, Results

BUCKETS = 10
FEW = 3  # a bucket with fewer trials is not informative
_COLUMNS = ["task", "parameter", "bucket", "low", "high", "label", "trials", "infeasible", "best"]


def isolation(results: Results) -> pd.DataFrame:
    """Return the best value in each bucket of each parameter, over the complete search trials of a task.

    A bucket is a tenth of the declared range, in logarithms for log ranges. It is a single choice or integer if there
    are at most ten integers. The best of many trials is better than the best of few, so compare the counts too.
    Buckets below three trials are not informative. Infeasible trials, which diverged or ended infinite, are counted
    but have no value. From Google's tuning playbook, "isolation plots".

    Returns
    -------
    task, parameter, bucket (from 0), low, high (NaN for choices), label (the choice or the single integer; else
    empty), trials (complete, feasible or not), infeasible (how many of them), best (NaN if no trial is feasible).
    """
    trials = feasibility(results)
    rows = [
        {"task": task, "parameter": name} | row
        for task in trials["task"].unique()
        for name, distribution in results.space_of(task).items()
        if PARAM + name in trials
        for row in _buckets(trials[trials["task"] == task], name, distribution, results.sign)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def feasibility(results: Results) -> pd.DataFrame:
    """Return the complete search trials with the column `infeasible`: whether they diverged or ended infinite."""
    trials = results.trials
    complete = trials[(trials["state"] == "COMPLETE") & trials["confirms"].isna()]
    complete = complete[complete["variant"].isin(results.variants)]
    infeasible = complete["diverged"].astype(bool) | ~np.isfinite(complete["value"].astype(float))
    return complete.assign(infeasible=infeasible)


def _buckets(trials: pd.DataFrame, name: str, distribution: BaseDistribution, sign: int) -> list[dict[str, Any]]:
    if isinstance(distribution, CategoricalDistribution):
        places = trials[PARAM + name].map(lambda value: _choice(value, distribution)).to_numpy()
        edges = [(np.nan, np.nan, str(choice)) for choice in distribution.choices]
    else:
        values = trials[PARAM + name].astype(float).to_numpy()
        bounds = _bounds(distribution)
        places = np.clip(np.searchsorted(bounds, values, side="right") - 1, 0, len(bounds) - 2).astype(float)
        places[np.isnan(values)] = -1
        edges = [(low, high, _name(low, high, distribution)) for low, high in pairwise(bounds)]
    score = np.where(trials["infeasible"], np.nan, sign * trials["value"].astype(float))
    infeasible = trials["infeasible"].to_numpy()
    return [
        {
            "bucket": index,
            "low": low,
            "high": high,
            "label": label,
            "trials": int((places == index).sum()),
            "infeasible": int(infeasible[places == index].sum()),
            "best": sign * _highest(score[places == index]),
        }
        for index, (low, high, label) in enumerate(edges)
    ]


def _choice(value: Any, distribution: CategoricalDistribution) -> int:
    """Return the choice's index; −1 for a trial without the parameter.

    True and 1 are distinct, and a missing value may be the choice None.
    """
    for index, choice in enumerate(distribution.choices):
        if (type(choice) is type(value) and choice == value) or (choice is None and pd.isna(value)):
            return index
    return next((index for index, choice in enumerate(distribution.choices) if choice == value), -1)


def _name(low: float, high: float, distribution: BaseDistribution) -> str:
    """Return the integer as text if the bucket contains only one; else an empty string."""
    whole = isinstance(distribution, IntDistribution) and high - low <= distribution.step and not distribution.log
    return str(round((low + high) / 2)) if whole else ""


def _bounds(distribution: Any) -> NDArray[np.float64]:
    low, high = float(distribution.low), float(distribution.high)
    step = getattr(distribution, "step", None)
    if step and not distribution.log and (high - low) / step < BUCKETS:
        return np.arange(low - step / 2, high + step, step)  # one bucket per value
    if low == high:
        return np.array([low, high])
    if distribution.log:
        return np.geomspace(low, high, BUCKETS + 1)
    return np.linspace(low, high, BUCKETS + 1)


def _highest(scores: NDArray[np.float64]) -> float:
    defined = scores[~np.isnan(scores)]
    return float(defined.max()) if len(defined) else np.nan
