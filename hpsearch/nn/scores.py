"""Scores: how good predictions are, in a number that a person can read, gathered batch by batch."""

from math import inf
from typing import ClassVar, Literal

import numpy as np

from hpsearch.nn.arrays import Array


class Score:
    """Gathers batches of (predictions, targets) with `add`, and gives the score of all rows so far with `value`.

    Attributes
    ----------
    name
        Its key in `SCORES`.
    direction
        Whether better is more or less.
    worst
        A value that no model is worse than: what a training counts that failed.
    """

    name: ClassVar[str]
    direction: ClassVar[Literal["maximize", "minimize"]] = "maximize"
    worst: ClassVar[float]

    def add(self, predictions: Array, targets: Array) -> None:
        """Take a batch into account; predictions and targets have the same shape."""
        raise NotImplementedError

    def value(self) -> float:
        """The score of all rows so far; there has to be one."""
        raise NotImplementedError


class Accuracy(Score):
    """The share of rows whose class is predicted: the one with the largest output; among equal outputs, the first."""

    name = "accuracy"
    worst = 0.0

    def __init__(self) -> None:
        self._rows = 0
        self._right = 0

    def add(self, predictions: Array, targets: Array) -> None:
        """Class numbers (rows,)."""
        self._rows += len(targets)
        self._right += int(np.count_nonzero(predictions == targets))

    def value(self) -> float:
        """Right / rows."""
        return self._right / self._rows


class R2(Score):
    """R² = 1 - Σ (y - prediction)² / Σ (y - mean of y)², averaged over the outputs.

    Where the targets are constant, the quotient is undefined: R² is 1 if they are predicted exactly, else 0, as in
    scikit-learn; here a single row, too, counts as constant.
    """

    name = "r2"
    worst = -inf

    def __init__(self) -> None:
        self._rows = 0
        self._mean: Array = np.zeros(1)
        self._total: Array = np.zeros(1)
        self._residual: Array = np.zeros(1)

    def add(self, predictions: Array, targets: Array) -> None:
        """Numbers (rows, n_outputs). Sums of squares are merged in float64 by the formula of Chan et al. (1979)."""
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

    def value(self) -> float:
        """1 - residual / total, averaged over the outputs."""
        constant = self._total == 0.0
        share = np.where(constant, self._residual > 0.0, self._residual / np.where(constant, 1.0, self._total))
        return float(np.mean(1.0 - share))


SCORES: dict[str, type[Score]] = {score.name: score for score in (Accuracy, R2)}
