"""How good the best of n trials is to be expected, where trials are drawn independently."""

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

_POINTS = 120  # numbers of trials at which a curve is computed, at most
_COLUMNS = ["task", "strategy", "n", "mean", "lower", "median", "upper", "drawn_from"]


def expected_best(results: Results) -> pd.DataFrame:
    """The best of n trials, in the mean and by quartiles, for each strategy that draws independently.

    Drawn from are the search trials of all repeats of a task, so that the curve also answers for more trials than a
    run had: for half of them all, beyond which it would repeat their best. Trials without a value (failed, or stopped
    early) count as worse than any.

    Returns
    -------
    task, strategy, n, mean, lower, median, upper, drawn_from (how many trials).
    """
    searched = results.trials[results.trials["confirms"].isna() & results.trials["state"].isin(FINISHED)]
    groups: dict[Any, pd.DataFrame] = dict(iter(searched.groupby(["task", "strategy"], sort=False)))
    curves = [
        _curve(results, groups[task, label]).assign(task=task, strategy=label)
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
    """Mean and quartiles of the best of n of the N values, drawn without replacement, for each n ≤ N of `numbers`.

    With v_(1) ≤ … ≤ v_(N) the best is v_(i) with probability C(i − 1, n − 1) / C(N, n), which makes the mean an
    unbiased estimate of the expected best of n new draws. Drawn with replacement, as is often done, it is too low.
    The quartiles are those of the same distribution; the mean is infinite as soon as n values without a number
    can be drawn.

    Parameters
    ----------
    sign
        1 where more is better, −1 where less is.

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
    """C(i − 1, n − 1) / C(total, n) for each n (rows) and i = 1 … total (columns)."""
    i = np.arange(1, total + 1)[None, :]
    drawn = n[:, None]
    possible = i >= drawn
    others = np.where(possible, i - drawn, 0)
    above = gammaln(i) - gammaln(drawn) - gammaln(others + 1)
    below = gammaln(total + 1) - gammaln(drawn + 1) - gammaln(total - drawn + 1)
    return np.where(possible, np.exp(above - below), 0.0)


def _mean(ascending: NDArray[np.float64], chances: NDArray[np.float64], n: NDArray[Any]) -> NDArray[np.float64]:
    finite = np.isfinite(ascending)
    mean = chances[:, finite] @ ascending[finite]
    mean[n <= np.isneginf(ascending).sum()] = -math.inf
    mean[np.isposinf(ascending).any()] = math.inf
    return mean
