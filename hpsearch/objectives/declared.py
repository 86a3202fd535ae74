"""Declared space of a plain function: its distributions, conditions and likely values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution

from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.objectives.base import Conditions
from hpsearch.space import contains, describe, distribution, encode, in_order, likely_value

Space = Mapping[str, Mapping[str, Any] | BaseDistribution]
_BESIDE = ("likely", "when")  # keys that say nothing of a parameter's values


@dataclass(frozen=True)
class DeclaredSpace:
    """Parameters that a function suggests, as it declares them.

    Attributes
    ----------
    distributions
        Optuna distribution of each parameter; a parameter follows those that it depends on.
    conditions
        Parameter → other parameters, each with the values with which it is suggested.
    likely
        Parameter → value near which the best one is expected, as Optuna stores it.
    """

    distributions: Mapping[str, BaseDistribution]
    conditions: Conditions = field(default_factory=dict)
    likely: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, space: Space) -> DeclaredSpace:
        """Return the space that a user declares.

        Parameters
        ----------
        space
            Parameter → `Float`, `Int` or `Choice`, a table as in the ``[space]`` of a study file, or an Optuna
            distribution.

        Raises
        ------
        UsageError
            If it is no mapping, it is empty, or a range, a likely value or a condition is invalid.
        """
        if not isinstance(space, Mapping) or not space:
            raise UsageError(f"space must map each parameter to its range, got {quoted(space)}")
        specs: Mapping[str, Any] = space
        declared: dict[str, BaseDistribution] = {}
        conditions: dict[str, dict[str, list[Any]]] = {}
        likely: dict[str, Any] = {}
        for name, spec in specs.items():
            try:
                declared[name] = distribution(_without(spec, _BESIDE))
                if _has(spec, "likely"):
                    likely[name] = likely_value(declared[name], encode(spec["likely"]))
            except UsageError as error:
                raise UsageError(f"space: {name}: {error}") from error
        for name, spec in specs.items():
            if _has(spec, "when"):
                conditions[name] = _condition(name, spec["when"], declared)
        try:
            return cls(in_order(declared, conditions), conditions, likely)
        except UsageError as error:
            raise UsageError(f"space: {error}") from error

    def content(self) -> dict[str, Any]:
        """Return it in JSON types, as in the ``[space]`` of a study file."""
        return {
            name: describe(dist)
            | ({"likely": self.likely[name]} if name in self.likely else {})
            | ({"when": dict(self.conditions[name])} if name in self.conditions else {})
            for name, dist in self.distributions.items()
        }

    def check(self, suggested: Mapping[str, BaseDistribution]) -> None:
        """Refuse a trial that suggested something else than what is declared.

        Raises
        ------
        UsageError
            If the function suggested a parameter that is not declared, or from another range.
        """
        for name, dist in suggested.items():
            if name not in self.distributions:
                has = ", ".join(self.distributions)
                raise UsageError(f"space must have all that the function suggests, got {quoted(name)}; it has {has}")
            if dist != self.distributions[name]:
                there, here = describe(self.distributions[name]), describe(dist)
                raise UsageError(f"space: {name} is {there}, and the function suggests it from {here}")


def _condition(name: str, when: Any, declared: Mapping[str, BaseDistribution]) -> dict[str, list[Any]]:
    """Return the parameters that `name` depends on, with lists of their values."""
    if not isinstance(when, Mapping) or not when:
        raise UsageError(f"space: {name}: when must be a table such as {{'kernel': ['rbf']}}, got {quoted(when)}")
    required: dict[str, list[Any]] = {}
    for other, allowed in when.items():
        others = [each for each in declared if each != name]
        if other not in others:
            raise UsageError(f"space: {name}: when: {choose_from('parameter', other, others)}")
        values = list(allowed) if isinstance(allowed, list | tuple) else [allowed]
        if isinstance(declared[other], FloatDistribution):
            rule = f"when can depend on choices and integers, and {other} is a range of numbers"
            raise UsageError(f"space: {name}: {rule}")
        if not any(contains(declared[other], encode(value)) for value in values):
            raise UsageError(f"space: {name}: when {other} = {quoted(values)} never holds")
        required[other] = values
    return required


def _has(spec: Any, key: str) -> bool:
    return isinstance(spec, Mapping) and key in spec


def _without(spec: Any, keys: tuple[str, ...]) -> Any:
    return {key: value for key, value in spec.items() if key not in keys} if isinstance(spec, Mapping) else spec
