"""Objectives written as plain functions of an Optuna trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import Trial

from hpsearch.errors import UsageError, quoted
from hpsearch.objectives.base import Conditions, Direction, Objective, Step, Trained
from hpsearch.objectives.declared import DeclaredSpace, Space


class PlainObjective(Objective):
    """Plain function of an Optuna trial as an objective: it suggests and trains in one call.

    Parameters
    ----------
    function
        Function from a trial to a number.
    direction
        Whether larger or smaller values are better.
    space
        What it suggests; None: only known while it suggests.
    """

    shares_state = True
    draws_rows = False

    def __init__(
        self,
        function: Callable[[Trial], float],
        direction: Direction = "minimize",
        space: DeclaredSpace | None = None,
    ) -> None:
        self._function, self._direction, self._space = function, direction, space

    @property
    def direction(self) -> Direction:
        """Whether larger or smaller values are better."""
        return self._direction

    @property
    def space(self) -> Mapping[str, BaseDistribution] | None:
        """Declared distributions; None without."""
        return None if self._space is None else self._space.distributions

    @property
    def conditions(self) -> Conditions:
        """Declared conditions."""
        return {} if self._space is None else self._space.conditions

    @property
    def likely(self) -> Mapping[str, Any]:
        """Declared likely values."""
        return {} if self._space is None else self._space.likely

    @property
    def content(self) -> Mapping[str, Any]:
        """The declared space; empty without."""
        return {} if self._space is None else {"space": self._space.content()}

    def run(self, trial: Trial, train: Callable[[Mapping[str, Any], Any], Trained] | None = None) -> Trained:
        """Call the function."""
        returned = self._function(trial)
        if self._space is not None:
            self._space.check(trial.distributions)
        return _Returned(_number(returned))

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


def as_objective(
    function: Callable[[Trial], float], direction: Direction | None = None, space: Space | None = None
) -> Objective:
    """Return `function` if it is an `Objective`, else the function as one, with the `space` that it declares.

    Raises
    ------
    UsageError
        If the space is invalid, or an `Objective` has one of its own.
    """
    if not isinstance(function, Objective):
        return PlainObjective(function, direction or "minimize", None if space is None else DeclaredSpace.of(space))
    if space is not None:
        raise UsageError(f"space is for functions: {type(function).__name__} has its own")
    return function


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # it may be of any type
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"an objective must return a number, got {quoted(value)}") from None
