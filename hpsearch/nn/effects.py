"""Detection of hyperparameters without effect: no active part of a training uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import NamedTuple

from hpsearch.nn.activations import ACTIVATIONS
from hpsearch.nn.build import initializers_in_use
from hpsearch.nn.early_stopping import EarlyStopping
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.initializers import INITIALIZERS
from hpsearch.nn.optimizers import OPTIMIZERS
from hpsearch.nn.penalty import Penalty
from hpsearch.nn.schedules import SCHEDULES

Idle = Callable[[Hyperparameters], str]
"""Function that returns why a part of the training does not use its fields; "" if it does."""


class Part(NamedTuple):
    """Part of a training: the fields of `Hyperparameters` that it uses, unless it is idle."""

    hyperparameters: Iterable[str]
    idle: Idle


def ineffective(settings: Hyperparameters) -> dict[str, str]:
    """Return each field that has no effect on a training with these settings, and why.

    Such a field can have any value: history and parameters are the same bits. Effects that depend on the data are not
    considered: a `batch_size` above the number of rows, a `patience` that is never reached, initial weights of 0.

    >>> reasons = ineffective(Hyperparameters(optimizer="sgd"))
    >>> reasons["momentum"], reasons["initializer_std"]
    ("optimizer 'sgd' does not use it", "initializer 'auto' does not use it")
    """
    reasons = {field.name: [part.idle(settings) for part in _PARTS_OF[field.name]] for field in fields(settings)}
    return {name: each[0] for name, each in reasons.items() if all(each)}


def _never(settings: Hyperparameters) -> str:
    return ""


def _without_hidden_layers(settings: Hyperparameters) -> str:
    return "" if settings.hidden_layer_sizes else "there are no hidden layers"


def _without_dropout(settings: Hyperparameters) -> str:
    return "" if settings.dropout else "dropout is 0"


def _without_batch_norm(settings: Hyperparameters) -> str:
    return "" if settings.batch_norm else "batch_norm is off"


def _without_schedule(settings: Hyperparameters) -> str:
    if settings.steps is not None and settings.steps <= 1:  # every schedule starts with the factor 1
        return f"steps is {settings.steps}"
    warmup, most = settings.warmup_epochs, _most_epochs(settings)
    return "" if warmup < most else f"warmup_epochs {warmup:g} take all {_budget(settings)}"


def _most_epochs(settings: Hyperparameters) -> int:
    """Return the largest number of epochs that the training may have, whatever the number of rows."""
    return settings.epochs if settings.steps is None else settings.steps


def _budget(settings: Hyperparameters) -> str:
    return f"{settings.epochs} epochs" if settings.steps is None else f"{settings.steps} steps"


def _with_steps(settings: Hyperparameters) -> str:
    return "" if settings.steps is None else "steps are the budget"


def _without_steps(settings: Hyperparameters) -> str:
    return "steps is 0" if settings.steps == 0 else ""


def _without_step_evaluations(settings: Hyperparameters) -> str:
    """Return why no number of steps between evaluations matters."""
    if settings.steps is None:
        return "the budget is in epochs"
    return "" if settings.steps > 1 else f"steps is {settings.steps}"


def _without_penalty(settings: Hyperparameters) -> str:
    """Return why the penalty does not depend on the optimizer, and nothing else of an untrained network does."""
    return "" if settings.weight_decay else _without_steps(settings)


def _without_decay(settings: Hyperparameters) -> str:
    return _without_steps(settings) if OPTIMIZERS[settings.optimizer].decays_weights else ""


def _without_early_stopping(settings: Hyperparameters) -> str:
    return "" if settings.early_stopping else "early_stopping is off"


def _at_fewer_evaluations(least: int) -> Idle:
    def why(settings: Hyperparameters) -> str:
        if settings.steps is None:
            return "" if settings.epochs >= least else f"epochs is {settings.epochs}"
        most = 1 + -(-settings.steps // (settings.evaluate_every or 1))
        return "" if most >= least else f"{_budget(settings)} have {most} evaluations"

    return why


def _first_of(*idle: Idle) -> Idle:
    return lambda settings: next(filter(None, (why(settings) for why in idle)), "")


def _unused_by_choice(field: str, key: str, in_use: Callable[[Hyperparameters], Iterable[str]]) -> Idle:
    """Return why the entry `key` of the table that `field` chooses from is idle: other entries are in use."""
    return lambda s: "" if key in in_use(s) else f"{field} {getattr(s, field)!r} does not use it"


def _schedule_idle(key: str, field: str) -> Idle:
    schedule = SCHEDULES[key]
    why = schedule.idle.get(field)
    if why is None:
        return _never
    return lambda s: why(_most_epochs(s) - s.warmup_epochs, **s.select(schedule.hyperparameters))


def _parts() -> Iterator[Part]:
    """Yield all parts; the first idle part that would use a field gives the reason."""
    yield Part(("hidden_layer_sizes", "initializer", "dtype", "steps"), _never)
    yield Part(("optimizer",), _without_penalty)
    yield Part(("learning_rate", "warmup_epochs", "batch_size", "replacement", "train_metrics"), _without_steps)
    yield Part(("epochs",), _with_steps)
    yield Part(("evaluate_every",), _without_step_evaluations)
    for name in Penalty.hyperparameters:
        yield Part((name,), _PENALTY_IDLE.get(name, _never))
    yield Part(("activation", "batch_norm"), _without_hidden_layers)
    yield Part(("dropout",), _first_of(_without_hidden_layers, _without_steps))
    yield Part(("dropout_scaling",), _first_of(_without_hidden_layers, _without_dropout))
    yield Part(("batch_norm_place",), _first_of(_without_hidden_layers, _without_batch_norm))
    yield Part(("schedule",), _without_schedule)
    yield Part(("early_stopping",), _at_fewer_evaluations(min(EarlyStopping.hyperparameters.values())))
    for name, least in EarlyStopping.hyperparameters.items():
        yield Part((name,), _first_of(_without_early_stopping, _at_fewer_evaluations(least)))
    for key, activation in ACTIVATIONS.items():
        unused = _unused_by_choice("activation", key, lambda s: (s.activation,))
        yield Part(activation.hyperparameters, _first_of(_without_hidden_layers, unused))
    for key, initializer in INITIALIZERS.items():
        yield Part(initializer.hyperparameters, _unused_by_choice("initializer", key, initializers_in_use))
    for key, optimizer in OPTIMIZERS.items():
        unused = _unused_by_choice("optimizer", key, lambda s: (s.optimizer,))
        yield Part(optimizer.hyperparameters, _first_of(unused, _without_steps))
    for key, schedule in SCHEDULES.items():
        unused = _unused_by_choice("schedule", key, lambda s: (s.schedule,))
        for name in schedule.hyperparameters:
            masked = _MASKED.get(name, _never)
            yield Part((name,), _first_of(masked, _without_schedule, unused, _schedule_idle(key, name)))


_PENALTY_IDLE: Mapping[str, Idle] = {"weight_decay": _without_decay}
"""Field of the penalty → why it has no effect."""

_MASKED: Mapping[str, Idle] = {"epochs": _with_steps}
"""Field → why another field takes its place."""

_PARTS_OF: Mapping[str, list[Part]] = {
    field.name: [part for part in _parts() if field.name in part.hyperparameters] for field in fields(Hyperparameters)
}
"""Field → parts that use it."""
