"""Simple models that a search is compared with, trained on the same rows as its trials."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from hpsearch.data import Split
from hpsearch.objectives.fitted import weights_of

MOST_ROWS = 20_000
"""Maximum number of train rows of a baseline."""

_FEWEST_ROWS = 500  # however many columns there are
_MOST_NUMBERS = 2**24  # inputs of the linear model and of a forest for classes
_MOST_NUMBERS_OF_TREES = 2**18  # a forest for numbers looks at every column in every split


class Simple(NamedTuple):
    """A simple model.

    Attributes
    ----------
    make
        Makes scikit-learn's estimator for the task (``"classification"`` or ``"regression"``) and a seed.
    most_numbers
        Maximum number of inputs, rows × columns, by task.
    """

    make: Callable[[str, int], Any]
    most_numbers: dict[str, float]


def _simple(task: str, _seed: int) -> Any:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return DummyClassifier(strategy="prior") if task == "classification" else DummyRegressor()


def _linear(task: str, _seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    return LogisticRegression() if task == "classification" else Ridge()


def _forest(task: str, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestClassifier if task == "classification" else RandomForestRegressor)(random_state=seed)


BASELINES: dict[str, Simple] = {
    "simple": Simple(_simple, {"classification": math.inf, "regression": math.inf}),
    "linear": Simple(_linear, {"classification": _MOST_NUMBERS, "regression": _MOST_NUMBERS}),
    "forest": Simple(_forest, {"classification": _MOST_NUMBERS, "regression": _MOST_NUMBERS_OF_TREES}),
}
"""Baseline by name: the most frequent class or the mean; logistic or ridge regression; a random forest. All have
scikit-learn's defaults."""


def train_rows(name: str, rows: Split) -> int:
    """Return the number of train rows of a baseline: all up to `MOST_ROWS`, and fewer with very many columns."""
    most = BASELINES[name].most_numbers[rows.task] / rows.n_inputs
    return int(min(len(rows.x_train), MOST_ROWS, max(_FEWEST_ROWS, most)))


def fitted(name: str, rows: Split, seed: int) -> Any:
    """Return the baseline `name`, fitted to the first `train_rows` of the split.

    They are in random order, or the latest ones where rows are split by time.

    A logistic regression that does not converge within scikit-learn's number of iterations is taken as it is.
    """
    count = train_rows(name, rows)
    model = BASELINES[name].make(rows.task, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = weights_of(None if rows.w_train is None else rows.w_train[:count])
        return model.fit(rows.x_train[:count], rows.y_train[:count].reshape(count), **weights)


def load_libraries() -> None:
    """Import what the baselines need."""
    import sklearn.dummy
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401
