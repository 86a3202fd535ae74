"""A tabular benchmark as an optuna objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import Trial

from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives.base import Direction, Objective, Outcome, Step, Trained
from hpsearch.objectives.tables.grid import Value, distribution, index
from hpsearch.objectives.tables.published import TABLES, Table, read
from hpsearch.seeding import generator
from hpsearch.space import describe

SEARCHED = 3  # maximum number of seeds per configuration for trials, since a confirmation needs three
_KEYS = ("source", "table")


class TableObjective(Objective):
    """Look up the result of a trial's hyperparameters in a table of trained networks.

    A table contains the results of each configuration of a grid, trained with several seeds. In each repeat some of
    the seeds are held out. A trial observes the result of one other seed, drawn uniformly; the test score is the mean
    over the held-out seeds. So trials have the noise of real trainings, and test scores use trainings that no trial
    observes.

    Seeds and partition:

    - Trials observe at most `SEARCHED` seeds; the others, at least one, are held out: 2 of 5 seeds, 1 of 4, 3 or 2.
    - The partition is drawn from `seed`, `repeat` and the table's name, so all strategies of a repeat share it.
    - It is the same for all configurations, since a seed often determines the data split.
    - A configuration without results for some seeds uses the same order of the remaining seeds.
    - Repetitions of a trial use the other observable seeds first, then the trial's own.

    The normalised regret of a configuration is (its mean − best mean) / (median of the means − best mean). Best and
    median are taken over the configurations' means over all seeds, so they are equal for all repeats. A mean over
    held-out seeds may be better than that best mean: its regret is negative.

    The space is the table's grid in its own units. Numbers are drawn from ranges and mapped to values of the grid, so
    that configurations are equally likely under uniform draws; see `hpsearch.objectives.tables.grid`.

    Parameters
    ----------
    data
        Name of a table such as ``"hpobench/credit_g"``, or a mapping like a task's ``[data]`` in a study file:
        ``{"source": "table", "table": "hpobench/credit_g"}``.
    model, space
        Must be empty: a table's networks are already trained, and its grid is the space.
    seed, repeat
        Together they determine the held-out seeds and, with the trial's number, the training that a trial observes.
    data_dir, folder
        Unused: the tables come from a package.

    Raises
    ------
    UsageError
        If the table does not exist, the package with the tables is missing, or `model` or `space` is not empty.
    """

    family = "table"
    looked_up = True
    exact_outcomes = True
    tests = True
    own_sources = ("table",)
    computed_keys = ("fingerprint", "held_out")

    def __init__(
        self,
        data: str | Mapping[str, Any],
        *,
        model: Mapping[str, Any] | None = None,
        space: Mapping[str, Any] | None = None,
        seed: int = 0,
        repeat: int = 0,
        data_dir: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        self._name = _name(data)
        for section, settings, reason in (
            ("model", model, "the networks of a table are trained"),
            ("space", space, "a table is searched over its own grid"),
        ):
            if settings:
                raise UsageError(f"[{section}] must be empty where {reason}, got {dict(settings)!r}")
        self.seed, self.repeat = seed, repeat
        self._draw = "seed of the table"  # name of the draws of observed seeds
        self._space = {name: distribution(values) for name, values in self._table.grid.items()}

    @property
    def task(self) -> str:
        """Name of the table."""
        return self._name

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        """The table's grid, as a distribution per parameter."""
        return self._space

    @property
    def direction(self) -> Direction:
        """Direction of optimization: less is better."""
        return "minimize"

    @property
    def metric(self) -> str:
        """Name of the metric: "error", the share of misclassified validation rows, or "loss"."""
        return TABLES[self.task].metric

    @property
    def content(self) -> dict[str, Any]:
        """Identity of the task: table, SHA-256 of its content, number of held-out seeds, space."""
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
        """Best and median of the configurations' means over all seeds: normalised regrets of 0 and 1."""
        means = self._table.means
        return {"best": float(means.min()), "median": float(np.median(means))}

    def for_repeat(self, repeat: int) -> TableObjective:
        """Return this objective for another repeat, with different held-out seeds and observations."""
        return self._changed(repeat=repeat)

    def with_other_seeds(self) -> TableObjective:
        """Return this objective with other observations and the same held-out seeds."""
        return self._changed(_draw="other seed of the table")

    def _changed(self, **attributes: Any) -> TableObjective:
        other = object.__new__(TableObjective)
        other.__dict__ = self.__dict__ | attributes
        return other

    def seeds_of(self, trial: Trial) -> tuple[int, int]:
        """Return the number that a trial's seeds are drawn by, and which of them it observes.

        A repetition has the number of the trial that it repeats.
        """
        return trial.user_attrs.get(_confirms(), trial.number), _repetition(trial)

    def train(self, params: Mapping[str, Any], seeds: tuple[int, int]) -> Trained:
        """Look up the result of `params` for one observable seed, and the mean over the held-out ones."""
        observable, held_out = self._partition(params)
        number, repetition = seeds
        order = generator(self.seed, self.repeat, number, self._draw).permutation(len(observable))
        return _LookedUp(float(observable[order[repetition % len(order)]]), float(held_out.mean()))

    def outcomes(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[Outcome]:
        """Return the mean over the held-out seeds: one exact value, for any `times`."""
        return [self.train(params, (trial_number, 0)).outcome()]

    def configuration(self, params: Mapping[str, Any]) -> dict[str, Value]:
        """Return the configuration of the grid that corresponds to `params`."""
        grid = self._table.grid
        return {name: grid[name][place] for name, place in zip(grid, self._place(params), strict=True)}

    @property
    def _table(self) -> Table:
        """The table. Each process reads it once; it is not pickled."""
        return read(self.task)

    def _partition(self, params: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the losses of a configuration that trials may observe, and the held-out ones."""
        losses = self._table.losses[self._place(params)]
        losses = losses[generator(self.seed, self.repeat, self.task, "held-out seeds").permutation(len(losses))]
        losses = losses[np.isfinite(losses)]
        count = _held_out(len(losses))
        return losses[count:], losses[:count]

    def _place(self, params: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the index of the configuration in the table, one number per parameter."""
        return tuple(index(params[name], self.space[name], len(values)) for name, values in self._table.grid.items())


class _LookedUp(Trained):
    def __init__(self, observed: float, held_out: float) -> None:
        self._observed, self._held_out = observed, held_out

    def __iter__(self) -> Iterator[Step]:
        yield Step(1, self._observed)

    @property
    def validation(self) -> float:
        return self._observed

    def outcome(self) -> Outcome:
        return Outcome(self._held_out)


def _held_out(seeds: int) -> int:
    """Return the number of held-out seeds: all except `SEARCHED`, at least one."""
    return max(1, seeds - SEARCHED)


def _repetition(trial: Trial) -> int:
    """Return 0 for a trial of the search and k for its k-th confirmation."""
    confirms = _confirms()
    number = trial.user_attrs.get(confirms)
    if number is None:
        return 0
    earlier = [other for other in trial.study.get_trials(deepcopy=False) if other.number < trial.number]
    return 1 + len([other for other in earlier if other.user_attrs.get(confirms) == number])


def _confirms() -> str:
    """Return the attribute of a repetition that names its trial.

    The strategies are imported late: processes that train networks do without them.
    """
    from hpsearch.strategies.base import CONFIRMS

    return CONFIRMS


def _name(data: str | Mapping[str, Any]) -> str:
    """Return the table's name from `data`, after validation."""
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
