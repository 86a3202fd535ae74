"""Split of a model's settings into fixed and searched ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product
from typing import Any, Generic, TypeVar

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.objectives.base import Conditions
from hpsearch.objectives.data_keys import DATA_NAMES, key_of_data, of_data, of_model, reason_against
from hpsearch.space import contains, decode, distribution, encode, in_order, is_active, likely_value
from hpsearch.text import short

_S = TypeVar("_S")
_WHEN = "when"
_LIKELY = "likely"

RANGE_KEYS = ("low", "high", "log", "step", "choices", _LIKELY, _WHEN)
"""Keys of a searched setting in ``[space]``."""

Spec = Mapping[str, Any] | BaseDistribution


@dataclass(frozen=True)
class SearchedModel(Generic[_S]):
    """Fixed and searched settings of a model.

    Parameters
    ----------
    kind
        Dataclass with a field and a default per setting. Its constructor refuses invalid values with `UsageError`.
    fixed
        Values of fixed fields of `kind`; the other fields have their defaults.
    specs
        Searched fields of `kind`: each a table as in `distribution`, or a distribution. In a table, ``when`` names the
        choices or integers, and their values, with which the field is searched; else it has its default. ``likely`` is
        the value near which a person expects the best one. With `preparation`, ``"data.scaling"`` and the like are
        fields, too.
    preparation
        Fixed settings of the data's preparation; None if the space can't search them.

    Raises
    ------
    UsageError
        If a name is unknown, a value or an end of a range is invalid, a condition cannot hold, or a field is both fixed
        and searched. The message begins with the table of the study file.
    """

    kind: type[_S]
    fixed: Mapping[str, Any]
    specs: Mapping[str, Spec]
    preparation: PreparationSettings | None = None
    space: Mapping[str, BaseDistribution] = field(init=False)
    conditions: Conditions = field(init=False)
    likely: Mapping[str, Any] = field(init=False)
    _base: _S = field(init=False, repr=False)

    def __post_init__(self) -> None:
        space = self._space()
        object.__setattr__(self, "_base", self._fixed_settings())
        for name, dist in space.items():
            self._check_range(name, dist)
        conditions = {
            name: self._condition(name, spec, space) for name, spec in self.specs.items() if _is_conditional(spec)
        }
        conditions = {name: required for name, required in conditions.items() if required}
        object.__setattr__(self, "conditions", conditions)
        try:
            object.__setattr__(self, "space", in_order(space, conditions))
        except UsageError as error:
            raise UsageError(f"[space] {error}") from error
        object.__setattr__(self, "likely", dict(self._likely_values()))

    def ends(self, name: str) -> Sequence[Any]:
        """Return the fixed value of a field, or the lowest and highest one, or all choices that are searched."""
        searched = self.space.get(name)
        if searched is None:
            return (self._value(name),)
        default = (self._value(name),) if name in self.conditions else ()
        return (*_ends(searched), *default)

    def extremes(self, names: Iterable[str]) -> Iterator[_S]:
        """Yield the settings for each combination of choices and range ends of the searched `names`."""
        searched = [name for name in names if name in self.space]
        for values in product(*(self.ends(name) for name in searched)):
            yield self.settings(dict(zip(searched, values, strict=True)))

    def settings(self, params: Mapping[str, Any]) -> _S:
        """Return all settings of the model, with the searched ones from `params` (as stored by Optuna)."""
        values = {name: decode(value) for name, value in of_model(params).items()}
        changed: _S = replace(self._base, **values)  # type: ignore[type-var]
        return changed

    def prepared(self, params: Mapping[str, Any]) -> PreparationSettings | None:
        """Return the settings of the data's preparation, with the searched ones from `params`."""
        values = of_data(params)
        return replace(self.preparation, **values) if self.preparation and values else self.preparation

    @property
    def defaults(self) -> dict[str, Any]:
        """Default of each searched field, as Optuna stores it; inactive fields are left out."""
        values: dict[str, Any] = {}
        for name in self.space:
            if is_active(name, values, self.conditions):
                values[name] = encode(self._value(name))
        return values

    def _value(self, name: str) -> Any:
        """Return the fixed value of a field, or its default."""
        return getattr(self.preparation, key) if (key := key_of_data(name)) else getattr(self._base, name)

    def _set(self, name: str, value: Any) -> Any:
        """Return the value of a field once it is set; refuse one that the settings refuse."""
        key = key_of_data(name)
        if not key:
            return getattr(self.settings({name: value}), name)
        try:
            return getattr(self.prepared({name: value}), key)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from error

    def _check_names(self, table: str, names: Mapping[str, Any], *, of_space: bool = False) -> Mapping[str, Any]:
        defaults = default_settings(self.kind)
        for name in names:
            if name not in defaults and not (of_space and name in DATA_NAMES and self.preparation):
                reason = reason_against(name, self.preparation) if of_space else ""
                raise UsageError(f"[{table}] {short(name)}: {reason or choose_from('key', name, defaults)}")
        return names

    def _fixed_settings(self) -> _S:
        try:
            return self.kind(**self._check_names("model", self.fixed))
        except UsageError as error:
            raise error if str(error).startswith("[") else UsageError(f"[model] {error}") from error

    def _space(self) -> dict[str, BaseDistribution]:
        self._check_names("space", self.specs, of_space=True)
        for name in self.specs:
            if name in self.fixed:
                fixed = f"is fixed in [model] too (at {quoted(self.fixed[name])})"
                raise UsageError(f"[space] {name}: {fixed}; leave it in one of them")
        distributions = {}
        for name, spec in self.specs.items():
            try:
                distributions[name] = self._match_field_type(name, distribution(_as_range(spec)))
            except UsageError as error:
                raise UsageError(f"[space] {name}: {error}") from error
        return distributions

    def _likely_values(self) -> Iterator[tuple[str, Any]]:
        """Yield each searched field with a likely value, and that value as Optuna stores it."""
        for name, dist in self.space.items():
            spec = self.specs[name]
            if isinstance(spec, Mapping) and _LIKELY in spec:
                try:
                    yield name, likely_value(dist, encode(spec[_LIKELY]))
                except UsageError as error:
                    raise UsageError(f"[space] {name}: {error}") from error

    def _match_field_type(self, name: str, dist: BaseDistribution) -> BaseDistribution:
        """Convert an integer range to a float range if the field is a float."""
        if isinstance(dist, IntDistribution) and isinstance(default_settings(self.kind).get(name), float):
            return FloatDistribution(dist.low, dist.high, log=dist.log, step=None if dist.step == 1 else dist.step)
        return dist

    def _check_range(self, name: str, dist: BaseDistribution) -> None:
        """Refuse ranges and choices with values that the settings refuse."""
        for value in _ends(dist):
            try:
                self._set(name, value)
            except UsageError as error:
                raise UsageError(f"[space] {error}") from error

    def _condition(self, name: str, spec: Spec, space: Mapping[str, BaseDistribution]) -> dict[str, list[Any]]:
        """Return the searched fields that `name` depends on, with their values; conditions on fixed fields are met."""
        when = _when(spec)
        if not isinstance(when, Mapping) or not when:
            raise UsageError(f'[space] {name}: when must be a table such as {{ kernel = ["rbf"] }}, got {quoted(when)}')
        self._check_names(f"space] {name}: [when", when, of_space=True)
        required = {}
        for other, allowed in when.items():
            values = _as_list(allowed)
            self._check_condition(name, other, values)
            possible = self._possible(name, other, space)
            if not any(map(possible, values)):
                choices = f"when {other} = {' or '.join(map(quoted, values))}"
                raise UsageError(f"[space] {name}: {choices} never holds: it is {self._described(other, space)}")
            if other in space:
                required[other] = values
        return required

    def _check_condition(self, name: str, other: str, values: list[Any]) -> None:
        """Refuse values that the field `other` cannot have."""
        if other == name:
            raise UsageError(f"[space] {name}: when must name another key, got {name!r}")
        if not values:
            raise UsageError(f"[space] {name}: when {other} must list at least one value")
        for value in values:
            try:
                self._set(other, value)
            except UsageError as error:
                raise UsageError(f"[space] {name}: when: {error}") from error

    def _possible(self, name: str, other: str, space: Mapping[str, BaseDistribution]) -> Callable[[Any], bool]:
        """Return whether the field that `name` depends on can have a value."""
        dist = space.get(other)
        if dist is None:
            return lambda value: bool(self._set(other, value) == self._value(other))
        if isinstance(dist, FloatDistribution):
            raise UsageError(
                f"[space] {name}: when can depend on choices and integers, and {other} is a range of numbers"
            )
        return lambda value: contains(dist, encode(value))

    def _described(self, other: str, space: Mapping[str, BaseDistribution]) -> str:
        dist = space.get(other)
        if isinstance(dist, IntDistribution):
            return f"from {dist.low} to {dist.high}"
        return " or ".join(quoted(decode(value)) for value in ([self._value(other)] if dist is None else _ends(dist)))


def default_settings(kind: type[Any]) -> dict[str, Any]:
    """Return the default of every field of a settings dataclass."""
    return {each.name: each.default for each in fields(kind)}


def may_be_searched(spec: Spec, fixed: Mapping[str, Any]) -> bool:
    """Return whether the fixed settings allow a searched one; True for wrong conditions, which are refused later."""
    when = _when(spec)
    return not isinstance(when, Mapping) or all(
        decode(encode(fixed[name])) in _as_list(allowed) for name, allowed in when.items() if name in fixed
    )


def not_fixed(space: Mapping[str, Spec], model: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Spec]:
    """Return the part of a default space that `model` does not fix, and that `model` and `defaults` allow to search."""
    searched = {name: spec for name, spec in space.items() if name not in model}
    fixed = {name: value for name, value in {**defaults, **model}.items() if name not in searched}
    return {name: spec for name, spec in searched.items() if may_be_searched(spec, fixed)}


def with_values(space: Mapping[str, Spec], name: str, change: Callable[[Any], Any]) -> dict[str, Spec]:
    """Return the specifications with changed values of the field `name`, among its choices and in conditions on it."""
    changed = {}
    for field_name, spec in space.items():
        table: Any = spec
        if field_name == name and isinstance(table, Mapping) and isinstance(table.get("choices"), list | tuple):
            table = {**table, "choices": [change(value) for value in table["choices"]]}
            table |= {_LIKELY: change(table[_LIKELY])} if _LIKELY in table else {}
        when = _when(table)
        if isinstance(when, Mapping) and name in when:
            table = {**table, _WHEN: {**when, name: [change(value) for value in _as_list(when[name])]}}
        changed[field_name] = table
    return changed


def _as_list(allowed: Any) -> list[Any]:
    return list(allowed) if isinstance(allowed, list | tuple) else [allowed]


def _is_conditional(spec: Spec) -> bool:
    return isinstance(spec, Mapping) and _WHEN in spec


def _when(spec: Spec) -> Any:
    return spec.get(_WHEN) if isinstance(spec, Mapping) else None


def _as_range(spec: Spec) -> Spec:
    """Return the specification without the keys that say nothing of its values."""
    if isinstance(spec, Mapping):
        return {key: value for key, value in spec.items() if key not in (_WHEN, _LIKELY)}
    return spec


def _ends(dist: BaseDistribution) -> Sequence[Any]:
    """Return the lowest and the highest value, or all choices."""
    if isinstance(dist, CategoricalDistribution):
        return dist.choices
    assert isinstance(dist, (FloatDistribution, IntDistribution))
    return (dist.low, dist.high)
