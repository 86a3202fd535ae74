"""Losses, averaged over a batch's rows, and the accumulation of loss and score over batches."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.nn.arrays import Array, Buffer, as_labels, as_targets, axpy, constant
from hpsearch.nn.scores import R2, Accuracy, Score


class Loss:
    """Base class of losses of outputs (rows, n_outputs) and targets.

    Attributes
    ----------
    score, score_name, worst_score
        Score class reported with the loss; its key in `SCORES`; its worst possible value.
    predictions
        Predictions of the last `forward`, as input of the score: class numbers (rows,) or the outputs.
    """

    score: ClassVar[type[Score]]
    score_name: ClassVar[str]
    worst_score: ClassVar[float]

    def __init_subclass__(cls) -> None:
        cls.score_name, cls.worst_score = cls.score.name, cls.score.worst

    def __init__(self, n_outputs: int, dtype: np.dtype[Any]) -> None:
        self.n_outputs = n_outputs
        self.dtype = dtype
        self.predictions: Array = np.empty(0)
        self._gradient = Buffer(n_outputs, dtype)

    def check(self, y: ArrayLike, n_rows: int, what: str = "y") -> Array:
        """Return `y` as targets for `forward`, or raise `DataError`."""
        raise NotImplementedError

    def forward(self, outputs: Array, targets: Array) -> None:
        """Compare outputs with targets; then call `value` and after it `backward`, either of them if needed."""
        raise NotImplementedError

    def value(self) -> float:
        """Return the mean loss of the rows of the last `forward`; invalid after `backward`."""
        raise NotImplementedError

    def row_values(self) -> Array:
        """Return the loss of each row of the last `forward`, whose mean is `value`; invalid after `backward`."""
        raise NotImplementedError

    def backward(self) -> Array:
        """Return the gradient of `value` with respect to the outputs, in a buffer of the loss."""
        raise NotImplementedError

    def predict(self, outputs: Array) -> Array:
        """Convert the network's outputs to predictions, in place."""
        raise NotImplementedError


class CrossEntropy(Loss):
    """Softmax and cross-entropy for class numbers: L = mean of -log p(class), p = softmax(outputs).

    Computed from shifted outputs z = outputs - max(outputs) as L = mean of log Σ exp(z) - z(class). This cannot
    overflow, and the loss is finite even for a probability that rounds to 0.

    Source: Deep Learning from Scratch, sections 3.5.2, 4.2.4 and 5.6.3 (gradient: (p - 1(class)) / rows).
    """

    score = Accuracy

    def __init__(self, n_outputs: int, dtype: np.dtype[Any]) -> None:
        super().__init__(n_outputs, dtype)
        self._shifted = Buffer(n_outputs, dtype)
        self._sums = Buffer(1, dtype)
        self._logarithms = Buffer(1, dtype)
        self._one_hot = Buffer(n_outputs, dtype)
        self._row_ones = Buffer(1, dtype, fill=1)
        self._all_starts: Array = np.arange(0)
        self._rows = constant(0, dtype)
        self._ones = np.ones((n_outputs, 1), dtype)
        self._identity = np.eye(n_outputs, dtype=dtype)
        self._axpy = axpy(dtype)

    def check(self, y: ArrayLike, n_rows: int, what: str = "y") -> Array:
        """Return class numbers 0 … n_outputs - 1, one per row."""
        return as_labels(y, n_rows, self.n_outputs, what)

    def forward(self, outputs: Array, targets: Array) -> None:
        """Compute z, exp(z) and Σ exp(z)."""
        rows = len(outputs)
        if len(self._gradient.view) != rows:
            self._resize(rows)
        shifted, exponentials = self._shifted.view, self._gradient.view
        # Multiplying by one-hot labels, or subtracting them, is faster than indexing by labels. With few columns,
        # argmax and products with ones take a third of the time of max and sums.
        self._identity.take(targets, axis=0, out=self._one_hot.view, mode="clip")
        self.predictions = outputs.argmax(axis=1)
        largest = outputs.reshape(-1).take(self._starts + self.predictions)
        np.subtract(outputs, largest[:, np.newaxis], out=shifted)
        np.exp(shifted, out=exponentials)
        exponentials.dot(self._ones, out=self._sums.view)

    def value(self) -> float:
        """Return the mean of log Σ exp(z) - z(class)."""
        np.log(self._sums.view, out=self._logarithms.view)
        log_sums = self._row_ones.vector.dot(self._logarithms.vector)
        class_outputs = self._shifted.vector.dot(self._one_hot.vector)
        return (float(log_sums) - float(class_outputs)) / len(self.predictions)

    def row_values(self) -> Array:
        """Return log Σ exp(z) - z(class) of each row."""
        class_outputs = (self._shifted.view * self._one_hot.view).sum(axis=1)
        values: Array = np.log(self._sums.view[:, 0]) - class_outputs
        return values

    def _resize(self, rows: int) -> None:
        """Resize all buffers to `rows` rows, and compute the start of each row in the flattened outputs."""
        for buffer in (self._gradient, self._shifted, self._sums, self._logarithms, self._one_hot, self._row_ones):
            buffer.rows(rows)
        if len(self._all_starts) < rows:
            self._all_starts = np.arange(0, rows * self.n_outputs, self.n_outputs)
        self._starts = self._all_starts[:rows]

    def backward(self) -> Array:
        """Return (p - 1(class)) / rows."""
        gradient, sums = self._gradient.view, self._sums.view
        self._rows[()] = len(gradient)
        np.multiply(sums, self._rows, out=sums)
        np.divide(gradient, sums, out=gradient)
        self._axpy(self._one_hot.vector, self._gradient.vector, a=-1.0 / len(gradient))
        return gradient

    def predict(self, outputs: Array) -> Array:
        """Return softmax(outputs), computed in place."""
        np.subtract(outputs, outputs.max(axis=1, keepdims=True), out=outputs)
        np.exp(outputs, out=outputs)
        np.divide(outputs, outputs.sum(axis=1, keepdims=True), out=outputs)
        return outputs


class SquaredError(Loss):
    """Squared error: L = mean over rows and outputs of (output - target)² / 2.

    The factor 1/2 follows scikit-learn and Deep Learning from Scratch, section 4.2.1, which sums instead of averaging.
    The mean squared error of Keras and PyTorch is twice as large.
    """

    score = R2

    def check(self, y: ArrayLike, n_rows: int, what: str = "y") -> Array:
        """Return finite numbers (rows, n_outputs); a vector (rows,) counts as one output."""
        return as_targets(y, n_rows, self.n_outputs, self.dtype, what)

    def forward(self, outputs: Array, targets: Array) -> None:
        """Compute the differences output - target."""
        self.predictions = outputs
        np.subtract(outputs, targets, out=self._gradient.rows(len(outputs)))

    def value(self) -> float:
        """Return the mean of (output - target)² / 2."""
        error = self._gradient.vector
        return float(error.dot(error)) / (2.0 * error.size)

    def row_values(self) -> Array:
        """Return the mean over outputs of (output - target)² / 2 of each row."""
        values: Array = np.square(self._gradient.view).mean(axis=1) / 2
        return values

    def backward(self) -> Array:
        """Return (output - target) / (rows · n_outputs)."""
        gradient = self._gradient.view
        return np.multiply(gradient, 1.0 / gradient.size, out=gradient)

    def predict(self, outputs: Array) -> Array:
        """Return the outputs unchanged."""
        return outputs


LOSSES: dict[str, type[Loss]] = {"cross_entropy": CrossEntropy, "squared_error": SquaredError}


class Metrics:
    """Mean loss, without penalty, and score over batches: call `add` after each `forward`.

    Parameters
    ----------
    loss
        Source of the values and predictions.
    losses
        List that the mean loss of each batch is appended to, if given.
    """

    def __init__(self, loss: Loss, losses: list[float] | None = None) -> None:
        self._loss = loss
        self._losses = losses
        self._score = loss.score()
        self._total = 0.0
        self._rows: float = 0

    def add(self, targets: Array, sample_weight: Array | None = None) -> None:
        """Add the batch with these targets; weights have a mean of 1 over all batches."""
        loss = self._loss
        value = loss.value() if sample_weight is None else float(loss.row_values().dot(sample_weight)) / len(targets)
        if self._losses is not None:
            self._losses.append(value)
        self._total += value * len(targets)
        self._rows += len(targets) if sample_weight is None else float(sample_weight.sum(dtype=np.float64))
        self._score.add(self._loss.predictions, targets, sample_weight)

    def values(self) -> tuple[float, float]:
        """Return loss and score; at least one row is required."""
        return self._total / self._rows, self._score.value()
