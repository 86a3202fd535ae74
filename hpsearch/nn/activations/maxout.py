"""Maxout activation."""

from __future__ import annotations

from typing import Any

import numpy as np

from hpsearch.nn.activations.base import Activation
from hpsearch.nn.activations.rectifiers import ReLU
from hpsearch.nn.arrays import Array, Buffer

INITIAL_PIECES = ("random", "relu")
"""Initial weights of maxout's pieces: all drawn, or the first as for relu and the others 0."""


class Maxout(Activation):
    """y = max of the unit's k = `pieces` inputs: a convex function with k learned linear pieces.

    The dense layer before it is k times as wide: its columns are the first piece of all units, then the second, and
    so on. Among equal pieces the first gets the gradient.

    Initial weights are LeCun's: the larger of two standard normal numbers has mean square 1, so two pieces preserve the
    variance like a linear layer. More pieces increase it.

    Two pieces of which the second is 0 make ReLU. With `initial_pieces` "relu", only the first piece is drawn, as for
    relu, and the others are 0. From the same seeds, the network then starts as one with relu, and learns on from there.

    Source: Goodfellow et al., Maxout networks (ICML 2013); Hung-yi Lee, Tips for training DNN.
    """

    hyperparameters = ("pieces", "initial_pieces")
    initializer = "lecun"

    def __init__(
        self, n_units: int, dtype: np.dtype[Any], pieces: int, initial_pieces: str = INITIAL_PIECES[0]
    ) -> None:
        super().__init__(n_units, dtype, inputs_per_unit=pieces)
        if initial_pieces == "relu":
            self.drawn_inputs, self.initializer = n_units, ReLU.initializer
        self.pieces = pieces
        self._winner = Buffer(n_units, np.min_scalar_type(self.pieces))
        self._input_gradient = Buffer(self.n_inputs, dtype)

    def forward(self, x: Array, training: bool) -> Array:
        """Return the largest piece of each unit."""
        y, winner = self._output.rows(len(x)), self._winner.rows(len(x))
        np.copyto(y, x[:, : self.n_outputs])
        winner.fill(0)
        for number in range(1, self.pieces):
            piece = x[:, number * self.n_outputs : (number + 1) * self.n_outputs]
            np.maximum(winner, np.multiply(piece > y, number, dtype=winner.dtype), out=winner)
            np.maximum(y, piece, out=y)
        return y

    def backward(self, gradient: Array) -> Array:
        """Apply slope 1 to the largest piece of each unit, 0 to the others."""
        result = self._input_gradient.rows(len(gradient))
        for number in range(self.pieces):
            piece = result[:, number * self.n_outputs : (number + 1) * self.n_outputs]
            np.multiply(gradient, self._winner.view == number, out=piece)
        return result
