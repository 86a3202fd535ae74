"""Runs of a plan in a storage: which are stored, under which names, and which are not yet done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import optuna
from optuna.storages import BaseStorage

from hpsearch.errors import UsageError
from hpsearch.execution.worker import DONE, digest
from hpsearch.run import Run, changed_attributes, check_attributes, create_run, open_run
from hpsearch.run.comparable import content_hash
from hpsearch.storage.leases import HeldError
from hpsearch.storage.optuna_private import study_id
from hpsearch.study.runs import Plan


def under_stored_names(plan: Plan, stored: Mapping[str, Mapping[str, Any]]) -> list[Run]:
    """Return the runs; one that is stored under another label keeps its stored name.

    Labels change when factors are added. With factors, a run's content is its own variant's, so it identifies the run.
    """
    runs = plan.runs()
    if not plan.has_factors or all(run.name in stored for run in runs):
        return runs
    free = {
        (attributes["task"], attributes["repeat"], content_hash(attributes["content"])): name
        for name, attributes in stored.items()
        if attributes.get("study") == plan.name and "content" in attributes
    }
    hashes = {(run.task, run.variant): content_hash(run.content) for run in runs if run.repeat == 0}
    return [
        replace(run, stored_name=free.get((run.task, run.repeat, hashes[run.task, run.variant]), ""))
        if run.name not in stored
        else run
        for run in runs
    ]


def check_names(plan: Plan, stored: Mapping[str, Mapping[str, Any]], storage: BaseStorage) -> None:
    """Refuse to mix a study of one task with a study of several: their runs are named differently."""
    before, now = ("one task", "several") if plan.has_several_tasks else ("several tasks", "one")
    for name, attributes in stored.items():
        if attributes.get("study") == plan.name and "content" in attributes:
            check_attributes(storage, name, attributes)
            if ("file" in attributes) != plan.has_factors:
                before, now = ("with", "without") if "file" in attributes else ("without", "with")
                raise UsageError(
                    f"the storage holds {plan.name!r} {before} [factors], and now it is {now}; their seeds "
                    "differ, so they can't be compared: give the study another name or another --storage"
                )
            if "file" in attributes:  # no variant has a slash in its label, and a task may
                middle = name.removeprefix(f"{plan.name}/").removesuffix(f"/{attributes['repeat']:02d}")
                named_by_task = "/" in middle
            else:
                named_by_task = name != f"{plan.name}/{attributes['strategy']}/{attributes['repeat']:02d}"
            if named_by_task != plan.has_several_tasks:
                raise UsageError(
                    f"the storage holds {plan.name!r} with {before}, and now it has {now}; they can't be compared, "
                    "so give the study another name or another --storage"
                )


def is_done(run: Run, stored: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether the `stored` attributes mark the run as complete."""
    attributes = stored.get(run.name, {})
    return attributes.get(DONE) == digest(run) and "content" in attributes


def prepared(
    runs: Iterable[Run],
    stored: Mapping[str, Mapping[str, Any]],
    storage: BaseStorage,
    lease: Callable[..., AbstractContextManager[Any]],
    joins: bool,
) -> dict[str, optuna.Study]:
    """Return the studies of the runs not marked as done, by name; update the attributes of all runs."""
    studies = {}
    for run in runs:
        done = is_done(run, stored)
        attributes = stored.get(run.name, {})
        study = None
        if "content" not in attributes or changed_attributes(run, attributes):
            study = create_run(run, storage)
            try:
                with lease(storage, study_id(study), run.name):
                    open_run(run, storage)
            except HeldError:
                if not joins:
                    raise
        if not done:
            studies[run.name] = study or open_run(run, storage)
    return studies
