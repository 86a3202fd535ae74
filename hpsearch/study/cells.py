"""Variants of a study with factors: one per combination of levels, checked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hpsearch.errors import UsageError, quoted
from hpsearch.objectives import DEFAULT_FAMILY, Objective
from hpsearch.objectives.data_keys import key_of_data
from hpsearch.objectives.levels import FAMILY, Tables, merged
from hpsearch.run.comparable import content_hash
from hpsearch.space import contains, describe, is_active, is_on_grid
from hpsearch.study.config import variant_search
from hpsearch.study.factors import STRATEGY, Factor, check_label, label_of, read_factors, variants
from hpsearch.study.runs import check_runs
from hpsearch.study.tasks import family_of
from hpsearch.study.variant import Searcher, Variant, check_confirm, ineffective_search

Tasks = Mapping[str, Objective]

OBJECTIVE = "objective"
"""Name of the factor that several objectives make."""


def cells_of(
    factors: Sequence[Factor],
    strategies: Mapping[str, Searcher],
    base: Mapping[str, Any],
    tasks_of: Callable[[Mapping[str, Any]], Tasks],
    trials: int,
    repeats: int,
) -> list[Variant]:
    """Return the variants of a study with factors; the strategies are the last factor.

    Parameters
    ----------
    base
        Tables ``data``, ``model``, ``space`` and ``search`` that the levels are merged into.
    tasks_of
        Function from a variant's tables to its objectives by task.
    trials, repeats
        Budget of each run, and runs of each variant.

    Raises
    ------
    UsageError
        If a variant is invalid, a level sets a key without effect, two variants are equal, or they do not agree on
        what is judged.
    """
    every = [*factors, Factor(STRATEGY, {label: {} for label in strategies})]
    check_runs(1, math.prod(len(factor.levels) for factor in every), repeats)
    cells = []
    for levels in variants(every):
        tables = {factor.name: factor.levels[levels[factor.name]] for factor in every}
        make = partial(_cell, levels, strategies[levels[STRATEGY]], base, tasks_of, trials)
        try:
            cells.append(make(list(tables.values())))
        except UsageError as error:
            raise UsageError(f"{_place(str(error), levels, tables, make)}{error}") from error
    check_cells(cells)
    return cells


def _place(
    message: str, levels: Mapping[str, str], tables: Mapping[str, Tables], make: Callable[[list[Tables]], Variant]
) -> str:
    """Return the fewest levels that raise the error, as the message's beginning; empty if the file itself raises it."""

    def raises(*factors: str) -> bool:
        try:
            make([tables[factor] for factor in factors])
        except UsageError as error:
            return str(error) == message
        return False

    if raises():
        return ""
    names = [factor for factor in tables if factor != STRATEGY]
    alone = [factor for factor in names if raises(factor)]
    return ", ".join(f"[factors.{factor}] {levels[factor]!r}" for factor in alone[:1] or names) + ": "


def cells_of_objectives(
    objectives: Mapping[str, Objective],
    factors: Mapping[str, Any],
    strategies: Mapping[str, Searcher],
    search: Mapping[str, Any],
    trials: int,
    repeats: int,
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
        base, tasks_of = _tables(each, search), partial(_varied, each)
        for cell in cells_of(read_factors(factors), strategies, base, tasks_of, trials, repeats):
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
    labels = {name: tuple(dict.fromkeys(cell.levels[name] for cell in cells)) for name in cells[0].levels}
    first: dict[str, str] = {}
    for cell in cells:
        label = label_of(cell.levels, labels)
        other = first.setdefault(json.dumps(_settings(cell), sort_keys=True), label)
        if other != label:
            raise UsageError(f"[factors] the variants {other!r} and {label!r} have the same settings")
        for what, of in _JUDGED.items():
            if of(cells[0]) != of(cell):
                reference = label_of(cells[0].levels, labels)
                raise UsageError(
                    f"[factors] variants must have the same {what}: {reference!r} has {of(cells[0])}, "
                    f"{label!r} has {of(cell)}"
                )


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
            is_possible = contains(dist, value) and is_on_grid(dist, value)
            if is_active(name, objective.defaults, objective.conditions) and not is_possible:
                raise UsageError(
                    f'[search] first: "defaults" needs ranges that hold them; {name} is {quoted(value)} by default, '
                    f"outside of {describe(dist)}"
                )


def _cell(
    levels: Mapping[str, str],
    searcher: Searcher,
    base: Mapping[str, Any],
    tasks_of: Callable[[Mapping[str, Any]], Tasks],
    trials: int,
    level_tables: Sequence[Tables],
) -> Variant:
    tables = merged(base, level_tables)
    search = variant_search(tables["search"])
    tasks = tasks_of(tables)
    if search.confirm is not None:
        searcher = _confirming(searcher, search.confirm, trials)
    if search.first == "defaults":
        check_defaults(tasks.values())
    cell = Variant(dict(levels), levels[STRATEGY], searcher, tasks, search.pruner, search.first == "defaults")
    _check_effective(level_tables, cell)
    return cell


def _confirming(searcher: Searcher, confirm: int, trials: int) -> Searcher:
    try:
        check_confirm(confirm, trials)
    except UsageError as error:
        raise UsageError(f"[search] confirm: {error}") from error
    content = {key: value for key, value in searcher.content.items() if key != "confirm"}
    return replace(searcher, confirm=confirm, content=content | ({"confirm": confirm} if confirm else {}))


def _check_effective(levels: Iterable[Tables], cell: Variant) -> None:
    """Refuse levels that set a key without effect in the variant."""
    ineffective = {
        f"{table}.{name}" if table else name: reason
        for name, reason in next(iter(cell.objectives.values())).ineffective.items()
        for table in ("space", "" if key_of_data(name) else "model")
    } | {f"search.{key}": reason for key, reason in ineffective_search(cell).items()}
    for level in levels:
        for table, settings in level.items():
            for key in settings:
                if f"{table}.{key}" in ineffective:
                    raise UsageError(f"{table}.{key} has no effect: {ineffective[f'{table}.{key}']}")


def _settings(cell: Variant) -> list[Any]:
    """Return what tells a variant apart from others."""
    contents = {
        task: content_hash({"family": objective.family, **objective.content}) if objective.content else cell.levels
        for task, objective in cell.objectives.items()
    }
    return [contents, cell.searcher_content, cell.pruner, cell.starts_with_defaults]


def _judged_rows(cell: Variant) -> list[list[str | None]]:
    hashes = [objective.for_repeat(0).fingerprints() for objective in cell.objectives.values()]
    return [[each.get("validation"), each.get("test")] for each in hashes]


_JUDGED: Mapping[str, Callable[[Variant], Any]] = {
    "tasks": lambda cell: list(cell.objectives),
    "metric": lambda cell: [objective.metric for objective in cell.objectives.values()],
    "direction": lambda cell: [objective.direction for objective in cell.objectives.values()],
    "validation and test rows": _judged_rows,
}
