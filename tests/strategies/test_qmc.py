from collections import Counter

import optuna
import pytest

from hpsearch.strategies import STRATEGIES

NAMES = [f"p{index}" for index in range(20)]


def sample(objective, trials, seed=1, **options):
    study = optuna.create_study(sampler=STRATEGIES["qmc"](seed, **options))
    study.optimize(objective, n_trials=trials)
    return study.trials


def floats(*names):
    return lambda trial: sum(trial.suggest_float(name, 0, 1) for name in names)


def cells(trials, parts):
    """Count the trials per cell, with each parameter divided into `parts` equal intervals."""
    return Counter(tuple(int(trial.params[name] * count) for name, count in parts.items()) for trial in trials)


@pytest.mark.parametrize("parts", [{"a": 64}, {"b": 64}, {"a": 8, "b": 8}, {"a": 2, "b": 32}, {"a": 16, "b": 4}])
@pytest.mark.parametrize("seed", range(3))
def test_the_first_two_parameters_are_a_net(parts, seed):
    """Each of 64 equal boxes of any shape contains one of 64 points that start at a multiple of 64."""
    trials = sample(floats("a", "b"), 192, seed)
    for start in (0, 64, 128):
        counts = cells(trials[start : start + 64], parts)
        assert len(counts) == 64
        assert set(counts.values()) == {1}


def test_every_parameter_is_even_alone_also_beyond_the_width_of_a_sequence():
    trials = sample(floats(*NAMES), 32)
    assert [len(cells(trials, {name: 32})) for name in NAMES] == [32] * len(NAMES)
    assert len({tuple(trial.params[name] for trial in trials) for name in NAMES}) == len(NAMES)


def test_integers_steps_and_choices_are_met_equally_often():
    trials = sample(
        lambda trial: (
            trial.suggest_int("n", 1, 4)
            + trial.suggest_float("s", 0, 0.75, step=0.25)
            + len(trial.suggest_categorical("c", list("abcd")))
        ),
        64,
    )
    assert [set(Counter(trial.params[name] for trial in trials).values()) for name in "nsc"] == [{16}] * 3


def test_a_log_range_is_even_in_logarithms():
    trials = sample(lambda trial: trial.suggest_float("x", 1e-4, 1, log=True), 64)
    counts = Counter(sum(trial.params["x"] > limit for limit in (1e-3, 1e-2, 1e-1)) for trial in trials)
    assert set(counts.values()) == {16}


def test_a_conditional_parameter_takes_no_coordinate_of_another():
    def objective(trial):
        inner = trial.suggest_float("inner", 0, 1) if trial.suggest_categorical("kind", ["a", "b"]) == "a" else 0
        return inner + trial.suggest_float("x", 0, 1)

    trials = sample(objective, 64)
    assert len(cells(trials, {"x": 64})) == 64
    inner = [int(64 * trial.params["inner"]) for trial in trials if "inner" in trial.params]
    assert len(inner) == len(set(inner)) == 32


def test_seeds_scramble_differently_and_without_scrambling_all_are_the_same():
    assert sample(floats("a"), 4, 1)[0].params != sample(floats("a"), 4, 2)[0].params
    plain = [[trial.params for trial in sample(floats("a", "b"), 4, seed, scramble=False)] for seed in (1, 2)]
    assert plain[0] == plain[1]
    assert plain[0][0] == {"a": 0, "b": 0}
