"""Isolation plots: the best value in each part of a parameter's range, whatever the other parameters were."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from hpsearch.results.results import PARAM, Results

BUCKETS = 10
FEW = 3  # a bucket with fewer trials than this says little
_COLUMNS = ["task", "parameter", "bucket", "low", "high", "label", "trials", "infeasible", "best"]


def isolation(results: Results) -> pd.DataFrame:
    """The best value in each bucket of each parameter, over the complete trials of all runs of a task's search.

    A bucket is a tenth of the declared range, in logarithms where the range is; or a choice; or an integer, where
    there are no more than ten. The best of many trials is better than that of few, so a bucket's count belongs beside
    its best; below three trials it says little. Infeasible trials, which diverged or whose value is infinite, have no
    value but are counted. From Google's tuning playbook, "isolation plots".

    Returns
    -------
    task, parameter, bucket (from 0), low, high (NaN for choices), label (the choice, or the integer where it is alone;
    else empty), trials (complete, feasible or not), infeasible (how many of them), best (NaN where no trial is
    feasible).
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
    """The complete trials of the search, with `infeasible`: whether they diverged or ended with an infinite value."""
    trials = results.trials
    complete = trials[(trials["state"] == "COMPLETE") & trials["confirms"].isna()]
    complete = complete[complete["strategy"].isin(results.strategies)]
    infeasible = complete["diverged"].astype(bool) | ~np.isfinite(complete["value"].astype(float))
    return complete.assign(infeasible=infeasible)


def _buckets(trials: pd.DataFrame, name: str, distribution: BaseDistribution, sign: int) -> list[dict[str, Any]]:
    if isinstance(distribution, CategoricalDistribution):
        places = trials[PARAM + name].map(lambda held: _choice(held, distribution)).to_numpy()
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


def _choice(held: Any, distribution: CategoricalDistribution) -> int:
    """The choice's index; −1 for a trial without the parameter. True is not 1, and a missing value may be None."""
    for index, choice in enumerate(distribution.choices):
        if (type(choice) is type(held) and choice == held) or (choice is None and pd.isna(held)):
            return index
    return next((index for index, choice in enumerate(distribution.choices) if choice == held), -1)


def _name(low: float, high: float, distribution: BaseDistribution) -> str:
    """The integer, where the bucket holds but one."""
    whole = isinstance(distribution, IntDistribution) and high - low <= distribution.step and not distribution.log
    return str(round((low + high) / 2)) if whole else ""


def _bounds(distribution: Any) -> NDArray[np.float64]:
    low, high = float(distribution.low), float(distribution.high)
    step = getattr(distribution, "step", None)
    if step and not distribution.log and (high - low) / step < BUCKETS:
        return np.arange(low - step / 2, high + step, step)  # a bucket for each value
    if low == high:
        return np.array([low, high])
    if distribution.log:
        return np.geomspace(low, high, BUCKETS + 1)
    return np.linspace(low, high, BUCKETS + 1)


def _highest(scores: NDArray[np.float64]) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.max()) if len(known) else np.nan
