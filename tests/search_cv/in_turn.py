"""Strategy that takes the choices of a parameter in turn, small data, and a scikit-learn search to compare with."""

from typing import Any

from optuna.samplers import BaseSampler
from sklearn.datasets import load_iris

from hpsearch.strategies.base import IndependentSampler

X, Y = load_iris(return_X_y=True)
X, Y = X[::3], Y[::3]


class InTurn(IndependentSampler):
    """Trial *n* takes choice *n*."""

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        return param_distribution.choices[trial.number % len(param_distribution.choices)]


def in_turn(seed: int) -> BaseSampler:
    return InTurn()
