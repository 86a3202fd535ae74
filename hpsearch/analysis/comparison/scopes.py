"""Wider scopes of an effect: other test rows, other tasks. The verdict is over repeats alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.comparison.paired import Pairs, pairs
from hpsearch.analysis.comparison.pairings import Pairing
from hpsearch.analysis.comparison.run_values import RunValues
from hpsearch.results.results import Results
from hpsearch.run.judged_rows import right_rows, row_residuals

ALPHA = 0.05
"""Level of these intervals over all comparisons."""

TASKS = 5
"""Minimum number of tasks for an interval with tasks as blocks."""

_AGREES = 1e-3  # relative error of a test value that is computed from its stored rows
_UNKNOWN = (math.nan, math.nan)

Bounds = tuple[float, float]


def over_rows(results: Results, paired: Pairs, over_repeats: Bounds, comparisons: int) -> Bounds:
    """Return the interval of the mean difference over repeats and test rows.

    d_ri is the difference of repeat r on row i, averaged over retrainings and cells. With I rows, se_rows² = (variance
    over rows of the mean over repeats d̄_·i) / I, and with several tasks (Σ se_rows²) / tasks². With the quantile t of
    Student's distribution at 1 − 0.025 / comparisons and I − 1 degrees of freedom (of the task with the fewest rows),
    low = x̄ − √((x̄ − low_rep)² + (t se_rows)²), and high accordingly. A share of the variance between repeats is in
    se_rows too. From 50 rows on it misses in at most 5 % where repeats and rows vary; see `make benchmark-verdicts`.

    Parameters
    ----------
    over_repeats
        low_rep and high_rep: the interval of the verdict.

    Returns
    -------
    low and high; NaN without an interval over repeats, or if a run has no stored rows. All repeats have the same test
    rows.

    Source: Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007; square and add: Zou and Donner,
    Statistics in Medicine 27, 2008.
    """
    measured = paired.measured
    kept = paired.frame["repeat"].to_numpy()[~np.isnan(measured)]
    has_rows = paired.scale == "metric" and paired.judged == "test" and "test_rows" in results.runs
    if math.isnan(over_repeats[0]) or not has_rows:
        return _UNKNOWN
    runs = {(row["task"], row["variant"], row["repeat"]): row for row in results.runs.to_dict("records")}
    errors, rows = [], []
    for task in paired.tasks:
        sides = [_mean_by_row(runs, task, variants, kept) for variants in _sides(paired.comparison)]
        if sides[0] is None or sides[1] is None or len(sides[0]) != len(sides[1]):
            return _UNKNOWN
        errors.append(row_error(sides[0] - sides[1]))
        rows.append(len(sides[0]))
    quantile = float(stats.t.isf(ALPHA / 2 / comparisons, max(min(rows) - 1, 1)))
    extra = quantile * math.sqrt(math.fsum(error**2 for error in errors)) / len(errors)
    return widened(float(np.nanmean(measured)), over_repeats, extra)


def row_error(means: NDArray[Any]) -> float:
    """Return the standard error over rows of the mean of `means`, one per row; NaN for one row."""
    return float(np.std(means, ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else math.nan


def widened(mean: float, bounds: Bounds, extra: float) -> Bounds:
    """Return the bounds, each moved away from the mean to √(distance² + extra²)."""
    return mean - math.hypot(max(mean - bounds[0], 0.0), extra), mean + math.hypot(max(bounds[1] - mean, 0.0), extra)


def over_tasks(values: RunValues, paired: Pairs, over_repeats: Bounds, comparisons: int, *, at_plan: bool) -> Bounds:
    """Return the interval of the mean difference with tasks as blocks.

    Student's t over the means of the K tasks, at 1 − 0.05 / comparisons. At another look than the planned one the
    distance to each bound is √((t se_tasks)² + (distance of the interval over repeats)²): a t interval is valid at one
    look only. No verdict is read off it.

    Returns
    -------
    low and high; NaN below five tasks or without a pair. Also NaN at an unplanned look without an interval over
    repeats.
    """
    if len(values.tasks) < TASKS:
        return _UNKNOWN
    kept = paired.frame["repeat"][~np.isnan(paired.measured)]
    means = [_task_mean(values, paired, task, kept) for task in paired.tasks]
    if not len(kept) or not np.isfinite(means).all():
        return _UNKNOWN
    mean = float(np.mean(means))
    half = float(stats.t.isf(ALPHA / 2 / comparisons, len(means) - 1)) * row_error(np.array(means))
    return (mean - half, mean + half) if at_plan else widened(mean, over_repeats, half)


def _task_mean(values: RunValues, paired: Pairs, task: str, repeats: Any) -> float:
    one = pairs(values, paired.comparison, task)
    unit = abs(values.references[task].unit) if paired.scale == "regret" else 1.0
    return float(np.mean(one.measured[one.frame["repeat"].isin(repeats)])) / unit


def _sides(comparison: Pairing) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return comparison.variants, comparison.against_variants


def _mean_by_row(
    runs: Mapping[Any, Mapping[Any, Any]], task: str, variants: Sequence[str], repeats: Iterable[int]
) -> NDArray[np.float64] | None:
    """Return the value of each test row, the mean over repeats and cells; None if a run has none."""
    each = [row_values(runs[task, variant, repeat]) for variant in variants for repeat in repeats]
    stored = [rows for rows in each if rows is not None]
    if not stored or len(stored) < len(each) or len({len(rows) for rows in stored}) > 1:
        return None
    means: NDArray[np.float64] = np.mean(stored, axis=0)
    return means


def row_values(run: Mapping[Any, Any]) -> NDArray[np.float64] | None:
    """Return the value of each test row of a run, the mean over its retrainings; their mean is the run's test value.

    A row is worth 1 if right, else 0; for an error rate the reverse. For R² it is worth 1 − residual² / variance, with
    the variance of the test rows from R² and the residuals.

    Returns
    -------
    None without stored rows, or if the test values are not the means of such rows.
    """
    table, values = run["test_rows"], run["test_values"]
    right = [rows for rows in right_rows(table) if rows is not None] if table else []
    residuals = [rows for rows in row_residuals(table) if rows is not None] if table else []
    if values and len(right) == len(values):
        means = np.mean(right, axis=0)
        return next((rows for rows in (means, 1 - means) if _agrees(rows, values)), None)
    if not values or len(residuals) != len(values):
        return None
    squares = np.square(np.array(residuals, dtype=np.float64))
    left = 1 - np.array(values)
    if not (left > 0).all():
        return None
    variances = squares.mean(axis=1) / left
    variance = float(np.median(variances))
    if not np.allclose(variances, variance, rtol=_AGREES, atol=0.0):
        return None
    worth: NDArray[np.float64] = np.mean(1 - squares / variance, axis=0)
    return worth


def _agrees(rows: NDArray[np.float64], values: Sequence[float]) -> bool:
    return math.isclose(float(np.mean(rows)), float(np.mean(values)), rel_tol=_AGREES, abs_tol=1e-9)
