"""Objectives whose model has fixed and searched settings: the part that their families share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from optuna.distributions import BaseDistribution

from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.objectives.base import Conditions, Objective
from hpsearch.objectives.searched_model import SearchedModel, default_settings, not_fixed
from hpsearch.space import decode, describe


class SearchedObjective(Objective):
    """Objective with the settings of a model: space, conditions and defaults are those of the `SearchedModel`.

    A subclass sets `settings_type` and, in its constructor, `_model`.
    """

    settings_type: ClassVar[type[Any]]
    """Dataclass of the model's settings, each with a default; refuses invalid values with `UsageError`."""

    accepts_changes = True
    _model: SearchedModel[Any]

    @classmethod
    def _searched_model(
        cls,
        model: Mapping[str, Any],
        space: Mapping[str, Any] | None,
        preparation: PreparationSettings | None = None,
    ) -> SearchedModel[Any]:
        """Return the settings of ``[model]`` and ``[space]``; without a space, it is the default one of the family.

        `preparation` has the fixed settings of the data's, if the space may search others.
        """
        if space is None:
            space = not_fixed(cls.default_space, model, cls.default_model())
        return SearchedModel(cls.settings_type, dict(model), space, preparation)

    @classmethod
    def check(cls, model: Mapping[str, Any], space: Mapping[str, Any] | None) -> None:
        """Check the tables ``[model]`` and ``[space]`` of a study file, without its data."""
        cls._searched_model(model, space)

    @classmethod
    def default_model(cls) -> Mapping[str, Any]:
        """Return the default of every field of ``[model]``."""
        return default_settings(cls.settings_type)

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        """Search space: a distribution per searched setting."""
        return self._model.space

    @property
    def conditions(self) -> Conditions:
        """When conditional settings are searched."""
        return self._model.conditions

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Value of each searched setting without a search, as Optuna stores it."""
        return self._model.defaults

    @property
    def likely(self) -> Mapping[str, Any]:
        """Likely value of each searched setting that has one."""
        return self._model.likely

    @property
    def setting_defaults(self) -> Mapping[str, Any]:
        """Default of every field of the settings."""
        return default_settings(self._model.kind)

    def settings(self, params: Mapping[str, Any]) -> Any:
        """Return all settings of a trial with `params`."""
        return self._model.settings(params)

    def as_settings(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as Optuna stores them as the values that are set: a list for its JSON text."""
        return {name: decode(value) for name, value in params.items()}

    @property
    def _model_content(self) -> dict[str, Any]:
        """The parts ``model`` and ``space`` of `content`."""
        conditions = {name: {"when": required} for name, required in self.conditions.items()}
        likely = {name: {"likely": decode(value)} for name, value in self.likely.items()}
        spaces = {
            name: describe(dist) | likely.get(name, {}) | conditions.get(name, {}) for name, dist in self.space.items()
        }
        return {"model": self._model.fixed, "space": spaces}

    def with_separate_seeds(self) -> Self:
        """Return the same objective with seeds of their own for weights, order and dropout, if it draws them."""
        return self._changed(separate_seeds=True)

    def _changed(self, **attributes: Any) -> Self:
        """Return a copy with other attributes."""
        other = object.__new__(type(self))
        other.__dict__ = self.__dict__ | attributes
        return other
