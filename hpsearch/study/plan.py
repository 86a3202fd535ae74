"""Plans from study files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from hpsearch.errors import UsageError
from hpsearch.objectives import Objective
from hpsearch.objectives.base import Direction
from hpsearch.run.comparable import content_hash
from hpsearch.space import contains
from hpsearch.study import config
from hpsearch.study.factors import FAMILY, STRATEGY, Factor, merged, read_factors, variants
from hpsearch.study.runs import Plan
from hpsearch.study.tasks import family_of, objectives
from hpsearch.study.variant import Searcher, Variant, check_confirm, searcher


def plan(
    study: str,
    overrides: Mapping[str, Any] | None = None,
    data_dir: Path | None = None,
    only: Mapping[str, Collection[str]] | None = None,
) -> Plan:
    """Return the plan of a study file; `study` and `overrides` as for `config.read`, `only` as for `Plan`.

    Raises
    ------
    UsageError
        In one line: the file or option, the key, the rule, the value.
    """
    file = config.read(study, overrides)
    path = config.find(study)
    _check_confirms(path, file, overrides)
    strategies = {label: _searcher(label, file.strategy(label)) for label in file.search.strategies}
    arguments = {"seed": file.search.seed, "data_dir": data_dir, "folder": path.parent.resolve()}
    try:
        cells = _cells(file, strategies, arguments) if file.factors else None
        tasks = cells[0].objectives if cells else _without_factors(file, arguments)
        direction = _common_direction(tasks)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    metrics = {objective.metric for objective in tasks.values()}
    return Plan(
        name=file.name,
        objectives=tasks,
        strategies=strategies,
        trials=file.search.trials,
        repeats=file.search.repeats,
        seed=file.search.seed,
        direction=direction,
        metric=metrics.pop() if len(metrics) == 1 else "score",
        pruner=file.search.pruner,
        retrain=file.search.retrain,
        content=file.tables(),
        cells=cells,
        only=only or {},
        margin=file.report.margin,
        starts_with_defaults=file.search.first == "defaults",
    )


def _searcher(label: str, settings: config.StrategySettings) -> Searcher:
    return searcher(label, settings.strategy or label, settings.options, settings.confirm or 0)


def _check_confirms(path: Path, file: config.StudyFile, overrides: Mapping[str, Any] | None) -> None:
    for label in file.search.strategies:
        try:
            check_confirm(file.strategy(label).confirm or 0, file.search.trials)
        except UsageError as error:
            own = label in file.strategies and file.strategies[label].confirm is not None
            place = ["strategies", label, "confirm"] if own else ["search", "confirm"]
            raise UsageError(f"{config.origin(path, place, overrides)}: {error}") from error


def _without_factors(file: config.StudyFile, arguments: Mapping[str, Any]) -> dict[str, Objective]:
    if file.space == {} and family_of(file.model).accepts_changes:
        raise UsageError("space: must not be empty in a study without [factors]: there is nothing to search")
    tasks = objectives(file.data, file.model, file.space, **arguments)
    if file.search.first == "defaults":
        _check_defaults(tasks.values())
    return tasks


def _cells(file: config.StudyFile, strategies: Mapping[str, Searcher], arguments: Mapping[str, Any]) -> list[Variant]:
    """Return the variants of a study with factors; the strategies are the last factor."""
    factors = read_factors(file.factors)
    every = [*factors, Factor(STRATEGY, {label: {} for label in strategies})]
    base = {"data": file.data, "model": file.model, "space": file.space, "search": _search_table(file)}
    cells = []
    for levels, tables in variants(every):
        label = ", ".join(level for name, level in levels.items() if name != STRATEGY)
        try:
            cells.append(_cell(file, levels, merged(base, tables), strategies[levels[STRATEGY]], arguments))  # type: ignore[arg-type]
            _check_effective(factors, levels, cells[-1])
        except UsageError as error:
            raise UsageError(f"[factors] in the variant {label!r}: {error}") from error
    _check_distinct(cells)
    return cells


def _search_table(file: config.StudyFile) -> dict[str, Any]:
    return {"pruner": file.search.pruner, "first": file.search.first}


def _cell(
    file: config.StudyFile,
    levels: Mapping[str, str],
    tables: Mapping[str, Any],
    searching: Searcher,
    arguments: Mapping[str, Any],
) -> Variant:
    search = config.variant_search(tables["search"])
    tasks = objectives(tables["data"], tables["model"], tables["space"], **arguments, separate_seeds=True)
    if search.confirm is not None:
        check_confirm(search.confirm, file.search.trials)
        content = {key: value for key, value in searching.content.items() if key != "confirm"}
        searching = Searcher(
            searching.make, search.confirm, content | ({"confirm": search.confirm} if search.confirm else {})
        )
    if search.first == "defaults":
        _check_defaults(tasks.values())
    return Variant(dict(levels), levels[STRATEGY], searching, tasks, search.pruner, search.first == "defaults")


def _check_effective(factors: Iterable[Factor], levels: Mapping[str, str], cell: Variant) -> None:
    """Refuse a level that sets a key without effect in the variant."""
    ineffective = next(iter(cell.objectives.values())).ineffective
    for factor in factors:
        level = factor.levels[levels[factor.name]]
        for table in ("model", "space"):
            for key in level.get(table, {}):
                if key != FAMILY and key in ineffective:
                    raise UsageError(f"{table}.{key}, which {factor.name} sets, has no effect: {ineffective[key]}")


def _check_distinct(cells: Iterable[Variant]) -> None:
    """Refuse variants with the same settings."""
    for one, other in combinations(cells, 2):
        if _settings(one) == _settings(other):
            names = [", ".join(cell.levels.values()) for cell in (one, other)]
            raise UsageError(f"[factors] the variants {names[0]!r} and {names[1]!r} have the same settings")


def _settings(cell: Variant) -> list[Any]:
    contents = {task: content_hash(objective.content) for task, objective in cell.objectives.items()}
    families = {objective.family for objective in cell.objectives.values()}
    return [families, contents, cell.strategy, dict(cell.searcher.content), cell.pruner, cell.starts_with_defaults]


def _check_defaults(tasks: Iterable[Objective]) -> None:
    """Refuse defaults outside the space."""
    for objective in tasks:
        for name, dist in (objective.space or {}).items():
            value = objective.defaults.get(name)
            if not contains(dist, value):
                raise UsageError(
                    f'[search] first: "defaults" needs ranges that hold them; {name} is {value!r} by default, '
                    f"outside of {dist}"
                )


def _common_direction(tasks: Mapping[str, Objective]) -> Direction:
    directions = {objective.direction: task for task, objective in tasks.items()}
    if len(directions) > 1:
        listed = " and ".join(f"{task!r} is to {direction}" for direction, task in directions.items())
        raise UsageError(f"[data] the tasks of a study must have one direction, but {listed}")
    return next(iter(directions))
