"""Variants and comparisons summarised over several tasks, with stratified bootstrap intervals. For exploration."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.comparison.paired import pairs
from hpsearch.analysis.comparison.pairings import pairings
from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.results.results import Results

RESAMPLES = 2000
LEVEL = 0.95
ENOUGH_REPEATS = 10  # with fewer on a task, a bootstrap's intervals cover clearly less than their level
_TRIMMED = 0.25

Strata = Sequence[NDArray[np.float64]]


def interquartile_means(results: Results) -> pd.DataFrame:
    """Compute the interquartile mean of each variant's normalised regret over all runs of all tasks.

    It is the mean of the middle half of the runs: less noisy than a median, and not ruled by a few failed runs as a
    mean is. The interval is the 95 % percentile interval of a bootstrap that draws repeats within each task.

    Returns
    -------
    variant, mean, low, high (of the regret: 0 at a task's best configuration, 1 at its median one), runs, tasks; no
    rows with fewer than two tasks or without a known reference on each.

    Source: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS 2021.
    """
    judged = results.at_plan or results
    values = run_values(judged)
    columns = ["variant", "mean", "low", "high", "runs", "tasks"]
    if len(values.tasks) < 2 or not set(values.tasks) <= set(values.references):
        return pd.DataFrame(columns=columns)
    rows = []
    for variant in judged.variants:
        strata = [
            np.array(
                [
                    (run.value - values.references[task].best) / values.references[task].unit
                    for run in values.runs
                    if (run.task, run.variant) == (task, variant)
                ]
            )
            for task in values.tasks
        ]
        if all(len(each) for each in strata):
            summary = _summarised(strata, lambda drawn: _middle_mean(np.concatenate(drawn, axis=-1)))
            rows.append([variant, *summary, sum(map(len, strata)), len(strata)])
    return pd.DataFrame(rows, columns=columns)


def improvement(results: Results) -> pd.DataFrame:
    """Compute the probability of improvement of each comparison: the mean over tasks of P(better) over paired repeats.

    Ties count one half. The interval is as in :func:`interquartile_means`, without correction for the number of
    comparisons.

    Returns
    -------
    factor, level, against, probability, low, high, tasks; no rows with fewer than two tasks, or without a pair on each.
    """
    judged = results.at_plan or results
    values = run_values(judged)
    rows = []
    for comparison in pairings(judged) if len(values.tasks) > 1 else ():
        differences = [pairs(values, comparison, task).differences for task in values.tasks]
        if all(len(each) for each in differences):
            strata = [(np.sign(each) + 1) / 2 for each in differences]
            rows.append([*comparison[:3], *_summarised(strata, _mean_of_means), len(strata)])
    return pd.DataFrame(rows, columns=["factor", "level", "against", "probability", "low", "high", "tasks"])


def _summarised(strata: Strata, summary: Callable[[Strata], NDArray[np.float64]]) -> tuple[float, float, float]:
    """Return the summary of the strata and its interval; the resamples are the same in each call."""
    rng = np.random.default_rng(0)
    drawn = [each[rng.integers(len(each), size=(RESAMPLES, len(each)))] for each in strata]
    low, high = np.quantile(np.clip(summary(drawn), -1e300, 1e300), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    bounds = (math.copysign(math.inf, end) if abs(end) > 1e298 else float(end) for end in (low, high))
    return (float(summary([each[None] for each in strata])[0]), *bounds)  # type: ignore[return-value]


def _middle_mean(drawn: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(stats.trim_mean(drawn, _TRIMMED, axis=-1), dtype=np.float64)


def _mean_of_means(drawn: Strata) -> NDArray[np.float64]:
    means: NDArray[np.float64] = np.mean([each.mean(axis=-1) for each in drawn], axis=0)
    return means
