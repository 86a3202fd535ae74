"""Finished trials in the form that narrowing learns from."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.narrowing.visited import Visited

MEMORY = 200  # number of past trials of each kind that a round uses; bounds the cost of a draw


@dataclass(frozen=True)
class Lesson:
    """Finished trial, reduced to the data that narrowing uses.

    Attributes
    ----------
    number
        Trial number.
    value
        Trial value; NaN if it has no finite value, which marks its place as bad.
    internal
        Parameters in Optuna's internal representation.
    distributions
        Declared distributions of the parameters.
    """

    number: int
    value: float
    internal: dict[str, float]
    distributions: dict[str, BaseDistribution]


class Lessons:
    """Lessons of a study, added in the order of trial numbers; those with a finite value are kept apart.

    Attributes
    ----------
    visited
        Configurations that were tried.
    """

    def __init__(self) -> None:
        self.visited = Visited()
        self._valued: list[Lesson] = []
        self._others: list[Lesson] = []

    def add(self, trial: FrozenTrial) -> None:
        """Add `trial`; a failed one is no lesson, since a failure may be unrelated to its hyperparameters."""
        self.visited.add(trial)
        if trial.state == TrialState.FAIL:
            return
        finite = trial.state == TrialState.COMPLETE and trial.value is not None and math.isfinite(trial.value)
        value = float(trial.value or 0) if finite else math.nan
        internal = {
            name: float(dist.to_internal_repr(trial.params[name])) for name, dist in trial.distributions.items()
        }
        (self._valued if finite else self._others).append(Lesson(trial.number, value, internal, trial.distributions))

    def before(self, number: int) -> tuple[list[Lesson], list[Lesson]]:
        """Return the last lessons before trial `number`: those with a finite value, and the others."""
        return _last(self._valued, number), _last(self._others, number)


def _last(lessons: list[Lesson], number: int) -> list[Lesson]:
    end = bisect_left(lessons, number, key=lambda each: each.number)
    return lessons[max(end - MEMORY, 0) : end]
