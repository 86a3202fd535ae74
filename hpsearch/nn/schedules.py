"""Learning-rate schedules: factors of the learning rate as functions of time.

Time is in epochs, as a real number: 2.5 is the middle of the third epoch. The rate is set at every step, so a schedule
does not depend on the batch size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, floor, inf, pi
from types import MappingProxyType
from typing import NamedTuple

_MOST_DECAYS = 1e300  # larger numbers of decays are cut to this


def constant(time: float) -> float:
    """Return 1."""
    return 1.0


def step(time: float, decay_rate: float, decay_epochs: float) -> float:
    """Return decay_rate ^ ⌊time / decay_epochs⌋: a decay every `decay_epochs` epochs."""
    return _power(decay_rate, floor(min(time / decay_epochs, _MOST_DECAYS)))


def exponential(time: float, decay_rate: float, decay_epochs: float) -> float:
    """Return decay_rate ^ (time / decay_epochs): the continuous form of `step`."""
    return _power(decay_rate, time / decay_epochs)


def _power(base: float, exponent: float) -> float:
    """Return base ^ exponent, infinity on overflow: the training then diverges and is reported as diverged."""
    try:
        return float(base**exponent)
    except OverflowError:
        return inf


def inverse_time(time: float, decay_rate: float, decay_epochs: float) -> float:
    """Return 1 / (1 + decay_rate · time / decay_epochs)."""
    return 1.0 / (1.0 + decay_rate * time / decay_epochs)


def cosine(time: float, epochs: float, warmup_epochs: float) -> float:
    """Return (1 + cos(π · time / duration)) / 2: from 1 to 0 over the epochs after the warm-up, then 0.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (ICLR 2017), equation 5,
    without restarts.
    """
    duration = epochs - warmup_epochs
    return (1.0 + cos(pi * min(time / duration, 1.0))) / 2.0 if duration > 0.0 else 1.0


def _without_decay(duration: float, decay_rate: float, decay_epochs: float) -> str:
    return "decay_rate is 1" if decay_rate == 1.0 else ""


def _before_decay(duration: float, decay_rate: float, decay_epochs: float) -> str:
    return "" if decay_epochs < duration else f"decay_epochs {decay_epochs:g} are not over in {duration:g} epochs"


class Schedule(NamedTuple):
    """Formula of a schedule, and the fields of `Hyperparameters` that it takes after the time."""

    factor: Callable[..., float]
    hyperparameters: tuple[str, ...] = ()
    idle: Mapping[str, Callable[..., str]] = MappingProxyType({})
    """Field → why it has no effect, or "": a function of the number of epochs after the warm-up and of the fields."""


_DECAY = ("decay_rate", "decay_epochs")

SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(constant),
    "step": Schedule(step, _DECAY, {"decay_rate": _before_decay, "decay_epochs": _without_decay}),
    "exponential": Schedule(exponential, _DECAY, {"decay_epochs": _without_decay}),
    "inverse_time": Schedule(inverse_time, _DECAY),
    "cosine": Schedule(cosine, ("epochs", "warmup_epochs")),
}
"""Name → factor of the learning rate as a function of the epochs since the end of the warm-up."""
