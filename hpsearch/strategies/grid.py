"""Grid search: every combination of a few values of each parameter, none twice before all were tried."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial
from pydantic import Field

from hpsearch.errors import UsageError
from hpsearch.space import value_at
from hpsearch.strategies.base import IndependentSampler
from hpsearch.strategies.history import History
from hpsearch.strategies.seeding import generator

POINTS = 5


class GridSampler(IndependentSampler):
    """Tries the combinations of a grid in random order.

    A parameter's values are its choices, all integers or steps of a range that has few of them, or else `points` values
    evenly spaced from the low to the high end, in log ranges evenly in logarithms.

    The space need not be known beforehand: the trials so far are a tree, each parameter a fork in the order in which it
    is asked for, and a trial walks down it. At each fork it takes a value whose branch has been tried out the fewest
    times; among these one that the fewest trials have taken; among these one at random. So every combination of a
    space is tried once before any is tried twice, also where parameters depend on others, and then all are tried again
    in another order. Pruned and failed trials count as tried. What was not drawn from the grid is passed over.

    Optuna's ``GridSampler`` needs the space beforehand and knows no conditional parameters. Trials that run at the same
    time do not know of each other and may take the same combination.

    Parameters
    ----------
    seed
        Of the order.
    points
        Values of a numeric parameter that has more.
    """

    def __init__(self, seed: int, *, points: Annotated[int, Field(ge=1)] = POINTS) -> None:
        if points < 1:
            raise UsageError(f"points must be at least 1, got points = {points}")
        self._seed, self._points = seed, points
        self._tried: History[Branch] = History(Branch, self._add)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A value of the grid that was tried the least after the trial's values so far."""
        values = grid(param_distribution, self._points)
        branches = self._walk(self._tried.of(study), trial).get((param_name, param_distribution), [])
        tried = [(branch.rounds, branch.trials) for branch in branches] or [(0, 0)] * len(values)
        least = [index for index, count in enumerate(tried) if count == min(tried)]
        return values[least[generator(self._seed, trial.number, param_name).integers(len(least))]]

    def _walk(self, tree: Branch, trial: FrozenTrial) -> Forks:
        """Where the trial's values so far lead to; nothing where none was before."""
        for fork, index in self._path(trial):
            if index is None or fork not in tree.forks:
                return {}
            tree = tree.forks[fork][index]
        return tree.forks

    def _add(self, tree: Branch, trial: FrozenTrial) -> None:
        branches = [tree]
        for fork, index in self._path(trial):
            if index is None:
                return
            size = len(grid(fork[1], self._points))
            branches.append(branches[-1].forks.setdefault(fork, [Branch() for _ in range(size)])[index])
        for branch in reversed(branches):
            branch.add_trial()

    def _path(self, trial: FrozenTrial) -> list[tuple[Fork, int | None]]:
        """The trial's forks, and which way it took at each; None for a value that is not of the grid."""
        return [
            ((name, distribution), _place(trial.params[name], distribution, self._points))
            for name, distribution in trial.distributions.items()
        ]


Fork = tuple[str, BaseDistribution]
Forks = dict[Fork, "list[Branch]"]


class Branch:
    """All combinations that begin alike.

    Attributes
    ----------
    trials
        How many trials went this way.
    rounds
        How many times each of the combinations that are known has been tried at least.
    forks
        The parameters that trials asked for next: one, unless the objective asks now for this and now for that.
    """

    __slots__ = ("forks", "rounds", "trials")

    def __init__(self) -> None:
        self.trials = 0
        self.rounds = 0
        self.forks: Forks = {}

    def add_trial(self) -> None:
        """Count a trial whose further way is counted already."""
        self.trials += 1
        nexts = [branch.rounds for branches in self.forks.values() for branch in branches]
        self.rounds = min(nexts, default=self.trials)


def grid(distribution: BaseDistribution, points: int) -> Sequence[Any]:
    """The values of a parameter that stand in the grid: the choices, or numbers from low to high."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return _numbers(distribution, points)


@lru_cache(maxsize=1024)
def _numbers(distribution: FloatDistribution | IntDistribution, points: int) -> tuple[float, ...]:
    if distribution.step is not None:
        steps = round((distribution.high - distribution.low) / distribution.step)
        if steps < points:
            return tuple(
                min(distribution.low + step * distribution.step, distribution.high) for step in range(steps + 1)
            )
    places = np.linspace(0, 1, points).tolist() if points > 1 else [0.5]
    return tuple(sorted({value_at(place, distribution) for place in places}))


def _place(value: Any, distribution: BaseDistribution, points: int) -> int | None:
    """Which value of its grid `value` is; None for none."""
    if isinstance(distribution, CategoricalDistribution):
        return int(distribution.to_internal_repr(value))
    values = grid(distribution, points)
    return values.index(value) if value in values else None
