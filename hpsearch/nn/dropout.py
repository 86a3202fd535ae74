"""Dropout layer."""

from typing import Any

import numpy as np

from hpsearch.nn.arrays import Array, Buffer, constant
from hpsearch.nn.layers import Layer

SCALINGS = ("training", "evaluation")
"""When outputs are scaled so that their mean does not depend on the mode."""


class Dropout(Layer):
    """Dropout: in training, set each unit to 0 with probability p = `share`.

    Units are dropped independently in every row. By `scaling`, the expected output is made the same in both modes:

    - "training" (inverted dropout, as in Keras and PyTorch): training multiplies what is left by 1 / (1 - p),
      and evaluation passes the inputs through;
    - "evaluation" (the chapter, the lecture): training leaves them as they are, and evaluation multiplies all by 1 - p.

    The two forms differ by the constant factor 1 - p in the layer's outputs. This is equivalent to scaling the
    following weights and their learning rate, so that one learns faster than the other from the same weights.

    Source: Srivastava et al., Dropout (JMLR 2014); Deep Learning from Scratch, section 6.4.3; Hung-yi Lee, Tips for
    training DNN.

    Parameters
    ----------
    share
        p, in [0, 1).
    scaling
        One of `SCALINGS`.
    rng
        Draws the dropped units at each forward pass in training.
    """

    role = "dropout"

    def __init__(
        self, n_units: int, dtype: np.dtype[Any], *, share: float, rng: np.random.Generator, scaling: str = SCALINGS[0]
    ) -> None:
        super().__init__(n_units, n_units, dtype)
        self.share = share
        self.rng = rng
        in_training = scaling == "training"
        self._scale = constant(1.0 / (1.0 - share) if in_training else 1.0, dtype)
        self._evaluated = None if in_training else constant(1.0 - share, dtype)
        self._uniform = Buffer(n_units, dtype)
        self._mask = Buffer(n_units, np.bool_)

    def forward(self, x: Array, training: bool) -> Array:
        """Drop units in training; in evaluation return the inputs, scaled if training does not scale them."""
        if not training:
            return x if self._evaluated is None else np.multiply(x, self._evaluated, out=self._output.rows(len(x)))
        uniform = self.rng.random(out=self._uniform.rows(len(x)), dtype=self.dtype.type)
        mask = np.greater_equal(uniform, self.share, out=self._mask.rows(len(x)))
        return self._apply(x, mask, self._output.rows(len(x)))

    def backward(self, gradient: Array) -> Array:
        """Drop the same units; call only after a forward pass in training."""
        return self._apply(gradient, self._mask.view, gradient)

    def draw_units(self, rng: np.random.Generator) -> Array:
        """Return a factor for each unit, shape (units,): 0 with probability p, else the scale of training."""
        kept = rng.random(self.n_outputs) >= self.share
        return (kept * self._scale).astype(self.dtype)

    def _apply(self, values: Array, mask: Array, out: Array) -> Array:
        np.multiply(values, mask, out=out)
        return np.multiply(out, self._scale, out=out)
