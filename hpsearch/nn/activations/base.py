"""The contract of activation functions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from hpsearch.nn.layers import Layer


class Activation(Layer):
    """An activation of `n_units` units; a subclass writes `forward` and `backward`.

    Other than layers in general it may overwrite its inputs: they are the outputs of a dense or batch-norm layer, which
    does not look at them again.

    Attributes
    ----------
    hyperparameters
        Names of the fields of `Hyperparameters` that the constructor takes after `n_units` and `dtype`.
    negative_slope
        The slope for x < 0 before training, which He's initial weights take into account.
    initializer
        Key of `INITIALIZERS` that ``initializer="auto"`` means for the dense layer before this activation.
    limits
        The values between which the outputs lie, if it saturates on both sides: where they come near, its slope
        vanishes.
    dies
        Whether a unit whose output is 0 on every row gets no gradient any more.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ()
    negative_slope: float = 0.0
    initializer: ClassVar[str] = "he"
    limits: ClassVar[tuple[float, float] | None] = None
    dies: ClassVar[bool] = False

    def __init__(self, n_units: int, dtype: np.dtype[Any], *, inputs_per_unit: int = 1) -> None:
        super().__init__(n_units * inputs_per_unit, n_units, dtype)
