"""On discrete spaces no trial repeats a finished one while other configurations are left."""

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
from optuna.trial import TrialState

from hpsearch.storage import open_storage
from hpsearch.strategies.history import LOCK
from hpsearch.strategies.lag import lagged_sampler
from hpsearch.strategies.narrowing import NarrowingSampler
from hpsearch.strategies.narrowing.visited import Visited


def flat(trial):
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    units = trial.suggest_int("units", 1, 4)
    share = trial.suggest_float("share", 0, 1, step=0.25)
    return (kind != "b") + abs(units - 2) + share


def conditional(trial):
    """2 + 3 × (2 + 4) configurations."""
    if trial.suggest_categorical("net", [False, True]):
        depth = trial.suggest_int("depth", 1, 3)
        if trial.suggest_categorical("drop", ["no", "yes"]) == "no":
            return depth + trial.suggest_int("width", 0, 1)
        return depth + trial.suggest_float("rate", 0.1, 0.4, step=0.1)
    return 5.0 + trial.suggest_categorical("flag", [0, 1])


SIZES = {flat: 60, conditional: 20}


def params_of(study):
    return [tuple(sorted(trial.params.items(), key=str)) for trial in study.trials]


def searched(objective, trials, seed=0, **options):
    study = optuna.create_study(sampler=NarrowingSampler(seed=seed, **options))
    study.optimize(objective, n_trials=trials)
    return study


@pytest.mark.parametrize(("objective", "size"), SIZES.items(), ids=lambda each: getattr(each, "__name__", each))
@pytest.mark.parametrize("options", [{}, {"round": 5, "best": 3}, {"explore": 1}, {"candidates": 1}, {"explore": 0}])
@pytest.mark.parametrize("seed", [0, 1])
def test_all_configurations_are_tried_before_one_is_repeated(objective, size, options, seed):
    params = params_of(searched(objective, size + 5, seed, **options))
    assert len(set(params[:size])) == size
    assert set(params[size:]) <= set(params[:size])


def test_by_the_first_rule_trials_repeat_others():
    assert len(set(params_of(searched(flat, 60, rule=1)))) < 60


def test_the_best_of_a_space_too_large_to_try_is_searched_without_repetition():
    def objective(trial):
        return sum(trial.suggest_categorical(f"c{place}", "abcde") != "d" for place in range(6))

    study = searched(objective, 80)
    assert len(set(params_of(study))) == 80
    assert study.best_value == 0


def test_a_continuous_parameter_anywhere_allows_repetitions_of_the_others():
    def objective(trial):
        if trial.suggest_categorical("kind", ["plain", "deep"]) == "plain":
            return 0.0
        return 1 + trial.suggest_float("x", 0, 1)

    assert params_of(searched(objective, 60)).count((("kind", "plain"),)) > 10


def test_first_trials_are_those_of_random_search_unless_they_repeat_one():
    study, random = searched(flat, 10), optuna.create_study(sampler=NarrowingSampler(seed=0, explore=1, rule=1))
    random.optimize(flat, n_trials=10)
    seen = set()
    for drawn, uniform in zip(params_of(study), params_of(random), strict=True):
        assert drawn == uniform or uniform in seen
        seen.add(drawn)


def crashing(trial):
    value = flat(trial)
    if trial.params["kind"] == "b":
        raise ValueError("as planned")
    return value


def test_failed_configurations_are_not_repeated_either():
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    study.optimize(crashing, n_trials=60, catch=ValueError)
    assert len(set(params_of(study))) == 60


@pytest.mark.parametrize("lag", [1, 4])
def test_with_a_lag_no_trial_repeats_one_that_it_sees(lag):
    """The trials that may run at the same time are hidden; they are few."""
    study = optuna.create_study(sampler=lagged_sampler(NarrowingSampler(seed=0), lag))
    study.optimize(flat, n_trials=50)
    params = params_of(study)
    assert all(params[number] not in params[: max(number - lag, 0)] for number in range(50))


@pytest.mark.parametrize("objective", SIZES, ids=lambda each: each.__name__)
def test_a_search_that_is_stopped_at_any_trial_goes_on_as_if_it_had_not_been(objective, tmp_path):
    """Another sampler goes on, also with a trial that has its first parameter."""
    straight = searched(objective, 18)
    url = f"journal:///{tmp_path}/a.log"
    optuna.create_study(storage=open_storage(url), study_name="s")
    for number in range(18):
        study = optuna.load_study(study_name="s", storage=open_storage(url), sampler=NarrowingSampler(seed=0))
        trial = study.ask()
        first = next(iter(straight.trials[number].distributions.items()))
        trial._suggest(*first)
        study = optuna.load_study(study_name="s", storage=open_storage(url), sampler=NarrowingSampler(seed=0))
        trial = optuna.Trial(study, trial._trial_id)
        study.tell(trial, objective(trial))
    assert params_of(study) == params_of(straight)
    assert [trial.user_attrs for trial in study.trials] == [trial.user_attrs for trial in straight.trials]


def test_a_sampler_can_be_pickled_between_trials():
    study = searched(flat, 20)
    study.sampler = pickle.loads(pickle.dumps(study.sampler))
    study.optimize(flat, n_trials=20)
    assert params_of(study) == params_of(searched(flat, 40))


def test_a_range_of_an_enormous_number_of_values_is_searched_at_once():
    study = searched(lambda trial: abs(trial.suggest_int("n", 0, 10**12) - 5 * 10**11), 30)
    assert len(set(params_of(study))) == 30


def test_enqueued_and_pruned_trials_count_as_tried():
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    every = itertools.product("abc", range(1, 5), (0, 0.25, 0.5, 0.75))
    for kind, units, share in every:
        study.enqueue_trial({"kind": kind, "units": units, "share": share})
    study.optimize(flat, n_trials=48)

    def pruned(trial):
        flat(trial)
        raise optuna.TrialPruned

    study.optimize(pruned, n_trials=12)
    assert {trial.params["share"] for trial in study.get_trials(states=(TrialState.PRUNED,))} == {1.0}
    assert len(set(params_of(study))) == 60


def explored(study):
    """Numbers of the trials after the first ones whose range of every parameter is the declared one."""
    declared = study.trials[0].user_attrs
    ranged = [[trial.user_attrs[key] for key in declared if key.startswith("range:")] for trial in study.trials]
    return [number for number in range(20, len(ranged)) if ranged[number] == ranged[0]]


def ten_choices(trial):
    return sum(trial.suggest_categorical(f"c{place}", "abcdefgh") != "d" for place in range(10))


@pytest.mark.parametrize(
    ("options", "explores"), [({}, False), ({"explore": 0.3}, True), ({"rule": 1}, True), ({"explore": 0}, False)]
)
def test_trials_explore_choices_only_if_asked_to_or_by_the_first_rule(options, explores):
    assert bool(explored(searched(ten_choices, 100, **options))) == explores


def test_with_a_number_among_the_choices_trials_explore():
    def with_number(trial):
        return ten_choices(trial) + trial.suggest_int("n", 0, 99)

    assert explored(searched(with_number, 100))


@pytest.mark.parametrize("reading", ["has", "closed"])
def test_no_other_thread_changes_what_a_draw_reads(reading, monkeypatch):
    """Threads of ``study.optimize(n_jobs=2)`` share the sampler; without a lock, reading ended in IndexError."""
    read, others = getattr(Visited, reading), []

    def watched(*arguments, **options):
        others.append(in_another_thread(is_free))
        return read(*arguments, **options)

    monkeypatch.setattr(Visited, reading, watched)
    optuna.create_study(sampler=NarrowingSampler(seed=0)).optimize(flat, n_trials=20)
    assert others
    assert not any(others)


def is_free():
    taken = LOCK.acquire(blocking=False)
    if taken:
        LOCK.release()
    return taken


def in_another_thread(function):
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(function).result()
