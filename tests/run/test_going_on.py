"""Runs that go on from trials of an earlier study: how they begin, and how their strategies learn."""

from dataclasses import replace

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages import InMemoryStorage

from hpsearch.objectives import MLPObjective
from hpsearch.run import continue_run, incumbent, open_run
from hpsearch.run.running import create_run
from hpsearch.run.taken_over import AGAIN, NEAREST, TAKEN, TOO_MANY, TakenOver
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.earlier import BEYOND, BEYOND_TRIALS, untried
from tests.combinations import some
from tests.earlier_runs import BEFORE, RATE, WIDE, executed, function, run_of, stored, valid

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture(scope="module")
def source():
    return stored(executed(function(), study="before", trials=20, strategy="random"))


def continued(source, strategy="narrowing", **changes):
    objective = function(space={**BEFORE, "learning_rate": WIDE})
    taken = valid(objective, source)
    return objective, run_of(objective, strategy=strategy, taken_over=taken, **changes)


def test_a_run_trains_the_best_of_them_again_and_spends_its_budget_on_own_trials(source):
    objective, run = continued(source)
    study = open_run(run, InMemoryStorage())
    assert continue_run(run, study, objective)
    best = min(run.taken_over.trials, key=lambda trial: trial.value)
    assert [trial.number for trial in study.trials] == list(range(6))
    assert (study.trials[0].params, study.trials[0].value) == (best.params, best.value)  # nothing in it is random
    assert incumbent("minimize", study.trials).value <= best.value
    assert TakenOver.read(study.user_attrs[TAKEN]) == run.taken_over
    assert [trial.user_attrs.get(AGAIN) for trial in study.trials] == [[best.run, best.number], *[None] * 5]
    assert run.budget.spent(study.trials) == 6


def test_the_defaults_come_before_the_best_of_them(source):
    objective, run = continued(source, first={"learning_rate": 0.5, "optimizer": "sgd"})
    study = open_run(run, InMemoryStorage())
    continue_run(run, study, objective)
    assert study.trials[0].params == run.first
    assert study.trials[1].params == run.taken_over.best("minimize").params


def test_narrowing_draws_around_them_without_a_start_of_its_own(source):
    many = stored(executed(function(), study="before", trials=60, strategy="random"))
    objective, run = continued(many, trials=12)
    study = open_run(run, InMemoryStorage())
    continue_run(run, study, objective)
    ranges = [trial.user_attrs["range:learning_rate"] for trial in study.trials[1 + BEYOND_TRIALS :]]
    assert min(high / low for low, high in ranges) < 0.5 * WIDE["high"] / WIDE["low"]


def test_the_next_trials_take_values_from_a_part_of_a_range_that_no_earlier_one_is_in(source):
    objective, run = continued(source, "tpe", trials=9)
    study = open_run(run, InMemoryStorage())
    continue_run(run, study, objective)
    beyond = [trial.number for trial in study.trials if trial.user_attrs.get(BEYOND) == "learning_rate"]
    assert beyond == list(range(1, 1 + BEYOND_TRIALS))
    highest = max(trial.params["learning_rate"] for trial in run.taken_over.trials)
    assert all(study.trials[number].params["learning_rate"] > highest for number in beyond)


def test_no_trial_goes_beyond_where_the_ranges_became_narrower(source):
    objective = function(space={**BEFORE, "learning_rate": {**RATE, "low": 1e-2, "high": 0.3}})
    study = executed(objective, taken_over=valid(objective, source), strategy="tpe")
    assert not any(BEYOND in trial.user_attrs for trial in study.trials)


@pytest.mark.parametrize(
    ("distribution", "values", "parts"),
    [
        (FloatDistribution(0.0, 1.0), [0.3, 0.95] * 10, [(0.0, 0.3)]),
        (FloatDistribution(0.0, 1.0), [0.5] * 10, [(0.0, 0.5), (0.5, 1.0)]),
        (FloatDistribution(0.0, 1.0), [0.3, 0.95] * 2, []),  # so few may lie like this by chance
        (FloatDistribution(0.0, 1.0), [0.0, 1.0] * 20, []),
        (FloatDistribution(0.0, 1.0), [], []),
        (CategoricalDistribution(["a", "b", "c"]), ["a"], ["b", "c"]),
    ],
)
def test_untried_parts_are_wide_ends_and_choices_without_a_trial(distribution, values, parts):
    def trial(value):
        return optuna.trial.create_trial(value=0.0, params={"x": value}, distributions={"x": distribution})

    assert untried("x", distribution, [trial(value) for value in values]) == parts


@pytest.mark.parametrize("strategy", some([name for name in STRATEGIES if name != "gp"], "narrowing", "tpe"))
@pytest.mark.parametrize("batch", [0, 2])
def test_a_run_stopped_after_every_trial_equals_a_straight_one(source, strategy, batch):
    objective, run = continued(source, strategy, batch=batch, confirm=1, trials=9)
    straight = open_run(run, InMemoryStorage())
    continue_run(run, straight, objective)
    storage = InMemoryStorage()
    for trials in range(4, 10):
        part = replace(run, trials=trials, confirm=0 if trials < 9 else 1)
        if trials < 7:  # what is left of 9 trials with a confirmation are 6 of the search
            study = open_run(replace(part, confirm=0), storage)
            continue_run(part, study, objective)
    study = open_run(run, storage)
    continue_run(run, study, objective)
    known = [[(trial.params, trial.value, trial.user_attrs) for trial in each.trials] for each in (straight, study)]
    assert known[0] == known[1]
    assert len(known[0]) == 9


def test_what_a_run_took_over_stays_as_it_was_stored(source):
    objective, run = continued(source)
    storage = InMemoryStorage()
    create_run(run, storage).set_user_attr(TAKEN, {"study": "torn"})  # its process died before it wrote the content
    assert TakenOver.read(open_run(run, storage).user_attrs[TAKEN]) == run.taken_over
    less = replace(run, taken_over=run.taken_over.latest(1, TOO_MANY))
    assert TakenOver.read(open_run(less, storage).user_attrs[TAKEN]) == run.taken_over
    assert objective.space == run.space


def test_the_best_of_all_is_brought_into_the_ranges_where_it_does_not_fit(source):
    """A number moves to the end of its range, a choice that is no more is left to the strategy."""
    best = min(source.trials, key=lambda trial: trial.value)
    low = 2 * best.params["learning_rate"]
    other = {"sgd": "momentum", "momentum": "sgd"}[best.params["optimizer"]]
    space = {"learning_rate": {**RATE, "low": low, "high": 10 * low}, "optimizer": {"choices": [other, "adam"]}}
    objective = function(space=space)
    taken = valid(objective, source)
    assert (taken.nearest.run, taken.nearest.number) == (source.study_name, best.number)
    assert taken.nearest.params == {"learning_rate": pytest.approx(low)}
    assert low <= taken.nearest.params["learning_rate"]
    study = executed(objective, taken_over=taken)
    began = [trial for trial in study.trials if NEAREST in trial.user_attrs]
    assert [trial.user_attrs[NEAREST] for trial in began] == [[source.study_name, best.number]]
    assert began[0].number == (1 if taken.trials else 0)
    assert began[0].params["learning_rate"] == taken.nearest.params["learning_rate"]
    assert began[0].params["optimizer"] in (other, "adam")


def test_a_best_one_that_fits_is_trained_once(source):
    study = executed(function(space=BEFORE), taken_over=valid(function(space=BEFORE), source))
    assert [AGAIN in trial.user_attrs for trial in study.trials][:2] == [True, False]
    assert not any(NEAREST in trial.user_attrs for trial in study.trials)


def test_hyperparameters_that_are_searched_no_more_do_not_make_a_search_begin_from_nothing(source):
    """None of the earlier learning rates is the fixed one, so no trial is valid, and the best choice is tried first."""
    objective = function({"learning_rate": 0.05}, {"optimizer": BEFORE["optimizer"]})
    taken = valid(objective, source)
    assert not taken.trials
    best = min(source.trials, key=lambda trial: trial.value)
    study = executed(objective, taken_over=taken)
    assert study.trials[0].params == {"optimizer": best.params["optimizer"]}
    assert NEAREST in study.trials[0].user_attrs


def test_no_start_comes_from_a_study_with_other_rows():
    def network(**where):
        return MLPObjective("iris", model={"epochs": 1, "hidden_layer_sizes": [4]}, **where)

    source = stored(executed(network(), study="before", trials=2))
    assert valid(network(), source).nearest is not None
    assert valid(network(seed=1), source).nearest is None


def test_what_was_stored_by_the_first_rule_stays_by_it(source):
    taken = valid(function(), source)
    stored_then = {key: value for key, value in taken.as_stored().items() if key not in ("nearest", "rule")}
    read = TakenOver.read(stored_then)
    assert (read.rule, read.nearest, read.trials) == (1, None, taken.trials)
    assert TakenOver.read(taken.as_stored()) == taken


def numbers():
    """Return a run by CMA-ES that goes on from 40 trials of two numbers, and its objective."""
    objective = function(space={"learning_rate": RATE, "momentum": {"low": 0.1, "high": 0.99}})
    source = stored(executed(objective, study="before", trials=40, strategy="random"))
    taken = valid(objective, source)
    return objective, run_of(objective, strategy="cmaes", trials=5, taken_over=taken)


LEARNING = [name for name, strategy in STRATEGIES.items() if strategy.learns and name != "gp"]  # torch is large


@pytest.mark.parametrize("strategy", some(LEARNING, "narrowing", "tpe", "cmaes"))
def test_a_strategy_that_learns_draws_where_the_earlier_values_were_good(strategy):
    """The same 40 trials, once with good values at the low end of both ranges and once at the high end."""
    objective, run = numbers()
    means = []
    for sign in (1, -1):
        places = [np.log10(trial.params["learning_rate"]) + trial.params["momentum"] for trial in run.taken_over.trials]
        trials = tuple(
            trial._replace(value=sign * place) for trial, place in zip(run.taken_over.trials, places, strict=True)
        )
        study = executed(objective, strategy=strategy, trials=7, taken_over=replace(run.taken_over, trials=trials))
        means.append(np.mean([np.log10(trial.params["learning_rate"]) for trial in study.trials[1:]]))
    assert means[0] + 1 < means[1]


def test_cma_es_learns_from_no_trials_by_the_first_rule():
    objective, run = numbers()
    first_rule = replace(run.taken_over, rule=1, nearest=None)
    params = [
        [trial.params for trial in executed(objective, strategy="cmaes", trials=4, taken_over=taken).trials]
        for taken in (first_rule, replace(first_rule, trials=first_rule.trials[::-1]), run.taken_over)
    ]
    assert params[0][1:] == params[1][1:] != params[2][1:]


def test_cma_es_learns_from_no_fewer_than_ten():
    objective, run = numbers()
    few = executed(objective, strategy="cmaes", trials=12, taken_over=run.taken_over.latest(9, TOO_MANY))
    assert len(few.trials) == 12
