"""Trainings of models with the methods ``fit`` and ``predict``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Protocol

from numpy.typing import NDArray

from hpsearch.data import Split
from hpsearch.objectives.base import Outcome, Step, Trained


class Judge(Protocol):
    """Data and metric of the objective that a training belongs to."""

    @property
    def data(self) -> Split:
        """Train, validation and test part."""

    def value(
        self, model: Any, x: NDArray[Any], targets: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> float:
        """Return the value of the metric for a model."""

    @property
    def has_own_score(self) -> bool:
        """Whether the metric is accuracy or R²."""

    def judged(self, value: float, predictions: NDArray[Any]) -> Outcome:
        """Return the outcome for a test value and predictions of the test rows."""

    def judged_by_scorer(self, model: Any) -> Outcome:
        """Return the outcome for a model by another metric."""


def weights_of(weights: NDArray[Any] | None) -> dict[str, NDArray[Any]]:
    """Return the argument that gives weights to ``fit`` and to scores; none without weights."""
    return {} if weights is None else {"sample_weight": weights}


class FittedModel(Trained):
    """Training of a model with the methods ``fit`` and ``predict``, such as an estimator of scikit-learn: one step."""

    def __init__(self, objective: Judge, model: Any) -> None:
        self._objective, self._model = objective, model

    def __iter__(self) -> Iterator[Step]:
        """Fit the model to the train rows."""
        self.fit()
        yield Step(1, self.validation)

    def fit(self) -> None:
        """Fit the model to the train rows."""
        rows = self._objective.data
        self._model.fit(rows.x_train, rows.y_train, **weights_of(rows.w_train))

    @cached_property
    def validation(self) -> float:
        """Score on the validation rows."""
        return self.validate()

    def validate(self) -> float:
        """Compute the score on the validation rows."""
        rows = self._objective.data
        return self._objective.value(self._model, rows.x_validation, rows.y_validation, rows.w_validation)

    def outcome(self) -> Outcome:
        """Judge the model on the test rows."""
        rows = self._objective.data
        if not self._objective.has_own_score:
            return self._objective.judged_by_scorer(self._model)
        value = self._objective.value(self._model, rows.x_test, rows.y_test, rows.w_test)
        return self._objective.judged(value, self._model.predict(rows.x_test))

    def model(self) -> Any:
        """Return the fitted model; its inputs are scaled like the objective's data."""
        return self._model
