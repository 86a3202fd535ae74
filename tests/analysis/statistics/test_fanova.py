import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import create_trial

from hpsearch.analysis.statistics.fanova import main_effects


def test_it_agrees_with_optuna_s():
    rng = np.random.default_rng(0)
    x = rng.random((60, 3))
    y = 3 * x[:, 0] + 2 * x[:, 1] ** 2 + x[:, 1] * x[:, 2]
    space = {name: FloatDistribution(0.0, 1.0) for name in "abc"}
    study = optuna.create_study()
    for row, value in zip(x.tolist(), y.tolist(), strict=True):
        params = dict(zip("abc", row, strict=True))
        study.add_trial(create_trial(value=value, params=params, distributions=space))
    theirs = FanovaImportanceEvaluator(n_trees=8, seed=0).evaluate(study)
    ours = main_effects(x, y, trees=8)
    assert ours.tolist() == pytest.approx([theirs[name] for name in "abc"], rel=1e-6)


def test_an_additive_function_is_divided_by_variance():
    """Var(2u) : Var(u) = 4 : 1, and nothing is left for interactions."""
    x = np.random.default_rng(0).random((2000, 3))
    shares = main_effects(x, 2 * x[:, 0] + x[:, 1], trees=8)
    assert shares == pytest.approx([0.8, 0.2, 0.0], abs=0.03)


def test_a_constant_has_no_effects():
    x = np.random.default_rng(0).random((20, 2))
    assert main_effects(x, np.ones(20), trees=4).tolist() == [0, 0]
