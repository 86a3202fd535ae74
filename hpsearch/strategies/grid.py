"""Grid search: all combinations of a few values of each parameter, without repetition until all are tried."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial
from pydantic import Field

from hpsearch.checks import MOST_POINTS
from hpsearch.errors import UsageError, quoted
from hpsearch.seeding import generator
from hpsearch.space import value_at
from hpsearch.strategies.base import IndependentSampler
from hpsearch.strategies.history import LOCK, History

POINTS = 5


class GridSampler(IndependentSampler):
    """Sampler that tries the combinations of a grid in random order.

    The grid of a parameter is its choices, or all values of an integer or stepped range with fewer than `points` + 1
    of them. Otherwise it is `points` values evenly spaced from low to high, in logarithms for log ranges.

    The space need not be declared in advance. Past trials form a tree: each parameter is a fork, in the order of the
    objective's calls, and each trial is a path. At each fork a trial takes the value whose branch has been completed
    the fewest times; ties go to the branch with the fewest trials, then to a random one. So every combination is tried
    once before any is tried twice, also in conditional spaces. Then all are tried again in another order. Pruned and
    failed trials count as tried. Values that are not on the grid are ignored.

    Optuna's ``GridSampler`` needs the space in advance and does not support conditional parameters. Concurrent trials
    do not see each other and may take the same combination.

    Parameters
    ----------
    seed
        Seed of the order.
    points
        Number of grid values for a numeric parameter with more possible values.
    """

    def __init__(self, seed: int, *, points: Annotated[int, Field(ge=1, le=MOST_POINTS)] = POINTS) -> None:
        if not 1 <= points <= MOST_POINTS:
            raise UsageError(f"points must be from 1 to {MOST_POINTS:,}, got points = {quoted(points)}")
        self._seed, self._points = seed, points
        self._tried: History[Branch] = History(Branch, self._add)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a grid value tried the fewest times after the trial's values so far."""
        values = grid(param_distribution, self._points)
        with LOCK:
            branches = self._walk(self._tried.of(study), trial).get((param_name, param_distribution), [])
            tried = [(branch.rounds, branch.trials) for branch in branches] or [(0, 0)] * len(values)
        least = [index for index, count in enumerate(tried) if count == min(tried)]
        return values[least[generator(self._seed, trial.number, param_name).integers(len(least))]]

    def _walk(self, tree: Branch, trial: FrozenTrial) -> Forks:
        """Return the forks after the trial's values so far; empty if no earlier trial took this path."""
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
        """Return the trial's forks and the index of its value at each; None for a value that is not on the grid."""
        return [
            ((name, distribution), _place(trial.params[name], distribution, self._points))
            for name, distribution in trial.distributions.items()
        ]


Fork = tuple[str, BaseDistribution]
Forks = dict[Fork, "list[Branch]"]


class Branch:
    """Set of all combinations with the same first values.

    Attributes
    ----------
    trials
        Number of trials in this branch.
    rounds
        Minimum number of times that each combination seen so far has been tried.
    forks
        Next parameters that trials asked for: one, unless the objective varies its next parameter.
    """

    __slots__ = ("forks", "rounds", "trials")

    def __init__(self) -> None:
        self.trials = 0
        self.rounds = 0
        self.forks: Forks = {}

    def add_trial(self) -> None:
        """Count a trial; its later branches must already be counted."""
        self.trials += 1
        nexts = [branch.rounds for branches in self.forks.values() for branch in branches]
        self.rounds = min(nexts, default=self.trials)


def grid(distribution: BaseDistribution, points: int) -> Sequence[Any]:
    """Return the grid values of a parameter: its choices, or numbers from low to high."""
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
    """Return the index of `value` on its grid; None if it is not on the grid."""
    if isinstance(distribution, CategoricalDistribution):
        return int(distribution.to_internal_repr(value))
    values = grid(distribution, points)
    return values.index(value) if value in values else None
