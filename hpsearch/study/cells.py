"""Variants of a study with factors: one per combination of levels, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hpsearch.errors import UsageError
from hpsearch.objectives import DEFAULT_FAMILY, Objective
from hpsearch.objectives.levels import FAMILY, merged
from hpsearch.run.comparable import content_hash
from hpsearch.space import contains
from hpsearch.study.config import variant_search
from hpsearch.study.factors import STRATEGY, Factor, check_label, read_factors, variants
from hpsearch.study.tasks import family_of
from hpsearch.study.variant import Searcher, Variant, check_confirm

Tasks = Mapping[str, Objective]

OBJECTIVE = "objective"
"""Name of the factor that several objectives make."""


def cells_of(
    factors: Sequence[Factor],
    strategies: Mapping[str, Searcher],
    base: Mapping[str, Any],
    tasks_of: Callable[[Mapping[str, Any]], Tasks],
    trials: int,
) -> list[Variant]:
    """Return the variants of a study with factors; the strategies are the last factor.

    Parameters
    ----------
    base
        Tables ``data``, ``model``, ``space`` and ``search`` that the levels are merged into.
    tasks_of
        Function from a variant's tables to its objectives by task.
    trials
        Budget of each run.

    Raises
    ------
    UsageError
        If a variant is invalid, a level sets a key without effect, two variants are equal, or they do not agree on
        what is judged.
    """
    every = [*factors, Factor(STRATEGY, {label: {} for label in strategies})]
    cells: list[Variant] = []
    for levels, tables in variants(every):
        names = ", ".join(level for factor, level in levels.items() if factor != STRATEGY)
        try:
            combined = merged(base, tables)
            cells.append(_cell(levels, combined, strategies[levels[STRATEGY]], tasks_of(combined), trials))
            _check_effective(factors, levels, cells[-1].objectives)
        except UsageError as error:
            raise UsageError(f"[factors] in the variant {names!r}: {error}") from error
    check_cells(cells)
    return cells


def cells_of_objectives(
    objectives: Mapping[str, Objective],
    factors: Mapping[str, Any],
    strategies: Mapping[str, Searcher],
    search: Mapping[str, Any],
    trials: int,
) -> list[Variant]:
    """Return the variants of objectives that exist: one, or several by label, each with the levels of `factors`.

    `search` has the keys of ``[search]`` that levels can set.

    Raises
    ------
    UsageError
        As for `cells_of`, or if a factor needs an objective that can be rebuilt.
    """
    several = {OBJECTIVE: dict.fromkeys(objectives)} if len(objectives) > 1 or "" not in objectives else {}
    if several and OBJECTIVE in factors:
        raise UsageError(f"[factors.{OBJECTIVE}] is the factor of the objectives: give this one another name")
    for label in several.get(OBJECTIVE, ()):
        check_label(label)
    cells = []
    for label, objective in objectives.items():
        each = objective.with_separate_seeds()
        for cell in cells_of(read_factors(factors), strategies, _tables(each, search), partial(_varied, each), trials):
            cells.append(replace(cell, levels={**({OBJECTIVE: label} if several else {}), **cell.levels}))
    check_cells(cells)
    return cells


def _tables(objective: Objective, search: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an objective as a study file would have them."""
    data = {
        key: value for key, value in objective.content.get("data", {}).items() if key not in objective.computed_keys
    }
    family = {FAMILY: objective.family} if objective.family not in ("", DEFAULT_FAMILY) else {}
    model, space = objective.content.get("model", {}), objective.content.get("space", {})
    return {"data": data, "model": {**model, **family}, "space": space, "search": dict(search)}


def _varied(objective: Objective, tables: Mapping[str, Any]) -> Tasks:
    """Return the objective of a variant; the objective itself if its tables are unchanged."""
    if {**tables, "search": {}} == _tables(objective, {}):
        return {objective.task: objective}
    family = family_of(tables["model"])
    model = {key: value for key, value in tables["model"].items() if key != FAMILY}
    return {objective.task: objective.varied({**tables, "model": model}, family)}


def check_cells(cells: Sequence[Variant]) -> None:
    """Refuse variants with the same settings, and variants that are not judged alike.

    Raises
    ------
    UsageError
        If there are any; the message names two of them.
    """
    first: dict[str, Variant] = {}
    for cell in cells:
        twin = first.setdefault(repr(_settings(cell)), cell)
        if twin is not cell:
            raise UsageError(f"[factors] the variants {_label(twin)} and {_label(cell)} have the same settings")
        _check_judged_alike(cells[0], cell)


def check_defaults(objectives: Iterable[Objective]) -> None:
    """Refuse to start with defaults that are unknown or outside of their ranges.

    Raises
    ------
    UsageError
        If there are any.
    """
    for objective in objectives:
        if objective.space and not objective.defaults:
            raise UsageError(f'[search] first: the defaults of {objective.task!r} are unknown; leave out "defaults"')
        for name, dist in (objective.space or {}).items():
            value = objective.defaults.get(name)
            if not contains(dist, value):
                raise UsageError(
                    f'[search] first: "defaults" needs ranges that hold them; {name} is {value!r} by default, '
                    f"outside of {dist}"
                )


def _cell(
    levels: Mapping[str, str], tables: Mapping[str, Any], searcher: Searcher, tasks: Tasks, trials: int
) -> Variant:
    search = variant_search(tables["search"])
    if search.confirm is not None:
        check_confirm(search.confirm, trials)
        content = {key: value for key, value in searcher.content.items() if key != "confirm"}
        confirmed = {"confirm": search.confirm} if search.confirm else {}
        searcher = replace(searcher, confirm=search.confirm, content=content | confirmed)
    if search.first == "defaults":
        check_defaults(tasks.values())
    return Variant(dict(levels), levels[STRATEGY], searcher, tasks, search.pruner, search.first == "defaults")


def _check_effective(factors: Iterable[Factor], levels: Mapping[str, str], tasks: Tasks) -> None:
    """Refuse a level that sets a key without effect in the variant."""
    ineffective = next(iter(tasks.values())).ineffective
    for factor in factors:
        level = factor.levels[levels[factor.name]]
        for table in ("model", "space"):
            for key in level.get(table, {}):
                if key != FAMILY and key in ineffective:
                    raise UsageError(
                        f"{table}.{key}, which [factors.{factor.name}] sets, has no effect: {ineffective[key]}"
                    )


def _settings(cell: Variant) -> list[Any]:
    """Return what tells a variant apart from others."""
    own = [
        [task, objective.family, content_hash(objective.content) if objective.content else cell.levels]
        for task, objective in cell.objectives.items()
    ]
    return [own, cell.strategy, sorted(cell.searcher.content.items()), cell.pruner, cell.starts_with_defaults]


def _check_judged_alike(one: Variant, other: Variant) -> None:
    """Refuse variants that differ in tasks, metric, direction, or validation and test rows."""
    for what, of in _JUDGED.items():
        expected, got = of(one), of(other)
        if expected != got:
            raise UsageError(
                f"variants of a task must have the same {what}: {_label(one)} has {expected}, {_label(other)} {got}"
            )


def _judged_rows(cell: Variant) -> list[list[str | None]]:
    hashes = [objective.for_repeat(0).fingerprints() for objective in cell.objectives.values()]
    return [[each.get("validation"), each.get("test")] for each in hashes]


_JUDGED: Mapping[str, Callable[[Variant], Any]] = {
    "tasks": lambda cell: list(cell.objectives),
    "metric": lambda cell: [objective.metric for objective in cell.objectives.values()],
    "direction": lambda cell: [objective.direction for objective in cell.objectives.values()],
    "validation and test rows": _judged_rows,
}


def _label(cell: Variant) -> str:
    return repr(", ".join(cell.levels.values()))
