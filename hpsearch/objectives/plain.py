"""Objectives written as plain functions of an Optuna trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from optuna.trial import Trial

from hpsearch.errors import UsageError, quoted
from hpsearch.objectives.base import Direction, Objective, Step, Trained


class PlainObjective(Objective):
    """Plain function of an Optuna trial as an objective: it suggests and trains in one call.

    Parameters
    ----------
    function
        Function from a trial to a number.
    direction
        Whether larger or smaller values are better.
    """

    shares_state = True

    def __init__(self, function: Callable[[Trial], float], direction: Direction = "minimize") -> None:
        self._function, self._direction = function, direction

    @property
    def direction(self) -> Direction:
        """Whether larger or smaller values are better."""
        return self._direction

    def run(self, trial: Trial, train: Callable[[Mapping[str, Any], Any], Trained] | None = None) -> Trained:
        """Call the function."""
        return _Returned(_number(self._function(trial)))

    def train(self, params: Mapping[str, Any], seeds: Any) -> Trained:
        """Refuse: a function suggests its parameters itself."""
        raise UsageError("a plain function can't be trained with given parameters: subclass hpsearch.Objective")


class _Returned(Trained):
    def __init__(self, value: float) -> None:
        self._value = value

    def __iter__(self) -> Iterator[Step]:
        yield Step(1, self._value)

    @property
    def validation(self) -> float:
        return self._value


def as_objective(function: Callable[[Trial], float], direction: Direction | None = None) -> Objective:
    """Return `function` if it is an `Objective`, else the function as one."""
    if isinstance(function, Objective):
        return function
    return PlainObjective(function, direction or "minimize")


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # it may be of any type
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"an objective must return a number, got {quoted(value)}") from None
