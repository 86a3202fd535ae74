"""Reading of a study's results from an Optuna storage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages import BaseStorage

from hpsearch.errors import StorageError
from hpsearch.results.attributes import (
    environments_of,
    family_of,
    first_plan,
    is_untuned,
    levels_of,
    likely_of,
    newest_plan,
    variant_of,
)
from hpsearch.results.baselines import baselines
from hpsearch.results.default_tests import default_tests
from hpsearch.results.definition import definition_of
from hpsearch.results.double_budget import doubled
from hpsearch.results.frames import frames
from hpsearch.results.measures import measures_and_layers
from hpsearch.results.narrowed_ranges import ranges
from hpsearch.results.results import STRATEGY, Results
from hpsearch.results.retrainings import asked_of
from hpsearch.results.true_values import true_values
from hpsearch.run import read_runs
from hpsearch.run.taken_over import TAKEN, TakenOver
from hpsearch.storage import StoredStudy, all_studies

Space = Mapping[str, BaseDistribution]

_LISTED = {"table": "tables"}  # keys of [data] that are renamed when they list several tasks

_MEASURED = ("fingerprint", "rows", "held_out")  # keys of [data] that a run adds to the file's


def load_results(storage: BaseStorage, name: str) -> Results:
    """Load the results of the study `name`, each run cut to the common budget.

    Raises
    ------
    StorageError
        If the storage has no run of the study.
    """
    studies = _studies(storage, name)
    attributes = [study.user_attrs for study in studies]
    content = _file(attributes[0])
    plan = newest_plan(studies)
    untuned = frozenset(variant_of(study.user_attrs) for study in studies if is_untuned(study))
    searches = [each["trials"] for each in attributes if variant_of(each) not in untuned]
    budget = int(plan.get("trials") or min(searches, default=1))
    epochs = [int(each["epochs"]) for each in attributes if "epochs" in each]
    trials, curves, runs = frames(studies, budget)
    measures, layers = measures_and_layers(studies, budget)
    order = list(content.get("space", {}))
    spaces = _spaces(studies, order)
    factors, levels = _design(attributes, plan.get("factors") or {}, content)
    results = Results(
        name=name,
        title=content.get("title", ""),
        question=content.get("question", ""),
        metric=attributes[0]["metric"],
        direction=studies[0].direction.name.lower(),
        budget=budget,
        repeats=max(each["repeat"] for each in attributes) + 1,
        variants=tuple(levels),
        space=_union(spaces.values(), order),
        settings=_settings(attributes),
        trials=trials,
        curves=curves,
        runs=runs,
        spaces=spaces,
        factors=factors,
        levels=levels,
        conditions={name: when for each in attributes for name, when in each.get("when", {}).items()},
        families={(each["task"], variant_of(each)): family_of(each) for each in attributes},
        contents={(each["task"], variant_of(each)): each["content"] for each in attributes if each.get("file")},
        definitions={(each["task"], variant_of(each)): definition_of(each) for each in attributes},
        likely={(each["task"], variant_of(each)): values for each in attributes if (values := likely_of(each))},
        untuned=untuned,
        epochs_budget=budget * max(epochs) if epochs else None,
        ranges=ranges(studies, budget),
        doubled=doubled(studies, budget),
        true_values=true_values(studies, budget),
        default_tests=default_tests(studies),
        measures=measures,
        layers=layers,
        first_plan=first_plan(studies),
        environments=environments_of(studies),
        taken_over={
            (each["task"], variant_of(each), each["repeat"]): TakenOver.read(each[TAKEN])
            for each in attributes
            if TAKEN in each
        },
        baselines=baselines(studies),
        source=next((each["source"] for each in attributes if each.get("source")), ""),
        folder=next((each["folder"] for each in attributes if each.get("folder")), None),
    )
    first = results.first_plan or {}
    planned, retrain = int(first.get("trials") or budget), first.get("retrain")
    if planned == budget and not _is_tested_otherwise(studies, retrain):
        return results
    return replace(results, at_plan=_cut(results, studies, planned, retrain))


def _is_tested_otherwise(studies: list[StoredStudy], retrain: int | None) -> bool:
    """Return whether a search was tested by another number of retrainings than the plan's."""
    asked = (asked_of(study.user_attrs) for study in studies if not is_untuned(study))
    return retrain is not None and any(number not in (None, retrain) for number in asked)


def _cut(results: Results, studies: list[StoredStudy], trials: int, retrain: int | None) -> Results:
    """Return the results with each run cut to this number of `trials`, and its test to that of retrainings.

    A run that went on was tested again with its later incumbent. If the test of an earlier one is not stored, all test
    values are left out, so that runs are compared by one kind of value.
    """
    frame, curves, runs = frames(studies, trials, retrain)
    lost = runs["complete"].astype(bool) & runs["incumbent"].notna() & ~_are_tested(runs)
    if (lost & _are_tested(results.runs)).any():
        runs = runs.assign(test_values=runs["test_values"].map(lambda _: []))
    epochs = results.epochs_budget
    measures, layers = measures_and_layers(studies, trials)
    return replace(
        results,
        budget=trials,
        trials=frame,
        curves=curves,
        runs=runs,
        epochs_budget=None if epochs is None else epochs // results.budget * trials,
        ranges=ranges(studies, trials),
        doubled=doubled(studies, trials),
        true_values=true_values(studies, trials),
        measures=measures,
        layers=layers,
    )


def _are_tested(runs: pd.DataFrame) -> pd.Series[bool]:
    return runs["test_values"].map(len) + runs.get("test_failed", 0) > 0


def _file(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the tables of the study file; a study without factors stores them as the run's content."""
    file: Mapping[str, Any] = attributes.get("file") or attributes["content"]
    return file


def _design(
    attributes: Sequence[Mapping[str, Any]], planned: Mapping[str, Sequence[str]], content: Mapping[str, Any]
) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, str]]]:
    """Return the levels of each factor, and of each variant, in the order of the plan.

    Levels and variants without a run are left out. Levels that are only in a run, not in the plan, come last.
    """
    by_variant = {variant_of(each): levels_of(each) for each in attributes}
    order = {factor: list(map(str, labels)) for factor, labels in planned.items()}
    order.setdefault(STRATEGY, list(content.get("search", {}).get("strategies", [])))
    names = dict.fromkeys(name for name in (*planned, *next(iter(by_variant.values()))))
    factors = {
        name: _in_order(order.get(name, []), [levels[name] for levels in by_variant.values() if name in levels])
        for name in names
    }
    places = {name: {label: place for place, label in enumerate(labels)} for name, labels in factors.items()}
    ordered = sorted(
        by_variant, key=lambda variant: [places[name].get(by_variant[variant].get(name, ""), -1) for name in factors]
    )
    return factors, {variant: by_variant[variant] for variant in ordered}


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
    """Return the settings that all runs share; with several tasks, ``[data]`` lists the values of all tasks.

    With factors these are the study file's tables, and what the first runs measured of the data.
    """
    content = {key: value for key, value in attributes[0]["content"].items() if key != "strategy"}
    data = {each["task"]: each["content"].get("data", {}) for each in attributes}
    if len(data) > 1:
        content["data"] = dict(_listed(key, list(data.values())) for key in next(iter(data.values())))
    file = attributes[0].get("file")
    if file:
        measured = {key: value for key, value in content.get("data", {}).items() if key in _MEASURED}
        return {**file, "data": {**measured, **file.get("data", {})}}
    return content


def _listed(key: str, tables: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
    values = [table.get(key) for table in tables]
    if all(value == values[0] for value in values):
        return key, values[0]
    return _LISTED.get(key, key), values


def _spaces(studies: Iterable[StoredStudy], order: Sequence[str]) -> dict[tuple[str, str], Space]:
    """Return the space of each task and variant, as declared by its runs, else as seen in their trials."""
    spaces: dict[tuple[str, str], dict[str, BaseDistribution]] = {}
    for study in studies:
        space = spaces.setdefault((study.user_attrs["task"], variant_of(study.user_attrs)), {})
        if "space" in study.user_attrs:
            declared = study.user_attrs["space"].items()
            space |= {name: json_to_distribution(json.dumps(dist)) for name, dist in declared}
        else:
            for trial in study.trials:
                space |= trial.distributions
    return {key: {name: space[name] for name in _in_order(order, list(space))} for key, space in spaces.items()}


def _union(spaces: Iterable[Space], order: Sequence[str]) -> Space:
    """Return all parameters of the spaces, each with its first declaration."""
    union: dict[str, BaseDistribution] = {}
    for space in spaces:
        union = {**space, **union}
    return {name: union[name] for name in _in_order(order, list(union))}
