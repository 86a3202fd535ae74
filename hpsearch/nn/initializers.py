"""Standard deviations of the normal distribution of a dense layer's initial weights.

If the deviation is too small, the activations of deep layers collapse to one value; if it is too large, they saturate.
Gradients vanish in both cases. Biases start at 0. Source of the comparison: Deep Learning from Scratch, section 6.2.
"""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple


def zeros(fan_in: int, fan_out: int, slope: float) -> float:
    """Return 0, for demonstration only: such a network can't learn.

    All units of a layer have the same outputs, and as they get the same gradient, they stay equal. A layer acts as one
    unit. Where the activation of 0 is 0, as for relu and tanh, no weight changes at all: only the output layer's biases
    learn how frequent the classes are. Pieces of a maxout unit are equal, too, so that the first gets all gradients.

    Source: Deep Learning from Scratch, section 6.2.1.
    """
    return 0.0


def normal(fan_in: int, fan_out: int, slope: float, initializer_std: float) -> float:
    """Return `initializer_std`, independent of the layer's size."""
    return initializer_std


def xavier(fan_in: int, fan_out: int, slope: float) -> float:
    """Return √(2 / (fan_in + fan_out)), which preserves the variance of outputs and gradients.

    Assumes an activation that is approximately linear near 0.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (AISTATS
    2010), equation 12. The chapter's "Xavier" is the variant 1 / √fan_in, here `lecun`; both agree for layers
    of equal size.
    """
    return sqrt(2.0 / (fan_in + fan_out))


def he(fan_in: int, fan_out: int, slope: float) -> float:
    """Return √(2 / ((1 + slope²) fan_in)), which preserves the variance of rectifiers with this slope for x < 0.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (ICCV 2015), equations 10 and 15.
    """
    return sqrt(2.0 / ((1.0 + slope**2) * fan_in))


def he_relu(fan_in: int, fan_out: int, slope: float) -> float:
    """Return √(2 / fan_in) in every layer, also in the output layer, where `he` returns √(1 / fan_in).

    Source: Deep Learning from Scratch, section 6.2.3, whose networks with ReLU have it in all layers.
    """
    return sqrt(2.0 / fan_in)


def lecun(fan_in: int, fan_out: int, slope: float) -> float:
    """Return √(1 / fan_in), which preserves the variance of the outputs of a linear layer.

    Source: LeCun, Bottou, Orr and Müller, Efficient backprop (1998), equation 16.
    """
    return sqrt(1.0 / fan_in)


class Initializer(NamedTuple):
    """Formula of the deviation, and the fields of `Hyperparameters` that it takes after sizes and slope."""

    std: Callable[..., float]
    hyperparameters: tuple[str, ...] = ()


INITIALIZERS: dict[str, Initializer] = {
    "zeros": Initializer(zeros),
    "normal": Initializer(normal, ("initializer_std",)),
    "xavier": Initializer(xavier),
    "he": Initializer(he),
    "he_relu": Initializer(he_relu),
    "lecun": Initializer(lecun),
}
"""Name → deviation as a function of fan_in, fan_out and the slope of the activation for x < 0.

The output layer counts as an activation of slope 1, so "he" equals "lecun" there.
"""
