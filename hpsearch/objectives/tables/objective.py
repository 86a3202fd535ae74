"""A published table as an optuna objective: a trial looks up what a training with its parameters once reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.trial import Trial

from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives.base import Direction
from hpsearch.objectives.tables.grid import Value, distribution, index
from hpsearch.objectives.tables.published import TABLES, Table, read
from hpsearch.space import describe, suggest
from hpsearch.strategies.seeding import generator

_KEYS = ("source", "table")


class TableObjective:
    """Look up what a network with a trial's hyperparameters reached with one of the seeds it was trained with.

    A table holds each configuration of a grid, trained with a few seeds. What a trial observes is one of these
    trainings, drawn uniformly; what it is worth is their mean, which no trial is told. So a search meets the noise of
    real trainings, and yet its result can be judged exactly, by the regret that is left of the median
    configuration's: (mean of the chosen − best mean) / (median of the means − best mean).

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
        Which training a trial observes depends on both and on the trial's number.
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
        """What makes two trials comparable: the table, with the SHA-256 of what it holds, and the space."""
        return {
            "data": {"source": "table", "table": self.task, "fingerprint": self._table.fingerprint},
            "model": {},
            "space": {name: describe(declared) for name, declared in self.space.items()},
        }

    @property
    def reference(self) -> dict[str, float]:
        """The best and the median of the configurations' means: where the normalised regret is 0 and 1."""
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
        observable = self._table.seeds_of(self._place(params))
        draw = generator(self.seed, self.repeat, trial.number, "seed of the table").integers(len(observable))
        return float(observable[draw])

    def test(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[float]:
        """The true value of `params`, exact and therefore only once: their mean over the seeds of the table."""
        return [float(self._table.means[self._place(params)])]

    def configuration(self, params: Mapping[str, Any]) -> dict[str, Value]:
        """The configuration of the grid that `params` stand for."""
        grid = self._table.grid
        return {name: grid[name][place] for name, place in zip(grid, self._place(params), strict=True)}

    @property
    def _table(self) -> Table:
        """The table; every process reads it once, none is sent it."""
        return read(self.task)

    def _place(self, params: Mapping[str, Any]) -> tuple[int, ...]:
        """Where in the table the configuration stands."""
        return tuple(index(params[name], self.space[name], len(values)) for name, values in self._table.grid.items())


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
