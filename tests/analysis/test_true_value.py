import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from hpsearch.analysis.true_value import retrained_at_the_end, true_value_so_far
from hpsearch.analysis.views import searching
from tests.analysis.comparison.compared import compared
from tests.example_results import make_results


def with_true_values(results, runs):
    """Results with these true values after each trial: {variant: one list a repeat}."""
    rows = [
        ("t", variant, repeat, number, value)
        for variant, repeats in runs.items()
        for repeat, values in enumerate(repeats)
        for number, value in enumerate(values)
    ]
    frame = pd.DataFrame(rows, columns=["task", "variant", "repeat", "number", "value"])
    return dataclasses.replace(results, true_values=frame)


def retrained(values, failed=None, direction="maximize"):
    """Results whose runs have these validation values of retrainings, one list a run."""
    results = compared({"tpe": [[0.5]] * len(values)}, direction=direction)
    runs = results.runs.assign(retrained_validation=values)
    if failed is not None:
        lost = pd.Series([[] if count else [0.5] for count in failed])
        runs = runs.assign(test_failed=failed, test_values=lost)
    return dataclasses.replace(results, runs=runs)


def test_it_is_the_median_over_runs_and_may_become_worse():
    results = compared({"tpe": [[0.5]] * 3})
    curve = true_value_so_far(with_true_values(results, {"tpe": [[1, 3, 2], [2, 2, 0], [math.nan, 4, 9]]}))
    assert curve["spent"].tolist() == [1, 2, 3]
    assert curve["median"].tolist() == [1.0, 3.0, 2.0]
    assert curve["low"].tolist() == [-math.inf, 2.0, 0.0]
    assert curve["high"].tolist() == [2.0, 4.0, 9.0]


def test_without_true_values_there_is_no_row():
    assert true_value_so_far(make_results()).empty


def test_views_leave_out_the_values_of_the_variants_that_they_leave_out():
    results = compared({"random": [[0.5]], "tpe": [[0.5]]}, untuned=frozenset({"random"}))
    seen = searching(with_true_values(results, {"random": [[1.0]], "tpe": [[2.0]]}))
    assert true_value_so_far(seen)["median"].tolist() == [2.0]


def test_the_retrained_value_is_the_median_over_runs_of_their_means():
    frame = retrained_at_the_end(retrained([[0.1, 0.3], [0.5], [0.8, 1.0]]))
    assert frame.to_numpy().tolist() == [["t", "tpe", pytest.approx(0.5), 3]]


@pytest.mark.parametrize(("direction", "worst"), [("maximize", -math.inf), ("minimize", math.inf)])
def test_a_run_whose_retrainings_all_failed_is_worse_than_any(direction, worst):
    frame = retrained_at_the_end(retrained([[], [0.5], []], [3, 0, 1], direction))
    assert frame["value"].tolist() == [worst]


def test_a_variant_with_a_run_that_was_not_retrained_has_none():
    assert retrained_at_the_end(retrained([[0.1], []])).empty
    assert retrained_at_the_end(retrained([[0.1], []], [0, 0])).empty
    assert np.isfinite(retrained_at_the_end(retrained([[0.1], [0.2]]))["value"]).all()
