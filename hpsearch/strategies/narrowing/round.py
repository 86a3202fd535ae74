"""One round of narrowing: from what earlier trials taught to the ranges, and to the points drawn in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection

from hpsearch.space import Floats
from hpsearch.strategies.narrowing.axes import Axis, axis_of
from hpsearch.strategies.narrowing.lessons import Lesson, Lessons
from hpsearch.strategies.narrowing.neighbours import ranks, smoothed
from hpsearch.strategies.seeding import generator


@dataclass(frozen=True)
class Options:
    """What may be chosen; see `NarrowingSampler`."""

    round: int
    best: int
    reach: float
    explore: float
    smoothing: float
    candidates: int


@dataclass(frozen=True)
class Draws:
    """A parameter's part of a round: as it was declared, the range drawn from, and one value for each trial."""

    distribution: BaseDistribution
    range: list[Any]
    values: list[Any]


@dataclass(frozen=True)
class Round:
    """What the trials of a round draw.

    Attributes
    ----------
    numbers
        Of its trials.
    explores
        For each of its trials: whether it is drawn from the declared ranges.
    draws
        By parameter; those that no earlier trial has are missing, and all while there are too few trials.
    """

    numbers: range
    explores: list[bool]
    draws: dict[str, Draws]


def plan_round(lessons: Lessons, direction: StudyDirection, numbers: range, options: Options, seed: int) -> Round:
    """Plan a round from the lessons of the rounds before.

    Parameters
    ----------
    lessons
        The study's.
    direction
        Whether small or large values are good.
    numbers
        Of the round's trials.
    options, seed
        What the draws depend on besides.
    """
    explores = generator(seed, "explore", numbers.start).random(len(numbers)) < options.explore
    valued, others = lessons.before(numbers.start)
    if len(valued) < options.best:
        return Round(numbers, explores.tolist(), {})
    sign = -1.0 if direction == StudyDirection.MAXIMIZE else 1.0
    valued.sort(key=lambda each: sign * each.value)  # stable: of equals the first
    losses = [sign * each.value for each in valued] + [np.inf] * len(others)
    declared = _declared([*valued, *others])
    trials = _Trials({name: axis_of(dist) for name, dist in declared.items()}, [*valued, *others], np.array(losses))
    return Round(numbers, explores.tolist(), _draws(declared, trials, numbers, options, seed))


def _declared(lessons: Sequence[Lesson]) -> dict[str, BaseDistribution]:
    """The parameters that have more than one value, as the last trial declared them; in the order of their names."""
    declared: dict[str, BaseDistribution] = {}
    for each in sorted(lessons, key=lambda each: each.number):
        declared.update(each.distributions)
    return {name: declared[name] for name in sorted(declared) if not declared[name].single()}


def _draws(
    declared: dict[str, BaseDistribution], trials: _Trials, numbers: range, options: Options, seed: int
) -> dict[str, Draws]:
    """Ranges around the best trials, candidates in the ranges, and the best of the candidates."""
    if not declared:
        return {}
    shape = (len(numbers), options.candidates)
    ranges = {name: trials.range(name, options) for name in declared}
    candidates = {
        name: trials.axes[name].draw(ranges[name], generator(seed, "round", numbers.start, name).random(shape))
        for name in declared
    }
    chosen = trials.best_surrounded(candidates, options.smoothing)
    return {
        name: Draws(declared[name], axis.described(ranges[name]), [axis.value(place) for place in chosen[name]])
        for name, axis in trials.axes.items()
    }


class _Trials:
    """Trials as places on axes, the best first, and their ranks.

    Parameters
    ----------
    axes
        By parameter.
    lessons
        What they taught, the best first.
    losses
        Their values, the lower the better; infinite for those that have none.
    """

    def __init__(self, axes: dict[str, Axis], lessons: Sequence[Lesson], losses: Floats) -> None:
        self.axes = axes
        self._ranks = ranks(losses)
        self._valued = int(np.isfinite(losses).sum())
        self._places = {
            name: axis.places(np.array([each.internal.get(name, np.nan) for each in lessons]))
            for name, axis in axes.items()
        }

    def range(self, name: str, options: Options) -> Floats:
        """The range around the best trials that have the parameter; the declared one where they are too few."""
        guides = self._places[name][: self._valued]
        guides = guides[~np.isnan(guides)][: options.best]
        axis = self.axes[name]
        return axis.narrowed(guides, options.reach) if len(guides) == options.best else axis.whole()

    def best_surrounded(self, candidates: dict[str, Floats], smoothing: float) -> dict[str, Floats]:
        """Of each trial's candidates the one with the best neighbours: (trials, candidates) become (trials,)."""
        trials, each = next(iter(candidates.values())).shape
        chosen = np.zeros(trials, dtype=int)
        if each > 1:
            places = self._coordinates({name: drawn.ravel() for name, drawn in candidates.items()})
            known, width = self._coordinates(self._places), smoothing * np.sqrt(len(self.axes))
            chosen = smoothed(places, known, self._ranks, width).reshape(trials, each).argmin(axis=1)
        return {name: drawn[np.arange(trials), chosen] for name, drawn in candidates.items()}

    def _coordinates(self, places: dict[str, Floats]) -> Floats:
        better = slice((len(self._ranks) + 1) // 2)
        return np.hstack(
            [axis.coordinates(places[name], self._places[name][better]) for name, axis in self.axes.items()]
        )
