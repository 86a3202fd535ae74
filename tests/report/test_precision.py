"""How many digits a score has: no more than the chance of its test rows and its interval bear."""

import dataclasses
import math
import re

import numpy as np
import pytest

from hpsearch.analysis.best import best
from hpsearch.report.precision import better_cell, interval_cell, rows_half, uncertainty
from hpsearch.report.sections import SECTIONS
from hpsearch.report.text import NOTHING, Measured
from tests.analysis.comparison.compared import compared
from tests.example_results import make_results


def scored(rows, *scores, metric="accuracy"):
    """Results of one strategy with a repeat for each score, on so many test rows."""
    results = compared({"random": [[score] for score in scores]})
    runs = results.runs.assign(test_rows=[{"rows": rows} if rows else {}] * len(scores))
    return dataclasses.replace(results, runs=runs, metric=metric)


def percent(results, score):
    return Measured(score, uncertainty(results, "t", score=score), percent=True).written()


@pytest.mark.parametrize(
    ("rows", "score", "written"),
    [
        (360, 0.9607, "96.1 %"),
        (360, 0.9699, "97.0 %"),
        (360, 0.1003, "10.0 %"),
        (44, 0.9864, "98.6 %"),
        (44, 1.0, "100.0 %"),
        (36, 0.3889, "39 %"),
        (10_000, 0.98034, "98.03 %"),
    ],
)
def test_a_score_has_the_digits_that_its_test_rows_bear(rows, score, written):
    assert percent(scored(rows, 0.9), score) == written


def test_the_chance_of_rows_is_at_least_binomial_and_never_none():
    results = scored(100, 0.9)
    for share in (0.5, 0.9, 0.99):
        assert rows_half(results, "t", share) >= 1.96 * math.sqrt(share * (1 - share) / 104)
    assert rows_half(results, "t", 1.0) > 0
    assert rows_half(results, "t") == rows_half(results, "t", 0.9)  # the mean score by default


def test_rows_widen_an_interval_only_for_its_digits():
    results = scored(100, 0.9, 0.8)
    wide = rows_half(results, "t")
    assert uncertainty(results, "t", 0.004) == pytest.approx(math.hypot(0.004, wide))
    row = {"low": 0.8961, "high": 0.9041}
    assert interval_cell(row, "low", "high") == "0.8961 to 0.9041"
    assert interval_cell(row, "low", "high", uncertain=uncertainty(results, "t", 0.004)) == "0.896 to 0.904"


def test_without_rows_and_retrainings_nothing_is_known():
    assert math.isnan(uncertainty(scored(None, 0.9), "t"))
    assert uncertainty(scored(None, 0.9), "t", 0.01) == 0.01


def test_other_metrics_take_the_spread_of_the_stored_rows(monkeypatch):
    from hpsearch.report import precision

    monkeypatch.setattr(precision, "row_values", lambda run: np.array([0.0, 1.0, 0.0, 1.0]))
    results = scored(4, 0.5, 0.5, metric="r2")
    assert rows_half(results, "t") == pytest.approx(1.96 * np.std([0, 1, 0, 1], ddof=1) / 2)


def test_or_the_errors_that_are_stored():
    results = scored(0, 0.5, 0.5, metric="roc_auc")
    runs = results.runs.assign(test_rows=[{"rows": 0, "errors": [0.02, None, 0.04]}, {}])
    results = dataclasses.replace(results, runs=runs)
    assert rows_half(results, "t") == pytest.approx(1.96 * 0.03)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ((0.55, 0.27, 0.80), "0.6 (0.3 to 0.8)"),
        ((1.0, 0.72, 1.0), "1.0 (0.7 to 1.0)"),
        ((0.551, 0.51, 0.59), "0.55 (0.51 to 0.59)"),
        ((math.nan, math.nan, math.nan), NOTHING),
    ],
)
def test_a_probability_has_the_digits_that_its_interval_bears(row, text):
    assert better_cell(dict(zip(("better", "better_low", "better_high"), row, strict=True))) == text


def test_the_deviation_of_a_few_trainings_has_one_digit():
    (one,) = best(make_results())
    assert re.search(r"standard deviation 0\.0+[1-9]\.$", SECTIONS["best"](make_results()).paragraphs(str)[0])
    assert one.test_sd < 0.01
