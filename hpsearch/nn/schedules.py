"""Learning-rate schedules: what the learning rate is multiplied by as the training goes on.

Time is counted in epochs, as a real number: 2.5 is the middle of the third one. The rate is set for every step, so a
schedule does not depend on the batch size.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, floor, inf, pi
from typing import NamedTuple

_LONGEST = 1e300  # more decays than that are as many


def constant(time: float) -> float:
    """1."""
    return 1.0


def step(time: float, decay_rate: float, decay_epochs: float) -> float:
    """decay_rate ^ ⌊time / decay_epochs⌋: multiplied by `decay_rate` every `decay_epochs`."""
    return _power(decay_rate, floor(min(time / decay_epochs, _LONGEST)))


def exponential(time: float, decay_rate: float, decay_epochs: float) -> float:
    """decay_rate ^ (time / decay_epochs): as `step`, but smoothly."""
    return _power(decay_rate, time / decay_epochs)


def _power(base: float, exponent: float) -> float:
    """Infinite where Python's numbers end: such a training diverges, and is told of as others that do."""
    try:
        return float(base**exponent)
    except OverflowError:
        return inf


def inverse_time(time: float, decay_rate: float, decay_epochs: float) -> float:
    """1 / (1 + decay_rate · time / decay_epochs)."""
    return 1.0 / (1.0 + decay_rate * time / decay_epochs)


def cosine(time: float, epochs: int, warmup_epochs: float) -> float:
    """(1 + cos(π · time / duration)) / 2: from 1 to 0 over the epochs that follow the warm-up; 0 after them.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (ICLR 2017), equation 5,
    without restarts.
    """
    duration = epochs - warmup_epochs
    return (1.0 + cos(pi * min(time / duration, 1.0))) / 2.0 if duration > 0.0 else 1.0


class Schedule(NamedTuple):
    """A schedule's formula and the names of the fields of `Hyperparameters` that it takes after the time."""

    factor: Callable[..., float]
    hyperparameters: tuple[str, ...] = ()


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(constant),
    "step": Schedule(step, ("decay_rate", "decay_epochs")),
    "exponential": Schedule(exponential, ("decay_rate", "decay_epochs")),
    "inverse_time": Schedule(inverse_time, ("decay_rate", "decay_epochs")),
    "cosine": Schedule(cosine, ("epochs", "warmup_epochs")),
}
"""Name → the factor of the learning rate as a function of the epochs since the end of the warm-up."""
