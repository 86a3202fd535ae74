"""One round of narrowing: lessons of earlier trials to ranges, and ranges to points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection

from hpsearch.seeding import generator
from hpsearch.space import Floats
from hpsearch.strategies.narrowing.axes import Axis, axis_of
from hpsearch.strategies.narrowing.lessons import Lesson, Lessons
from hpsearch.strategies.narrowing.neighbours import ranks, smoothed


@dataclass(frozen=True)
class Options:
    """Options of a round; see `NarrowingSampler`."""

    round: int
    best: int
    reach: float
    explore: float
    smoothing: float
    candidates: int


@dataclass(frozen=True)
class Draws:
    """One parameter in a round: declared distribution, range drawn from, and one value per trial."""

    distribution: BaseDistribution
    range: list[Any]
    values: list[Any]


@dataclass(frozen=True)
class Round:
    """Plan of a round: the draws of its trials.

    Attributes
    ----------
    numbers
        Numbers of its trials.
    explores
        For each trial, whether it is drawn from the declared ranges.
    draws
        Draws by parameter. A parameter that no earlier trial has is missing; empty while there are too few trials.
    """

    numbers: range
    explores: list[bool]
    draws: dict[str, Draws]


def plan_round(
    lessons: Lessons, direction: StudyDirection, numbers: range, options: Options, seed: int, lag: int = 0
) -> Round:
    """Plan a round from the lessons of earlier rounds.

    Parameters
    ----------
    lessons
        Lessons of the study.
    direction
        Whether small or large values are good.
    numbers
        Numbers of the round's trials.
    options, seed
        Options of the sampler and seed of the draws.
    lag
        Number of trials before the round that it must not use, since they may still run.
    """
    explores = generator(seed, "explore", numbers.start).random(len(numbers)) < options.explore
    valued, others = lessons.before(numbers.start - lag)
    if len(valued) < options.best:
        return Round(numbers, explores.tolist(), {})
    sign = -1.0 if direction == StudyDirection.MAXIMIZE else 1.0
    valued.sort(key=lambda each: sign * each.value)  # stable: ties keep the order of trials
    losses = [sign * each.value for each in valued] + [np.inf] * len(others)
    space = _last_distributions([*valued, *others])
    trials = _Trials({name: axis_of(dist) for name, dist in space.items()}, [*valued, *others], np.array(losses))
    return Round(numbers, explores.tolist(), _draws(space, trials, numbers, options, seed))


def _last_distributions(lessons: Sequence[Lesson]) -> dict[str, BaseDistribution]:
    """Return the last declared distribution of each parameter with more than one value, sorted by name."""
    space: dict[str, BaseDistribution] = {}
    for each in sorted(lessons, key=lambda each: each.number):
        space.update(each.distributions)
    return {name: space[name] for name in sorted(space) if not space[name].single()}


def _draws(
    space: dict[str, BaseDistribution], trials: _Trials, numbers: range, options: Options, seed: int
) -> dict[str, Draws]:
    """Compute ranges around the best trials, draw candidates in them, and keep the best candidates."""
    if not space:
        return {}
    shape = (len(numbers), options.candidates)
    ranges = {name: trials.range(name, options) for name in space}
    candidates = {
        name: trials.axes[name].draw(ranges[name], generator(seed, "round", numbers.start, name).random(shape))
        for name in space
    }
    chosen = trials.best_surrounded(candidates, options.smoothing)
    return {
        name: Draws(space[name], axis.described(ranges[name]), [axis.value(place) for place in chosen[name]])
        for name, axis in trials.axes.items()
    }


class _Trials:
    """Trials as places on axes, best first, with their ranks.

    Parameters
    ----------
    axes
        Axes by parameter.
    lessons
        Lessons of the trials, best first.
    losses
        Values of the trials, lower is better; infinite without a value.
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
        """Return the range around the best trials that have the parameter; the declared range if there are too few."""
        guides = self._places[name][: self._valued]
        guides = guides[~np.isnan(guides)][: options.best]
        axis = self.axes[name]
        return axis.narrowed(guides, options.reach) if len(guides) == options.best else axis.whole()

    def best_surrounded(self, candidates: dict[str, Floats], smoothing: float) -> dict[str, Floats]:
        """Return, for each trial, the candidate with the best neighbours: (trials, candidates) become (trials,)."""
        trials, each = next(iter(candidates.values())).shape
        chosen = np.zeros(trials, dtype=int)
        if each > 1:
            places = self._coordinates({name: values.ravel() for name, values in candidates.items()})
            coordinates, width = self._coordinates(self._places), smoothing * np.sqrt(len(self.axes))
            chosen = smoothed(places, coordinates, self._ranks, width).reshape(trials, each).argmin(axis=1)
        return {name: values[np.arange(trials), chosen] for name, values in candidates.items()}

    def _coordinates(self, places: dict[str, Floats]) -> Floats:
        better = slice((len(self._ranks) + 1) // 2)
        return np.hstack(
            [axis.coordinates(places[name], self._places[name][better]) for name, axis in self.axes.items()]
        )
