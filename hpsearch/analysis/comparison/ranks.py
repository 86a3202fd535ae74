"""Ranks of the variants after each number of trials, and on each task."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.incumbents import incumbents, tasks
from hpsearch.results.results import Results

_BLOCK = ["task", "repeat"]
_COLUMNS = ["variant", "n", "rank", "blocks"]


def ranks(values: NDArray[Any], sign: int, axis: int = -1) -> NDArray[np.float64]:
    """Return the ranks along an axis: 1 for the best, ties averaged; NaN ranks last, like infinitely bad values."""
    filled = np.where(np.isnan(values), -sign * math.inf, values)
    return np.asarray(stats.rankdata(-sign * filled, method="average", axis=axis), dtype=np.float64)


def rank_curves(results: Results) -> pd.DataFrame:
    """Compute the mean rank of each variant's best value so far, after each number of trials.

    Ranks are taken within a block, which is a repeat of a task, with the same split and first trials for all
    variants. Only blocks with a spent budget for every variant count. The curves end with the shortest of their
    runs, so that the mean is always over the same blocks.

    Returns
    -------
    variant, n (trials), rank, blocks (number of blocks in the mean).
    """
    blocks = _whole_blocks(results)
    curves = incumbents(results)
    curves = curves[pd.MultiIndex.from_frame(curves[_BLOCK]).isin(blocks)]
    if curves.empty:
        return pd.DataFrame(columns=_COLUMNS)
    length = int(curves.groupby([*_BLOCK, "variant"])["number"].max().min()) + 1
    values = curves["value"].astype(float).fillna(-results.sign * math.inf)
    shared = curves.assign(value=values)[curves["number"] < length]
    wide = shared.pivot_table(index=[*_BLOCK, "number"], columns="variant", values="value")
    places = ranks(wide[list(results.variants)].to_numpy(dtype=float), results.sign)
    mean = places.reshape(len(blocks), length, len(results.variants)).mean(axis=0)
    return pd.DataFrame(
        {
            "variant": np.repeat(list(results.variants), length),
            "n": np.tile(np.arange(1, length + 1), len(results.variants)),
            "rank": mean.T.ravel(),
            "blocks": len(blocks),
        }
    )


def _whole_blocks(results: Results) -> pd.MultiIndex:
    runs = results.runs[results.runs["complete"].astype(bool) & results.runs["variant"].isin(results.variants)]
    sizes = runs.groupby(_BLOCK).size()
    return pd.MultiIndex.from_tuples(list(sizes.index[sizes == len(results.variants)]), names=_BLOCK)


def task_values(results: Results) -> pd.DataFrame:
    """Compute the value of each variant on each task: the mean over repeats of the compared values.

    Returns
    -------
    One row per task on which every variant has a value, one column per variant.
    """
    values = run_values(results).frame.astype({"value": float})
    means = values.pivot_table(index="task", columns="variant", values="value")
    whole = means.reindex(index=tasks(results), columns=list(results.variants)).dropna()
    return whole.rename_axis(index="task", columns="variant")


def task_ranks(results: Results) -> pd.DataFrame:
    """Rank the variants on each task by :func:`task_values`; tasks are rows, variants columns."""
    values = task_values(results)
    places = ranks(values.to_numpy(dtype=float), results.sign) if len(values) else values.to_numpy(dtype=float)
    return pd.DataFrame(places, index=values.index, columns=values.columns)
