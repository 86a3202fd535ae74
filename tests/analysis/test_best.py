import math

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial

from hpsearch.analysis.best import best, leaders
from hpsearch.strategies.base import CONFIRMS
from tests.example_results import CASES, case, make_results, make_study, of_studies


def results_of(runs, direction="maximize", order=("a", "b"), **test):
    studies = [
        make_study(name, task="t", strategy=name[0], repeat=int(name[1]), values=values, direction=direction, **test)
        for name, values in runs.items()
    ]
    return of_studies(studies, order, 9, direction=direction)


@pytest.mark.parametrize(
    ("direction", "runs", "winner"),
    [
        ("maximize", {"a0": [0.1, 0.9], "b0": [0.5, 0.6]}, ("a0", 1)),
        ("minimize", {"a0": [0.2, 0.9], "b0": [0.5, 0.1]}, ("b0", 1)),
        ("maximize", {"a0": [0.1, 0.9], "b0": [0.9, 0.6]}, ("b0", 0)),  # of equals, the earlier trial
        ("maximize", {"b0": [0.9], "a0": [0.9]}, ("a0", 0)),  # then the strategy named first
        ("maximize", {"a1": [0.9], "a0": [0.9]}, ("a0", 0)),  # then the lower repeat
        ("minimize", {"a0": [None, -math.inf, 0.4], "b0": [math.inf]}, ("a0", 2)),
    ],
)
def test_the_best_of_all_runs(direction, runs, winner):
    (found,) = best(results_of(runs, direction))
    assert (found.run, found.number) == winner
    assert found.value == runs[winner[0]][winner[1]]


def test_tests_belong_to_the_trial_that_was_retrained():
    (found,) = best(results_of({"a0": [0.5, 0.9]}, test={"incumbent": 1, "values": [0.7, 0.8, 0.9]}))
    assert found.test_values == (0.7, 0.8, 0.9)
    assert found.test_mean == pytest.approx(0.8)
    assert found.test_sd == pytest.approx(0.1)
    (untested,) = best(results_of({"a0": [0.5, 0.9]}, test={"incumbent": 0, "values": [0.7]}))
    assert untested.test_values == ()
    assert math.isnan(untested.test_mean)
    assert math.isnan(untested.test_sd)


def test_parameters_keep_their_types_though_other_trials_lack_them():
    space = {
        "units": IntDistribution(1, 99),
        "rate": FloatDistribution(0.0, 1.0),
        "batch": CategoricalDistribution([16, 32]),
        "decay": CategoricalDistribution([None, "cosine"]),
        "absent": FloatDistribution(0.0, 1.0),
    }
    study = make_study("a0", task="t", strategy="a", repeat=0, values=[])
    full = {"units": 7, "rate": 0.25, "batch": 32, "decay": None}
    study.add_trial(create_trial(value=0.9, params=full, distributions={name: space[name] for name in full}))
    study.add_trial(create_trial(value=0.1, params={}, distributions={}))
    (found,) = best(of_studies([study], ("a",), 2, space=space))
    assert found.params == full
    assert [type(value) for value in found.params.values()] == [int, float, int, type(None)]


def test_diverged_and_infinite_trials_do_not_lead():
    assert best(make_results(diverge_above=0.0)) == ()
    assert best(make_results(diverge_above=0.0, direction="minimize")) == ()
    some = leaders(make_results(diverge_above=0.03), 1000)
    assert 0 < len(some) < 3 * 3 * 12
    assert not some["diverged"].any()


def test_each_task_has_a_best():
    assert [found.task for found in best(make_results(tasks=("one", "two")))] == ["one", "two"]


def test_leaders_are_ranked_by_value():
    results = make_results()
    found = leaders(results, 5)
    assert found["rank"].tolist() == [1, 2, 3, 4, 5]
    assert found["value"].tolist() == sorted(results.trials["value"], reverse=True)[:5]


@pytest.mark.parametrize("name", CASES)
def test_the_best_is_the_best_incumbent(name):
    results = case(name)
    for found in best(results):
        runs = results.runs[results.runs["task"] == found.task]
        confirmed = runs[runs["confirmed"].map(len) > 0]
        values = (runs if confirmed.empty else confirmed)["value"].astype(float)
        assert results.sign * found.value == np.nanmax(results.sign * values)
        assert len(found.confirmed) == (0 if confirmed.empty else 3)


def repeat(study, number, values):
    for value in values:
        study.add_trial(create_trial(value=value, user_attrs={CONFIRMS: number}))


def test_a_confirmed_trial_leads_those_that_only_looked_better():
    lucky = make_study("a0", task="t", strategy="a", repeat=0, values=[0.99])
    sound = make_study("b0", task="t", strategy="b", repeat=0, values=[0.7, 0.9, 0.8])
    repeat(sound, 1, [0.5, 0.6, 0.7])
    repeat(sound, 2, [0.7, 0.8, 0.9])
    sound.set_user_attr("test", {"incumbent": 2, "values": [0.75]})
    results = of_studies([lucky, sound], ("a", "b"), 9)
    (found,) = best(results)
    assert (found.run, found.number, found.confirmed) == ("b0", 2, (0.7, 0.8, 0.9))
    assert found.value == pytest.approx(0.8)
    assert found.test_values == (0.75,)
    assert leaders(results, 9)["value"].tolist() == [0.99, 0.9, 0.8, 0.7]


def test_repetitions_that_all_diverged_confirm_nothing():
    study = make_study("a0", task="t", strategy="a", repeat=0, values=[0.5], direction="minimize")
    repeat(study, 0, [math.inf] * 3)
    (found,) = best(of_studies([study], ("a",), 9, direction="minimize"))
    assert found.number == 0


def test_a_trial_that_strategies_share_leads_once():
    found = leaders(results_of({"a0": [0.9, 0.1], "b0": [0.9, 0.2], "b1": [0.9]}), 9)
    kept = list(zip(found["variant"], found["repeat"], found["number"], strict=True))
    assert kept == [("a", 0, 0), ("b", 1, 0), ("b", 0, 1), ("a", 0, 1)]


def test_equal_test_values_have_no_spread():
    """The rounding of their mean is none: a model without randomness has the same value in each retraining."""
    results = results_of({"a0": [0.9]})
    results.runs.at[0, "test_values"] = [0.9722222222222222] * 5
    (found,) = best(results)
    assert found.test_values == (0.9722222222222222,) * 5
    assert found.test_sd == 0.0
