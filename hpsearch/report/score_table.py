"""Test scores of the best hyperparameters and of the search, against baselines without a search."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hpsearch.analysis.best import Best
from hpsearch.analysis.metrics import metric
from hpsearch.analysis.statistics.spread import mean_interval
from hpsearch.objectives.scoring import task_of
from hpsearch.report.expectation import Expectation, in_percent
from hpsearch.report.judging import RETRAINED, judging
from hpsearch.report.precision import half_width, uncertainty
from hpsearch.report.section import Column, Row, Table, words
from hpsearch.report.text import Measured, listing
from hpsearch.results.results import Results
from hpsearch.text import shorten

SIMPLE = {"classification": "most frequent class", "regression": "mean of the training rows"}
"""What the simplest model predicts, by task."""
NAMES = {"linear": "linear model", "forest": "random forest"}
_LONGEST = 80  # letters of an error
_FEWEST = 3  # repeats, for an interval over them
_MOST_NAMED = 3  # variants that a row names
_OPENINGS = {"linear model": "A linear model", "random forest": "A random forest", "constant": "A constant"}


class Rival(NamedTuple):
    """A model without a search whose mean test score is at least the expected one."""

    name: str
    """Name in the table."""
    opening: str
    """Name at the beginning of a sentence."""
    test: float
    half: float
    standing: str
    """``"better"`` or ``"as good"``, see `standing`."""


def score_table(results: Results, best: Best, expected: Expectation) -> Table:
    """Return the table of test scores on a task: these hyperparameters, the search, and each baseline.

    Its frame has the columns model, test, half (of the interval; NaN if unknown) and standing (see `standing`; empty
    where this does not apply).
    """
    rows = [*_found(results, best, expected), *_baselines(results, best.task, expected)]
    frame = pd.DataFrame(rows, columns=["model", "test", "half", "standing"])
    columns = (
        words("model", "Model"),
        Column(f"Test {results.metric}", lambda row: _score(results, best.task, row)),
        *((Column("", _mark, numeric=False),) if frame["standing"].isin(("better", "as good")).any() else ()),
    )
    return Table("Test scores", frame, columns)


def not_beaten(results: Results, task: str, expected: Expectation) -> list[Rival]:
    """Return the baselines that the expected score does not beat: better ones first, then by their scores."""
    rivals = [
        rival for rival in marked(results, task, expected) if results.sign * rival.test >= results.sign * expected.mean
    ]
    return sorted(rivals, key=lambda rival: (rival.standing != "better", -results.sign * rival.test))


def marked(results: Results, task: str, expected: Expectation) -> list[Rival]:
    """Return the baselines that are better than the search, or as good."""
    return [
        Rival(row["model"], row["opening"], row["test"], row["half"], row["standing"])
        for row in _baselines(results, task, expected)
        if row["standing"]
    ]


def standing(results: Results, trained: pd.DataFrame, expected: Expectation) -> str:
    """Return how a baseline is on the test rows, compared with the search; empty for worse.

    Both are trained and tested on the same rows in each repeat. ``"better"`` and ``"as good"`` are read off the 95 %
    interval of the mean difference over repeats (Student's t). Below three repeats a difference within the interval of
    the expected score counts as none. If that interval is unknown, nothing is called better, and a lead "as good".
    """
    tests = {int(repeat): float(test) for repeat, test in zip(trained["repeat"], trained["test"], strict=True)}
    leads = [results.sign * (tests[each] - score) for each, score in expected.by_repeat.items() if each in tests]
    leads = [lead for lead in leads if math.isfinite(lead)]
    if len(leads) < _FEWEST:
        mean = float(np.mean(leads)) if leads else math.nan
        if math.isnan(expected.half):
            return "as good" if mean >= 0 else ""
        low, high = mean - max(expected.half, 0.0), mean + max(expected.half, 0.0)
    else:
        mean, low, high = mean_interval(np.array(leads))
    if math.isnan(mean):
        return ""
    return "better" if low > 0 else "as good" if high >= 0 else ""


def _found(results: Results, best: Best, expected: Expectation) -> Iterator[dict[str, Any]]:
    trained = len(best.test_values)
    if trained and best.variant not in results.untuned:
        again = f"trained {trained} times" if trained > 1 else "trained once more"
        again = again if judging(results) is RETRAINED else "looked up"
        half = best.test_sd / math.sqrt(trained) if trained > 1 else math.nan
        yield {"model": f"these hyperparameters, {again}", "test": best.test_mean, "half": half, "standing": ""}
    if expected.repeats > 1:
        name = f"{_searched(results, expected)}, mean of {expected.repeats} repeats"
        yield {"model": name, "test": expected.mean, "half": expected.half, "standing": ""}


def _searched(results: Results, expected: Expectation) -> str:
    lead = "" if expected.variants and results.untuned.issuperset(expected.variants) else "the search"
    if len(expected.variants) > _MOST_NAMED:
        return f"{lead}, {len(expected.variants)} of {len(results.variants)} variants".removeprefix(", ")
    return f"{lead} with {listing(expected.variants)}".removeprefix(" with ") if expected.variants else lead


def _baselines(results: Results, task: str, expected: Expectation) -> Iterator[dict[str, Any]]:
    frame = results.baselines
    mine = frame[frame["task"] == task] if len(frame) else frame
    for name in dict.fromkeys(mine["name"]) if len(mine) else ():
        trained = mine[mine["name"] == name]
        shown = SIMPLE.get(task_of(results.metric), "constant") if name == "simple" else NAMES.get(str(name), str(name))
        opening = _OPENINGS.get(shown, f"The {shown}")
        shown += _part_of_rows(trained)
        scores = trained["test"].to_numpy(dtype=float)
        scores = scores[np.isfinite(scores)]
        if not len(scores):
            yield {"model": f"{shown} ({_failed(trained)})", "test": math.nan, "half": math.nan, "standing": ""}
            continue
        interval = mean_interval(scores)
        half = half_width(interval.low, interval.high)
        stands = standing(results, trained, expected)
        yield {"model": shown, "opening": opening, "test": interval.mean, "half": half, "standing": stands}


def _part_of_rows(trained: pd.DataFrame) -> str:
    """Say on how many of the train rows a baseline was trained; empty if on all of them."""
    if "train_rows_of" not in trained:
        return ""
    rows = trained[trained["train_rows"].astype(float) < trained["train_rows_of"].astype(float)]
    if rows.empty:
        return ""
    return f", trained on {rows['train_rows'].iloc[0]:,.0f} of {rows['train_rows_of'].iloc[0]:,.0f} rows"


def _failed(trained: pd.DataFrame) -> str:
    reasons = trained.get("error", pd.Series(dtype=str))
    reason = next((str(each) for each in reasons if each), "")
    return f"failed: {shorten(reason, _LONGEST)}" if reason else "no finite score"


def _score(results: Results, task: str, row: Row) -> str:
    score = metric(results.metric).clipped(float(row["test"]))
    return Measured(score, uncertainty(results, task, float(row["half"]), score), percent=in_percent(results)).written()


def _mark(row: Row) -> str:
    return str(row["standing"])
