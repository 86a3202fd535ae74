"""Models as scikit-learn's scorers take them. This module imports scikit-learn: import it when it is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from hpsearch.data import Split
from hpsearch.nn import Network


class InUnits(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Regression model whose predictions are in the target's units, ``prediction * scale + shift``."""

    def __init__(self, model: Any, shift: float, scale: float) -> None:
        self.model, self.shift, self.scale = model, shift, scale

    def fit(self, x: Any, y: Any) -> InUnits:
        """Return itself: the model is fitted."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Return predictions in the target's units, of shape (rows,)."""
        scaled: NDArray[np.float64] = np.asarray(self.model.predict(x), np.float64).reshape(len(x))
        return scaled * self.scale + self.shift


class NetworkOfClasses(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Network of this project as a classifier of class numbers."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def fit(self, x: Any, y: Any) -> NetworkOfClasses:
        """Return itself: the network is trained elsewhere."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def classes_(self) -> NDArray[np.int64]:
        """Class numbers."""
        return np.arange(self.network.n_outputs)

    def predict_proba(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Return probabilities, of shape (rows, classes); each row adds up to 1 in float64."""
        probabilities = self.network.predict(x).astype(np.float64)
        normalized: NDArray[np.float64] = probabilities / probabilities.sum(axis=1, keepdims=True)
        return normalized

    def predict(self, x: NDArray[Any]) -> NDArray[np.int64]:
        """Return the class with the largest probability; ties go to the first."""
        classes: NDArray[np.int64] = self.network.predict(x).argmax(axis=1)
        return classes


def guessing(rows: Split, responses: tuple[str, ...]) -> Any:
    """Return a model that knows nothing, with the methods `responses` only."""
    classes = rows.n_outputs

    def predict(_self: Any, x: NDArray[Any]) -> NDArray[Any]:
        if rows.task == "regression":
            return np.zeros(len(x))
        return np.arange(len(x)) % classes

    def predict_proba(_self: Any, x: NDArray[Any]) -> NDArray[Any]:
        return np.full((len(x), classes), 1 / classes)

    def decision_function(_self: Any, x: NDArray[Any]) -> NDArray[Any]:
        return np.zeros((len(x), classes) if classes > 2 else len(x))

    methods = {"predict": predict, "predict_proba": predict_proba, "decision_function": decision_function}
    mixin = RegressorMixin if rows.task == "regression" else ClassifierMixin
    content: dict[str, Any] = {name: methods[name] for name in responses if name in methods}
    content |= {
        "fit": lambda self, x, y: self,
        "__sklearn_is_fitted__": lambda self: True,
        "classes_": np.arange(classes),
    }
    return type("Guessing", (mixin, BaseEstimator), content)()
