"""Noise of a trial's value, from the validation rows and from the training seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpsearch.analysis.belonging import row_keys
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.metrics import metric

_MOST_ROWS = 20_000
_DISTINCT = 10  # number of distinct values needed to infer the number of rows


@dataclass(frozen=True)
class Noise:
    """Standard deviation of one value, and its source; NaN if unknown."""

    sd: float
    source: str


def validation_rows(search: TaskSearch) -> int | None:
    """Return the number of validation rows, from the study or else inferred from the values; None if unknown.

    A share of n rows is a multiple of 1/n, so the smallest n that fits all values is taken. It takes ten distinct
    values, since fewer may fit a smaller n by chance. It is unknown for rows that belong together or have weights:
    their chance is not that of so many independent rows.
    """
    if row_keys(search.results, search.task):
        return None
    data = search.table("data")
    rows = data.get("rows")
    if isinstance(rows, list):  # one table per task
        names = tasks(search.results)
        rows = rows[names.index(search.task)] if len(rows) == len(names) else None
    stored = rows.get("validation") if isinstance(rows, Mapping) else data.get("validation")
    if isinstance(stored, int) and not isinstance(stored, bool):
        return stored
    if not metric(search.results.metric).share_of_rows:
        return None
    return _rows_behind(search.good["value"].drop_duplicates().to_numpy())


def _rows_behind(shares: NDArray[np.float64]) -> int | None:
    if len(shares) < _DISTINCT or shares.min() < 0 or shares.max() > 1:
        return None
    rows = np.arange(_DISTINCT - 1, _MOST_ROWS + 1)
    possible = rows[_whole(np.outer(shares[:_DISTINCT], rows)).all(axis=0)]
    return next((int(each) for each in possible if _whole(shares * each).all()), None)


def _whole(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.abs(numbers - np.round(numbers)) < 1e-4


def test_rows(search: TaskSearch) -> int | None:
    """Return the number of test rows; None if unknown, or if the metric is no share of them."""
    runs = search.results.runs
    if "test_rows" not in runs or not metric(search.results.metric).share_of_rows:
        return None
    tables = runs.loc[runs["task"] == search.task, "test_rows"]
    return max((int(each.get("rows", 0)) for each in tables if isinstance(each, Mapping)), default=0) or None


def share_error(share: float, rows: int) -> float:
    """Return the standard error √(p (1 − p) / n) of a share p of n rows, with p at least half a row from 0 and 1."""
    held = min(max(share, 0.5 / rows), 1 - 0.5 / rows)
    return math.sqrt(held * (1 - held) / rows)


def binomial(search: TaskSearch) -> Noise:
    """Return the binomial standard error √(p (1 − p) / n) of the best value p on n validation rows.

    It is the error of one value. Trials on the same rows have correlated errors, so it overstates the chance
    difference of two trials.
    """
    rows = validation_rows(search)
    if rows is None or not metric(search.results.metric).share_of_rows or not 0 <= search.best <= 1:
        return Noise(math.nan, "binomial error of the validation rows")
    return Noise(share_error(search.best, rows), f"binomial error of {rows} validation rows")


def retraining(search: TaskSearch) -> Noise:
    """Return the standard deviation among trainings that differ only in their seed, pooled over the runs.

    It uses the incumbents' test values and confirmations, each group about its own mean.
    """
    runs = search.results.runs[search.results.runs["task"] == search.task]
    groups = [*runs["test_values"], *(runs.get("confirmed", []))]
    return Noise(_pooled(groups), "spread of retraining")


def _pooled(groups: Iterable[list[float | None]]) -> float:
    squares, degrees = 0.0, 0
    for group in groups:
        values = np.array([math.nan if value is None else value for value in group], dtype=float)
        if len(values) > 1 and np.isfinite(values).all():
            squares += float(((values - values.mean()) ** 2).sum())
            degrees += len(values) - 1
    return math.sqrt(squares / degrees) if degrees else math.nan


def noise(search: TaskSearch) -> Noise:
    """Return the larger of the two noises, since a value contains both; NaN if both are unknown."""
    noises = [each for each in (binomial(search), retraining(search)) if not math.isnan(each.sd)]
    return max(noises, key=lambda each: each.sd, default=Noise(math.nan, "noise"))


def as_good(search: TaskSearch, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a mask of the values as good as the best of the search, up to the chance difference of two values.

    The margin is `apart` · √2 · sd. If sd is unknown, the mask selects the best five values.
    """
    sd = noise(search).sd
    score = search.results.sign * values
    if math.isnan(sd):
        return score >= np.sort(score)[-min(5, len(score))] if len(score) else np.zeros(0, bool)
    margin = search.limits.apart * math.sqrt(2) * sd
    return score >= search.results.sign * search.best - margin


def places_as_good(search: TaskSearch, fewest: int) -> Iterator[tuple[str, pd.DataFrame, NDArray[np.float64]]]:
    """Yield name, independent trials as good as the best, and their positions in the range, by numeric parameter.

    Parameters in fewer than `fewest` of these trials are skipped.
    """
    best = search.independent_good
    if len(best) < fewest:
        return
    equals = best[as_good(search, best["value"].to_numpy())]
    for name in search.numeric:
        places = search.positions(equals, name)
        places = places[~np.isnan(places)]
        if len(places) >= fewest:
            yield name, equals, places
