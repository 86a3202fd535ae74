"""Split of the hyperparameters into fixed and searched ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.nn import Hyperparameters
from hpsearch.space import decode, distribution, suggest

_DEFAULTS = {field.name: field.default for field in fields(Hyperparameters)}


@dataclass(frozen=True)
class SearchedModel:
    """Fixed and searched hyperparameters of a network.

    Parameters
    ----------
    fixed
        Values of fixed fields of `Hyperparameters`; the other fields have that class's defaults.
    specs
        Searched fields of `Hyperparameters`: each a table as in `distribution`, or a distribution.

    Raises
    ------
    UsageError
        If a name is unknown, a value or an end of a range is invalid, or a field is both fixed and searched. The
        message begins with the table of the study file.
    """

    fixed: Mapping[str, Any]
    specs: Mapping[str, Mapping[str, Any] | BaseDistribution]
    space: Mapping[str, BaseDistribution] = field(init=False)
    _base: Hyperparameters = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "space", _space(self.fixed, self.specs))
        object.__setattr__(self, "_base", _base(self.fixed))
        for name, dist in self.space.items():
            _check_range(self._base, name, dist)

    @property
    def most_epochs(self) -> int:
        """Fixed number of epochs, or the largest one that can be suggested."""
        searched = self.space.get("epochs")
        return self._base.epochs if searched is None else int(max(_ends(searched)))

    def extremes(self, names: Iterable[str]) -> Iterator[Hyperparameters]:
        """Yield the hyperparameters for each combination of choices and range ends of the searched `names`."""
        searched = [name for name in names if name in self.space]
        for values in product(*(_ends(self.space[name]) for name in searched)):
            yield self.hyperparameters(dict(zip(searched, values, strict=True)))

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Return a value from `trial` for every searched field."""
        return {name: suggest(trial, name, dist) for name, dist in self.space.items()}

    def hyperparameters(self, params: Mapping[str, Any]) -> Hyperparameters:
        """Return all hyperparameters, with the searched ones from `params` (as stored by Optuna)."""
        return replace(self._base, **{name: decode(value) for name, value in params.items()})


def _check_names(table: str, names: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in names:
        if name not in _DEFAULTS:
            raise UsageError(f"[{table}] {name}: {choose_from('key', name, _DEFAULTS)}")
    return names


def _base(model: Mapping[str, Any]) -> Hyperparameters:
    try:
        return Hyperparameters(**_check_names("model", model))
    except UsageError as error:
        raise error if str(error).startswith("[") else UsageError(f"[model] {error}") from error


def _space(
    model: Mapping[str, Any], space: Mapping[str, Mapping[str, Any] | BaseDistribution]
) -> dict[str, BaseDistribution]:
    _check_names("space", space)
    for name in space:
        if name in model:
            fixed = f"is fixed in [model] too (at {quoted(model[name])})"
            raise UsageError(f"[space] {name}: {fixed}; leave it in one of them")
    distributions = {}
    for name, spec in space.items():
        try:
            distributions[name] = _match_field_type(name, distribution(spec))
        except UsageError as error:
            raise UsageError(f"[space] {name}: {error}") from error
    return distributions


def _match_field_type(name: str, dist: BaseDistribution) -> BaseDistribution:
    """Convert an integer range to a float range if the field is a float."""
    if isinstance(dist, IntDistribution) and isinstance(_DEFAULTS[name], float):
        return FloatDistribution(dist.low, dist.high, log=dist.log, step=None if dist.step == 1 else dist.step)
    return dist


def _check_range(base: Hyperparameters, name: str, dist: BaseDistribution) -> None:
    """Refuse ranges and choices with values that `Hyperparameters` refuses."""
    for value in _ends(dist):
        try:
            replace(base, **{name: decode(value)})
        except UsageError as error:
            raise UsageError(f"[space] {error}") from error


def _ends(dist: BaseDistribution) -> Sequence[Any]:
    """Return the lowest and the highest value, or all choices."""
    if isinstance(dist, CategoricalDistribution):
        return dist.choices
    assert isinstance(dist, (FloatDistribution, IntDistribution))
    return (dist.low, dist.high)
