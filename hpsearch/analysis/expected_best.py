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
from hpsearch.results.results import FINISHED, Results, drawn
from hpsearch.strategies import INDEPENDENT

_POINTS = 120  # maximum points per curve
_COLUMNS = ["task", "variant", "n", "mean", "lower", "median", "upper", "drawn_from", "runs"]


def expected_best(results: Results) -> pd.DataFrame:
    """Compute mean and quartiles of the best of n trials of one run, for each strategy that draws independently.

    The distribution of the best of n is computed within each run, from its search trials, and then averaged over the
    runs with equal weight. Runs differ in their splits: a draw from the trials of all runs would choose the easiest
    split, too. A variant's curve ends at its shortest run. Trials without a value (failed or pruned) count as worse
    than any.

    Returns
    -------
    task, variant, n, mean, lower, median, upper (quartiles of the averaged distribution), drawn_from (number of
    trials), runs.
    """
    trials = drawn(results.trials)
    searched = trials[trials["confirms"].isna() & trials["state"].isin(FINISHED)]
    groups: dict[Any, pd.DataFrame] = dict(iter(searched.groupby(["task", "variant"], sort=False)))
    curves = [
        _curve(results, groups[task, label]).assign(task=task, variant=label)
        for task in tasks(results)
        for label in results.labels_of(INDEPENDENT)
        if (task, label) in groups
    ]
    return pd.concat(curves, ignore_index=True)[_COLUMNS] if curves else pd.DataFrame(columns=_COLUMNS)


def _curve(results: Results, trials: pd.DataFrame) -> pd.DataFrame:
    values = trials["value"].astype(float).fillna(-results.sign * math.inf)
    runs = [run.to_numpy() for _, run in values.groupby(trials["repeat"])]
    numbers = np.unique(np.geomspace(1, min(map(len, runs)), _POINTS).round().astype(int))
    return best_of_n(runs, numbers, results.sign).assign(drawn_from=len(values), runs=len(runs))


def best_of_n(runs: Sequence[NDArray[Any]], numbers: Sequence[int] | NDArray[Any], sign: int = 1) -> pd.DataFrame:
    """Compute mean and quartiles of the best of n of a run's N values, drawn without replacement, for each n ≤ N.

    With v_(1) ≤ … ≤ v_(N) the best is v_(i) with probability C(i − 1, n − 1) / C(N, n). The mean is then an unbiased
    estimate of the expected best of n new draws. The common estimate with replacement is biased low. Over several runs,
    the distribution is the mean of theirs; the quartiles are those of the same distribution. The mean is infinite if n
    values without a number can be drawn.

    Parameters
    ----------
    runs
        For each run, the values of its trials, shape (N,); infinite for trials without one.
    numbers
        Values of n, each at most the smallest N.
    sign
        1 if more is better, −1 if less is better.

    Returns
    -------
    n, mean, lower, median, upper.

    Sources: Dodge et al., "Show your work", EMNLP 2019; Tang et al., "Showing your work doesn't always work", ACL 2020
    (the unbiased estimator); Dodge et al., Findings of EMNLP 2021.
    """
    n = np.asarray(numbers, dtype=int)
    sorted_runs = [np.sort(sign * np.asarray(values, dtype=float)) for values in runs]
    of_runs = [_chances(len(values), n) for values in sorted_runs]
    mean = np.mean([_mean(*each, n) for each in zip(sorted_runs, of_runs, strict=True)], axis=0)
    pooled = np.concatenate(sorted_runs)
    order = np.argsort(pooled, kind="stable")
    ascending, chances = pooled[order], np.concatenate(of_runs, axis=1)[:, order] / len(sorted_runs)
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
