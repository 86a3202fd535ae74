"""Search space of an estimator: distributions for Optuna, and the parameters that their values mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import Trial

from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.search_cv.specs import checked_choices, likely_choice
from hpsearch.space import contains, distribution, in_order, likely_value, suggest

_LONGEST = 60  # characters of a label
_WHEN = "when"
_LIKELY = "likely"

Label = None | bool | int | float | str
Objects = Mapping[tuple[type, Label], Any]


@dataclass(frozen=True)
class CandidateSpace:
    """Parameters of an estimator that are searched.

    Optuna stores only scalars. Another choice, such as a tuple or an estimator, is stored as a label: its repr.

    Attributes
    ----------
    distributions
        Optuna distribution of each parameter; a parameter follows those that it depends on.
    conditions
        Parameter → other parameters, each with the values with which it is searched.
    objects
        Parameter with choices → (type, label) → choice.
    likely
        Parameter → value near which the best one is expected, as Optuna stores it.
    """

    distributions: Mapping[str, BaseDistribution]
    conditions: Mapping[str, Mapping[str, Sequence[Any]]]
    objects: Mapping[str, Objects]
    likely: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, space: Mapping[str, Any], parameters: Mapping[str, Any]) -> CandidateSpace:
        """Return the space of an estimator.

        Parameters
        ----------
        space
            Parameter → table as in the ``[space]`` of a study file, Optuna distribution, or list of choices.
        parameters
            All parameters of the estimator, nested ones included.

        Raises
        ------
        UsageError
            If a parameter is unknown, a range or condition is invalid, or nothing is searched.
        """
        if not space:
            raise UsageError("space must name at least one parameter, got none")
        distributions: dict[str, BaseDistribution] = {}
        objects: dict[str, Objects] = {}
        likely: dict[str, Any] = {}
        for name, spec in space.items():
            if not isinstance(name, str):
                raise UsageError(f"space: names of parameters must be text, got {quoted(name)}")
            if name not in parameters and not any(outer in space for outer in _outer(name)):
                raise UsageError(f"space: {choose_from('parameter', name, parameters)}")
            try:
                choices = _choices(spec)
                if choices is None:
                    distributions[name] = distribution(_as_range(spec))
                else:
                    objects[name] = {(type(label), label): value for label, value in _labelled(choices)}
                    distributions[name] = CategoricalDistribution([label for _, label in objects[name]])
                if _has(spec, _LIKELY):
                    likely[name] = _likely(spec[_LIKELY], distributions[name], objects.get(name))
            except UsageError as error:
                raise UsageError(f"space: {name}: {error}") from error
        draft = cls(distributions, {}, objects)
        conditions = {name: draft._condition(name, spec[_WHEN]) for name, spec in space.items() if _has(spec, _WHEN)}
        try:
            return cls(in_order(distributions, conditions), conditions, objects, likely)
        except UsageError as error:
            raise UsageError(f"space: {error}") from error

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Return the parameters that a trial suggests; those whose conditions do not hold are left out."""
        values: dict[str, Any] = {}
        for name, dist in self.distributions.items():
            required = self.conditions.get(name, {})
            if all(other in values and values[other] in allowed for other, allowed in required.items()):
                values[name] = self._suggested(trial, name, dist)
        return values

    def _suggested(self, trial: Trial, name: str, dist: BaseDistribution) -> Any:
        if not isinstance(dist, CategoricalDistribution):
            return suggest(trial, name, dist)
        label = trial.suggest_categorical(name, dist.choices)
        return self.objects[name][type(label), label]

    def _condition(self, name: str, when: Any) -> dict[str, list[Any]]:
        """Return the parameters that `name` depends on, with lists of their values."""
        if not isinstance(when, Mapping) or not when:
            raise UsageError(f"space: {name}: when must be a table such as {{'kernel': ['rbf']}}, got {quoted(when)}")
        required = {}
        for other, allowed in when.items():
            others = [each for each in self.distributions if each != name]
            if other not in others:
                raise UsageError(f"space: {name}: when: {choose_from('searched parameter', other, others)}")
            values = list(allowed) if isinstance(allowed, list | tuple) else [allowed]
            if isinstance(self.distributions[other], FloatDistribution):
                rule = f"when can depend on choices and integers, and {other} is a range of numbers"
                raise UsageError(f"space: {name}: {rule}")
            for value in values:
                self._check_possible(name, other, value)
            required[other] = values
        return required

    def _check_possible(self, name: str, other: str, value: Any) -> None:
        if other in self.objects:
            possible = list(self.objects[other].values())
            if value not in possible:
                choices = " or ".join(map(quoted, possible))
                raise UsageError(f"space: {name}: when {other} = {quoted(value)} never holds: it is {choices}")
        elif not contains(self.distributions[other], value):
            dist: Any = self.distributions[other]
            bounds = f"from {dist.low} to {dist.high}"
            raise UsageError(f"space: {name}: when {other} = {quoted(value)} never holds: it is {bounds}")


def _outer(name: str) -> Iterator[str]:
    """Yield the parameters that a nested one belongs to: ``a`` and ``a__b`` for ``a__b__c``."""
    parts = name.split("__")
    for length in range(1, len(parts)):
        yield "__".join(parts[:length])


def _choices(spec: Any) -> list[Any] | None:
    """Return the choices of a specification; None for a range."""
    if isinstance(spec, CategoricalDistribution):
        return list(spec.choices)
    if isinstance(spec, list | tuple):
        return checked_choices(spec)
    if not isinstance(spec, Mapping) or "choices" not in spec:
        return None
    for key in spec:
        if key not in ("choices", _LIKELY, _WHEN):
            raise UsageError(f"{key} does not go with choices")
    return checked_choices(spec["choices"])


def _has(spec: Any, key: str) -> bool:
    return isinstance(spec, Mapping) and key in spec


def _as_range(spec: Any) -> Any:
    """Return a table without the keys that say nothing of its values; anything else as it is."""
    if not isinstance(spec, Mapping):
        return spec
    return {key: value for key, value in spec.items() if key not in (_LIKELY, _WHEN)}


def _likely(value: Any, dist: BaseDistribution, objects: Objects | None) -> Any:
    """Return a likely value as Optuna stores it: the label of a choice, or a number of the range."""
    if objects is None:
        return likely_value(dist, value)
    return list(objects)[likely_choice(value, objects.values())][1]


def _labelled(choices: Sequence[Any]) -> Iterator[tuple[Label, Any]]:
    """Yield each choice with a label of its own."""
    used: set[tuple[type, Label]] = set()
    for value in choices:
        first = label = _label(value)
        number = 2
        while (type(label), label) in used:
            label, number = f"{first} #{number}", number + 1
        used.add((type(label), label))
        yield label, value


def _label(value: Any) -> Label:
    """Return a scalar as it is, the name of a function or class, and the beginning of the repr of anything else."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if callable(value) and hasattr(value, "__qualname__"):
        return str(value.__qualname__)
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
