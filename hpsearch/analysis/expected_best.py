"""Expected best of n independently drawn trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import FINISHED, Results
from hpsearch.strategies import INDEPENDENT

_POINTS = 120  # maximum points per curve
_COLUMNS = ["task", "variant", "n", "mean", "lower", "median", "upper", "drawn_from"]


def expected_best(results: Results) -> pd.DataFrame:
    """Compute mean and quartiles of the best of n trials, for each strategy that draws independently.

    Draws are from the search trials of all repeats of a task, so the curve can extend beyond the length of a run. It
    ends at half of all trials, or at the budget if larger; beyond that it would mostly repeat their best. Trials
    without a value (failed or pruned) count as worse than any.

    Returns
    -------
    task, variant, n, mean, lower, median, upper, drawn_from (number of trials).
    """
    searched = results.trials[results.trials["confirms"].isna() & results.trials["state"].isin(FINISHED)]
    groups: dict[Any, pd.DataFrame] = dict(iter(searched.groupby(["task", "variant"], sort=False)))
    curves = [
        _curve(results, groups[task, label]).assign(task=task, variant=label)
        for task in tasks(results)
        for label in results.labels_of(INDEPENDENT)
        if (task, label) in groups
    ]
    return pd.concat(curves, ignore_index=True)[_COLUMNS] if curves else pd.DataFrame(columns=_COLUMNS)


def _curve(results: Results, trials: pd.DataFrame) -> pd.DataFrame:
    values = trials["value"].astype(float).fillna(-results.sign * math.inf).to_numpy()
    longest = max(len(values) // 2, min(results.budget, len(values)))
    numbers = np.unique(np.geomspace(1, longest, _POINTS).round().astype(int))
    return best_of_n(values, numbers, results.sign).assign(drawn_from=len(values))


def best_of_n(values: NDArray[Any], numbers: Sequence[int] | NDArray[Any], sign: int = 1) -> pd.DataFrame:
    """Compute mean and quartiles of the best of n of the N values, drawn without replacement, for each n ≤ N.

    With v_(1) ≤ … ≤ v_(N) the best is v_(i) with probability C(i − 1, n − 1) / C(N, n). The mean is then an unbiased
    estimate of the expected best of n new draws. The common estimate with replacement is biased low. The quartiles are
    those of the same distribution. The mean is infinite if n values without a number can be drawn.

    Parameters
    ----------
    values
        Shape (N,), values of the trials; infinite for trials without one.
    numbers
        Values of n.
    sign
        1 if more is better, −1 if less is better.

    Returns
    -------
    n, mean, lower, median, upper.

    Sources: Dodge et al., "Show your work", EMNLP 2019; Tang et al., "Showing your work doesn't always work", ACL 2020
    (the unbiased estimator); Dodge et al., Findings of EMNLP 2021.
    """
    ascending = np.sort(sign * np.asarray(values, dtype=float))
    n = np.asarray(numbers, dtype=int)
    chances = _chances(len(ascending), n)
    mean = _mean(ascending, chances, n)
    reached = np.cumsum(chances, axis=1)
    quartiles = {
        name: sign * ascending[np.minimum((reached < share - 1e-12).sum(axis=1), len(ascending) - 1)]
        for name, share in (("worse", 0.25), ("median", 0.5), ("better", 0.75))
    }
    low, high = ("worse", "better") if sign > 0 else ("better", "worse")
    return pd.DataFrame(
        {"n": n, "mean": sign * mean, "lower": quartiles[low], "median": quartiles["median"], "upper": quartiles[high]}
    )


def _chances(total: int, n: NDArray[Any]) -> NDArray[np.float64]:
    """Compute C(i − 1, n − 1) / C(total, n) for each n (rows) and i = 1 … total (columns)."""
    i = np.arange(1, total + 1)[None, :]
    size = n[:, None]
    possible = i >= size
    others = np.where(possible, i - size, 0)
    above = gammaln(i) - gammaln(size) - gammaln(others + 1)
    below = gammaln(total + 1) - gammaln(size + 1) - gammaln(total - size + 1)
    return np.where(possible, np.exp(above - below), 0.0)


def _mean(ascending: NDArray[np.float64], chances: NDArray[np.float64], n: NDArray[Any]) -> NDArray[np.float64]:
    finite = np.isfinite(ascending)
    mean = chances[:, finite] @ ascending[finite]
    mean[n <= np.isneginf(ascending).sum()] = -math.inf
    mean[np.isposinf(ascending).any()] = math.inf
    return mean
