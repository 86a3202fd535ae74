"""Trials of an earlier study: which are valid for a new run."""

from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState

from hpsearch.errors import UsageError
from hpsearch.objectives import MLPObjective
from hpsearch.run.taken_over import MOST_TAKEN, TOO_MANY, TakenOver, TakenTrial
from hpsearch.run.valid_trials import (
    OTHER_CHOICE,
    OTHER_ROWS,
    OTHER_TASK,
    OTHER_VALUE,
    OUTSIDE,
    SAME,
    UNFINISHED,
    valid_trials,
)
from tests.earlier_runs import BEFORE, RATE, WIDE, executed, function, run_of, stored, valid

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture(scope="module")
def source():
    return stored(executed(function(), study="before", trials=20, strategy="random"))


def test_trials_inside_the_changed_ranges_are_valid_and_the_others_are_counted(source):
    taken = valid(function(space={**BEFORE, "learning_rate": WIDE}), source)
    rates = {trial.number: trial.params["learning_rate"] for trial in source.trials}
    inside = [number for number, rate in rates.items() if rate >= WIDE["low"]]
    assert [trial.number for trial in taken.trials] == inside
    assert 0 < len(inside) < 20
    assert taken.left_out == {OUTSIDE.format("learning_rate"): 20 - len(inside)}
    assert all(trial.value == source.trials[trial.number].value for trial in taken.trials)


def test_a_searched_setting_that_is_fixed_now_is_valid_at_that_value(source):
    taken = valid(function({"optimizer": "momentum"}, {"learning_rate": RATE}), source)
    numbers = [trial.number for trial in source.trials if trial.params["optimizer"] == "momentum"]
    assert [trial.number for trial in taken.trials] == numbers
    assert all(trial.params.keys() == {"learning_rate"} for trial in taken.trials)
    assert taken.left_out == {OTHER_VALUE.format("optimizer"): 20 - len(numbers)}


@pytest.mark.parametrize(("momentum", "number"), [({"low": 0.5, "high": 0.95}, 20), ({"low": 0.1, "high": 0.5}, 0)])
def test_a_setting_that_was_not_searched_had_its_default(source, momentum, number):
    taken = valid(function(space={**BEFORE, "momentum": momentum}), source)
    assert len(taken.trials) == number
    assert {trial.params["momentum"] for trial in taken.trials} <= {0.9}
    assert number or taken.left_out == {OUTSIDE.format("momentum"): 20}


@pytest.mark.parametrize(
    ("objective", "reason"),
    [
        (function({"steps": 4}), OTHER_VALUE.format("steps")),
        (function({"momentum": 0.8}), OTHER_VALUE.format("momentum")),
        (function({"function": "valley"}), OTHER_VALUE.format("function")),
    ],
)
def test_other_fixed_settings_are_not_valid(source, objective, reason):
    source = replace(source, user_attrs={**source.user_attrs, "task": objective.task})
    taken = valid(objective, source)
    assert not taken.trials
    assert taken.left_out == {reason: 20}


def test_conditional_settings_are_valid_where_they_are_active():
    conditional = {"momentum": {"low": 0.1, "high": 0.99, "when": {"optimizer": ["momentum"]}}}
    before = function(space={**BEFORE, **conditional})
    source = stored(executed(before, study="before", trials=12, strategy="random"))
    taken = valid(before, source)
    assert [trial.params for trial in taken.trials] == [trial.params for trial in source.trials]
    frozen = taken.frozen(before.space)
    assert [trial.distributions.keys() for trial in frozen] == [trial.params.keys() for trial in source.trials]


def test_values_of_other_rows_are_not_comparable():
    def network(**where):
        return MLPObjective("iris", model={"epochs": 1, "hidden_layer_sizes": [4]}, **where)

    source = stored(executed(network(), study="before", trials=3))
    assert len(valid(network(), source).trials) == 3
    assert valid(network(seed=1), source).left_out == {OTHER_ROWS: 3}
    assert valid(network(repeat=1), source) == TakenOver("before")
    other = MLPObjective({"source": "iris", "metric": "f1_macro"}, model={"epochs": 1, "hidden_layer_sizes": [4]})
    assert valid(other, source).left_out == {OTHER_TASK: 3}


def test_how_inputs_are_prepared_is_a_setting():
    def network(space=None, **data):
        searched = {"learning_rate": RATE, **(space or {})}
        return MLPObjective({"source": "iris", **data}, model={"epochs": 1, "hidden_layer_sizes": [4]}, space=searched)

    choices = {"data.scaling": {"choices": ["standard", "none"]}}
    fixed = stored(executed(network(), study="before", trials=3))
    searched = stored(executed(network(choices), study="before", trials=6, strategy="random"))
    scalings = [trial.params["data.scaling"] for trial in searched.trials]
    assert [trial.params["data.scaling"] for trial in valid(network(choices), fixed).trials] == ["standard"] * 3
    assert [trial.params["data.scaling"] for trial in valid(network(choices), searched).trials] == scalings
    others = network({"data.scaling": {"choices": ["none", "minmax"]}})
    assert valid(others, fixed).left_out == {OTHER_CHOICE.format("data.scaling"): 3}
    assert valid(network(scaling="minmax"), fixed).left_out == {OTHER_VALUE.format("data.scaling"): 3}
    assert 0 < len(valid(network(scaling="none"), searched).trials) == scalings.count("none") < 6


def test_trials_that_ended_early_or_repeat_another_are_left_out(source):
    trials = [*source.trials]
    trials[3] = optuna.trial.create_trial(state=TrialState.FAIL)
    trials[4] = optuna.trial.create_trial(
        value=1.0, params=trials[4].params, distributions=trials[4].distributions, user_attrs={"confirms": 2}
    )
    for number, trial in enumerate(trials):
        trial.number = number
    taken = valid(function(), replace(source, trials=trials))
    assert [trial.number for trial in taken.trials] == [number for number in range(20) if number not in (3, 4)]
    assert taken.left_out == {UNFINISHED: 1}


def test_the_same_training_in_two_runs_is_taken_over_once(source):
    taken = valid(function(), source, replace(source, study_name="before/tpe/00"))
    assert len(taken.trials) == 20
    assert taken.left_out == {SAME: 20}


def test_what_the_earlier_study_took_over_counts_too(source):
    objective = function(space={**BEFORE, "learning_rate": WIDE})
    first = valid(objective, source)
    second = executed(objective, study="second", taken_over=first, trials=3)
    after = valid(objective, stored(second))
    runs = [trial.run for trial in after.trials]
    assert set(runs) == {"before/random/00", "second/narrowing/00"}
    assert len(runs) == len(first.trials) + 3 - 1  # its first trial is the best one again, with the same value


def test_only_the_latest_of_very_many_are_taken_over():
    many = tuple(TakenTrial("r", number, {}, 0.0) for number in range(MOST_TAKEN + 5))
    taken = TakenOver("before", many).latest(MOST_TAKEN, TOO_MANY)
    assert taken.trials[0].number == 5
    assert taken.left_out == {TOO_MANY: 5}


def test_an_objective_without_a_declared_space_is_refused(source):
    objective = function()
    with pytest.raises(UsageError, match="declares its space"):
        valid_trials("before", run_of(objective, space=None), objective, [source])
