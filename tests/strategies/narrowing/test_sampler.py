"""Compare the trials of a study with the plans of their rounds, and check the options."""

import optuna
import pytest
from optuna.trial import TrialState

from hpsearch.errors import UsageError
from hpsearch.strategies.narrowing import RANGE_PREFIX, NarrowingSampler
from hpsearch.strategies.narrowing.lessons import Lessons
from hpsearch.strategies.narrowing.round import Options, plan_round
from hpsearch.strategies.seeding import uniform_draw

OPTIONS = {"round": 3, "best": 4, "reach": 0.8, "explore": 0.3, "smoothing": 0.2, "candidates": 5}


def objective(trial):
    if trial.number % 9 == 8:
        raise optuna.TrialPruned
    x, kind = trial.suggest_float("x", -1, 1), trial.suggest_categorical("kind", ["a", "b"])
    return x**2 + (kind == "a") + trial.number % 3


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_trials_draw_what_the_plan_of_their_round_says(direction):
    study = optuna.create_study(sampler=NarrowingSampler(seed=5, **OPTIONS), direction=direction)
    study.optimize(objective, n_trials=30)
    explored = 0
    for trial in study.trials:
        start, lessons = trial.number // 3 * 3, Lessons()
        for earlier in study.trials:
            lessons.add(earlier)
        plan = plan_round(lessons, study.direction, range(start, start + 3), Options(**OPTIONS), 5)
        explored += plan.explores[trial.number - start]
        for name, distribution in trial.distributions.items():
            declared = [-1, 1] if name == "x" else ["a", "b"]
            if plan.explores[trial.number - start] or name not in plan.draws:
                drawn = declared, uniform_draw(5, trial, name, distribution)
            else:
                drawn = plan.draws[name].range, plan.draws[name].values[trial.number - start]
            assert (trial.user_attrs[RANGE_PREFIX + name], trial.params[name]) == drawn
    assert 0 < explored < 20


def test_the_options_are_those_that_were_chosen_and_else_the_documented_ones():
    assert NarrowingSampler(**OPTIONS)._options == Options(**OPTIONS)
    assert NarrowingSampler()._options == Options(2, 10, 1.0, 0.1, 0.13, 20)


@pytest.mark.parametrize("explore", [0, 1])
def test_the_limits_themselves_are_allowed(explore):
    NarrowingSampler(round=1, best=1, reach=0, explore=explore, smoothing=0, candidates=1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"round": 0}, "round must be from 1 to 10000000, got round = 0"),
        ({"explore": 1.01}, "explore must be from 0 to 1, got explore = 1.01"),
        ({"explore": -0.01}, "explore must be from 0 to 1, got explore = -0.01"),
    ],
)
def test_a_refused_option_is_told_with_its_limits(option, message):
    with pytest.raises(UsageError) as error:
        NarrowingSampler(**option)
    assert str(error.value) == message


def test_without_a_seed_searches_differ():
    assert NarrowingSampler()._seed != NarrowingSampler()._seed
    assert NarrowingSampler(seed=0)._seed == 0


def test_a_study_with_several_objectives_is_refused():
    study = optuna.create_study(directions=["minimize", "minimize"])
    sampler, x = NarrowingSampler(seed=0), optuna.distributions.FloatDistribution(0, 1)
    with pytest.raises(UsageError, match="got a study with 2"):
        sampler.infer_relative_search_space(study, None)
    with pytest.raises(UsageError, match="got a study with 2"):
        sampler.sample_independent(study, None, "x", x)


def test_the_plans_of_the_last_100_rounds_are_kept():
    sampler = NarrowingSampler(round=1, seed=0)
    study = optuna.create_study(sampler=sampler)
    study.add_trials([optuna.trial.create_trial(state=TrialState.FAIL)] * 3)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=120)
    assert [start for _, start in sampler._plans] == list(range(23, 123))


def test_plans_of_two_studies_are_not_mixed():
    sampler = NarrowingSampler(seed=0, **OPTIONS)
    low, high = (optuna.create_study(study_name=name, sampler=sampler) for name in ("low", "high"))
    for sign, study in ((1, low), (-1, high)):
        study.optimize(lambda trial, sign=sign: sign * trial.suggest_float("x", 0, 1), n_trials=12)
    alone = optuna.create_study(study_name="high", sampler=NarrowingSampler(seed=0, **OPTIONS))
    alone.optimize(lambda trial: -trial.suggest_float("x", 0, 1), n_trials=12)
    assert [trial.params for trial in high.trials] == [trial.params for trial in alone.trials]
