"""Losses: what training minimises, the mean over a batch's rows; the score that belongs to each; both over batches."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.nn.arrays import Array, Buffer, as_labels, as_targets, axpy, constant
from hpsearch.nn.scores import R2, Accuracy, Score


class Loss:
    """A loss of outputs (rows, n_outputs) and targets.

    Attributes
    ----------
    score, score_name, worst_score
        The score that goes with it; its key in `SCORES`; a value of it that no network is worse than.
    predictions
        What the outputs of the last `forward` say, as the score wants it: class numbers (rows,) or the outputs.
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
        """`y` as `forward` wants it, or a `DataError`."""
        raise NotImplementedError

    def forward(self, outputs: Array, targets: Array) -> None:
        """Compare outputs with targets; `value` and then `backward` say what came of it, to those who want to know."""
        raise NotImplementedError

    def value(self) -> float:
        """The mean loss of the rows that `forward` was given last; not to be asked after `backward`."""
        raise NotImplementedError

    def backward(self) -> Array:
        """The gradient of `value` with respect to the outputs, in a buffer of the loss' own."""
        raise NotImplementedError

    def predict(self, outputs: Array) -> Array:
        """What the network's outputs say, written over them."""
        raise NotImplementedError


class CrossEntropy(Loss):
    """Softmax and cross-entropy of class numbers: L = mean of -log p(class), p = softmax(outputs).

    Computed from shifted outputs z = outputs - max(outputs) as L = mean of log Σ exp(z) - z(class), so that nothing
    overflows and a probability that rounds to 0 still has a finite loss.

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
        """Class numbers 0 … n_outputs - 1, one a row."""
        return as_labels(y, n_rows, self.n_outputs, what)

    def forward(self, outputs: Array, targets: Array) -> None:
        """z, exp(z) and Σ exp(z)."""
        rows = len(outputs)
        if len(self._gradient.view) != rows:
            self._lend(rows)
        shifted, exponentials = self._shifted.view, self._gradient.view
        # A product with the one-hot labels, and their difference from p, take less time than indexing by labels; argmax
        # and products with ones, with few columns, a third of the time of max and sums.
        self._identity.take(targets, axis=0, out=self._one_hot.view, mode="clip")
        self.predictions = outputs.argmax(axis=1)
        largest = outputs.reshape(-1).take(self._starts + self.predictions)
        np.subtract(outputs, largest[:, np.newaxis], out=shifted)
        np.exp(shifted, out=exponentials)
        exponentials.dot(self._ones, out=self._sums.view)

    def value(self) -> float:
        """Mean of log Σ exp(z) - z(class)."""
        np.log(self._sums.view, out=self._logarithms.view)
        of_all = self._row_ones.vector.dot(self._logarithms.vector)
        of_class = self._shifted.vector.dot(self._one_hot.vector)
        return (float(of_all) - float(of_class)) / len(self.predictions)

    def _lend(self, rows: int) -> None:
        """Let all buffers be of so many rows, and know where each row of the flattened outputs starts."""
        for buffer in (self._gradient, self._shifted, self._sums, self._logarithms, self._one_hot, self._row_ones):
            buffer.rows(rows)
        if len(self._all_starts) < rows:
            self._all_starts = np.arange(0, rows * self.n_outputs, self.n_outputs)
        self._starts = self._all_starts[:rows]

    def backward(self) -> Array:
        """(p - 1(class)) / rows."""
        gradient, sums = self._gradient.view, self._sums.view
        self._rows[()] = len(gradient)
        np.multiply(sums, self._rows, out=sums)
        np.divide(gradient, sums, out=gradient)
        self._axpy(self._one_hot.vector, self._gradient.vector, a=-1.0 / len(gradient))
        return gradient

    def predict(self, outputs: Array) -> Array:
        """softmax(outputs)."""
        np.subtract(outputs, outputs.max(axis=1, keepdims=True), out=outputs)
        np.exp(outputs, out=outputs)
        np.divide(outputs, outputs.sum(axis=1, keepdims=True), out=outputs)
        return outputs


class SquaredError(Loss):
    """L = mean over rows and outputs of (output - target)² / 2.

    Halved as in scikit-learn, and in Deep Learning from Scratch, section 4.2.1, which sums instead of averaging;
    the mean squared error of Keras and PyTorch is twice as large.
    """

    score = R2

    def check(self, y: ArrayLike, n_rows: int, what: str = "y") -> Array:
        """Finite numbers (rows, n_outputs), or (rows,) for one output."""
        return as_targets(y, n_rows, self.n_outputs, self.dtype, what)

    def forward(self, outputs: Array, targets: Array) -> None:
        """The differences output - target."""
        self.predictions = outputs
        np.subtract(outputs, targets, out=self._gradient.rows(len(outputs)))

    def value(self) -> float:
        """Mean of (output - target)² / 2."""
        error = self._gradient.vector
        return float(error.dot(error)) / (2.0 * error.size)

    def backward(self) -> Array:
        """(output - target) / (rows · n_outputs)."""
        gradient = self._gradient.view
        return np.multiply(gradient, 1.0 / gradient.size, out=gradient)

    def predict(self, outputs: Array) -> Array:
        """The outputs themselves."""
        return outputs


LOSSES: dict[str, type[Loss]] = {"cross_entropy": CrossEntropy, "squared_error": SquaredError}


class Metrics:
    """The mean loss, without penalty, and the score of all rows that a loss is given: `add` each batch after `forward`.

    Parameters
    ----------
    loss
        Whose values and predictions are gathered.
    """

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._score = loss.score()
        self._total = 0.0
        self._rows = 0

    def add(self, targets: Array) -> None:
        """Take the batch with these targets into account."""
        self._total += self._loss.value() * len(targets)
        self._rows += len(targets)
        self._score.add(self._loss.predictions, targets)

    def values(self) -> tuple[float, float]:
        """Loss and score; there has to be a row."""
        return self._total / self._rows, self._score.value()
