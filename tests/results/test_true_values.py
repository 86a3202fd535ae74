"""The true value of what a run would have chosen after each trial, from real searches on a table."""

import math
from functools import cache

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from hpsearch.errors import UsageError
from hpsearch.objectives.tables import TableObjective
from hpsearch.results.true_values import true_values
from hpsearch.strategies.base import CONFIRMS

NAME = "hpobench/credit_g"


@cache
def objective():
    return TableObjective(NAME, seed=3, repeat=2)


def attributes(**changes):
    content = objective().content
    own = {"task": NAME, "strategy": "random", "repeat": 2, "seed": 3, "family": "table", "content": content}
    return {key: value for key, value in (own | changes).items() if value is not None}


def run(trials, **changes):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for key, value in attributes(**changes).items():
        study.set_user_attr(key, value)
    study.optimize(objective(), n_trials=trials)
    return study


def add(study, value, params, confirms=None):
    """Add a trial with this observed value; `confirms` is the number of the trial that it repeats."""
    marks = {} if confirms is None else {CONFIRMS: confirms}
    space = dict(objective().space)
    study.add_trial(create_trial(value=value, params=params, distributions=space, user_attrs=marks))


def true_value(trial):
    return objective().test(trial.params, trial.number, 1)[0]


def test_it_is_the_value_over_the_held_out_seeds_of_the_trial_with_the_best_observed_one():
    study = run(25)
    frame = true_values([study], 25)
    observed = [trial.value for trial in study.trials]
    chosen = [observed.index(min(observed[: end + 1])) for end in range(25)]
    assert frame["value"].tolist() == [true_value(study.trials[number]) for number in chosen]
    assert frame["number"].tolist() == list(range(25))
    assert frame[["task", "variant", "repeat"]].drop_duplicates().to_numpy().tolist() == [[NAME, "random", 2]]
    assert not frame["value"].is_monotonic_decreasing  # the best observed value is not always the truly best one
    assert true_values([study], 10).equals(frame.head(10))


def test_after_a_confirmation_it_is_that_of_the_best_mean():
    drawn = [trial.params for trial in run(3).trials]
    study = run(0, confirm=2)
    for value, params in zip((0.3, 0.1, 0.2), drawn, strict=True):
        add(study, value, params)
    for value, number in ((0.5, 1), (0.4, 2), (0.6, 1), (0.4, 2), (0.5, 1), (0.4, 2)):
        add(study, value, drawn[number], confirms=number)
    first, second, third = (true_value(trial) for trial in study.trials[:3])
    assert true_values([study], 9)["value"].tolist() == [first, second, second, *[second] * 5, third]
    assert len({first, second, third}) == 3


def test_before_the_first_complete_trial_there_is_none_and_running_ones_at_the_end_do_not_count():
    study = run(0)
    study.add_trial(create_trial(state=TrialState.FAIL))
    study.optimize(objective(), n_trials=1)
    study.ask()
    values = true_values([study], 10)["value"].tolist()
    assert math.isnan(values[0])
    assert values[1:] == [true_value(study.trials[1])]


def test_what_can_not_be_rebuilt_as_it_was_is_left_out(monkeypatch):
    data = objective().content["data"]
    of_earlier_versions = {key: value for key, value in data.items() if key != "held_out"}
    for changes in (
        {"family": "mlp"},
        {"seed": None},
        {"content": objective().content | {"data": of_earlier_versions}},
        {"content": objective().content | {"data": data | {"fingerprint": "another"}}},
        {"content": {"data": data}},
    ):
        assert true_values([run(2, **changes)], 2).empty
    study = run(2)
    assert len(true_values([study], 2)) == 2

    def missing(*_, **__):
        raise UsageError("the package is missing")

    monkeypatch.setattr(TableObjective, "__init__", missing)
    assert true_values([study], 2).empty


@pytest.mark.parametrize("studies", [[], [run]])
def test_without_true_values_the_frame_has_its_columns(studies):
    frame = true_values([make(1, family="") for make in studies], 1)
    assert list(frame) == ["task", "variant", "repeat", "number", "value"]
