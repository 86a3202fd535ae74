import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.comparison.paired import pairs
from hpsearch.analysis.comparison.pairings import Pairing
from hpsearch.analysis.comparison.run_values import references, run_values
from hpsearch.analysis.comparison.task_effects import task_effects
from tests.analysis.comparison.compared import compared, turned

ONE = Pairing("strategy", "tpe", "random", ("tpe",), ("random",))
TASKS = {
    "a": {"random": [[0.5, 0.7], [0.6, 0.6], [0.1]], "tpe": [[0.7, 0.9], [0.9, 0.9], [0.3]]},
    "b": {"random": [[10, 12], [14, 14], "running"], "tpe": [[12, 14], [13, 13], [20]]},
}
REFERENCES = {"a": (1.0, 0.5), "b": (20.0, 10.0)}


def test_a_pair_is_a_repeat_and_its_value_the_mean_of_the_tests():
    found = pairs(run_values(compared(TASKS["a"])), ONE)
    assert (found.judged, found.scale, found.tasks) == ("test", "metric", ("t",))
    assert found.frame["repeat"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.frame[["level", "against"]], [[0.8, 0.6], [0.9, 0.6], [0.3, 0.1]])
    np.testing.assert_allclose(found.differences, [0.2, 0.3, 0.2])


def test_less_is_better_where_the_study_minimizes():
    found = pairs(run_values(compared(TASKS["a"], direction="minimize")), ONE)
    np.testing.assert_allclose(found.differences, [-0.2, -0.3, -0.2])


def test_over_tasks_a_pair_is_their_mean_where_all_are_there():
    found = pairs(run_values(compared(TASKS)), ONE)
    assert (found.scale, found.tasks, found.frame["repeat"].tolist()) == ("metric", ("a", "b"), [0, 1])
    np.testing.assert_allclose(found.differences, [(0.2 + 2) / 2, (0.3 - 1) / 2])


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_known_references_make_it_a_regret(around):
    found = pairs(run_values(around(compared(TASKS, references=REFERENCES))), ONE)
    # random, repeat 0: (0.6 − 1) / (0.5 − 1) = 0.8 on a, (11 − 20) / (10 − 20) = 0.9 on b; tpe: 0.4 and 0.7
    assert found.scale == "regret"
    np.testing.assert_allclose(found.frame[["level", "against"]], [[0.55, 0.85], [0.45, 0.7]])
    np.testing.assert_allclose(found.differences, [0.3, 0.25])


def test_a_single_task_keeps_its_own_scale_and_one_unknown_reference_is_too_few():
    assert pairs(run_values(compared(TASKS, references=REFERENCES)), ONE, "b").scale == "metric"
    assert pairs(run_values(compared(TASKS, references={"a": (1.0, 0.5)})), ONE).scale == "metric"
    assert references(compared(TASKS, references={"a": (1.0, 1.0), "b": (math.inf, 1.0)})) == {}


def noise(tests, **changes):
    return pairs(run_values(compared(tests, **changes)), ONE).noise


def test_the_noise_by_hand():
    # distances on a: 0.2 and 0; on b: 2 and 0. Their medians are 0.1 and 1.
    assert noise(TASKS["a"]) == pytest.approx(0.1 / 0.953873, rel=1e-6)
    assert noise(TASKS) == pytest.approx(math.sqrt((0.01 + 1) / 2) / 0.953873, rel=1e-6)
    regrets = (0.1 / 0.5) ** 2 + (1 / 10) ** 2
    assert noise(TASKS, references=REFERENCES) == pytest.approx(math.sqrt(regrets / 2) / 0.953873, rel=1e-6)


def test_the_noise_is_that_of_the_reference_alone():
    other = TASKS["a"] | {"tpe": [[0, 9], [5, 6], [3, 1]], "gp": [[9, 99]] * 3}
    assert noise(other) == noise(TASKS["a"])


def test_the_noise_estimates_a_standard_deviation_and_stands_a_few_outliers():
    values = np.random.default_rng(0).normal(0.9, 0.02, (60, 5))
    clean = noise({"random": values, "tpe": values})
    assert clean == pytest.approx(0.02, rel=0.1)
    values[::4, 0] = 0.0
    assert noise({"random": values, "tpe": values}) == pytest.approx(clean, rel=0.25)
    failed = [[None, *each[1:]] for each in values[::4]]
    assert noise({"random": failed, "tpe": failed}) == pytest.approx(0.02, rel=0.25)


@pytest.mark.parametrize("lists", [[[0.5], [0.6]], [[None, 0.5], [0.6]], [[0.5] * 3, [0.6] * 3]])
def test_the_noise_is_unknown_without_two_trainings_or_a_spread(lists):
    assert math.isnan(noise({"random": lists, "tpe": lists}))


def test_before_any_run_there_is_no_pair():
    results = compared(TASKS["a"])
    found = pairs(run_values(dataclasses.replace(results, runs=results.runs[:0])), ONE)
    assert (len(found.differences), found.tasks) == (0, ())
    assert math.isnan(found.noise)


def test_a_run_that_found_nothing_is_infinitely_worse_and_two_are_a_draw():
    found = pairs(run_values(compared({"random": [[0.5], None, None], "tpe": [None, [0.5], None]})), ONE)
    assert found.differences.tolist() == [-math.inf, math.inf, 0.0]
    assert np.isnan(found.measured).all()
    assert found.failed.tolist() == [-1.0, 1.0, 0.0]


def test_a_side_with_a_failed_training_has_failed_but_is_measured():
    tests = {"random": [[0.5, 0.5], [None, 0.5], [None, None]], "tpe": [[None, 0.6], [None, 0.7], [0.5, 0.5]]}
    found = pairs(run_values(compared(tests)), ONE)
    np.testing.assert_allclose(found.measured, [0.1, 0.2, math.nan])
    assert found.failed.tolist() == [-1.0, 0.0, 1.0]
    counts = found.frame[["level_failed", "level_trained", "against_failed", "against_trained"]]
    assert counts.to_numpy().tolist() == [[1, 2, 0, 2], [1, 2, 1, 2], [0, 2, 2, 2]]


@pytest.mark.parametrize(("running", "kept"), [((), 4), ((0,), 0), ((2,), 2), ((1, 3), 1)])
def test_the_unbroken_run_ends_at_the_first_unfinished_repeat(running, kept):
    tests = {"random": [[0.5]] * 4, "tpe": ["running" if repeat in running else [0.6] for repeat in range(4)]}
    found = pairs(run_values(compared(tests)), ONE).unbroken()
    assert found.frame["repeat"].tolist() == list(range(kept))


def test_validation_values_stand_in_only_where_nothing_was_tested():
    results = compared(TASKS["a"])
    results.runs.at[1, "test_values"] = []
    assert pairs(run_values(results), ONE).frame["repeat"].tolist() == [0, 2]
    results.runs["test_values"] = [[]] * len(results.runs)
    results.runs["confirmed"] = [[0.1, 0.3]] * len(results.runs)
    untested = pairs(run_values(results), ONE)
    assert untested.judged == "validation"
    assert untested.frame["repeat"].tolist() == [0, 1, 2]
    assert untested.noise == pytest.approx(0.2 / 0.953873, rel=1e-6)


def test_effects_task_by_task():
    found = task_effects(compared(TASKS, references=REFERENCES)).set_index("task")
    assert found["effect"].to_dict() == pytest.approx({"a": 0.7 / 3, "b": 0.5})
    assert found["repeats"].to_dict() == {"a": 3, "b": 2}
    assert found["better"].to_dict() == {"a": 1.0, "b": 0.5}
    assert (found[["level", "against"]] == ["tpe", "random"]).all(axis=None)
    for task, differences in {"a": [0.2, 0.3, 0.2], "b": [2, -1]}.items():
        interval = stats.ttest_1samp(differences, 0.0).confidence_interval(0.95)
        assert tuple(found.loc[task, ["low", "high"]]) == pytest.approx(tuple(interval))
