"""Trainings that are judged by cross-validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from hpsearch.objectives.base import Outcome, Step, Trained
from hpsearch.objectives.fitted import FittedModel
from hpsearch.objectives.measures import Measure

FOLD = "fold_"
"""Beginning of the names of the folds' values, before the number from 1."""


class CrossValidated(Trained):
    """Trainings on the folds of a cross-validation, as one: its value is the mean of the folds' values.

    Source: Stone, Cross-validatory choice and assessment of statistical predictions (1974).

    Parameters
    ----------
    folds
        Training of each fold.
    whole
        Training on all rows that are not test rows. It is trained when it is asked for, and judged on the test rows.
    """

    def __init__(self, folds: Sequence[FittedModel], whole: FittedModel) -> None:
        self._folds, self._whole = folds, whole

    def __iter__(self) -> Iterator[Step]:
        """Train on each fold."""
        for fold in self._folds:
            fold.fit()
        yield Step(1, self.validation)

    @property
    def validation(self) -> float:
        """Mean of the folds' validation values."""
        return sum(fold.validation for fold in self._folds) / len(self._folds)

    def attributes(self) -> Mapping[str, Any]:
        """Return ``diverged``, whether any fold has, and ``converged`` if any has not."""
        attributes = [fold.attributes() for fold in self._folds]
        converged = all(each.get("converged", True) for each in attributes)
        return {"diverged": any(each.get("diverged", False) for each in attributes)} | (
            {} if converged else {"converged": False}
        )

    def measures(self) -> Mapping[str, Measure]:
        """Return the validation value of each fold: ``fold_1`` and so on."""
        return {f"{FOLD}{number}": fold.validation for number, fold in enumerate(self._folds, 1)}

    def outcome(self) -> Outcome:
        """Judge the training on all rows on the test rows."""
        return self._refitted.outcome()

    def model(self) -> Any:
        """Return the model that is fitted to all rows that are not test rows."""
        return self._refitted.model()

    @cached_property
    def _refitted(self) -> FittedModel:
        self._whole.fit()
        return self._whole
