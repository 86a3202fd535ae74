"""Published tables with ranges of one's own, for searches that go on with changed ranges or begin with a prior."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.objectives import Objective
from hpsearch.objectives.base import Step, Trained
from hpsearch.objectives.tables import TableObjective
from hpsearch.objectives.tables.grid import index
from hpsearch.objectives.tables.published import read
from hpsearch.seeding import generator
from hpsearch.space import describe, position, value_at

MARGIN = 0.25  # by which a range reaches beyond the values that it is narrowed to, as a share of the whole range


class RangedTable(Objective):
    """A published table whose value is the mean over all seeds of a configuration: nothing in it is random."""

    family = "ranged table"
    looked_up = True
    deterministic = True

    def __init__(
        self,
        name: str,
        space: Mapping[str, BaseDistribution] | None = None,
        likely: Mapping[str, Any] | None = None,
    ) -> None:
        self.table = read(name)
        self.whole = TableObjective(name).space
        self._name, self._space, self._likely = name, space or self.whole, likely or {}

    @property
    def task(self) -> str:
        return self._name

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        return self._space

    @property
    def likely(self) -> Mapping[str, Any]:
        return self._likely

    @property
    def content(self) -> Mapping[str, Any]:
        return {"data": {"table": self._name}, "space": {name: describe(dist) for name, dist in self._space.items()}}

    def train(self, params: Mapping[str, Any], seeds: Any) -> Trained:
        grid = self.table.grid
        place = tuple(index(params[name], self.whole[name], len(values)) for name, values in grid.items())
        return _LookedUp(float(self.table.means[place]))

    def regret(self, value: float) -> float:
        """Return 100 × the normalised regret: 0 is the table's best configuration, 100 its median."""
        best, median = float(self.table.means.min()), float(np.median(self.table.means))
        return 100 * (value - best) / (median - best)

    def configuration(self, least: float, most: float) -> dict[str, Any]:
        """Return a configuration drawn from those between two quantiles of the values, as parameters."""
        means = self.table.means
        low, high = np.quantile(means, [least, most])
        places = np.argwhere((means >= low) & (means <= high))
        place = places[generator(0, self._name, "a configuration", f"{least} {most}").integers(len(places))]
        values = {name: grid[at] for at, (name, grid) in zip(place, self.table.grid.items(), strict=True)}
        return {name: float(v) if isinstance(self.whole[name], FloatDistribution) else v for name, v in values.items()}


class _LookedUp(Trained):
    def __init__(self, value: float) -> None:
        self._value = value

    def __iter__(self) -> Iterator[Step]:
        yield Step(1, self._value)

    @property
    def validation(self) -> float:
        return self._value


def narrowed(space: Mapping[str, BaseDistribution], best: list[Mapping[str, Any]]) -> dict[str, BaseDistribution]:
    """Return the space with each range narrowed to the values of the `best` configurations and a margin beside them."""
    return {name: _narrowed(dist, [params[name] for params in best]) for name, dist in space.items()}


def part(space: Mapping[str, BaseDistribution], low: float, high: float) -> dict[str, BaseDistribution]:
    """Return the space with its first range cut to the positions from `low` to `high`."""
    name, dist = next((name, dist) for name, dist in space.items() if not isinstance(dist, CategoricalDistribution))
    assert isinstance(dist, (FloatDistribution, IntDistribution))
    ends = value_at(low, dist), value_at(high, dist)
    return {**space, name: _between(*ends, dist)}


def _narrowed(dist: BaseDistribution, values: list[Any]) -> BaseDistribution:
    if isinstance(dist, CategoricalDistribution):
        return dist
    assert isinstance(dist, (FloatDistribution, IntDistribution))
    places = [position(value, dist) for value in values]
    low = value_at(max(min(places) - MARGIN, 0.0), dist)
    high = value_at(min(max(places) + MARGIN, 1.0), dist)
    return _between(low, high, dist)


def _between(low: float, high: float, dist: FloatDistribution | IntDistribution) -> BaseDistribution:
    if low >= high:
        return dist
    if isinstance(dist, IntDistribution):
        return IntDistribution(int(low), int(high), step=dist.step)
    return FloatDistribution(low, high, log=dist.log, step=dist.step)
