"""Dropout."""

from typing import Any

import numpy as np

from hpsearch.nn.arrays import Array, Buffer, constant
from hpsearch.nn.layers import Layer


class Dropout(Layer):
    """In training, each unit of each row is 0 with probability p = `share`, else it is multiplied by 1 / (1 - p).

    In evaluation nothing is done: the expected output is the same in both modes ("inverted" dropout). The chapter
    and the lecture leave the kept units as they are in training, and multiply all outputs (or the weights that
    follow) by 1 - p in evaluation. The two differ by the constant factor 1 - p in the layer's outputs only, that is
    by a scaling of the weights that follow and of their learning rate.

    Source: Srivastava et al., Dropout (JMLR 2014); Deep Learning from Scratch, section 6.4.3; Hung-yi Lee, Tips for
    training DNN.

    Parameters
    ----------
    share
        p, from 0 up to but not including 1.
    rng
        Draws the units that are dropped, at every forward pass of training.
    """

    def __init__(self, n_units: int, dtype: np.dtype[Any], *, share: float, rng: np.random.Generator) -> None:
        super().__init__(n_units, n_units, dtype)
        self.share = share
        self.rng = rng
        self._scale = constant(1.0 / (1.0 - share), dtype)
        self._drawn = Buffer(n_units, dtype)
        self._kept = Buffer(n_units, np.bool_)

    def forward(self, x: Array, training: bool) -> Array:
        """Drop in training, hand through in evaluation."""
        if not training:
            return x
        drawn = self.rng.random(out=self._drawn.rows(len(x)), dtype=self.dtype.type)
        kept = np.greater_equal(drawn, self.share, out=self._kept.rows(len(x)))
        return self._apply(x, kept, self._output.rows(len(x)))

    def backward(self, gradient: Array) -> Array:
        """The same units are dropped; to be called after a forward pass of training only."""
        return self._apply(gradient, self._kept.view, gradient)

    def _apply(self, values: Array, kept: Array, out: Array) -> Array:
        np.multiply(values, kept, out=out)
        return np.multiply(out, self._scale, out=out)
