"""On discrete spaces no trial repeats one that has begun, whatever the batch and the number of workers."""

import itertools
from contextlib import suppress

import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from hpsearch.objectives.plain import as_objective
from hpsearch.run import continue_run, open_run
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.strategies.narrowing import NarrowingSampler
from hpsearch.strategies.narrowing.visited import Visited
from tests.run.batched import content, finished, run_of
from tests.run.test_running import Killed, die_at, undo
from tests.strategies.narrowing.test_repeats import params_of
from tests.strategies.narrowing.test_visited import SPACE, configurations, trial_of

KINDS = {
    "kind": {"choices": ["a", "b", "c"]},
    "units": {"low": 1, "high": 4},
    "share": {"low": 0.0, "high": 1.0, "step": 0.25},
    "drop": {"choices": [True, False], "when": {"kind": ["a"]}},
}
SIZE = (2 + 1 + 1) * 4 * 5


def loss(trial):
    params = OBJECTIVE.suggest(trial)
    return (params["kind"] != "b") + abs(params["units"] - 2) + params["share"]


OBJECTIVE = as_objective(loss, space=KINDS)


def of_narrowing(batch, trials=SIZE, **options):
    def make(seed):
        return NarrowingSampler(seed=seed, **options)

    space, conditions = OBJECTIVE.space, OBJECTIVE.conditions
    return run_of("narrowing", batch, trials=trials, make_sampler=make, space=space, conditions=conditions)


@pytest.mark.parametrize("batch", [0, 1, 3, 7])
def test_a_run_tries_all_configurations_before_it_repeats_one(batch):
    params = params_of(finished(of_narrowing(batch), objective=OBJECTIVE))
    assert len(set(params)) == len(params) == SIZE
    assert len(set(params_of(finished(of_narrowing(batch, rule=2), objective=OBJECTIVE)))) < SIZE or batch == 0


def test_workers_and_deaths_change_nothing():
    expected = content(finished(of_narrowing(3), objective=OBJECTIVE))
    assert content(finished(of_narrowing(3), 4, OBJECTIVE)) == expected
    storage = InMemoryStorage()
    for stop in (40, 77, 13, 101):
        with quiet_optuna():
            study = open_run(of_narrowing(3), storage)
        die_at(storage, stop)
        with suppress(Killed), quiet_optuna():
            continue_run(of_narrowing(3), study, OBJECTIVE, workers=3)
        undo(storage)
    assert content(finished(of_narrowing(3), 2, OBJECTIVE, storage)) == expected


def test_other_strategies_draw_ahead_as_they_did():
    for strategy in ("random", "tpe"):
        run = run_of(strategy, 3, trials=20)
        ahead = run_of(strategy, 3, trials=20, space=OBJECTIVE.space, conditions=OBJECTIVE.conditions)
        expected = params_of(finished(run, objective=OBJECTIVE))
        assert params_of(finished(ahead, objective=OBJECTIVE)) == expected


def test_trials_that_run_are_not_repeated_in_plain_optuna():
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    asked = [study.ask() for _ in range(6)]
    drawn = [(trial.suggest_categorical("a", [0, 1, 2]), trial.suggest_int("b", 0, 1)) for trial in asked]
    assert sorted(drawn) == list(itertools.product(range(3), range(2)))


def test_what_is_counted_for_a_moment_leaves_no_trace():
    visited, untouched = Visited(), Visited()
    some, others = configurations()[::2], configurations()[1::2]
    for number, params in enumerate(some):
        visited.add(trial_of(params, number))
        untouched.add(trial_of(params, number))
    before = len(some)
    with visited.also(trial_of(params, 0, TrialState.RUNNING) for params in others):
        assert not visited.can_be_avoided(before)
        assert len(visited.closed({}, "kind", SPACE["kind"], 0)) == 0
        assert len(visited.closed({}, "kind", SPACE["kind"], before)) == 2
    assert visited.__dict__ == untouched.__dict__
