"""Reading of a study's results from an Optuna storage."""

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
from hpsearch.run import read_runs
from hpsearch.storage import StoredStudy, all_studies

Space = Mapping[str, BaseDistribution]

_LISTED = {"table": "tables"}  # keys of [data] that are renamed when they list several tasks


def load_results(storage: BaseStorage, name: str) -> Results:
    """Load the results of the study `name`, each run cut to the common budget.

    Raises
    ------
    StorageError
        If the storage has no run of the study.
    """
    studies = _studies(storage, name)
    attributes = [study.user_attrs for study in studies]
    content = attributes[0]["content"]
    budget = min(each["trials"] for each in attributes)
    epochs = [int(each["epochs"]) for each in attributes if "epochs" in each]
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
        repeats=max(each["repeat"] for each in attributes) + 1,
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
        folder=next((each["folder"] for each in attributes if each.get("folder")), None),
    )


def _studies(storage: BaseStorage, name: str) -> list[StoredStudy]:
    """Return the study's runs, sorted by repeat."""
    complete = read_runs(storage, lambda run: run.startswith(f"{name}/"))
    if not complete:
        others = sorted({study.study_name.split("/")[0] for study in all_studies(storage)})
        state = f"it holds {', '.join(others)}" if others else "it is empty"
        state = "none of its runs has begun" if name in others else state
        raise StorageError(f"the storage holds no run of the study {name!r} ({state}): run it first")
    return sorted(complete, key=lambda study: (study.user_attrs["repeat"], study.study_name))


def _in_order(first: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return the distinct `names`: those in `first`, in its order, then the others."""
    return tuple(dict.fromkeys([name for name in first if name in names] + list(names)))


def _settings(attributes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings that all runs share; with several tasks, ``[data]`` lists the values of all tasks."""
    content = {key: value for key, value in attributes[0]["content"].items() if key != "strategy"}
    data = {each["task"]: each["content"].get("data", {}) for each in attributes}
    if len(data) > 1:
        content["data"] = dict(_listed(key, list(data.values())) for key in next(iter(data.values())))
    return content


def _listed(key: str, tables: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
    values = [table.get(key) for table in tables]
    if all(value == values[0] for value in values):
        return key, values[0]
    return _LISTED.get(key, key), values


def _spaces(studies: Iterable[StoredStudy], order: Sequence[str]) -> dict[str, Space]:
    """Return the space of each task, as declared by its runs, else as seen in their trials."""
    spaces: dict[str, dict[str, BaseDistribution]] = {}
    for study in studies:
        space_of_task = spaces.setdefault(study.user_attrs["task"], {})
        if "space" in study.user_attrs:
            declared = study.user_attrs["space"].items()
            space_of_task |= {name: json_to_distribution(json.dumps(dist)) for name, dist in declared}
        else:
            for trial in study.trials:
                space_of_task |= trial.distributions
    return {task: {name: space[name] for name in _in_order(order, list(space))} for task, space in spaces.items()}


def _union(spaces: Iterable[Space], order: Sequence[str]) -> Space:
    """Return all parameters of the tasks, each with its first declaration."""
    union: dict[str, BaseDistribution] = {}
    for space in spaces:
        union = {**space, **union}
    return {name: union[name] for name in _in_order(order, list(union))}
