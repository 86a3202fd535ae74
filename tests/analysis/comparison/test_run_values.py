import math

import numpy as np
import pytest

import hpsearch.analysis.comparison.run_values as module
from hpsearch.analysis.comparison.run_values import Reference, confirmed_means, references, run_values
from tests.analysis.comparison.compared import compared


def values(results):
    return [(run.variant, run.repeat, run.value) for run in run_values(results).runs]


def test_a_run_is_worth_the_mean_of_its_tests_and_only_where_it_is_over():
    results = compared({"random": [[0.5, 0.7], "running"], "tpe": [[0.9], [0.2]]})
    found = run_values(results)
    assert (found.judged, found.sign, found.tasks) == ("test", 1, ("t",))
    assert values(results) == [("random", 0, pytest.approx(0.6)), ("tpe", 0, 0.9), ("tpe", 1, 0.2)]
    assert found.runs[0].trainings == (0.5, 0.7)
    assert found.frame.columns.tolist() == ["task", "variant", "repeat", "value", "trainings", "failed", "trained"]


def test_tests_of_a_run_that_is_not_over_do_not_decide_by_what_runs_are_judged():
    results = compared({"random": [[0.5], [0.6]]})
    results.runs["complete"] = [True, False]
    results.runs["value"] = [0.8, 0.9]
    results.runs.at[0, "test_values"] = []
    assert run_values(results).judged == "validation"
    assert values(results) == [("random", 0, 0.8)]


@pytest.mark.parametrize(("direction", "worst"), [("maximize", -math.inf), ("minimize", math.inf)])
def test_a_run_that_found_nothing_is_infinitely_bad(direction, worst):
    assert values(compared({"random": [[0.5], None]}, direction=direction))[1] == ("random", 1, worst)


@pytest.mark.parametrize("failing", [None, math.inf, -math.inf, math.nan])
def test_a_retraining_that_failed_leaves_the_mean(failing):
    results = compared({"random": [[0.5], [0.6], [0.7]]})
    results.runs.at[1, "test_values"] = [0.6, failing]
    results.runs.at[2, "test_values"] = [failing, failing]
    assert values(results) == [("random", 0, 0.5), ("random", 1, 0.6), ("random", 2, -math.inf)]
    assert [(run.failed, run.trained) for run in run_values(results).runs] == [(0, 1), (1, 2), (2, 2)]


def test_a_run_that_was_not_tested_yet_is_left_out():
    results = compared({"random": [[0.5], [0.6]]})
    results.runs.at[1, "test_values"] = []
    assert values(results) == [("random", 0, 0.5)]
    results.runs.at[1, "test_failed"] = 2
    assert values(results)[1] == ("random", 1, -math.inf)


def test_a_failed_confirmation_leaves_the_mean():
    results = compared({"random": [[0.5], [0.6]]})
    results.runs["test_values"] = [[], []]
    results.runs["confirmed"] = [[0.4, math.inf], []]
    assert values(results) == [("random", 0, 0.4), ("random", 1, 0.6)]
    assert [(run.trainings, run.failed) for run in run_values(results).runs] == [((0.4,), 1), ((), 0)]


def test_a_reference_takes_a_finite_best_apart_from_the_median():
    tests = {"random": [[0.5], [0.6]]}
    pairs = {"a": (1.0, 0.5), "b": (0.0, 2.0), "c": (1.0, 1.0), "d": (math.inf, 1.0), "e": (1.0, math.nan)}
    found = references(compared(dict.fromkeys(pairs, tests), references=pairs))
    assert found == {"a": Reference(1.0, 0.5), "b": Reference(0.0, 2.0)}
    assert [each.unit for each in found.values()] == [-0.5, 2.0]


def test_means_are_unknown_where_there_is_nothing_to_average():
    runs = compared({"random": [[0.5, 0.7], None]}).runs
    runs["confirmed"] = [[], [1.0, 4.0, 4.0]]
    np.testing.assert_allclose(module.test_means(runs), [0.6, math.nan])
    np.testing.assert_allclose(confirmed_means(runs), [math.nan, 3.0])
