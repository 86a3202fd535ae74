"""Identity, sigmoid and tanh. In formulas, x is the input and y the output."""

from __future__ import annotations

import numpy as np

from hpsearch.nn.activations.base import Activation
from hpsearch.nn.arrays import Array


class Identity(Activation):
    """y = x; the network is linear if every layer uses it."""

    initializer = "xavier"
    negative_slope = 1.0

    def forward(self, x: Array, training: bool) -> Array:
        """Return the inputs unchanged."""
        return x

    def backward(self, gradient: Array) -> Array:
        """Apply slope 1."""
        return gradient


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)), computed as (1 + tanh(x / 2)) / 2, which cannot overflow.

    Source: Deep Learning from Scratch, section 3.2.4.
    """

    initializer = "xavier"
    limits = (0.0, 1.0)

    def forward(self, x: Array, training: bool) -> Array:
        """Return (1 + tanh(x / 2)) / 2."""
        y = np.multiply(x, 0.5, out=self._output.rows(len(x)))
        np.tanh(y, out=y)
        np.add(y, 1.0, out=y)
        return np.multiply(y, 0.5, out=y)

    def backward(self, gradient: Array) -> Array:
        """Apply slope y (1 - y)."""
        y = self._output.view
        np.multiply(gradient, y, out=gradient)
        np.subtract(1.0, y, out=y)
        return np.multiply(gradient, y, out=gradient)


class Tanh(Activation):
    """y = tanh(x)."""

    initializer = "xavier"
    limits = (-1.0, 1.0)

    def forward(self, x: Array, training: bool) -> Array:
        """Return tanh(x)."""
        return np.tanh(x, out=self._output.rows(len(x)))

    def backward(self, gradient: Array) -> Array:
        """Apply slope 1 - y²."""
        y = self._output.view
        np.square(y, out=y)
        np.subtract(1.0, y, out=y)
        return np.multiply(gradient, y, out=gradient)
