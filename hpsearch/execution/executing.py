"""Execute a plan: open the storage, distribute the runs over processes, resume interrupted runs, count progress."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import optuna
from optuna.storages import BaseStorage, InMemoryStorage

from hpsearch.checks import MOST_JOBS, is_whole
from hpsearch.errors import UsageError, quoted
from hpsearch.execution.failures import explained
from hpsearch.execution.progress import Counter, Progress, Start, interrupted, reported, spent
from hpsearch.execution.worker import DONE, Work, digest, do, kept_open
from hpsearch.run import Run, changed_attributes, check_attributes, open_run, read_runs
from hpsearch.run.comparable import content_hash
from hpsearch.storage import all_studies, opened, sole_owner
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.study.batch import settled
from hpsearch.study.runs import Plan


def execute(
    plan: Plan,
    storage: str | BaseStorage,
    *,
    jobs: int = 1,
    started: Callable[[Start], None] | None = None,
    progress: Progress | None = None,
) -> None:
    """Execute the runs of `plan` that are not complete in the storage.

    Parameters
    ----------
    plan
        Plan to execute.
    storage
        URL or open storage. Processes share a URL. With an in-memory storage, each process gets a copy of its run.
    jobs
        Number of processes; −1: one per core. With fewer runs, each trains several trials at once, as far as the batch
        allows. They are joblib's: inside ``joblib.parallel_config(backend="dask")`` the runs are distributed over a
        cluster.
    started
        Called once with the counts of stored trials at the start.
    progress
        Called periodically with the finished and planned trials over all runs.

    Raises
    ------
    UsageError
        If the storage cannot be opened, or its trials are incomparable.
    RunError
        If another process runs this study, or a worker process or the storage failed.
    """
    if not is_whole(jobs) or jobs == 0 or jobs < -1:
        raise UsageError(f"jobs must be at least 1, or -1 for one a core, got {quoted(jobs)}")
    if jobs > MOST_JOBS:
        raise UsageError(f"jobs must be at most {MOST_JOBS:,}, got {quoted(jobs)}")
    with quiet_optuna(), explained(storage), opened(storage) as here, _owned(storage, plan.name):
        stored = {study.study_name: study.user_attrs for study in all_studies(here)}
        cores = joblib.effective_n_jobs(jobs)
        plan = settled(plan, stored, cores)
        _check_names(plan, stored, here)
        runs = _under_stored_names(plan, stored)
        asked = {run.name for run in runs if not _is_done(run, stored)}
        begun = {study.study_name: study.trials for study in read_runs(here, asked.__contains__)}
        studies = _opened(runs, stored, here)
        trials = {name: begun.get(name, []) for name in studies}
        counter = Counter(runs, {run.name: spent(run, trials[run.name]) for run in runs if run.name in trials})
        if started is not None:
            interruptions = sum(map(interrupted, trials.values()))
            started(Start(counter.known, counter.planned, interruptions, plan.batch or 0))
        with _site(storage, here, jobs, max(1, cores // max(1, len(studies)))) as site:
            todo = {run.name: run for run in runs if run.name in studies}
            looks = {name: partial(site.looked_at, run, studies[name]) for name, run in todo.items()}
            with reported(counter, looks, cores, progress):
                _work_off(plan, todo, site, counter)


@dataclass(frozen=True)
class _Site:
    """Storage of the runs, and how processes access it.

    Attributes
    ----------
    storage, here
        The storage as passed by the caller, and the opened storage.
    jobs, workers
        Number of processes, and of trials at once in each.
    call
        Identifier of this call of `execute`.
    notes
        Folder for the progress of copied runs, if other processes cannot open the storage; otherwise None.
    """

    storage: str | BaseStorage
    here: BaseStorage
    jobs: int
    workers: int
    call: str
    notes: Path | None

    def work(self, plan: Plan, run: Run) -> Work:
        """Return the run with all data that a process needs for it."""
        place = self.storage if self.notes is None else _copy(run.name, self.here, InMemoryStorage())
        objective = plan.objective_of(run)
        return Work(run, objective, plan.catch, place, self.call, os.getpid(), self._note(run), self.workers)

    def looked_at(self, run: Run, study: optuna.Study) -> int:
        """Return the number of trials finished by the process of this run."""
        note = self._note(run)
        return spent(run, study.get_trials(deepcopy=False)) if note is None else int(note.read_text())

    def take_back(self, run: Run, storage: BaseStorage | None) -> None:
        """Store the changed copy of a run from a process."""
        if self.notes is not None and storage is not None:
            _copy(run.name, storage, self.here)

    def _note(self, run: Run) -> Path | None:
        return None if self.notes is None else self.notes / hashlib.sha256(run.name.encode()).hexdigest()


@contextmanager
def _site(storage: str | BaseStorage, here: BaseStorage, jobs: int, workers: int) -> Iterator[_Site]:
    call = uuid.uuid4().hex
    with kept_open(here, call), tempfile.TemporaryDirectory(prefix="hpsearch-") as folder:
        copied = jobs != 1 and isinstance(storage, InMemoryStorage)
        yield _Site(storage, here, jobs, workers, call, Path(folder) if copied else None)


def _work_off(plan: Plan, todo: Mapping[str, Run], site: _Site, counter: Counter) -> None:
    """Distribute the runs over processes; they start in order."""
    jobs = min(site.jobs, max(2, len(todo)))  # idle processes cost memory
    parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
    with warnings.catch_warnings():
        # joblib replaces a process that has grown by 300 MB between two runs, and warns; no data is lost.
        warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
        # It warns too of runs that end early because of an error or a signal here.
        warnings.filterwarnings("ignore", ".*could benefit from adjusting", UserWarning)
        work = parallel(joblib.delayed(do)(site.work(plan, run)) for run in todo.values())
        with closing(work):  # at an error here, too, no process is left at work
            for name, changed in work:
                site.take_back(todo[name], changed)
                counter.end(todo[name])


def _under_stored_names(plan: Plan, stored: Mapping[str, Mapping[str, Any]]) -> list[Run]:
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


def _check_names(plan: Plan, stored: Mapping[str, Mapping[str, Any]], storage: BaseStorage) -> None:
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


def _is_done(run: Run, stored: Mapping[str, Mapping[str, Any]]) -> bool:
    attributes = stored.get(run.name, {})
    return attributes.get(DONE) == digest(run) and "content" in attributes


def _opened(
    runs: Iterable[Run], stored: Mapping[str, Mapping[str, Any]], storage: BaseStorage
) -> dict[str, optuna.Study]:
    """Return the studies of the runs not marked as done, by name; update the attributes of all runs."""
    studies = {}
    for run in runs:
        done = _is_done(run, stored)
        if not done or changed_attributes(run, stored[run.name]):
            study = open_run(run, storage)
            if not done:
                studies[run.name] = study
    return studies


def _copy(name: str, source: BaseStorage, target: BaseStorage) -> BaseStorage:
    """Copy the study `name` from `source` to `target`, replacing any study of that name."""
    if name in optuna.get_all_study_names(target):
        optuna.delete_study(study_name=name, storage=target)
    optuna.copy_study(from_study_name=name, from_storage=source, to_storage=target)
    return target


@contextmanager
def _owned(place: str | BaseStorage, name: str) -> Iterator[None]:
    if isinstance(place, str):
        with sole_owner(place, name):
            yield
    else:
        yield
