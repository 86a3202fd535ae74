"""Tasks of a study file, and their objectives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives import DEFAULT_FAMILY, FAMILIES, Objective
from hpsearch.objectives.levels import FAMILY

_SEVERAL = {"source": "source", "path": "path", "tables": "table"}  # keys that may list several tasks: the key of one


def family_of(model: Mapping[str, Any]) -> type[Objective]:
    """Return the family that a table ``[model]`` names, or the default one.

    Raises
    ------
    UsageError
        If there is no such family.
    """
    name = model.get(FAMILY, DEFAULT_FAMILY)
    if not isinstance(name, str) or name not in FAMILIES:
        raise UsageError(f"[model] {FAMILY}: {choose_from('family', name, FAMILIES)}")
    return FAMILIES[name]


def objectives(
    data: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any] | None, **arguments: Any
) -> dict[str, Objective]:
    """Return the objective of each task that ``[data]`` names; `arguments` are the other ones of `Objective.build`.

    Raises
    ------
    UsageError
        If a table is invalid; the message begins with its name.
    """
    family = family_of(model)
    settings = {key: value for key, value in model.items() if key != FAMILY}
    tasks: dict[str, Objective] = {}
    for table in _data_of_each(data):
        _check_source(table, family)
        objective = family.build(table, model=settings, space=space, **arguments)
        if objective.task in tasks:
            raise UsageError(f"[data] names the task {objective.task!r} twice: tasks need names of their own")
        tasks[objective.task] = objective
    return tasks


def _check_source(data: Mapping[str, Any], family: type[Objective]) -> None:
    """Refuse a source that only another family reads."""
    source = data.get("source")
    for name, other in FAMILIES.items():
        if other is not family and source in other.own_sources:
            raise UsageError(f'[data] source {source!r} is for another family: write family = "{name}" in [model]')


def _data_of_each(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the ``[data]`` of each task; one key may list several tasks."""
    lists = [key for key in _SEVERAL if isinstance(data.get(key), list)]
    if len(lists) > 1:
        raise UsageError(f"[data] {' and '.join(lists)} are both lists: one of them may name several tasks")
    several = lists[0] if lists else "tables" if "tables" in data else None
    if several is None:
        yield dict(data)
        return
    values = data[several] if isinstance(data[several], list) else [data[several]]
    if not values:
        raise UsageError(f"[data] {several}: must not be empty")
    shared = {key: value for key, value in data.items() if key != several}
    for value in values:
        yield shared | {_SEVERAL[several]: value}
