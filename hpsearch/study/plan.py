"""Plans from study files."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpsearch.errors import UsageError
from hpsearch.objectives import Objective
from hpsearch.objectives.base import Direction
from hpsearch.objectives.source import reading_once
from hpsearch.study import config
from hpsearch.study.cells import cells_of, check_defaults
from hpsearch.study.claims import MeasureNames, check_reductions, resolved_claims
from hpsearch.study.factors import STRATEGY, Factor, read_factors
from hpsearch.study.runs import Plan, StartsFrom
from hpsearch.study.shipped import find
from hpsearch.study.tasks import family_of, objectives
from hpsearch.study.variant import Searcher, Variant, check_confirm, is_untuned, searcher, warn_of_short_searches
from hpsearch.study.variations import varied

_log = logging.getLogger(__name__)


def plan(
    study: str,
    overrides: Mapping[str, Any] | None = None,
    data_dir: Path | None = None,
    only: Mapping[str, Collection[str]] | None = None,
    *,
    quick: bool = False,
    data: str | None = None,
) -> Plan:
    """Return the plan of a study file; `study` and `overrides` as for `config.read`, `only` as for `Plan`.

    `quick` and `data` are the variations of `hpsearch.study.variations`.

    Raises
    ------
    UsageError
        In one line: the file or option, the key, the rule, the value.
    """
    file = varied(config.read(study, overrides), quick=quick, data=data, given=overrides)
    path = find(study)
    _check_confirms(path, file, overrides)
    try:
        check_reductions(file.claims)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    variation = ({"quick": True} if quick else {}) | ({"data": data} if data is not None else {})
    made = plan_of(file, str(path), path.parent.resolve(), data_dir, only)
    if (overrides or {}).get("trials") is not None and all(map(is_untuned, _objectives(made.cells, made.objectives))):
        raise UsageError(f"--trials has no effect on the study {made.name!r}, which searches nothing")
    warn_of_short_searches((each.searcher.confirm for each in made.variants.values()), made.trials)
    for note in dict.fromkeys(note for each in made.objectives.values() for note in each.notes):
        _log.warning("%s", note)
    return replace(made, source=study, variation=variation)


def plan_of(
    file: config.StudyFile,
    origin: str,
    folder: Path | None,
    data_dir: Path | None = None,
    only: Mapping[str, Collection[str]] | None = None,
) -> Plan:
    """Return the plan of a study `file` that was read; `origin` begins its errors, `folder` its relative paths.

    Raises
    ------
    UsageError
        In one line: the origin, the key, the rule, the value.
    """
    strategies = {label: _searcher(label, file.strategy(label)) for label in file.search.strategies}
    arguments = {"seed": file.search.seed, "data_dir": data_dir, "folder": folder, "record": file.record}
    try:
        cells = _cells(file, strategies, arguments) if file.factors else None
        tasks = cells[0].objectives if cells else _without_factors(file, arguments)
        direction = _common_direction(tasks)
        file = _with_claims(file, cells, tasks)
        file.figure.check_factors(cells[0].levels if cells else [STRATEGY])
        file.figure.check_measures(MeasureNames(_objectives(cells, tasks), file.record).check)
    except UsageError as error:
        raise UsageError(f"{origin}: {error}") from error
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
        read_from=file.all_tables(),
        cells=cells,
        only=only or {},
        margin=file.report.margin,
        starts_with_defaults=file.search.first == "defaults",
        seconds=file.search.seconds,
        trial_timeout=file.search.trial_seconds,
        batch=file.search.batch,
        starts_from=None if file.search.start_from is None else StartsFrom(file.search.start_from),
    )


def _with_claims(
    file: config.StudyFile, cells: Sequence[Variant] | None, tasks: Mapping[str, Objective]
) -> config.StudyFile:
    """Return the file with the claims' factors, labels and margins filled in."""
    if not file.claims:
        return file
    levels = [cell.levels for cell in cells] if cells else [{STRATEGY: label} for label in file.search.strategies]
    factors = {name: tuple(dict.fromkeys(each[name] for each in levels)) for name in levels[0]}
    claims = resolved_claims(file.claims, factors, _objectives(cells, tasks), file.record, file.report.margin)
    return file.model_copy(update={"claims": claims})


def _objectives(cells: Sequence[Variant] | None, tasks: Mapping[str, Objective]) -> list[Objective]:
    """Return the objective of each task and variant."""
    return [each for cell in cells for each in cell.objectives.values()] if cells else list(tasks.values())


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
        check_defaults(tasks.values())
    return tasks


def _cells(file: config.StudyFile, strategies: Mapping[str, Searcher], arguments: Mapping[str, Any]) -> list[Variant]:
    search = {"pruner": file.search.pruner, "first": file.search.first}
    base: dict[str, Any] = {"data": file.data, "model": file.model, "space": file.space, "search": search}

    def tasks_of(tables: Mapping[str, Any]) -> dict[str, Objective]:
        return objectives(tables["data"], tables["model"], tables["space"], **arguments, separate_seeds=True)

    factors = read_factors(file.factors)
    _check_confirm_once(file, factors)
    with reading_once():
        return cells_of(factors, strategies, base, tasks_of, file.search.trials, file.search.repeats)


def _check_confirm_once(file: config.StudyFile, factors: Iterable[Factor]) -> None:
    """Refuse a factor over the confirmation beside a strategy with its own."""
    tables = {label: file.strategies[label] for label in file.search.strategies if label in file.strategies}
    own = [label for label, settings in tables.items() if settings.confirm is not None]
    for factor in factors:
        if own and ("search", "confirm") in factor.keys:
            raise UsageError(f"[factors.{factor.name}] sets search.confirm, and [strategies.{own[0]}] sets confirm too")


def _common_direction(tasks: Mapping[str, Objective]) -> Direction:
    directions = {objective.direction: task for task, objective in tasks.items()}
    if len(directions) > 1:
        listed = " and ".join(f"{task!r} is to {direction}" for direction, task in directions.items())
        raise UsageError(f"[data] the tasks of a study must have one direction, but {listed}")
    return next(iter(directions))
