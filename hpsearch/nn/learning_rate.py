"""Learning rate of each step: warm-up, then the schedule."""

from __future__ import annotations

from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.schedules import SCHEDULES


def learning_rate_at(step_number: int, steps_per_epoch: int, settings: Hyperparameters) -> float:
    """Return the learning rate of a step; steps count from 0.

    During the first `warmup_epochs`, w steps, it grows linearly from rate / w at the first step to the full rate at the
    last. Then the schedule starts. Source of the warm-up: Goyal et al., Accurate, large minibatch SGD (2017),
    section 2.2.
    """
    if settings.schedule == "constant" and not settings.warmup_epochs:  # fast path of the usual case
        return settings.learning_rate
    warmup_steps = settings.warmup_epochs * steps_per_epoch
    if step_number + 1 < warmup_steps:
        return settings.learning_rate * (step_number + 1) / warmup_steps
    time = max(0.0, (step_number - warmup_steps) / steps_per_epoch)
    schedule = SCHEDULES[settings.schedule]
    numbers = settings.select(schedule.hyperparameters)
    if settings.steps is not None and "epochs" in numbers:
        numbers["epochs"] = settings.steps / steps_per_epoch
    return settings.learning_rate * schedule.factor(time, **numbers)
