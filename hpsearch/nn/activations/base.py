"""Base class of activation functions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from hpsearch.nn.layers import Layer


class Activation(Layer):
    """Activation of `n_units` units; subclasses implement `forward` and `backward`.

    Unlike other layers, it may modify its input in place. The input is the output of a dense or batch-norm layer, which
    does not read it again.

    Attributes
    ----------
    hyperparameters
        Names of the fields of `Hyperparameters` that the constructor takes after `n_units` and `dtype`.
    negative_slope
        Slope for x < 0 before training; used by He initialization.
    drawn_inputs
        Number of leading inputs for which the dense layer before draws its weights; those of the others start at 0.
    initializer
        Key of `INITIALIZERS` that ``initializer="auto"`` selects for the dense layer before this activation.
    limits
        Lower and upper limit of the outputs if the activation saturates on both sides, else None. The slope vanishes
        near them.
    dies
        Whether a unit with output 0 on every row gets no gradient.
    """

    role = "activation"
    hyperparameters: ClassVar[tuple[str, ...]] = ()
    negative_slope: float = 0.0
    initializer: str = "he"
    limits: ClassVar[tuple[float, float] | None] = None
    dies: ClassVar[bool] = False

    def __init__(self, n_units: int, dtype: np.dtype[Any], *, inputs_per_unit: int = 1) -> None:
        super().__init__(n_units * inputs_per_unit, n_units, dtype)
        self.drawn_inputs = self.n_inputs
