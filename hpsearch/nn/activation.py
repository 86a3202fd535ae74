"""The contract of activation functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hpsearch.nn.layers import Layer

if TYPE_CHECKING:
    from hpsearch.nn.hyperparameters import Hyperparameters


class Activation(Layer):
    """An activation of `n_units` units; a subclass writes `forward` and `backward`.

    Other than layers in general it may overwrite its inputs: they are the outputs of a dense or batch-norm layer, which
    does not look at them again.

    Attributes
    ----------
    initializer
        Key of `INITIALIZERS` that ``initializer="auto"`` means for the dense layer before this activation.
    limits
        The values between which the outputs lie, if it saturates on both sides: where they come near, its slope
        vanishes.
    dies
        Whether a unit whose output is 0 on every row gets no gradient any more.
    """

    initializer: ClassVar[str] = "he"
    limits: ClassVar[tuple[float, float] | None] = None
    dies: ClassVar[bool] = False

    def __init__(self, n_units: int, dtype: np.dtype[Any], settings: Hyperparameters) -> None:
        super().__init__(self.inputs_for(n_units, settings), n_units, dtype)

    @staticmethod
    def inputs_for(n_units: int, settings: Hyperparameters) -> int:
        """How many inputs give `n_units` outputs."""
        return n_units

    @staticmethod
    def negative_slope(settings: Hyperparameters) -> float:
        """The slope for x < 0 before training, which He's initial weights take into account."""
        return 0.0
