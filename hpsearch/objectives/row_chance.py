"""How much the value of a scorer depends on which rows it judges. This module imports scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

DRAWS = 50
"""Number of draws; the error is then known to a tenth."""


def row_error(value: Callable[[Any, NDArray[Any], NDArray[Any]], float], model: Any, x: Any, y: NDArray[Any]) -> float:
    """Return the standard error of ``value(model, x, y)`` by the chance of its rows: a bootstrap of `DRAWS` draws.

    Rows are drawn with replacement, of each class as many as there are. The model predicts all rows once.

    Parameters
    ----------
    value
        Score of a model on rows.
    model
        Fitted classifier or regressor; `y` has its class numbers, or numbers.

    Returns
    -------
    NaN if a value is not finite.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6.
    """
    answers, places = replayed(model, x), np.arange(len(y))[:, np.newaxis]
    rng = np.random.default_rng(0)
    classes = (
        [np.flatnonzero(y == each) for each in np.unique(y)] if hasattr(model, "classes_") else [np.arange(len(y))]
    )
    values = []
    for _ in range(DRAWS):
        rows = np.concatenate([rng.choice(each, len(each)) for each in classes])
        values.append(value(answers, places[rows], y[rows]))
    return float(np.std(values, ddof=1)) if np.isfinite(values).all() else math.nan


def replayed(model: Any, x: Any) -> Any:
    """Return a model whose inputs are row numbers of `x`, and whose predictions are those of `model`."""
    methods = dict(_methods(model, x))
    mixin = ClassifierMixin if hasattr(model, "classes_") else RegressorMixin
    content = {**methods, "fit": lambda self, x, y: self, "__sklearn_is_fitted__": lambda self: True}
    content |= {"classes_": model.classes_} if hasattr(model, "classes_") else {}
    return type("Replayed", (mixin, BaseEstimator), content)()


def _methods(model: Any, x: Any) -> Iterator[tuple[str, Callable[[Any, NDArray[Any]], NDArray[Any]]]]:
    for name in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, name):
            yield name, _replaying(name, np.asarray(getattr(model, name)(x)))


def _replaying(name: str, responses: NDArray[Any]) -> Callable[[Any, NDArray[Any]], NDArray[Any]]:
    def method(_self: Any, rows: NDArray[Any]) -> NDArray[Any]:
        answers: NDArray[Any] = responses[rows[:, 0]]
        return answers

    method.__name__ = name  # scikit-learn asks for it
    return method
