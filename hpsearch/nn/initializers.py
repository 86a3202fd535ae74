"""Initial weights: the standard deviation of the normal distribution that a dense layer's weights are drawn from.

Why it matters: with too small a deviation the activations of deep layers collapse to one value, with too large a one
they saturate; in both cases no gradient comes back. Biases start at 0. Source of the comparison: Deep Learning from
Scratch, section 6.2.
"""

from collections.abc import Callable
from math import sqrt


def zeros(fan_in: int, fan_out: int, slope: float, std: float) -> float:
    """0: every unit of a layer computes the same and gets the same gradient for ever. To show why not."""
    return 0.0


def normal(fan_in: int, fan_out: int, slope: float, std: float) -> float:
    """`initializer_std`, whatever the layer's size."""
    return std


def xavier(fan_in: int, fan_out: int, slope: float, std: float) -> float:
    """√(2 / (fan_in + fan_out)): keeps the variance of outputs and gradients for activations that are linear near 0.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (AISTATS
    2010), equation 12. The chapter's "Xavier" is the variant 1 / √fan_in, here `lecun`; for layers of equal size
    they agree.
    """
    return sqrt(2.0 / (fan_in + fan_out))


def he(fan_in: int, fan_out: int, slope: float, std: float) -> float:
    """√(2 / ((1 + slope²) fan_in)): keeps the variance of the outputs of rectifiers with that slope for x < 0.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (ICCV 2015), equations 10 and 15.
    """
    return sqrt(2.0 / ((1.0 + slope**2) * fan_in))


def lecun(fan_in: int, fan_out: int, slope: float, std: float) -> float:
    """√(1 / fan_in): keeps the variance of the outputs of a linear layer.

    Source: LeCun, Bottou, Orr and Müller, Efficient backprop (1998), equation 16.
    """
    return sqrt(1.0 / fan_in)


INITIALIZERS: dict[str, Callable[[int, int, float, float], float]] = {
    "zeros": zeros,
    "normal": normal,
    "xavier": xavier,
    "he": he,
    "lecun": lecun,
}
"""Name → function of (fan_in, fan_out, the activation's slope for x < 0, `initializer_std`) that gives the deviation.

The output layer counts as an activation of slope 1, so that "he" there is "lecun".
"""
