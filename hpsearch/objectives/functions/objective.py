"""Function of two numbers as an Optuna objective: an optimizer descends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.errors import UsageError
from hpsearch.objectives.base import Objective, Step, Trained
from hpsearch.objectives.functions.descent import MEASURES, DescentSettings, descend, measures_of, values_of
from hpsearch.objectives.functions.surfaces import FUNCTIONS, Array, Function
from hpsearch.objectives.measures import Measure
from hpsearch.objectives.searched_model import SearchedModel
from hpsearch.objectives.searched_objective import SearchedObjective

_OF_THE_TASK = ("function", "start", "steps")


class FunctionObjective(SearchedObjective):
    """Descend a function of two numbers with an optimizer, and return its value at the end of the path.

    Nothing is random: the same settings give the same path in every repeat, so that one repeat is enough for variants
    without a search. A path that leaves the finite numbers has the value infinity.

    User attributes of a trial: ``diverged``, and the ``measures`` of `measures_of`.

    Parameters
    ----------
    data
        Must be empty.
    model
        Fixed fields of `DescentSettings`.
    space
        Searched fields, as for `SupervisedObjective`; function, start and steps are the task's and can't be searched.
        None: the learning rate, unless `model` fixes it.
    seed, repeat, separate_seeds
        Kept, without effect on a path.
    data_dir, folder
        Unused.

    Raises
    ------
    UsageError
        If a name is unknown, a value is invalid, or a setting is both fixed and searched.

    Examples
    --------
    >>> objective = FunctionObjective({}, model={"function": "bowl", "optimizer": "sgd", "learning_rate": 0.95})
    >>> path = objective.retrain({}, objective.seeds(0))
    >>> path.measures()["crossings.y"]
    30.0
    """

    family = "function"
    settings_type = DescentSettings
    deterministic = True
    measure_names = dict.fromkeys(MEASURES, "")
    default_space = {  # noqa: RUF012 -- a constant, as in the base class
        "learning_rate": {"low": 1e-3, "high": 10.0, "log": True},
    }

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        model: Mapping[str, Any] | None = None,
        space: Mapping[str, Any] | None = None,
        seed: int = 0,
        repeat: int = 0,
        data_dir: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        if data:
            raise UsageError(f"[data] must be empty for the family {self.family!r}, got {dict(data)!r}")
        self._model = self._searched_model(model or {}, space)
        self.seed, self.repeat = seed, repeat

    @classmethod
    def _searched_model(
        cls,
        model: Mapping[str, Any],
        space: Mapping[str, Any] | None,
        preparation: PreparationSettings | None = None,
    ) -> SearchedModel[Any]:
        for name in _OF_THE_TASK:
            if name in (space or {}):
                raise UsageError(f"[space] {name}: belongs to the task and can't be searched; write it in [model]")
        return super()._searched_model(model, space, preparation)

    @property
    def function(self) -> Function:
        """The function."""
        return FUNCTIONS[self.task]

    @property
    def task(self) -> str:
        """Name of the function."""
        return str(self._model.ends("function")[0])

    @property
    def ineffective(self) -> Mapping[str, str]:
        """Settings that no optimizer of the variant uses, each with the reason."""
        reasons = [settings.ineffective for settings in self._model.extremes(["optimizer"])]
        return {name: reason for name, reason in reasons[0].items() if all(name in each for each in reasons)}

    @property
    def content(self) -> dict[str, Any]:
        """Content that comparable trials share: fixed settings and space."""
        return {"data": {}, **self._model_content}

    def for_repeat(self, repeat: int) -> Self:
        """Return this objective for another repeat, with the same paths."""
        return self._changed(repeat=repeat)

    def varied(self, tables: Mapping[str, Any], family: type[Objective]) -> Objective:
        """Return the objective of a variant."""
        return family.build(
            tables["data"],
            model=tables["model"],
            space=tables["space"],
            seed=self.seed,
            repeat=self.repeat,
            separate_seeds=self.separate_seeds,
        )

    def train(self, params: Mapping[str, Any], seeds: Any) -> Descent:
        """Return the descent with `params`; `seeds` have no effect."""
        return Descent(self.settings(params))


class Descent(Trained):
    """Descent of an optimizer, as an objective's training of one step."""

    def __init__(self, settings: DescentSettings) -> None:
        self._settings = settings
        self._function = FUNCTIONS[settings.function]

    def __iter__(self) -> Iterator[Step]:
        """Descend."""
        yield Step(1, self.validation)

    @cached_property
    def points(self) -> Array:
        """Points of the path from the start on, shape (points, 2)."""
        return descend(self._settings)

    @property
    def validation(self) -> float:
        """Value of the function at the end; infinity if it is not finite."""
        value = float(values_of(self._function, self.points[-1:])[0])
        return value if np.isfinite(value) else np.inf

    def attributes(self) -> Mapping[str, Any]:
        """Return ``diverged``."""
        return {"diverged": not np.isfinite(self.validation)}

    def measures(self) -> Mapping[str, Measure]:
        """Return the path and its measures."""
        return measures_of(self._function, self.points)
