"""Uncertainty of the numbers in a report, which decides how many of their digits are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hpsearch.analysis.incumbents import tasks
from hpsearch.report.text import NOTHING, measured
from hpsearch.results.results import Results


def noise(results: Results, task: str | None = None) -> float:
    """Return one standard deviation of a single training: the median over runs of that among their retrainings.

    `task` limits it to one task. NaN if no run was trained again twice, or if all trainings agree.
    """
    runs = results.runs if task is None else results.runs[results.runs["task"] == task]
    lists = [*runs["test_values"], *runs["confirmed"]]
    finite = [np.asarray(each, dtype=float) for each in lists if len(each) > 1]
    deviations = [float(np.std(each, ddof=1)) for each in finite if np.isfinite(each).all()]
    return float(np.median(deviations)) if any(deviations) else math.nan


def noises(results: Results) -> dict[str, float]:
    """Return the noise of each task."""
    return {task: noise(results, task) for task in tasks(results)}


def half_width(low: float | None, high: float | None) -> float:
    """Return half the width of an interval; NaN if an end is undefined."""
    return math.nan if low is None or high is None else (high - low) / 2


def interval_cell(row: Mapping[str, Any], low: str, high: str, clip: Callable[[float], float] = float) -> str:
    """Return the interval in two columns of a table's row as text; `clip` keeps an end within what is possible."""
    ends = [_number(row[end]) for end in (low, high)]
    if any(map(math.isnan, ends)):
        return NOTHING
    half = half_width(*ends)
    first, last = (measured(clip(end), half) for end in ends)
    return f"{first} to {last}"


def value_cell(row: Mapping[str, Any], column: str, low: str, high: str, otherwise: float = math.nan) -> str:
    """Return a column's value with the digits that its interval bears, or `otherwise` without an interval."""
    half = half_width(_number(row[low]), _number(row[high]))
    return measured(_number(row[column]), otherwise if math.isnan(half) or half == 0 else half)


def _number(cell: Any) -> float:
    return math.nan if cell is None else float(cell)
