import pickle

import optuna
import pytest

from hpsearch.errors import UsageError
from hpsearch.strategies import STRATEGIES, NamedStrategy, make_strategy
from hpsearch.strategies.tpe import tpe


def draws(sampler, trials=25):
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1), n_trials=trials)
    return [trial.params for trial in study.trials]


def test_a_strategy_made_with_options_survives_pickling_and_uses_them():
    make = make_strategy("tpe", {"n_startup_trials": 3, "n_ei_candidates": 4})
    expected = draws(tpe(5, n_startup_trials=3, n_ei_candidates=4))
    assert draws(make(5)) == draws(pickle.loads(pickle.dumps(make))(5)) == expected
    assert expected[:3] == draws(STRATEGIES["random"](5))[:3]
    assert expected != draws(tpe(5, n_startup_trials=3))


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("tpe", {"n_startup": 3}, "unknown option of strategy 'tpe' 'n_startup' (did you mean 'n_startup_trials'?)"),
        ("tpe", {"n_startup_trials": -1}, "option n_startup_trials of strategy 'tpe' must be greater than or equal"),
        ("tpe", {"n_startup_trials": "3"}, "must be a valid integer, got '3'"),
        ("tpe", {"multivariate": 1}, "option multivariate of strategy 'tpe' must be a valid boolean, got 1"),
        ("tpe", {"group": True, "multivariate": False}, "group = true of tpe needs multivariate = true"),
        ("tpe-univariate", {"multivariate": True}, "unknown option of strategy 'tpe-univariate' 'multivariate'"),
        ("cmaes", {"with_margin": True, "lr_adapt": True}, "exclude each other"),
        ("cmaes", {"popsize": 1}, "popsize of strategy 'cmaes' must be greater than or equal to 2, got 1"),
        ("grid", {"points": 2.5}, "option points of strategy 'grid' must be a valid integer"),
        ("random", {"points": 2}, "strategy 'random' has no options, got 'points'"),
        ("tpee", {}, "unknown strategy 'tpee' (did you mean 'tpe'?)"),
    ],
)
def test_what_is_wrong_is_said_at_once_in_one_line(name, options, words):
    with pytest.raises(UsageError) as error:
        make_strategy(name, options)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_options_are_checked_where_a_strategy_is_called_directly_too():
    with pytest.raises(UsageError, match="did you mean 'points'"):
        STRATEGIES["grid"](0, point=3)


def test_a_missing_package_is_named_with_what_installs_it():
    strategy = NamedStrategy("gp", tpe, package="no_such_package")
    with pytest.raises(UsageError, match=r"strategy 'gp' needs the package no_such_package: pip install 'hpsearch\[gp"):
        strategy(0)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_option_is_declared_with_a_type(name):
    assert all(hint is not None for hint in STRATEGIES[name].options.values())
    assert STRATEGIES[name].name == name
