"""Scores of predictions, accumulated over batches."""

from math import inf
from typing import ClassVar, Literal

import numpy as np

from hpsearch.nn.arrays import Array


class Score:
    """Base class of scores: `add` accumulates batches, `value` returns the score of all rows so far.

    Attributes
    ----------
    name
        Key in `SCORES`.
    direction
        Whether larger ("maximize") or smaller ("minimize") values are better.
    worst
        Worst possible value; used as the value of a failed training.
    """

    name: ClassVar[str]
    direction: ClassVar[Literal["maximize", "minimize"]] = "maximize"
    worst: ClassVar[float]

    def add(self, predictions: Array, targets: Array, sample_weight: Array | None = None) -> None:
        """Add a batch; predictions and targets have the same shape, weights the shape (rows,)."""
        raise NotImplementedError

    def value(self) -> float:
        """Return the score of all rows so far; at least one row is required."""
        raise NotImplementedError


class Accuracy(Score):
    """Share of correctly classified rows. The prediction is the class with the largest output; ties go to the first."""

    name = "accuracy"
    worst = 0.0

    def __init__(self) -> None:
        self._rows: float = 0
        self._correct: float = 0

    def add(self, predictions: Array, targets: Array, sample_weight: Array | None = None) -> None:
        """Add class numbers of shape (rows,)."""
        right = predictions == targets
        self._rows += len(targets) if sample_weight is None else _sum(sample_weight)
        self._correct += int(np.count_nonzero(right)) if sample_weight is None else _sum(sample_weight[right])

    def value(self) -> float:
        """Return correct rows / rows, or the quotient of the sums of their weights."""
        return self._correct / self._rows


class R2(Score):
    """R² = 1 - Σ (y - prediction)² / Σ (y - mean of y)², averaged over the outputs; sums and mean can be weighted.

    If the targets are constant, the quotient is undefined: R² is then 1 for exact predictions, else 0, as in
    scikit-learn. Here a single row also counts as constant.
    """

    name = "r2"
    worst = -inf

    def __init__(self) -> None:
        self._rows: float = 0
        self._mean: Array = np.zeros(1)
        self._total: Array = np.zeros(1)
        self._residual: Array = np.zeros(1)

    def add(self, predictions: Array, targets: Array, sample_weight: Array | None = None) -> None:
        """Add numbers (rows, n_outputs); merges sums of squares in float64 as in Chan et al. (1979)."""
        if sample_weight is not None:
            self._add_weighted(predictions, targets, sample_weight)
            return
        rows = len(targets)
        mean = targets.mean(axis=0, dtype=np.float64)
        shift = mean - self._mean
        merged = self._rows + rows
        self._total = (
            self._total + np.square(targets - mean).sum(axis=0) + np.square(shift) * self._rows * rows / merged
        )
        self._mean = self._mean + shift * (rows / merged)
        self._residual = self._residual + np.square(np.subtract(predictions, targets, dtype=np.float64)).sum(axis=0)
        self._rows = merged

    def _add_weighted(self, predictions: Array, targets: Array, sample_weight: Array) -> None:
        rows = _sum(sample_weight)
        if rows == 0.0:
            return
        weights = sample_weight.astype(np.float64).reshape(-1, *(1 for _ in targets.shape[1:]))
        mean = (weights * targets).sum(axis=0) / rows
        shift = mean - self._mean
        merged = self._rows + rows
        squares = (weights * np.square(targets - mean)).sum(axis=0)
        self._total = self._total + squares + np.square(shift) * self._rows * rows / merged
        self._mean = self._mean + shift * (rows / merged)
        errors = np.subtract(predictions, targets, dtype=np.float64)
        self._residual = self._residual + (weights * np.square(errors)).sum(axis=0)
        self._rows = merged

    def value(self) -> float:
        """Return 1 - residual / total, averaged over the outputs."""
        constant = self._total == 0.0
        share = np.where(constant, self._residual > 0.0, self._residual / np.where(constant, 1.0, self._total))
        return float(np.mean(1.0 - share))


def _sum(weights: Array) -> float:
    return float(weights.sum(dtype=np.float64))


SCORES: dict[str, type[Score]] = {score.name: score for score in (Accuracy, R2)}
