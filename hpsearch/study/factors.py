"""Factors of a study: their levels, and the variants that combine them.

A factor has levels, and a variant has one level of each factor (a cell of a factorial design). A level is a set of
tables that is merged key by key into the study file.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from hpsearch.checks import MOST_CHARACTERS, MOST_CHOICES
from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.objectives.data_keys import DATA, name_in_space, place_of
from hpsearch.objectives.levels import FREE, TABLES, Tables
from hpsearch.space import distribution, value_at
from hpsearch.text import short

STRATEGY = "strategy"
"""Name of the factor that ``[search] strategies`` makes."""

_FORMS = {"levels": ("levels",), "values": ("key", "values"), "range": ("key", "low", "high", "log", "points")}
_MOST_LABEL = 60  # characters: a variant's label is part of the name of an Optuna study
_SEPARATOR = ", "
_EMPTIED = ("space",)  # key of a level that empties the space


@dataclass(frozen=True)
class Factor:
    """What a study varies.

    Attributes
    ----------
    levels
        Tables of each level, by label; the first level is the reference.
    """

    name: str
    levels: Mapping[str, Tables]

    @property
    def keys(self) -> set[tuple[str, ...]]:
        """Keys that at least one level sets; fixed and searched settings of a model have the same key."""
        return {key for tables in self.levels.values() for key in set_keys(tables)}


def read_factors(tables: Mapping[str, Any]) -> list[Factor]:
    """Return the factors of the tables ``[factors.<name>]``.

    Raises
    ------
    UsageError
        If one is invalid; the message begins with its table.
    """
    factors = []
    for name, table in tables.items():
        try:
            factors.append(_factor(name, table))
        except UsageError as error:
            raise UsageError(f"[factors.{name}] {error}") from error
    _check_disjoint(factors)
    return factors


def variants(factors: Sequence[Factor]) -> Iterator[dict[str, str]]:
    """Yield each combination of levels: factor → label of its level.

    Raises
    ------
    UsageError
        If the label of a variant is too long.
    """
    labels = {factor.name: tuple(factor.levels) for factor in factors}
    longest = label_of({name: max(levels, key=len) for name, levels in labels.items()}, labels)
    if len(longest) > MOST_CHARACTERS:
        raise UsageError(
            f"[factors] the label of a variant must have at most {MOST_CHARACTERS} characters, got {quoted(longest)}"
        )
    for levels in product(*labels.values()):
        yield dict(zip(labels, levels, strict=True))


def label_of(levels: Mapping[str, str], factors: Mapping[str, Sequence[str]]) -> str:
    """Return the label of a variant: its levels, without factors of a single level, unless all are."""
    several = [level for factor, level in levels.items() if len(factors[factor]) > 1]
    return _SEPARATOR.join(several or levels.values())


def set_keys(level: Tables) -> Iterator[tuple[str, ...]]:
    """Yield the keys that a level sets; ``("space",)`` if it empties the space."""
    for table, settings in level.items():
        if table == "space" and not settings:
            yield _EMPTIED
        for key in settings:
            yield place_of(key) if table == "space" else (table, key)


def _factor(name: str, table: Any) -> Factor:
    if name == STRATEGY:
        raise UsageError("the strategies are in [search] strategies: give this factor another name")
    if not isinstance(table, Mapping):
        raise UsageError(f"must be a table with levels, or with key and values, got {quoted(table)}")
    form = next((form for form in _FORMS if form in table), "range" if "low" in table or "high" in table else None)
    if form is None:
        raise UsageError("has neither levels, nor key and values, nor key, low, high and points")
    for key in table:
        if key not in _FORMS[form]:
            raise UsageError(choose_from("key", key, _FORMS[form]))
    levels = _labelled(table["levels"]) if form == "levels" else _of_key(table, form)
    _check_count(levels)
    for label, tables in levels.items():
        check_label(label)
        _check_level(label, tables)
    for (one, first), (other, second) in combinations(levels.items(), 2):
        if first == second:
            raise UsageError(f"the levels {one!r} and {other!r} are equal")
    return Factor(name, levels)


def _labelled(levels: Any) -> dict[str, Tables]:
    if not isinstance(levels, Mapping):
        raise UsageError(f"levels must be a table of labels, each with the tables that it sets, got {quoted(levels)}")
    return dict(levels)


def _of_key(table: Mapping[str, Any], form: str) -> dict[str, Tables]:
    """Return a level per value of one key."""
    key = table.get("key")
    parts = key.split(".") if isinstance(key, str) else []
    if len(parts) != 2 or parts[0] not in ("model", *FREE):
        raise UsageError(f'key must name a table and a key in it, such as "model.optimizer", got {quoted(key)}')
    values = _values(table["values"]) if form == "values" else _points(table)
    _check_count(values)
    labels = _labels(values)
    for one, other in combinations(range(len(values)), 2):
        if values[one] == values[other]:
            raise UsageError(f"the values {labels[one]} and {labels[other]} are equal")
        if labels[one] == labels[other]:
            raise UsageError(f"two levels have the label {labels[one]!r}: give them labels in levels")
    return {label: {parts[0]: {parts[1]: value}} for label, value in zip(labels, values, strict=True)}


def _values(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise UsageError(f"values must be a list, got {quoted(values)}")
    return values


def _points(table: Mapping[str, Any]) -> list[float | int]:
    """Cut a range into points with equal distances, in logarithms for log ranges."""
    points = table.get("points")
    if isinstance(points, bool) or not isinstance(points, int) or not 2 <= points <= MOST_CHOICES:
        raise UsageError(f"points must be a whole number from 2 to {MOST_CHOICES:,}, got {quoted(points)}")
    range_: Any = distribution({key: table[key] for key in ("low", "high", "log") if key in table})
    if isinstance(range_.low, int) and points > range_.high - range_.low + 1:
        raise UsageError(f"has {points} points, and from {range_.low} to {range_.high} are fewer whole numbers")
    if isinstance(range_.low, int):
        low, high = (math.log(end) if range_.log else float(end) for end in (range_.low, range_.high))
        scaled = [low + (high - low) * point / (points - 1) for point in range(points)]
        whole: list[float | int] = [round(math.exp(each)) if range_.log else round(each) for each in scaled]
        if len(set(whole)) < points:
            raise UsageError(f"has {points} points, and rounded to whole numbers only {len(set(whole))} of them differ")
        return whole
    ends = {0: range_.low, points - 1: range_.high}
    return [ends.get(point, value_at(point / (points - 1), range_)) for point in range(points)]


def _check_count(levels: Collection[Any]) -> None:
    if not 2 <= len(levels) <= MOST_CHOICES:
        rule = "at least two" if len(levels) < 2 else f"at most {MOST_CHOICES:,}"
        raise UsageError(f"must have {rule} levels, got {len(levels):,}")


def _labels(values: Sequence[Any]) -> list[str]:
    """Return the values as text, numbers with as few digits as tell them apart."""
    for digits in range(3, 18):
        labels = [_text(value, digits) for value in values]
        if len(set(labels)) == len(set(map(repr, values))):
            break
    return labels


def _text(value: Any, digits: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    return "-".join(map(str, value)) if isinstance(value, list) else str(value)


def check_label(label: object) -> None:
    """Refuse a label that can't be part of a name.

    Raises
    ------
    UsageError
        If it is no text, too long, or has characters with a meaning in names and options.
    """
    plain = isinstance(label, str) and label.isprintable() and label == label.strip() and not set(label) & set("/,=")
    if not isinstance(label, str) or not plain or not 1 <= len(label) <= _MOST_LABEL:
        rule = f"1 to {_MOST_LABEL} printable characters without '/', ',' and '='"
        raise UsageError(f"the label of a level must be {rule}, got {quoted(label)}")


def _check_level(label: str, level: Any) -> None:
    if not isinstance(level, Mapping):
        raise UsageError(f"the level {label!r} must be a table such as {{ model = {{ … }} }}, got {quoted(level)}")
    for table, settings in level.items():
        if table not in TABLES:
            raise UsageError(f"the level {label!r}: {choose_from('table', table, TABLES)}")
        if not isinstance(settings, Mapping):
            raise UsageError(f"the level {label!r}: {table} must be a table, got {quoted(settings)}")
        for key in settings if table in FREE else ():
            if key not in FREE[table]:
                free = " and ".join((", ".join(FREE[table][:-1]), FREE[table][-1]))
                raise UsageError(
                    f"the level {label!r} sets {table}.{short(key)}, which must be equal for all variants; "
                    f"of [{table}] levels can set {free}"
                )
    both = [
        name
        for table in ("model", DATA)
        for key in level.get(table, {})
        if (name := name_in_space(table, key)) in level.get("space", {})
    ]
    if both:
        raise UsageError(f"the level {label!r} both fixes and searches {short(both[0])}")


def _check_disjoint(factors: Sequence[Factor]) -> None:
    """Refuse a key that two factors set, and a space that one factor empties and another one fills."""
    first: dict[tuple[str, ...], str] = {}
    for factor in factors:
        for key in sorted(factor.keys):
            other = first.setdefault(key, factor.name)
            if other != factor.name:
                name = ".".join(map(short, key))
                raise UsageError(f"[factors.{factor.name}] sets {name}, which [factors.{other}] sets too")
    emptying = first.get(_EMPTIED)
    for factor in factors if emptying is not None else ():
        searched = [key for level in factor.levels.values() for key in level.get("space", {})]
        if searched and factor.name != emptying:
            raise UsageError(
                f"[factors.{factor.name}] searches {short(searched[0])}, and [factors.{emptying}] empties the space"
            )
