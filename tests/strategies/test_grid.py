from itertools import product

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.grid import grid


def study_of(objective, trials, seed=1, **options):
    study = optuna.create_study(sampler=STRATEGIES["grid"](seed, **options))
    study.optimize(objective, n_trials=trials, catch=ValueError)
    return study


def combinations(trials):
    return [tuple(trial.params.items()) for trial in trials]


@pytest.mark.parametrize(
    ("distribution", "points", "values"),
    [
        (CategoricalDistribution(["b", "a", None]), 2, ["b", "a", None]),
        (IntDistribution(1, 4), 5, [1, 2, 3, 4]),
        (IntDistribution(1, 5), 5, [1, 2, 3, 4, 5]),
        (IntDistribution(0, 100), 3, [0, 50, 100]),
        (IntDistribution(0, 10, step=5), 5, [0, 5, 10]),
        (IntDistribution(1, 4, log=True), 5, [1, 2, 3, 4]),
        (FloatDistribution(0, 1), 5, [0, 0.25, 0.5, 0.75, 1]),
        (FloatDistribution(1e-4, 1, log=True), 3, [1e-4, 1e-2, 1]),
        (FloatDistribution(0, 0.6, step=0.2), 5, [0, 0.2, 0.4, 0.6]),
        (FloatDistribution(-1, 1), 1, [0]),
        (FloatDistribution(3, 3), 5, [3]),
    ],
)
def test_the_values_of_a_grid(distribution, points, values):
    found = grid(distribution, points)
    assert list(found) == pytest.approx(values) if isinstance(values[0], (int, float)) else list(found) == values
    assert all(distribution._contains(distribution.to_internal_repr(value)) for value in found)


def flat(trial):
    kind = trial.suggest_categorical("kind", ["a", "b"])
    return len(kind) + trial.suggest_int("n", 1, 3) + trial.suggest_float("x", 0, 1)


@pytest.mark.parametrize("seed", range(3))
def test_every_combination_once_then_every_combination_again_in_another_order(seed):
    tried = combinations(study_of(flat, 48, seed, points=4).trials)
    expected = {
        (("kind", kind), ("n", n), ("x", x))
        for kind, n, x in product("ab", (1, 2, 3), grid(FloatDistribution(0, 1), 4))
    }
    assert len(expected) == 24
    assert set(tried[:24]) == set(tried[24:]) == expected
    assert tried[:24] != tried[24:]


def test_the_first_trials_take_every_value_of_the_first_parameter():
    tried = study_of(lambda trial: trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1), 5).trials
    assert sorted(trial.params["x"] for trial in tried) == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def nested(trial):
    """3 combinations with kind a, 2 × 3 with b, 1 with c."""
    match trial.suggest_categorical("kind", ["a", "b", "c"]):
        case "a":
            return trial.suggest_int("depth", 1, 3)
        case "b":
            return trial.suggest_int("width", 1, 2) + trial.suggest_int("depth", 1, 3)
        case _:
            return 0


@pytest.mark.parametrize("seed", range(3))
def test_conditional_combinations_are_tried_once_each_too(seed):
    tried = combinations(study_of(nested, 30, seed).trials)
    assert [len(set(tried[start : start + 10])) for start in (0, 10, 20)] == [10, 10, 10]


def test_pruned_and_failed_trials_count_as_tried():
    def troubled(trial):
        value = flat(trial)
        if trial.number % 3 == 0:
            raise optuna.TrialPruned
        if trial.number % 3 == 1:
            raise ValueError
        return value

    study = study_of(troubled, 24, points=4)
    assert len(set(combinations(study.trials))) == 24
    assert {trial.state for trial in study.trials} == {TrialState.PRUNED, TrialState.FAIL, TrialState.COMPLETE}


def test_a_trial_that_failed_half_way_hides_nothing():
    def half(trial):
        kind = trial.suggest_categorical("kind", ["a", "b"])
        if trial.number == 0:
            raise ValueError
        return len(kind) + trial.suggest_int("n", 1, 3)

    assert len(set(combinations(study_of(half, 7).trials[1:]))) == 6


def test_what_is_not_of_the_grid_is_passed_over():
    study = optuna.create_study(sampler=STRATEGIES["grid"](1, points=4))
    study.enqueue_trial({"kind": "a", "n": 2, "x": 0.123})
    study.optimize(flat, n_trials=25)
    assert len(set(combinations(study.trials[1:]))) == 24


def test_trials_that_finish_out_of_order_are_known_as_they_stand():
    """A sampler that sees trials one by one draws like a sampler that sees them all at once."""
    study = optuna.create_study(sampler=STRATEGIES["grid"](1, points=4))
    running = [study.ask() for _ in range(8)]
    for index in (5, 0, 7, 2, 1, 3):
        study.tell(running[index], flat(running[index]))
    study.optimize(flat, n_trials=10)
    seen = [trial.params for trial in study.trials[8:]]
    again = optuna.create_study()
    again.add_trials(study.trials[:8])
    again.sampler = STRATEGIES["grid"](1, points=4)
    again.optimize(flat, n_trials=10)
    assert seen == [trial.params for trial in again.trials[8:]]
