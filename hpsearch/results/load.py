"""Reads the results of a study from an optuna storage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages import BaseStorage

from hpsearch.errors import StorageError
from hpsearch.results.double_budget import doubled
from hpsearch.results.frames import frames
from hpsearch.results.narrowed_ranges import ranges
from hpsearch.results.results import Results
from hpsearch.storage import StoredStudy, read_studies

Space = Mapping[str, BaseDistribution]

_LISTED = {"table": "tables"}  # keys of [data] that have another name where they list several tasks


def load_results(storage: BaseStorage, name: str) -> Results:
    """All that `storage` holds of the study `name`, each run cut to the budget that every run was given.

    Raises
    ------
    StorageError
        If it holds no run of it.
    """
    studies = _studies(storage, name)
    attributes = [study.user_attrs for study in studies]
    content = attributes[0]["content"]
    budget = min(known["trials"] for known in attributes)
    epochs = [int(known["epochs"]) for known in attributes if "epochs" in known]
    trials, curves, runs = frames(studies, budget)
    order = list(content.get("space", {}))
    spaces = _spaces(studies, order)
    return Results(
        name=name,
        title=content.get("title", ""),
        question=content.get("question", ""),
        metric=attributes[0]["metric"],
        direction=studies[0].direction.name.lower(),
        budget=budget,
        repeats=max(known["repeat"] for known in attributes) + 1,
        strategies=_in_order(content.get("search", {}).get("strategies", []), [a["strategy"] for a in attributes]),
        space=_union(spaces.values(), order),
        settings=_settings(attributes),
        trials=trials,
        curves=curves,
        runs=runs,
        spaces=spaces,
        epochs_budget=budget * max(epochs) if epochs else None,
        ranges=ranges(studies, budget),
        doubled=doubled(studies, budget),
    )


def _studies(storage: BaseStorage, name: str) -> list[StoredStudy]:
    """The study's runs, repeat by repeat."""
    found = read_studies(storage, lambda run: run.startswith(f"{name}/"))
    whole = [study for study in found if "content" in study.user_attrs]
    if not whole:
        others = sorted({study.study_name.split("/")[0] for study in storage.get_all_studies()})
        held = f"it holds {', '.join(others)}" if others else "it is empty"
        raise StorageError(f"the storage holds no run of the study {name!r} ({held}): run it first")
    return sorted(whole, key=lambda study: (study.user_attrs["repeat"], study.study_name))


def _in_order(first: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The distinct `names`, those of `first` in its order before the others in theirs."""
    return tuple(dict.fromkeys([name for name in first if name in names] + list(names)))


def _settings(attributes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The study file's content: what all runs have in common, with a list of what ``[data]`` is for several tasks."""
    content = {key: value for key, value in attributes[0]["content"].items() if key != "strategy"}
    data = {known["task"]: known["content"].get("data", {}) for known in attributes}
    if len(data) > 1:
        content["data"] = dict(_listed(key, list(data.values())) for key in next(iter(data.values())))
    return content


def _listed(key: str, tables: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
    values = [table.get(key) for table in tables]
    if all(value == values[0] for value in values):
        return key, values[0]
    return _LISTED.get(key, key), values


def _spaces(studies: Iterable[StoredStudy], order: Sequence[str]) -> dict[str, Space]:
    """What each task searches: as its runs declare it or, where they don't, as their trials met it."""
    found: dict[str, dict[str, BaseDistribution]] = {}
    for study in studies:
        held = found.setdefault(study.user_attrs["task"], {})
        if "space" in study.user_attrs:
            declared = study.user_attrs["space"].items()
            held |= {name: json_to_distribution(json.dumps(dist)) for name, dist in declared}
        else:
            for trial in study.trials:
                held |= trial.distributions
    return {task: {name: space[name] for name in _in_order(order, list(space))} for task, space in found.items()}


def _union(spaces: Iterable[Space], order: Sequence[str]) -> Space:
    """Every parameter of the tasks, as the first that has it declares it."""
    met: dict[str, BaseDistribution] = {}
    for space in spaces:
        met = {**space, **met}
    return {name: met[name] for name in _in_order(order, list(met))}
