"""Draws near likely values: around them, fewer and fewer, given up when wrong, the same in every process."""

import doctest

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.seeding import generator
from hpsearch.space import position
from hpsearch.strategies import STRATEGIES, likely
from hpsearch.strategies.lag import lagged_sampler
from hpsearch.strategies.likely import NEAR, RULES, WIDTH, LikelySampler, drawn_near, with_likely
from tests.combinations import some

RATE = FloatDistribution(1e-6, 1.0, log=True)
NAMES = [name for name in STRATEGIES if name != "gp"]


def objective(best):
    def value(trial):
        rate = trial.suggest_float("rate", RATE.low, RATE.high, log=True)
        kind = trial.suggest_categorical("kind", ["a", "b", "c"])
        trial.suggest_float("other", 0.0, 1.0)
        return abs(np.log10(rate) - np.log10(best)) + (kind != "b")

    return value


def searched(strategy, trials, *, best=1e-2, guess=1e-2, seed=0, study=None):
    study = study or optuna.create_study()
    study.sampler = with_likely(STRATEGIES[strategy](seed), {"rate": guess, "kind": "b"}, seed)
    study.optimize(objective(best), n_trials=trials)
    return study


def near(study):
    return [trial.number for trial in study.trials if NEAR in trial.user_attrs]


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(likely).failed == 0


def test_without_likely_values_the_sampler_is_the_strategy_s_own():
    sampler = STRATEGIES["tpe"](0)
    assert with_likely(sampler, {}, 0) is sampler


@pytest.mark.parametrize("strategy", some(NAMES, "narrowing", "tpe"))
def test_the_first_trial_has_the_likely_values_and_many_of_the_first_are_near(strategy):
    study = searched(strategy, 12)
    assert {name: study.trials[0].params[name] for name in ("rate", "kind")} == {"rate": 1e-2, "kind": "b"}
    assert len(near(study)) >= 2
    assert not any(number % 2 for number in near(study))
    places = [position(study.trials[number].params["rate"], RATE) for number in near(study)[1:]]
    assert all(abs(place - position(1e-2, RATE)) < 4 * WIDTH for place in places)


@pytest.mark.parametrize("strategy", some(NAMES, "narrowing", "tpe"))
def test_a_resumed_search_draws_what_a_straight_one_draws(strategy):
    straight = searched(strategy, 14)
    study = optuna.create_study()
    for _ in range(14):
        searched(strategy, 1, study=study)
    assert [trial.params for trial in study.trials] == [trial.params for trial in straight.trials]
    assert near(study) == near(straight)


def test_wrong_values_have_no_turns_once_they_are_seen_to_be_worse():
    """Over seeds: a right guess keeps its turns, and a wrong one loses them."""
    late = {
        guess: sum(
            len([n for n in near(searched("random", 40, guess=guess, seed=seed)) if n >= 15]) for seed in range(12)
        )
        for guess in (1e-2, 1e-6)
    }
    assert late[1e-6] < late[1e-2] / 3


def test_the_first_comparison_decides_about_the_next_turn():
    """Trial 2 has its turn for certain, unless trial 0, with the values themselves, did worse than trial 1."""
    for guess in (1e-2, 1e-6):
        for seed in range(6):
            study = searched("random", 3, guess=guess, seed=seed)
            worse = study.trials[0].value > study.trials[1].value
            turn = generator(seed, 2, "likely").random() < RULES[2].turns(2)
            assert (2 in near(study)) is (turn and not worse)


def test_right_values_that_one_trial_beat_have_turns_again():
    """The value of the first trial is better than most: after a few others their median is worse."""
    study = optuna.create_study()
    study.sampler = with_likely(STRATEGIES["random"](3), {"x": 0.5}, 3)
    values = [1.0, 0.0, *[2.0] * 28]  # trial 1 is better than the likely values, and all others are worse
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) * 0 + values[trial.number], n_trials=30)
    assert 2 not in near(study)
    assert len(near(study)) >= 3


def test_by_the_first_rule_draws_are_those_of_earlier_versions():
    study = optuna.create_study(sampler=with_likely(STRATEGIES["random"](0), {"rate": 1e-2}, 0, rule=1))
    study.optimize(objective(1e-2), n_trials=12)
    turns = [n for n in range(12) if n == 0 or generator(0, n, "likely").random() < 0.75 * 2 ** (-n / 10)]
    assert set(near(study)) <= set(turns)
    assert near(study)[:3] == turns[:3]
    assert any(number % 2 for number in near(study))


def test_fewer_and_fewer_trials_are_near_them():
    numbers = [number for seed in range(12) for number in near(searched("random", 60, seed=seed))]
    thirds = np.histogram(numbers, [0, 20, 40, 60])[0]
    assert thirds[0] > 2 * thirds[1] > 2 * thirds[2]


@pytest.mark.parametrize(
    ("distribution", "value"),
    [
        (RATE, 1e-2),
        (RATE, 1.0),
        (FloatDistribution(0.0, 1.0, step=0.25), 0.5),
        (IntDistribution(1, 9), 9),
        (IntDistribution(1, 512, log=True), 64),
    ],
)
def test_numbers_are_normal_around_the_value_and_in_the_range(distribution, value):
    drawn = [drawn_near(value, distribution, generator(0, number)) for number in range(400)]
    assert all(distribution.low <= each <= distribution.high for each in drawn)
    assert len({type(each) for each in drawn}) == 1
    places = np.array([position(each, distribution) for each in drawn])
    spread = np.sqrt(np.mean((places - position(value, distribution)) ** 2))
    assert 0.7 * WIDTH < spread < 1.4 * WIDTH


def test_a_likely_choice_is_taken_in_half_of_the_draws_and_its_share_of_the_others():
    choices = CategoricalDistribution(["a", "b", "c"])
    drawn = [drawn_near("b", choices, generator(1, number)) for number in range(900)]
    assert drawn.count("b") / 900 == pytest.approx(2 / 3, abs=0.05)
    assert min(drawn.count("a"), drawn.count("c")) > 100


def test_with_a_lag_timing_does_not_matter():
    """Trials that may still run are not counted, also if they have finished."""
    make = lambda: lagged_sampler(with_likely(STRATEGIES["tpe"](0), {"rate": 1e-6}, 0), 2)  # noqa: E731
    one = optuna.create_study(sampler=make())
    one.optimize(objective(1e-2), n_trials=16)
    two = optuna.create_study(sampler=make())
    while len(two.trials) < 16:
        pair = [two.ask(), two.ask()] if len(two.trials) % 3 else [two.ask()]
        values = [objective(1e-2)(trial) for trial in pair]
        for trial, value in zip(reversed(pair), reversed(values), strict=True):
            two.tell(trial, value)
    assert [trial.params for trial in two.trials[:16]] == [trial.params for trial in one.trials]


def test_the_sampler_can_be_copied():
    import copy
    import pickle

    sampler = LikelySampler(STRATEGIES["narrowing"](0), {"rate": 1e-2}, 0)
    assert isinstance(copy.deepcopy(sampler), LikelySampler)
    assert isinstance(pickle.loads(pickle.dumps(sampler)), LikelySampler)
