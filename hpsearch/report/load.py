"""Reads the results of a study from an optuna storage."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage

from hpsearch.analysis.results import Results, frames
from hpsearch.errors import StorageError


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
    trials, curves, runs = frames(studies, budget)
    return Results(
        name=name,
        title=content.get("title", ""),
        question=content.get("question", ""),
        metric=attributes[0]["metric"],
        direction=studies[0].direction.name.lower(),
        budget=budget,
        repeats=max(known["repeat"] for known in attributes) + 1,
        strategies=_in_order(content.get("search", {}).get("strategies", []), [a["strategy"] for a in attributes]),
        space=_space(studies, list(content.get("space", {}))),
        settings=content,
        trials=trials,
        curves=curves,
        runs=runs,
    )


def _studies(storage: BaseStorage, name: str) -> list[optuna.Study]:
    """The study's runs, repeat by repeat."""
    names = optuna.get_all_study_names(storage)
    found = [optuna.load_study(study_name=run, storage=storage) for run in names if run.startswith(f"{name}/")]
    whole = [study for study in found if "content" in study.user_attrs]
    if not whole:
        others = sorted({run.split("/")[0] for run in names})
        held = f"it holds {', '.join(others)}" if others else "it is empty"
        raise StorageError(f"the storage holds no run of the study {name!r} ({held}): run it first")
    return sorted(whole, key=lambda study: (study.user_attrs["repeat"], study.study_name))


def _in_order(first: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The distinct `names`, those of `first` in its order before the others in theirs."""
    return tuple(dict.fromkeys([name for name in first if name in names] + list(names)))


def _space(studies: Sequence[optuna.Study], order: Sequence[str]) -> dict[str, BaseDistribution]:
    met: dict[str, BaseDistribution] = {}
    for study in studies:
        for trial in study.get_trials(deepcopy=False):
            met |= trial.distributions
    return {name: met[name] for name in _in_order(order, list(met))}
