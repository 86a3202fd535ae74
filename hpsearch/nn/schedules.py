"""Learning-rate schedules: what the learning rate is multiplied by as the training goes on.

Time is counted in epochs, as a real number: 2.5 is the middle of the third one. The rate is set for every step, so a
schedule does not depend on the batch size.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, floor, inf, pi
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpsearch.nn.hyperparameters import Hyperparameters

_LONGEST = 1e300  # more decays than that are as many


def constant(time: float, settings: Hyperparameters) -> float:
    """1."""
    return 1.0


def step(time: float, settings: Hyperparameters) -> float:
    """decay_rate ^ ⌊time / decay_epochs⌋: multiplied by `decay_rate` every `decay_epochs`."""
    return _power(settings.decay_rate, floor(min(time / settings.decay_epochs, _LONGEST)))


def exponential(time: float, settings: Hyperparameters) -> float:
    """decay_rate ^ (time / decay_epochs): as `step`, but smoothly."""
    return _power(settings.decay_rate, time / settings.decay_epochs)


def _power(base: float, exponent: float) -> float:
    """Infinite where Python's numbers end: such a training diverges, and is told of as others that do."""
    try:
        return float(base**exponent)
    except OverflowError:
        return inf


def inverse_time(time: float, settings: Hyperparameters) -> float:
    """1 / (1 + decay_rate · time / decay_epochs)."""
    return 1.0 / (1.0 + settings.decay_rate * time / settings.decay_epochs)


def cosine(time: float, settings: Hyperparameters) -> float:
    """(1 + cos(π · time / duration)) / 2: from 1 to 0 over the epochs that follow the warm-up; 0 after them.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (ICLR 2017), equation 5,
    without restarts.
    """
    duration = settings.epochs - settings.warmup_epochs
    return (1.0 + cos(pi * min(time / duration, 1.0))) / 2.0 if duration > 0.0 else 1.0


SCHEDULES: dict[str, Callable[[float, Hyperparameters], float]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "inverse_time": inverse_time,
    "cosine": cosine,
}
"""Name → function of (epochs since the end of the warm-up, settings) that gives the factor."""


def learning_rate_at(step_number: int, steps_per_epoch: int, settings: Hyperparameters) -> float:
    """The learning rate of a step; steps count from 0.

    During the first `warmup_epochs`, w steps, it grows linearly, from rate / w at the first one to the full rate at
    the last; then the schedule starts. Source of the warm-up: Goyal et al., Accurate, large minibatch SGD (2017),
    section 2.2.
    """
    if settings.schedule == "constant" and not settings.warmup_epochs:  # the usual case, without any arithmetic
        return settings.learning_rate
    warmup_steps = settings.warmup_epochs * steps_per_epoch
    if step_number + 1 < warmup_steps:
        return settings.learning_rate * (step_number + 1) / warmup_steps
    time = max(0.0, (step_number - warmup_steps) / steps_per_epoch)
    return settings.learning_rate * SCHEDULES[settings.schedule](time, settings)
