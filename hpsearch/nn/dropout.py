"""Dropout layer."""

from typing import Any

import numpy as np

from hpsearch.nn.arrays import Array, Buffer, constant
from hpsearch.nn.layers import Layer


class Dropout(Layer):
    """Inverted dropout: in training, set each unit to 0 with probability p = `share`, else multiply it by 1 / (1 - p).

    Units are dropped independently in every row. Evaluation passes the inputs through: the expected output is the same
    in both modes. The chapter and the lecture don't rescale in training, and multiply all outputs (or the following
    weights) by 1 - p in evaluation. The two forms differ only by the constant factor 1 - p in the layer's outputs.
    This is equivalent to scaling the following weights and their learning rate.

    Source: Srivastava et al., Dropout (JMLR 2014); Deep Learning from Scratch, section 6.4.3; Hung-yi Lee, Tips for
    training DNN.

    Parameters
    ----------
    share
        p, in [0, 1).
    rng
        Draws the dropped units at each forward pass in training.
    """

    role = "dropout"

    def __init__(self, n_units: int, dtype: np.dtype[Any], *, share: float, rng: np.random.Generator) -> None:
        super().__init__(n_units, n_units, dtype)
        self.share = share
        self.rng = rng
        self._scale = constant(1.0 / (1.0 - share), dtype)
        self._uniform = Buffer(n_units, dtype)
        self._mask = Buffer(n_units, np.bool_)

    def forward(self, x: Array, training: bool) -> Array:
        """Drop units in training; return the inputs unchanged in evaluation."""
        if not training:
            return x
        uniform = self.rng.random(out=self._uniform.rows(len(x)), dtype=self.dtype.type)
        mask = np.greater_equal(uniform, self.share, out=self._mask.rows(len(x)))
        return self._apply(x, mask, self._output.rows(len(x)))

    def backward(self, gradient: Array) -> Array:
        """Drop the same units; call only after a forward pass in training."""
        return self._apply(gradient, self._mask.view, gradient)

    def draw_units(self, rng: np.random.Generator) -> Array:
        """Return a factor for each unit, shape (units,): 0 with probability p, else 1 / (1 - p)."""
        kept = rng.random(self.n_outputs) >= self.share
        return (kept * self._scale).astype(self.dtype)

    def _apply(self, values: Array, mask: Array, out: Array) -> Array:
        np.multiply(values, mask, out=out)
        return np.multiply(out, self._scale, out=out)
