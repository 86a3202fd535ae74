"""Batch normalisation layer."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hpsearch.nn.arrays import Array, Buffer
from hpsearch.nn.layers import Layer, Parameter

EPSILON = 1e-5
"""Added to the variance, as in PyTorch (Keras: 1e-3)."""
MOMENTUM = 0.9
"""Weight of the old running statistics at an update: PyTorch's default (its momentum is 1 - this; Keras: 0.99)."""


class BatchNorm(Layer):
    """y = γ x̂ + β with x̂ = (x - mean) / √(variance + ε), per column.

    Training uses the mean and variance of the batch (divided by the number of rows) and updates running means of both.
    Evaluation uses the running ones. The running variance averages the unbiased variance (divided by rows - 1).

    A batch of one row has no variance: normalised by its own statistics it would be 0 in every column. Such a batch is
    normalised by the running statistics, as in evaluation, and does not update them.

    The layer stands before an activation, as in the paper, or after it; the chapter names both.

    Source: Ioffe and Szegedy, Batch normalization (ICML 2015), algorithms 1 and 2; Deep Learning from Scratch,
    section 6.3.
    """

    role = "batch_norm"

    scale: Array
    offset: Array
    scale_gradient: Array
    offset_gradient: Array

    def __init__(self, n_units: int, dtype: np.dtype[Any]) -> None:
        super().__init__(n_units, n_units, dtype)
        self.running_mean = np.zeros(n_units, dtype)
        self.running_variance = np.ones(n_units, dtype)
        self._normal = Buffer(n_units, dtype)
        self._inverse_std: Array = np.ones(n_units, dtype)
        self._uses_batch_statistics = False

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """γ (scale) and β (offset)."""
        return {"scale": Parameter((self.n_outputs,)), "offset": Parameter((self.n_outputs,))}

    @property
    def statistics(self) -> Mapping[str, Array]:
        """Running mean and variance."""
        return {"running_mean": self.running_mean, "running_variance": self.running_variance}

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Store the views of γ and β."""
        self.scale, self.scale_gradient = values["scale"], gradients["scale"]
        self.offset, self.offset_gradient = values["offset"], gradients["offset"]

    def initialize(self, rng: np.random.Generator) -> None:
        """Set γ = 1 and β = 0."""
        self.scale[...] = 1.0
        self.offset[...] = 0.0

    def forward(self, x: Array, training: bool) -> Array:
        """Return γ x̂ + β."""
        self._uses_batch_statistics = training and len(x) > 1
        normal = self._normal.rows(len(x))
        if self._uses_batch_statistics:
            variance = self._centre(x, normal)
        else:
            np.subtract(x, self.running_mean, out=normal)
            variance = self.running_variance
        self._inverse_std = 1.0 / np.sqrt(variance + EPSILON)
        np.multiply(normal, self._inverse_std, out=normal)
        output = np.multiply(normal, self.scale, out=self._output.rows(len(x)))
        return np.add(output, self.offset, out=output)

    def _centre(self, x: Array, centred: Array) -> Array:
        """Write x - mean to `centred`, update the running statistics, and return the variance."""
        rows = len(x)
        mean = np.add.reduce(x, axis=0) / rows
        np.subtract(x, mean, out=centred)
        squares = np.square(centred, out=self._output.rows(rows))
        variance: Array = np.add.reduce(squares, axis=0) / rows
        self.running_mean += (1.0 - MOMENTUM) * (mean - self.running_mean)
        self.running_variance += (1.0 - MOMENTUM) * (variance * (rows / (rows - 1)) - self.running_variance)
        return variance

    def backward(self, gradient: Array) -> Array:
        """Return γ / std · (g - mean of g - x̂ · mean of x̂ g), or γ / std · g if running statistics were used."""
        rows, normal = len(gradient), self._normal.view
        np.add.reduce(gradient, axis=0, out=self.offset_gradient)
        np.add.reduce(np.multiply(gradient, normal, out=self._output.view), axis=0, out=self.scale_gradient)
        if self._uses_batch_statistics:
            np.multiply(normal, self.scale_gradient / rows, out=normal)
            np.subtract(gradient, normal, out=gradient)
            np.subtract(gradient, self.offset_gradient / rows, out=gradient)
        np.multiply(gradient, self.scale * self._inverse_std, out=gradient)
        return gradient
