"""Uncertainty of the numbers in a report, which decides how many of their digits are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hpsearch.analysis.comparison.run_values import test_means
from hpsearch.analysis.comparison.scopes import row_error, row_values
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.metrics import metric
from hpsearch.objectives.group_error import MOST_BLOCKS
from hpsearch.report.text import NOTHING, measured
from hpsearch.results.results import Results, once
from hpsearch.run.judged_rows import group_count, stored_errors

NORMAL = 1.96
"""95 % of a normal distribution lie within so many standard deviations."""

LEAST_GROUPS = 10
"""Minimum number of test groups for an interval over them.

Of groups of about 10 rows with accuracies of 0.8 ± 0.16, 95 % intervals cover 90 to 92 % with 10 groups, 92 to 94 %
with 20, 93 to 94 % with 50 and 95 % with 200, the less where groups differ much in size. Intervals for independent rows
cover 66 to 77 %. Measured as in `tests/objectives/test_group_error.py`, with 4,000 draws.
"""

_ONE_DECIMAL = 0.095  # uncertainties that round to 0.1 or more
_UP = 1e-9  # halves are rounded up, which binary fractions do not do
_RUNS = 10  # runs whose single test rows are read


def noise(results: Results, task: str | None = None) -> float:
    """Return one standard deviation of a single training: the median over runs of that among their retrainings.

    `task` limits it to one task. NaN if no run was trained again twice, or if all trainings agree.
    """
    runs = _of(results, task)
    lists = [*runs["test_values"], *runs["confirmed"]]
    finite = [np.asarray(each, dtype=float) for each in lists if len(each) > 1]
    deviations = [float(np.std(each, ddof=1)) for each in finite if np.isfinite(each).all()]
    return float(np.median(deviations)) if any(deviations) else math.nan


def rows_of_test(results: Results, task: str | None = None) -> int | None:
    """Return the number of test rows of a task, the largest of all without one; None if the runs do not say it."""
    if "test_rows" not in results.runs:
        return None
    counts = [each.get("rows", 0) for each in _of(results, task)["test_rows"] if each]
    return max(counts, default=0) or None


def rows_half(results: Results, task: str | None = None, score: float | None = None) -> float:
    """Return half the width of the 95 % interval of a score by the chance of its test rows; NaN if unknown.

    For a share p of n rows it is 1.96 √(p' (1 − p') / (n + 4)) with p' = (n p + 2) / (n + 4), so that it is not zero at
    p = 1. For other metrics it is 1.96 standard errors over the stored rows, or stored ones, the median over runs.
    Of test rows in groups it is t(B − 1) standard errors over B blocks of these, see `group_error`; with fewer than
    `LEAST_GROUPS` groups it is unknown, since the error itself is too uncertain.

    Parameters
    ----------
    score
        The score; the mean test score by default.

    Source: Agresti and Coull, "Approximate is better than 'exact'", The American Statistician 52, 1998.
    """
    rows = rows_of_test(results, task)
    if rows is None or not metric(results.metric).share_of_rows:
        return _stored_rows_halves(results).get(task or "", math.nan)
    share = _mean(results).get(task or "", math.nan) if score is None else score
    shrunk = (rows * min(max(share, 0.0), 1.0) + 2) / (rows + 4)
    return NORMAL * math.sqrt(shrunk * (1 - shrunk) / (rows + 4))


def groups_of_test(results: Results, task: str | None = None) -> int:
    """Return the number of groups of the test rows of a task, the smallest of all without one; 0 if unknown."""
    if "test_rows" not in results.runs:
        return 0
    counts = [group_count(each) for each in _of(results, task)["test_rows"] if each]
    return min(filter(None, counts), default=0)


def uncertainty(results: Results, task: str | None = None, half: float = math.nan, score: float | None = None) -> float:
    """Return the uncertainty of a score: √(half² + rows²), see `rows_half`, or as much of it as is known.

    Parameters
    ----------
    half
        Half the width of the score's interval; if undefined or zero, the noise of one training takes its place.
    """
    own = half if half > 0 else noise(results, task)
    parts = [part for part in (own, rows_half(results, task, score)) if part > 0]
    return math.hypot(*parts) if parts else math.nan


def uncertainties(results: Results) -> dict[str, float]:
    """Return the uncertainty of a score without an interval, for each task."""
    return {task: uncertainty(results, task) for task in tasks(results)}


def half_width(low: float | None, high: float | None) -> float:
    """Return half the width of an interval; NaN if an end is undefined."""
    return math.nan if low is None or high is None else (high - low) / 2


def interval_cell(
    row: Mapping[str, Any],
    low: str,
    high: str,
    clip: Callable[[float], float] = float,
    uncertain: float = math.nan,
) -> str:
    """Return the interval in two columns of a table's row as text.

    Parameters
    ----------
    clip
        Keeps an end within what is possible.
    uncertain
        Uncertainty that decides the digits; half the width by default.
    """
    ends = [_number(row[end]) for end in (low, high)]
    if any(map(math.isnan, ends)):
        return NOTHING
    half = half_width(*ends) if math.isnan(uncertain) else uncertain
    first, last = (measured(clip(end), half) for end in ends)
    return f"{first} to {last}"


def value_cell(row: Mapping[str, Any], column: str, low: str, high: str) -> str:
    """Return a column's value with the digits that its interval bears."""
    return measured(_number(row[column]), half_width(_number(row[low]), _number(row[high])))


def better_cell(row: Mapping[str, Any]) -> str:
    """Return the probability in the column `better` and its interval as text."""
    share, *ends = (_number(row[name]) for name in ("better", "better_low", "better_high"))
    first, low, high = (probability(each, half_width(*ends)) for each in (share, *ends))
    return NOTHING if math.isnan(share) else f"{first} ({low} to {high})"


def probability(share: float, half: float) -> str:
    """Return a probability with one significant digit of half the width of its interval, at least one decimal.

    >>> probability(0.55, 0.26), probability(0.551, 0.04), probability(1.0, 0.14)
    ('0.6', '0.55', '1.0')
    """
    return f"{share:.2f}" if half < _ONE_DECIMAL else f"{round(share + _UP, 1):.1f}"


def _of(results: Results, task: str | None) -> pd.DataFrame:
    return results.runs if task is None else results.runs[results.runs["task"] == task]


@once
def _mean(results: Results) -> dict[str, float]:
    """Return the mean test score of each task, and of all tasks under the empty name."""
    means = test_means(results.runs)
    return {str(task): float(mean) for task, mean in means.groupby(results.runs["task"]).mean().items()} | {
        "": float(means.mean())
    }


@once
def _stored_rows_halves(results: Results) -> dict[str, float]:
    """Return half the width of the interval over test rows for each task; the smallest of them under the empty name."""
    halves: dict[str, float] = {}
    if "test_rows" not in results.runs:
        return halves
    for task in tasks(results):
        runs = islice(results.runs[results.runs["task"] == task].to_dict("records"), _RUNS)
        known = [each for run in runs if not math.isnan(each := _stored_half(run))]
        if known:
            halves[task] = float(np.median(known))
    return halves | {"": min(halves.values(), default=math.nan)}


def _stored_half(run: Mapping[Any, Any]) -> float:
    """Return half the width of the interval of a run's test value by the chance of its rows; NaN if unknown."""
    values, table = row_values(run), run["test_rows"] or {}
    if values is not None:
        return NORMAL * row_error(values)
    errors, groups = stored_errors(table), group_count(table)
    if not errors or 0 < groups < LEAST_GROUPS:
        return math.nan
    blocks = min(groups, MOST_BLOCKS)
    return float(np.median(errors) * (stats.t.ppf(0.975, blocks - 1) if groups else NORMAL))


def _number(cell: Any) -> float:
    return math.nan if cell is None else float(cell)
