"""Rectifiers: activations that are nearly linear for positive inputs and damp negative ones.

In formulas, x is the input and y the output.
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
"""Read-only arrays of zeros and ones, shared by all layers: one per layer would fill the processor's cache."""


def _shared_constant(columns: int, dtype: np.dtype[Any], fill: int) -> Buffer:
    """Return a shared constant array, with which `np.maximum` takes a third of the time it takes with a scalar."""
    return _CONSTANTS.setdefault((columns, dtype.str, fill), Buffer(columns, dtype, fill))


class ReLU(Activation):
    """y = max(x, 0). The derivative at 0 is defined as 0.

    Source: Deep Learning from Scratch, section 3.2.7; Glorot, Bordes and Bengio, Deep sparse rectifier neural
    networks (AISTATS 2011).
    """

    dies = True

    def __init__(self, n_units: int, dtype: np.dtype[Any]) -> None:
        super().__init__(n_units, dtype)
        self._bits = np.dtype(f"i{dtype.itemsize}")
        self._all_zeros = _shared_constant(n_units, dtype, 0)
        self._all_ones = _shared_constant(n_units, self._bits, 1)
        self._y = self._zeros = self._all_zeros.rows(0)
        self._cache_views(self._y)

    def forward(self, x: Array, training: bool) -> Array:
        """Return max(x, 0), computed in place."""
        if x is not self._y:
            self._y, self._zeros = x, self._all_zeros.rows(len(x))
        return np.maximum(x, self._zeros, out=x)

    def backward(self, gradient: Array) -> Array:
        """Apply slope 1 where y > 0, else 0; overwrites y, which is no longer needed.

        Viewed as integers, the bits of y > 0 are at least 1 and those of 0 are 0, so min(bits, 1) is the slope.
        Multiplying the gradient's bits by it gives the gradient or 0, without converting booleans to floats.
        """
        if self._y is not self._viewed or gradient is not self._gradient:
            self._cache_views(gradient)
        np.minimum(self._slope, self._ones, out=self._slope)
        np.multiply(self._gradient_bits, self._slope, out=self._gradient_bits)
        return gradient

    def _cache_views(self, gradient: Array) -> None:
        """Cache integer views of y and this gradient: most steps use the same few arrays."""
        self._viewed, self._gradient = self._y, gradient
        self._slope, self._gradient_bits = self._y.view(self._bits), gradient.view(self._bits)
        self._ones = self._all_ones.rows(len(gradient))


class LeakyReLU(Activation):
    """y = max(x, a x): x for x > 0, else a x, with the fixed slope a = `negative_slope` between 0 and 1.

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models (ICML 2013).
    """

    hyperparameters = ("negative_slope",)

    def __init__(self, n_units: int, dtype: np.dtype[Any], negative_slope: float) -> None:
        super().__init__(n_units, dtype)
        self.negative_slope = negative_slope
        self._slopes = Buffer(n_units, dtype)

    def forward(self, x: Array, training: bool) -> Array:
        """Return max(x, a x)."""
        y = np.multiply(x, self.negative_slope, out=self._output.rows(len(x)))
        if training:
            slopes = np.greater(x, 0.0, out=self._slopes.rows(len(x)))
            np.maximum(slopes, self.negative_slope, out=slopes)
        return np.maximum(x, y, out=y)

    def backward(self, gradient: Array) -> Array:
        """Apply slope 1 where x > 0, else a."""
        return np.multiply(gradient, self._slopes.view, out=gradient)


class PReLU(Activation):
    """y = max(x, 0) + a min(x, 0): x for x > 0, else a x, with one learned slope a per unit.

    The slopes start at `initial_slope`. Weight decay skips them: it would pull them towards 0, which is ReLU.

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
        """One slope per unit."""
        return {"slope": Parameter((self.n_outputs,))}

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Store the views of the slopes."""
        self.slope, self.slope_gradient = values["slope"], gradients["slope"]

    def initialize(self, rng: np.random.Generator) -> None:
        """Set all slopes to the initial one; `rng` is not used."""
        self.slope[...] = self.negative_slope

    def forward(self, x: Array, training: bool) -> Array:
        """Return max(x, 0) + a min(x, 0)."""
        y, negative = self._output.rows(len(x)), self._negative.rows(len(x))
        np.minimum(x, 0.0, out=negative)
        np.maximum(x, 0.0, out=y)
        scaled = np.multiply(negative, self.slope, out=self._scratch.rows(len(x)))
        return np.add(y, scaled, out=y)

    def backward(self, gradient: Array) -> Array:
        """Apply slope 1 where x > 0, else a; the gradient of a is Σ min(x, 0) g over the rows."""
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
        """Return max(x, exp(min(x, 0)) - 1); valid because exp(x) - 1 >= x."""
        y = np.minimum(x, 0.0, out=self._output.rows(len(x)))
        np.expm1(y, out=y)
        np.add(y, 1.0, out=self._slope.rows(len(x)))
        return np.maximum(x, y, out=y)

    def backward(self, gradient: Array) -> Array:
        """Apply slope exp(min(x, 0)), which is 1 where x > 0."""
        return np.multiply(gradient, self._slope.view, out=gradient)


class GELU(Activation):
    """y = x Φ(x) ≈ x (1 + tanh(u)) / 2, u = √(2/π) (x + 0.044715 x³), Φ the normal distribution function.

    Source: Hendrycks and Gimpel, Gaussian error linear units (2016), the approximation of section 2. The exact form,
    PyTorch's default, needs the error function, which NumPy lacks. They differ by less than 0.001.
    """

    def __init__(self, n_units: int, dtype: np.dtype[Any]) -> None:
        super().__init__(n_units, dtype)
        self._slope = Buffer(n_units, dtype)

    def forward(self, x: Array, training: bool) -> Array:
        """Return the outputs; in training also compute the slopes, which need both x and u."""
        tanh = np.tanh(sqrt(2.0 / pi) * (x + 0.044715 * x * np.square(x)))
        if training:
            inner = sqrt(2.0 / pi) * (1.0 + 3 * 0.044715 * np.square(x))
            np.multiply(0.5, 1.0 + tanh + x * (1.0 - np.square(tanh)) * inner, out=self._slope.rows(len(x)))
        return np.multiply(0.5 * x, 1.0 + tanh, out=self._output.rows(len(x)))

    def backward(self, gradient: Array) -> Array:
        """Apply slope (1 + tanh(u)) / 2 + x (1 - tanh²(u)) u' / 2."""
        return np.multiply(gradient, self._slope.view, out=gradient)
