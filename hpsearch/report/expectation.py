"""What score to expect on new data: mean test value, with an interval over repeats and test rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from hpsearch.analysis.best import Best, best
from hpsearch.analysis.comparison.run_values import test_means
from hpsearch.analysis.metrics import metric
from hpsearch.analysis.statistics.spread import mean_interval
from hpsearch.analysis.views import is_search
from hpsearch.report.precision import NORMAL, half_width, rows_half, rows_of_test
from hpsearch.report.recommendation import to_use
from hpsearch.report.text import Measured, plural
from hpsearch.results.results import Results


class Expectation(NamedTuple):
    """Mean test value over repeats, and half the width of its interval; NaN if unknown."""

    mean: float
    half: float
    repeats: int
    over_rows: bool
    """Whether the interval contains the chance of the test rows."""
    variants: tuple[str, ...]
    """Variants whose test values these are."""
    by_repeat: Mapping[int, float]
    """Mean test value of each repeat."""

    def facts(self, results: Results) -> dict[str, Measured]:
        """Return mean, low and high, within what the metric can be, in per cent for an accuracy."""
        bounds = metric(results.metric)
        ends = {"expected": self.mean, "expected_low": self.mean - self.half, "expected_high": self.mean + self.half}
        return {
            name: Measured(bounds.clipped(end), self.half, percent=in_percent(results)) for name, end in ends.items()
        }


def in_percent(results: Results) -> bool:
    """Return whether sentences give the metric in per cent: it is a share of rows."""
    return metric(results.metric).share_of_rows


def variants_to_use(results: Results) -> tuple[str, ...]:
    """Return the variants that the first sentence says to use, in the study's order."""
    levels: Mapping[str, Collection[str]] = {
        factor: to_use(results, factor) for factor, labels in results.factors.items() if len(labels) > 1
    }
    return tuple(
        variant
        for variant in results.variants
        if all(results.levels[variant].get(factor) in allowed for factor, allowed in levels.items())
    )


def best_to_use(results: Results) -> tuple[Best, ...]:
    """Return the best trial of each task among the variants to use; among all where these have none."""
    among = {each.task: each for each in best(results, variants_to_use(results))}
    return tuple(among.get(each.task, each) for each in best(results))


def of_recommended(results: Results, one: Best) -> str:
    """Return among whose trials it is the best, as part of a sentence; empty if among all."""
    use = variants_to_use(results)
    if one.variant not in use or len(use) == len(results.variants):
        return ""
    return f" of the recommended {plural(len(use), results.noun)}"


def expectation(results: Results, task: str, variants: Collection[str]) -> Expectation:
    """Return the mean test value of the variants on a task; those of a repeat are averaged first.

    The interval is Student's t over repeats. The variance by the chance of one repeat's test rows is added:
    binomial for a share of rows, else from the stored rows, see `rows_half`. The
    repeats draw their rows from the same data, so that these do not average out.

    Runs that are not complete are left out, since others had more trials; not that of a study of one search, whose
    best trial is tested whenever it stops.
    """
    runs = results.runs
    counts = runs["complete"].astype(bool) | is_search(results)
    mine = runs[(runs["task"] == task) & runs["variant"].isin(list(variants)) & counts]
    means = test_means(mine)
    by_repeat = means.groupby(mine["repeat"]).mean().dropna()
    of_repeats = by_repeat.to_numpy(dtype=float)
    interval = mean_interval(of_repeats)
    half = half_width(interval.low, interval.high)
    rows = rows_of_test(results, task)
    share = min(max(interval.mean, 0.0), 1.0)
    if metric(results.metric).share_of_rows and rows is not None:
        of_rows = NORMAL * math.sqrt(share * (1 - share) / rows)
    else:
        of_rows = rows_half(results, task)
    over_rows = not (math.isnan(of_rows) or math.isnan(interval.mean))
    if over_rows:
        half = of_rows if math.isnan(half) else float(np.hypot(half, of_rows))
    return Expectation(
        interval.mean,
        half,
        len(of_repeats),
        over_rows=over_rows,
        variants=tuple(variants),
        by_repeat=dict(zip(by_repeat.index.tolist(), of_repeats.tolist(), strict=True)),
    )
