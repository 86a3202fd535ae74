"""Runs with confirmation end like uninterrupted ones, wherever they are stopped."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from hpsearch.objectives.base import Outcome
from hpsearch.objectives.plain import PlainObjective, as_objective
from hpsearch.run import Run, continue_run, incumbent, open_run
from hpsearch.storage import opened
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.base import CONFIRMS
from hpsearch.strategies.pruners import PRUNERS

pytestmark = pytest.mark.filterwarnings(
    "ignore::optuna.exceptions.ExperimentalWarning", "ignore:The reported value is ignored"
)

RUN = Run(
    study="s",
    task="t",
    strategy="narrowing",
    repeat=0,
    make_sampler=STRATEGIES["narrowing"],
    make_pruner=PRUNERS["none"],
    seed=3,
    direction="minimize",
    metric="loss",
    trials=11,
    retrain=0,
    content={},
    confirm=2,
)


class Killed(BaseException):
    """Exception that the package does not handle as one of the objective."""


def noisy(trial):
    x = trial.suggest_float("x", 1e-3, 1, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    depth = trial.suggest_int("depth", 1, 3) if kind == "a" else 2
    trial.report(x, 1)
    trial.set_user_attr("epochs", 1 + trial.number % 3)
    return abs(np.log10(x) + 1) + abs(depth - 2) + np.random.default_rng(trial.number).normal(0, 0.5)


def content(study):
    known = [(t.number, t.state, t.value, t.params, t.user_attrs, t.intermediate_values) for t in study.trials]
    return known, study.user_attrs.get("test")


def straight(run=RUN, objective=noisy):
    study = open_run(run, InMemoryStorage())
    continue_run(run, study, as_objective(objective))
    return study


def repeats(study):
    return [trial.user_attrs.get(CONFIRMS) for trial in study.trials]


WRITES = [
    "create_new_trial",
    "_create_new_trial",
    "set_trial_param",
    "set_trial_state_values",
    "set_trial_intermediate_value",
    "set_trial_user_attr",
]


def die_at(storage, count):
    """Make every write from number `count` raise: a dead process writes nothing, not even in a ``finally``."""
    writes = iter(range(10**6))

    def deadly(write):
        def call(*arguments, **more):
            if next(writes) >= count:
                raise Killed
            return write(*arguments, **more)

        return call

    for name in WRITES:
        if hasattr(storage, name):
            setattr(storage, name, deadly(getattr(storage, name)))


def undo(storage):
    for name in WRITES:
        vars(storage).pop(name, None)


@pytest.mark.parametrize("strategy", ["random", "narrowing", "tpe"])
def test_stopped_before_any_write_it_ends_the_same(strategy):
    run = replace(RUN, strategy=strategy, make_sampler=STRATEGIES[strategy])
    expected, stop, stopped = content(straight(run)), 0, True
    while stopped:
        storage, stopped = InMemoryStorage(), False
        study = open_run(run, storage)
        die_at(storage, stop)
        try:
            continue_run(run, study, as_objective(noisy))
        except Killed:
            stopped = True
        undo(storage)
        study = open_run(run, storage)
        continue_run(run, study, as_objective(noisy))
        assert content(study) == expected
        stop += 1
    assert stop > 11 * 5


@pytest.mark.parametrize("scheme", ["sqlite", "journal"])
def test_stopped_again_and_again_on_a_file_it_ends_the_same(scheme, tmp_path):
    """Each round acts as another process for the storage."""
    url = f"{scheme}:///{tmp_path / 'trials'}"
    for stop in (23, 9, 7, 13, 6, 11, 8, 10, 12):
        with opened(url) as storage:
            study = open_run(RUN, storage)
            die_at(storage, stop)
            with suppress(Killed):
                continue_run(RUN, study, as_objective(noisy))
    with opened(url) as storage:
        study = open_run(RUN, storage)
        continue_run(RUN, study, as_objective(noisy))
        assert content(study) == content(straight())


def test_repetitions_have_numbers_of_their_own_and_the_parameters_of_whom_they_repeat():
    study = straight()
    repeated = repeats(study)
    assert repeated[:5] == [None] * 5
    assert repeated[5:] == repeated[5:7] * 3
    for trial in study.trials[5:]:
        assert trial.params == study.trials[trial.user_attrs[CONFIRMS]].params
        assert trial.distributions == study.trials[trial.user_attrs[CONFIRMS]].distributions
    assert len({trial.value for trial in study.trials}) == 11


def test_the_search_is_the_one_without_confirmation():
    plain = straight(replace(RUN, trials=5, confirm=0))
    assert content(plain)[0] == content(straight())[0][:5]


class Remembering(PlainObjective):
    """Objective that records the parameters of its tests."""

    tests = True

    def __init__(self):
        super().__init__(noisy)
        self.tested = []

    def outcomes(self, params, trial_number, times):
        self.tested.append((params, trial_number))
        return [Outcome(1.0)]  # one value is enough if it is exact


def test_what_is_tested_is_the_confirmed_incumbent_and_once():
    run, objective = replace(RUN, retrain=3), Remembering()
    study = straight(run, objective)
    best = incumbent("minimize", study.trials)
    assert objective.tested == [(best.params, best.number)]
    assert run.budget.is_spent(run.direction, study.trials)
    continue_run(run, study, as_objective(objective))
    assert len(objective.tested) == 1


def test_a_repetition_is_never_pruned():
    class Merciless(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            return trial.number >= 5

    def objective(trial):
        value = noisy(trial)
        if trial.should_prune():
            raise optuna.TrialPruned
        return value

    study = straight(replace(RUN, make_pruner=Merciless, confirm=2), objective)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 11


def test_a_budget_in_epochs_ends_when_they_are_trained():
    run = replace(RUN, confirm=0, epochs=3)
    study = straight(run)
    trained = [trial.user_attrs["epochs"] for trial in study.trials]
    assert sum(trained[:-1]) < 33 <= sum(trained)
    assert len(trained) > 11
    assert run.budget.is_spent(run.direction, study.trials)


def test_repetitions_of_what_fails_are_failed_trials():
    def objective(trial):
        if CONFIRMS in trial.user_attrs:
            raise ValueError("as planned")
        return noisy(trial)

    study = open_run(RUN, InMemoryStorage())
    continue_run(RUN, study, as_objective(objective), catch=(ValueError,))
    assert [trial.state for trial in study.trials[5:]] == [TrialState.FAIL] * 6
    assert incumbent("minimize", study.trials).number == study.best_trial.number


@pytest.mark.parametrize("scheme", ["sqlite", "journal"])
def test_more_trials_later(scheme, tmp_path):
    with opened(f"{scheme}:///{tmp_path / 'trials'}") as storage:
        continue_run(RUN, open_run(RUN, storage), as_objective(noisy))
        longer = replace(RUN, trials=20)
        study = open_run(longer, storage)
        assert not longer.budget.is_spent(longer.direction, study.trials)
        continue_run(longer, study, as_objective(noisy))
        assert longer.budget.is_spent(longer.direction, study.trials)
        assert content(study)[0][:11] == content(straight())[0]
        assert [number is None for number in repeats(study)] == [True] * 5 + [False] * 6 + [True] * 3 + [False] * 6
        assert study.user_attrs["trials"] == 20


def test_trials_that_a_user_enqueues_are_searched_and_wait_while_the_best_are_confirmed():
    storage = InMemoryStorage()
    study = open_run(RUN, storage)
    study.enqueue_trial({"x": 0.1, "kind": "b"})

    def meddled(trial):
        if trial.number in (2, 7):
            study.enqueue_trial({"x": 0.5, "kind": "b"})
        return noisy(trial)

    continue_run(RUN, study, as_objective(meddled))
    finished = [trial for trial in study.trials if trial.state.is_finished()]
    assert len(finished) == 11
    assert study.trials[0].params == {"x": 0.1, "kind": "b"}
    assert sum(trial.user_attrs.get(CONFIRMS) is None for trial in finished) == 5
    assert [trial.state for trial in study.trials if trial not in finished] == [TrialState.WAITING]
    assert RUN.budget.is_spent(RUN.direction, study.trials)


def test_a_run_says_what_is_declared_and_known_of_its_task():
    space = {
        "x": optuna.distributions.FloatDistribution(2, 2),
        "n": optuna.distributions.IntDistribution(1, 9, log=True),
    }
    run = replace(RUN, named_by_task=True, space=space, reference={"best": 0.1, "median": 0.5}, epochs=7)
    study = open_run(run, InMemoryStorage())
    assert study.study_name == "s/t/narrowing/00"
    known = study.user_attrs
    assert known["reference"] == {"best": 0.1, "median": 0.5}
    assert (known["confirm"], known["epochs"]) == (2, 7)
    assert set(known["space"]) == {"x", "n"}
    assert {"confirm", "epochs", "reference", "space"}.isdisjoint(
        open_run(replace(RUN, confirm=0), InMemoryStorage()).user_attrs
    )


def test_the_trials_are_not_read_again_for_each():
    """Count operations, since times vary: the cost of 100,000 trials must not be quadratic."""
    run = replace(RUN, trials=500, confirm=5, strategy="random", make_sampler=STRATEGIES["random"])
    storage, reads = InMemoryStorage(), []
    study, get = open_run(run, storage), storage.get_all_trials
    study._pop_waiting_trial_id = lambda: None  # Optuna's own reads
    storage.get_all_trials = lambda *a, **k: reads.append(1) or get(*a, **k)
    continue_run(run, study, as_objective(lambda trial: trial.suggest_float("x", 0, 1)))
    assert len(study.trials) == 500
    assert len(reads) < 50
