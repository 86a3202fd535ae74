"""What the runs of a study take over from the study that it goes on from."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from optuna.storages import BaseStorage

from hpsearch.errors import UsageError
from hpsearch.run import Run, read_runs
from hpsearch.run.taken_over import TAKEN, TakenOver, reasons
from hpsearch.run.valid_trials import UNEQUAL, valid_trials
from hpsearch.storage import StoredStudy, all_studies, opened
from hpsearch.study.runs import Plan, StartsFrom

_log = logging.getLogger(__name__)

_Group = tuple[str, int]  # task and repeat, in which variants are compared


def with_taken_over(
    plan: Plan, runs: Sequence[Run], stored: Mapping[str, Mapping[str, Any]], storage: BaseStorage
) -> list[Run]:
    """Return the runs with what they take over: stored ones what is stored, new ones what is valid for them.

    All variants that search, on a task and in a repeat, take over the same number of trials: the smallest that is
    valid for any of them. All or none begin near the best trial of the earlier study. So none has learnt more than the
    others before its first trial.

    Parameters
    ----------
    plan
        Plan of the study.
    runs
        Runs of the plan that were asked for.
    stored
        Attributes of stored runs, by name.
    storage
        Storage of the study, which holds the earlier one too unless the plan names another.

    Raises
    ------
    UsageError
        If the earlier study is not there, or a new variant could learn from fewer trials than the stored ones did.
    """
    begun = {run.name: _stored(stored[run.name]) for run in runs if "content" in stored.get(run.name, {})}
    if plan.starts_from is None or all(run.name in begun or run.untuned for run in runs):
        return [replace(run, taken_over=begun.get(run.name)) for run in runs]
    sources = _sources(plan, plan.starts_from, storage)
    new: dict[str, TakenOver] = {}
    for group in _groups(plan, runs, begun):
        new |= _equal(plan, plan.starts_from.study, group, stored, sources)
    _warn(plan.starts_from.study, new.values())
    return [replace(run, taken_over=begun.get(run.name, new.get(run.name))) for run in runs]


def counts_taken(runs: Iterable[Run]) -> tuple[int, ...]:
    """Return the number of trials that each run takes over which goes on from an earlier study."""
    return tuple(len(run.taken_over.trials) for run in runs if run.taken_over is not None)


def _stored(attributes: Mapping[str, Any]) -> TakenOver | None:
    return TakenOver.read(attributes[TAKEN]) if TAKEN in attributes else None


def _sources(plan: Plan, start: StartsFrom, storage: BaseStorage) -> Sequence[StoredStudy]:
    """Return the runs of the earlier study."""
    if start.runs is not None:
        return start.runs
    if start.storage is None and start.study == plan.name:
        raise UsageError(f"[search] from must name an earlier study, got {start.study!r}: this study's own name")
    if start.storage is None:
        return _runs_of(start.study, storage)
    with opened(start.storage, existing=True) as there:
        return _runs_of(start.study, there)


def _runs_of(study: str, storage: BaseStorage) -> Sequence[StoredStudy]:
    runs = read_runs(storage, lambda name: name.startswith(f"{study}/"))
    if not runs:
        others = sorted({each.study_name.split("/")[0] for each in all_studies(storage)})
        state = f"it holds {', '.join(others)}" if others else "it is empty"
        raise UsageError(
            f"[search] from: the storage holds no run of the study {study!r} ({state}): "
            "name its storage with --from-storage, or leave from out to begin from nothing"
        )
    return runs


def _groups(plan: Plan, runs: Iterable[Run], begun: Mapping[str, Any]) -> Iterable[list[Run]]:
    """Return the runs of all variants that search, also of those not asked for, where new runs are to be begun."""
    due = {(run.task, run.repeat) for run in runs if run.name not in begun}
    named = {(run.task, run.repeat, run.variant): run for run in runs}
    groups: dict[_Group, list[Run]] = {}
    for run in replace(plan, only={}).runs():
        if (run.task, run.repeat) in due and not run.untuned:
            groups.setdefault((run.task, run.repeat), []).append(named.get((run.task, run.repeat, run.variant), run))
    return groups.values()


def _equal(
    plan: Plan,
    study: str,
    group: Sequence[Run],
    stored: Mapping[str, Mapping[str, Any]],
    sources: Sequence[StoredStudy],
) -> dict[str, TakenOver]:
    """Return what each new run of a group takes over, by name: the same number of trials each."""
    begun = [stored[run.name].get(TAKEN) for run in group if "content" in stored.get(run.name, {})]
    new = [run for run in group if "content" not in stored.get(run.name, {})]
    valid = {run.name: valid_trials(study, run, plan.objective_of(run), sources) for run in new}
    counts = [0 if each is None else len(each["trials"]) for each in begun]
    fewest = min((len(each.trials) for each in valid.values()), default=0)
    if counts and fewest < min(counts):
        least = min(new, key=lambda run: len(valid[run.name].trials))
        raise UsageError(
            f"the variant {least.variant!r} could take over {fewest} trials of {study!r}, and the stored variants have "
            f"taken over {min(counts)}: comparing them would not be fair, so give the study another name"
        )
    cut = {name: each.latest(min([fewest, *counts]), UNEQUAL) for name, each in valid.items()}
    begins = [each is not None and each.get("nearest") is not None for each in begun]
    if all(begins) and all(each.nearest is not None for each in valid.values()):
        return cut
    return {name: replace(each, nearest=None) for name, each in cut.items()}


def _warn(study: str, taken: Iterable[TakenOver]) -> None:
    """Log a warning if new runs take over nothing, with the reasons."""
    taken = list(taken)
    if not taken or any(each.trials for each in taken):
        return
    most = max(taken, key=lambda each: sum(each.left_out.values()))  # of one run: runs of a repeat see the same trials
    why = ", ".join(reasons(most.left_out)) or "no trial of its tasks"
    near = "; the nearest to its best is trained first" if any(each.nearest for each in taken) else ""
    _log.warning("nothing is taken over from the study %r: it has %s%s", study, why, near)
