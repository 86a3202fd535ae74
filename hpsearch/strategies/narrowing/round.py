"""One round of narrowing: lessons of earlier trials to ranges, and ranges to points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection

from hpsearch.seeding import generator
from hpsearch.space import Floats
from hpsearch.strategies.narrowing.axes import Axis, axis_of
from hpsearch.strategies.narrowing.lessons import Lesson, Lessons
from hpsearch.strategies.narrowing.neighbours import ranks, smoothed
from hpsearch.strategies.narrowing.rules import NEWEST, RULES

TIMES = 10  # how often a trial's candidates are drawn while all repeat earlier ones; the sampler has the last word

_Visits = Callable[[Mapping[str, Any]], bool]


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
    """One parameter in a round.

    Attributes
    ----------
    distribution
        Declared distribution.
    range
        Range that its values are drawn from, for display.
    values
        One value per trial.
    axis, places
        Axis, and the range on it.
    """

    distribution: BaseDistribution
    range: list[Any]
    values: list[Any]
    axis: Axis
    places: Floats

    def others(self, quantiles: Floats) -> list[Any]:
        """Return the values at these `quantiles` (0 to 1) of the range."""
        return [self.axis.value(place) for place in self.axis.draw(self.places, quantiles)]


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
    avoids
        Whether its trials avoid what earlier ones have tried.
    """

    numbers: range
    explores: list[bool]
    draws: dict[str, Draws]
    avoids: bool = False


def plan_round(
    lessons: Lessons,
    direction: StudyDirection,
    numbers: range,
    options: Options,
    seed: int,
    lag: int = 0,
    rule: int = NEWEST,
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
    rule
        Rule by which it draws, a key of `RULES`.
    """
    pseudo_count, avoids = RULES[rule].pseudo_count, RULES[rule].avoids_repeats
    explores = generator(seed, "explore", numbers.start).random(len(numbers)) < options.explore
    before = numbers.start - lag
    valued, others = lessons.before(before)
    avoids = avoids and lessons.visited.can_be_avoided(before)
    if len(valued) < options.best:
        return Round(numbers, explores.tolist(), {}, avoids)
    sign = -1.0 if direction == StudyDirection.MAXIMIZE else 1.0
    valued.sort(key=lambda each: sign * each.value)  # stable: ties keep the order of trials
    losses = [sign * each.value for each in valued] + [np.inf] * len(others)
    space = _last_distributions([*valued, *others])
    axes = {name: axis_of(dist, pseudo_count) for name, dist in space.items()}
    trials = _Trials(axes, [*valued, *others], np.array(losses))
    visited = partial(lessons.visited.has, before=before) if avoids else None
    return Round(numbers, explores.tolist(), _draws(space, trials, numbers, options, seed, visited), avoids)


def _last_distributions(lessons: Sequence[Lesson]) -> dict[str, BaseDistribution]:
    """Return the last declared distribution of each parameter with more than one value, sorted by name."""
    space: dict[str, BaseDistribution] = {}
    for each in sorted(lessons, key=lambda each: each.number):
        space.update(each.distributions)
    return {name: space[name] for name in sorted(space) if not space[name].single()}


def _draws(
    space: dict[str, BaseDistribution],
    trials: _Trials,
    numbers: range,
    options: Options,
    seed: int,
    visited: _Visits | None,
) -> dict[str, Draws]:
    """Compute ranges around the best trials, draw candidates in them, and keep the best candidates."""
    if not space:
        return {}
    ranges = {name: trials.range(name, options) for name in space}

    def drawn(*again: int | str) -> dict[str, Floats]:
        shape = (len(numbers), options.candidates)
        return {
            name: axis.draw(ranges[name], generator(seed, "round", numbers.start, name, *again).random(shape))
            for name, axis in trials.axes.items()
        }

    candidates = drawn()
    barred = None
    if visited is not None:
        candidates, barred = _unvisited(trials.axes, candidates, drawn, visited)
    chosen = trials.best_surrounded(candidates, options.smoothing, barred)
    return {
        name: Draws(
            space[name], axis.described(ranges[name]), [axis.value(at) for at in chosen[name]], axis, ranges[name]
        )
        for name, axis in trials.axes.items()
    }


def _unvisited(
    axes: Mapping[str, Axis],
    candidates: dict[str, Floats],
    drawn: Callable[..., dict[str, Floats]],
    visited: _Visits,
) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Return the candidates, and which were visited; where all of a trial's were, draw them again, a few times."""
    barred: NDArray[np.bool_] = np.ones(next(iter(candidates.values())).shape, dtype=bool)
    for time in range(TIMES):
        rows = barred.all(axis=1, keepdims=True)
        if time:
            again = drawn("again", time)
            candidates = {name: np.where(rows, again[name], places) for name, places in candidates.items()}
        for trial, each in np.argwhere(barred & rows):
            params = {name: axis.value(candidates[name][trial, each]) for name, axis in axes.items()}
            barred[trial, each] = visited(params)
        if not barred.all(axis=1).any():
            break
    return candidates, barred


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

    def best_surrounded(
        self, candidates: dict[str, Floats], smoothing: float, barred: NDArray[np.bool_] | None
    ) -> dict[str, Floats]:
        """Return, for each trial, the candidate with the best neighbours: (trials, candidates) become (trials,).

        If candidates are `barred`, a trial takes one of them, or one that an earlier trial takes, only without others.
        """
        trials, each = next(iter(candidates.values())).shape
        scores = np.zeros((trials, each))
        if each > 1:
            places = self._coordinates({name: values.ravel() for name, values in candidates.items()})
            coordinates, width = self._coordinates(self._places), smoothing * np.sqrt(len(self.axes))
            scores = smoothed(places, coordinates, self._ranks, width).reshape(trials, each)
        chosen = scores.argmin(axis=1) if barred is None else _distinct(candidates, scores, barred)
        return {name: values[np.arange(trials), chosen] for name, values in candidates.items()}

    def _coordinates(self, places: dict[str, Floats]) -> Floats:
        better = slice((len(self._ranks) + 1) // 2)
        return np.hstack(
            [axis.coordinates(places[name], self._places[name][better]) for name, axis in self.axes.items()]
        )


def _distinct(candidates: dict[str, Floats], scores: Floats, barred: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return, for each trial, the index of the candidate with the least score that isn't barred or taken before."""
    places = np.stack(list(candidates.values()), axis=-1)
    chosen = np.zeros(len(scores), dtype=int)
    for trial in range(len(scores)):
        earlier = places[np.arange(trial), chosen[:trial]]
        is_taken = (places[trial][:, None] == earlier).all(axis=-1).any(axis=-1)
        chosen[trial] = np.lexsort((scores[trial], barred[trial] | is_taken))[0]
    return chosen
