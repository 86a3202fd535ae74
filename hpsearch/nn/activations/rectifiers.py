"""Rectifiers: activations that pass positive inputs on as they are, or nearly, and hold negative ones back.

In the formulas x is the input, y the output.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi, sqrt
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from hpsearch.nn.activations.base import Activation
from hpsearch.nn.arrays import Array, Buffer
from hpsearch.nn.layers import Parameter

_CONSTANTS: WeakValueDictionary[tuple[int, str, int], Buffer] = WeakValueDictionary()
"""Zeros and ones that nobody writes to: one array for all layers, since many would fill the processor's cache."""


def _filled(columns: int, dtype: np.dtype[Any], fill: int) -> Buffer:
    """An array of one number: with it NumPy's `maximum` and `minimum` take a third of the time of the number alone."""
    return _CONSTANTS.setdefault((columns, dtype.str, fill), Buffer(columns, dtype, fill))


class ReLU(Activation):
    """y = max(x, 0). The derivative at 0 is taken to be 0.

    Source: Deep Learning from Scratch, section 3.2.7; Glorot, Bordes and Bengio, Deep sparse rectifier neural
    networks (AISTATS 2011).
    """

    dies = True

    def __init__(self, n_units: int, dtype: np.dtype[Any]) -> None:
        super().__init__(n_units, dtype)
        self._bits = np.dtype(f"i{dtype.itemsize}")
        self._all_zeros = _filled(n_units, dtype, 0)
        self._all_ones = _filled(n_units, self._bits, 1)
        self._y = self._zeros = self._all_zeros.rows(0)
        self._take(self._y)

    def forward(self, x: Array, training: bool) -> Array:
        """max(x, 0), over x."""
        if x is not self._y:
            self._y, self._zeros = x, self._all_zeros.rows(len(x))
        return np.maximum(x, self._zeros, out=x)

    def backward(self, gradient: Array) -> Array:
        """Slope 1 where y > 0, else 0; written over y, which nobody needs any more.

        Taken as whole numbers, the bits of a y > 0 are at least 1 and those of 0 are 0; and the bits of a gradient
        times 1 or 0 are those of itself or of 0. That saves the way from truth values to numbers.
        """
        if self._y is not self._viewed or gradient is not self._gradient:
            self._take(gradient)
        np.minimum(self._slope, self._ones, out=self._slope)
        np.multiply(self._gradient_bits, self._slope, out=self._gradient_bits)
        return gradient

    def _take(self, gradient: Array) -> None:
        """Look at y and this gradient as whole numbers, until others come: steps mostly use the same few arrays."""
        self._viewed, self._gradient = self._y, gradient
        self._slope, self._gradient_bits = self._y.view(self._bits), gradient.view(self._bits)
        self._ones = self._all_ones.rows(len(gradient))


class LeakyReLU(Activation):
    """y = x for x > 0, else a x, with the fixed slope a = `negative_slope` of 0 to 1: y = max(x, a x).

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models (ICML 2013).
    """

    hyperparameters = ("negative_slope",)

    def __init__(self, n_units: int, dtype: np.dtype[Any], negative_slope: float) -> None:
        super().__init__(n_units, dtype)
        self.negative_slope = negative_slope
        self._slopes = Buffer(n_units, dtype)

    def forward(self, x: Array, training: bool) -> Array:
        """max(x, a x)."""
        y = np.multiply(x, self.negative_slope, out=self._output.rows(len(x)))
        if training:
            slopes = np.greater(x, 0.0, out=self._slopes.rows(len(x)))
            np.maximum(slopes, self.negative_slope, out=slopes)
        return np.maximum(x, y, out=y)

    def backward(self, gradient: Array) -> Array:
        """Slope 1 where x > 0, else a."""
        return np.multiply(gradient, self._slopes.view, out=gradient)


class PReLU(Activation):
    """y = x for x > 0, else a x, with a slope a for each unit that is learned: y = max(x, 0) + a min(x, 0).

    The slopes start at `initial_slope` and do not decay: decay would pull them to 0, which is ReLU.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (ICCV 2015), equations 1 and 2; initial slope 0.25.
    """

    hyperparameters = ("initial_slope",)
    slope: Array
    slope_gradient: Array

    def __init__(self, n_units: int, dtype: np.dtype[Any], initial_slope: float) -> None:
        super().__init__(n_units, dtype)
        self.negative_slope = initial_slope
        self._negative = Buffer(n_units, dtype)
        self._scratch = Buffer(n_units, dtype)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """A slope for each unit."""
        return {"slope": Parameter((self.n_outputs,))}

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Take over the views for the slopes."""
        self.slope, self.slope_gradient = values["slope"], gradients["slope"]

    def initialize(self, rng: np.random.Generator) -> None:
        """All slopes alike; `rng` is left alone."""
        self.slope[...] = self.negative_slope

    def forward(self, x: Array, training: bool) -> Array:
        """max(x, 0) + a min(x, 0)."""
        y, negative = self._output.rows(len(x)), self._negative.rows(len(x))
        np.minimum(x, 0.0, out=negative)
        np.maximum(x, 0.0, out=y)
        scaled = np.multiply(negative, self.slope, out=self._scratch.rows(len(x)))
        return np.add(y, scaled, out=y)

    def backward(self, gradient: Array) -> Array:
        """Slope 1 where x > 0, else a; for a it is Σ min(x, 0) g over the rows."""
        negative, scratch = self._negative.view, self._scratch.view
        np.add.reduce(np.multiply(gradient, negative, out=scratch), axis=0, out=self.slope_gradient)
        np.multiply(gradient, negative < 0.0, out=scratch)
        np.multiply(scratch, 1.0 - self.slope, out=scratch)
        return np.subtract(gradient, scratch, out=gradient)


class ELU(Activation):
    """y = x for x > 0, else exp(x) - 1.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units
    (ICLR 2016), with α = 1.
    """

    def __init__(self, n_units: int, dtype: np.dtype[Any]) -> None:
        super().__init__(n_units, dtype)
        self._slope = Buffer(n_units, dtype)

    def forward(self, x: Array, training: bool) -> Array:
        """max(x, exp(min(x, 0)) - 1), as exp(x) - 1 >= x."""
        y = np.minimum(x, 0.0, out=self._output.rows(len(x)))
        np.expm1(y, out=y)
        np.add(y, 1.0, out=self._slope.rows(len(x)))
        return np.maximum(x, y, out=y)

    def backward(self, gradient: Array) -> Array:
        """Slope exp(min(x, 0)): 1 where x > 0."""
        return np.multiply(gradient, self._slope.view, out=gradient)


class GELU(Activation):
    """y = x Φ(x) ≈ x (1 + tanh(u)) / 2, u = √(2/π) (x + 0.044715 x³), Φ the normal distribution function.

    Source: Hendrycks and Gimpel, Gaussian error linear units (2016), the approximation of section 2; the exact one,
    which is PyTorch's default, needs an error function that NumPy does not have. They differ by less than 0.001.
    """

    def __init__(self, n_units: int, dtype: np.dtype[Any]) -> None:
        super().__init__(n_units, dtype)
        self._slope = Buffer(n_units, dtype)

    def forward(self, x: Array, training: bool) -> Array:
        """The outputs, and in training the slopes, which need both x and u."""
        tanh = np.tanh(sqrt(2.0 / pi) * (x + 0.044715 * x * np.square(x)))
        if training:
            inner = sqrt(2.0 / pi) * (1.0 + 3 * 0.044715 * np.square(x))
            np.multiply(0.5, 1.0 + tanh + x * (1.0 - np.square(tanh)) * inner, out=self._slope.rows(len(x)))
        return np.multiply(0.5 * x, 1.0 + tanh, out=self._output.rows(len(x)))

    def backward(self, gradient: Array) -> Array:
        """Slope (1 + tanh(u)) / 2 + x (1 - tanh²(u)) u' / 2."""
        return np.multiply(gradient, self._slope.view, out=gradient)
