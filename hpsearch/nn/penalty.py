"""L2 and L1 regularisation."""

from typing import ClassVar

import numpy as np

from hpsearch.nn.arrays import Array, constant
from hpsearch.nn.optimizers import BLOCK


class Penalty:
    """Penalty weight_decay / 2 · Σ w² + l1 · Σ |w| over the weights w; other parameters are not penalised.

    Parameters
    ----------
    weights, gradient
        Views of the decaying entries of the flat vectors.
    weight_decay, l1
        Factors of the L2 and L1 term. `weight_decay` must be 0 if the optimizer decays weights itself (AdamW).

    Attributes
    ----------
    hyperparameters
        Names of the fields of `Hyperparameters` that the constructor takes after `weights` and `gradient`.

    Source: Deep Learning from Scratch, section 6.4.2 (L2, with the same factor 1/2).
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("weight_decay", "l1")

    def __init__(self, weights: Array, gradient: Array, weight_decay: float, l1: float) -> None:
        self._l2 = weight_decay
        self._l1 = l1
        parts = [slice(start, start + BLOCK) for start in range(0, weights.size, BLOCK)]
        self._blocks = [(weights[part], gradient[part]) for part in parts]
        self._factors = constant(self._l2, weights.dtype), constant(self._l1, weights.dtype)
        self._scratch = np.empty(min(weights.size, BLOCK), weights.dtype)

    def value(self) -> float:
        """Return the penalty of the current weights."""
        l2 = sum(float(w.dot(w)) for w, _ in self._blocks) if self._l2 else 0.0
        l1 = sum(float(np.abs(w).sum()) for w, _ in self._blocks) if self._l1 else 0.0
        return 0.5 * self._l2 * l2 + self._l1 * l1

    def add_gradient(self) -> None:
        """Add weight_decay · w + l1 · sign(w) to the gradient; at w = 0 the second part is 0."""
        if self._l2:
            for w, g in self._blocks:
                np.add(g, np.multiply(w, self._factors[0], out=self._scratch[: w.size]), out=g)
        if self._l1:
            for w, g in self._blocks:
                sign = np.sign(w, out=self._scratch[: w.size])
                np.add(g, np.multiply(sign, self._factors[1], out=sign), out=g)
