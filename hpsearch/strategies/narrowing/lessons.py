"""What narrowing learns from finished trials."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

MEMORY = 200  # how many trials of each kind a round looks back on: what a draw costs does not grow beyond


@dataclass(frozen=True)
class Lesson:
    """What a finished trial teaches.

    Attributes
    ----------
    number
        The trial's.
    value
        Its value; NaN where it has none that is finite, which teaches that its place is bad.
    internal
        Its parameters, in Optuna's internal representation.
    distributions
        What they were declared as.
    """

    number: int
    value: float
    internal: dict[str, float]
    distributions: dict[str, BaseDistribution]


class Lessons:
    """The lessons of a study, added in the order of the trials' numbers: those with a finite value, and the others."""

    def __init__(self) -> None:
        self._valued: list[Lesson] = []
        self._others: list[Lesson] = []

    def add(self, trial: FrozenTrial) -> None:
        """Learn from `trial`; nothing if it failed, for that may have had nothing to do with its hyperparameters."""
        if trial.state == TrialState.FAIL:
            return
        finite = trial.state == TrialState.COMPLETE and trial.value is not None and math.isfinite(trial.value)
        value = float(trial.value or 0) if finite else math.nan
        internal = {
            name: float(dist.to_internal_repr(trial.params[name])) for name, dist in trial.distributions.items()
        }
        (self._valued if finite else self._others).append(Lesson(trial.number, value, internal, trial.distributions))

    def before(self, number: int) -> tuple[list[Lesson], list[Lesson]]:
        """The last lessons before trial `number`: those with a finite value, and the others."""
        return _last(self._valued, number), _last(self._others, number)


def _last(lessons: list[Lesson], number: int) -> list[Lesson]:
    end = bisect_left(lessons, number, key=lambda each: each.number)
    return lessons[max(end - MEMORY, 0) : end]
