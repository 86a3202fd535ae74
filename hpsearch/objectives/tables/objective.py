"""A published table as an optuna objective: a trial looks up what a training with its parameters once reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import Trial

from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives.base import Direction
from hpsearch.objectives.tables.grid import Value, distribution, index
from hpsearch.objectives.tables.published import TABLES, Table, read
from hpsearch.space import describe, suggest
from hpsearch.strategies.base import CONFIRMS
from hpsearch.strategies.seeding import generator

SEARCHED = 3  # seeds of a configuration that trials may look up: a confirmation takes three
_KEYS = ("source", "table")


class TableObjective:
    """Look up what a network with a trial's hyperparameters reached with one of the seeds it was trained with.

    A table holds each configuration of a grid, trained with a few seeds. In each repeat some of the seeds are held
    out. A trial observes one training with one of the other seeds, drawn uniformly; the search is judged by the mean
    over the held-out seeds. So a search meets the noise of real trainings, and is judged by trainings that it could
    not look up.

    Seeds and partition:

    - `SEARCHED` seeds are searched and the rest is held out, at least one: 2 of 5 seeds, 1 of 4, 3 or 2.
    - The partition is drawn from `seed`, `repeat` and the table's name, so all strategies of a repeat share it.
    - It is the same for all configurations, since a seed often decides how the data were split.
    - A configuration with fewer seeds than others is partitioned in the same order of seeds, as far as it has them.
    - The repetitions of a trial look up the other searched seeds first and the trial's own last.

    The normalised regret of a configuration is (its mean − best mean) / (median of the means − best mean). Best and
    median are those of the means over all seeds, so they are the same for every repeat. A mean over held-out seeds
    may be better than the best of them: its regret is below 0.

    The space is the table's grid, in its own units: numbers are drawn from ranges and stand for a value of the grid,
    so that each configuration is equally likely under uniform draws; see `hpsearch.objectives.tables.grid`.

    Parameters
    ----------
    data
        The name of a table such as ``"hpobench/credit_g"``, or what ``[data]`` of a study file holds of one task:
        ``{"source": "table", "table": "hpobench/credit_g"}``.
    model, space
        Must be empty: the networks of a table are trained, and its grid is what can be searched.
    seed, repeat
        Which seeds are held out depends on both, and which training a trial observes also on the trial's number.
    data_dir
        Not used: the tables come with a package.

    Raises
    ------
    UsageError
        If there is no such table, the package that holds them is missing, or `model` or `space` hold something.
    """

    def __init__(
        self,
        data: str | Mapping[str, Any],
        *,
        model: Mapping[str, Any] | None = None,
        space: Mapping[str, Any] | None = None,
        seed: int = 0,
        repeat: int = 0,
        data_dir: str | Path | None = None,
    ) -> None:
        self.task = _name(data)
        for section, given, reason in (
            ("model", model, "the networks of a table are trained"),
            ("space", space, "a table is searched over its own grid"),
        ):
            if given:
                raise UsageError(f"[{section}] must be empty where {reason}, got {dict(given)!r}")
        self.seed, self.repeat = seed, repeat
        self.space: Mapping[str, BaseDistribution] = {
            name: distribution(values) for name, values in self._table.grid.items()
        }

    @property
    def direction(self) -> Direction:
        """Less is better."""
        return "minimize"

    @property
    def metric(self) -> str:
        """What a value is: "error", the share of validation rows that were classified wrongly, or "loss"."""
        return TABLES[self.task].metric

    @property
    def content(self) -> dict[str, Any]:
        """What makes two trials comparable: the table, the SHA-256 of its content, the seeds held out, the space."""
        return {
            "data": {
                "source": "table",
                "table": self.task,
                "fingerprint": self._table.fingerprint,
                "held_out": _held_out(self._table.losses.shape[-1]),
            },
            "model": {},
            "space": {name: describe(declared) for name, declared in self.space.items()},
        }

    @property
    def reference(self) -> dict[str, float]:
        """The best and the median of the configurations' means over all seeds: a normalised regret of 0 and 1."""
        means = self._table.means
        return {"best": float(means.min()), "median": float(np.median(means))}

    def for_repeat(self, repeat: int) -> TableObjective:
        """The same objective for another repeat, whose trials observe other trainings."""
        other = object.__new__(TableObjective)
        other.__dict__ = self.__dict__ | {"repeat": repeat}
        return other

    def __call__(self, trial: Trial) -> float:
        """What one training with the suggested parameters reached: that of a seed drawn for the trial's number."""
        params = {name: suggest(trial, name, declared) for name, declared in self.space.items()}
        observable, _ = self._partition(params)
        first = trial.user_attrs.get(CONFIRMS, trial.number)
        order = generator(self.seed, self.repeat, first, "seed of the table").permutation(len(observable))
        return float(observable[order[_repetition(trial) % len(order)]])

    def test(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[float]:
        """The mean of `params` over the held-out seeds; one value whatever `times` is, since it is exact."""
        _, held_out = self._partition(params)
        return [float(held_out.mean())]

    def configuration(self, params: Mapping[str, Any]) -> dict[str, Value]:
        """The configuration of the grid that `params` stand for."""
        grid = self._table.grid
        return {name: grid[name][place] for name, place in zip(grid, self._place(params), strict=True)}

    @property
    def _table(self) -> Table:
        """The table; every process reads it once, none is sent it."""
        return read(self.task)

    def _partition(self, params: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The losses of a configuration that trials may look up, and those that judge it."""
        losses = self._table.losses[self._place(params)]
        losses = losses[generator(self.seed, self.repeat, self.task, "held-out seeds").permutation(len(losses))]
        losses = losses[np.isfinite(losses)]
        count = _held_out(len(losses))
        return losses[count:], losses[:count]

    def _place(self, params: Mapping[str, Any]) -> tuple[int, ...]:
        """Where in the table the configuration stands."""
        return tuple(index(params[name], self.space[name], len(values)) for name, values in self._table.grid.items())


def _held_out(seeds: int) -> int:
    """How many of so many seeds judge: all but `SEARCHED`, and at least one."""
    return max(1, seeds - SEARCHED)


def _repetition(trial: Trial) -> int:
    """0 for a trial of the search, k for the k-th trial that confirms it."""
    number = trial.user_attrs.get(CONFIRMS)
    if number is None:
        return 0
    earlier = [other for other in trial.study.get_trials(deepcopy=False) if other.number < trial.number]
    return 1 + len([other for other in earlier if other.user_attrs.get(CONFIRMS) == number])


def _name(data: str | Mapping[str, Any]) -> str:
    """The table that `data` names."""
    table = {"table": data} if isinstance(data, str) else data
    for key in table:
        if key not in _KEYS:
            raise UsageError(f"[data] {key}: {choose_from('key', key, _KEYS)}")
    if "table" not in table:
        raise UsageError(f"[data] source 'table' needs the name of a table: choose from {', '.join(sorted(TABLES))}")
    name = table["table"]
    if not isinstance(name, str) or name not in TABLES:
        raise UsageError(f"[data] {choose_from('table', name, TABLES)}")
    return name
