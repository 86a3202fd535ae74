"""Execute a plan: open the storage, distribute the runs over processes, resume interrupted runs, count progress."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import optuna
from joblib.externals.loky.process_executor import TerminatedWorkerError
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import FrozenTrial

from hpsearch.checks import MOST_JOBS, is_whole
from hpsearch.errors import UsageError, quoted
from hpsearch.execution.failures import explained
from hpsearch.execution.isolation import is_isolated
from hpsearch.execution.orphans import end_with
from hpsearch.execution.preparation import check_names, is_done, prepared, under_stored_names
from hpsearch.execution.progress import Counter, Progress, Start, interrupted, reported, spent
from hpsearch.execution.rivals import PAUSE, await_rivals
from hpsearch.execution.worker import Ending, Work, Worked, do, kept_open
from hpsearch.run import Run, read_runs, with_stored_pruning
from hpsearch.storage import STORAGE_ERRORS, all_studies, opened
from hpsearch.storage.connections import answers_again
from hpsearch.storage.leases import LEASE_SECONDS, Holder, leased
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.own_trials import owned
from hpsearch.study.batch import settled
from hpsearch.study.prepared import PREPARED, as_stored
from hpsearch.study.runs import Plan

_LONGEST_PAUSE = 5.0  # seconds between two looks at runs that other programs hold
_DEATHS = 3  # of processes without a trial that is finished between them, before it is given up

_log = logging.getLogger(__name__)


def execute(
    plan: Plan,
    storage: str | BaseStorage,
    *,
    jobs: int = 1,
    joins: bool = False,
    lease: float = LEASE_SECONDS,
    started: Callable[[Start], None] | None = None,
    progress: Progress | None = None,
) -> None:
    """Execute the runs of `plan` that are not complete in the storage.

    Each run is done under a lease in the storage, so that no other program, on whatever machine, does it too.

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
    joins
        Whether other programs may work on the study at the same time. Then those runs are left to them that they hold,
        and the call returns when all runs are complete.
    lease
        Seconds after which another program may take over a run whose lease is not renewed.
    started
        Called once with the counts of stored trials at the start.
    progress
        Called periodically with the finished and planned trials over all runs.

    Raises
    ------
    UsageError
        If the storage cannot be opened, or its trials are incomparable.
    RunError
        If another program runs this study and `joins` is not set, or a worker process or the storage failed.
    """
    if not is_whole(jobs) or jobs == 0 or jobs < -1:
        raise UsageError(f"jobs must be at least 1, or -1 for one a core, got {quoted(jobs)}")
    if jobs > MOST_JOBS:
        raise UsageError(f"jobs must be at most {MOST_JOBS:,}, got {quoted(jobs)}")
    cores = joblib.effective_n_jobs(jobs)
    with _prepared(plan, storage, cores, joins, lease) as ready:
        plan, here, holder, runs, studies, begun = ready
        trials = {name: begun.get(name, []) for name in studies}
        counter = Counter(runs, {run.name: spent(run, trials[run.name]) for run in runs if run.name in trials})
        if started is not None:
            interruptions = sum(map(interrupted, trials.values()))
            started(Start(counter.known, counter.planned, interruptions, plan.batch or 0))
        with _site(storage, here, jobs, max(1, cores // max(1, len(studies))), holder, lease, studies) as site:
            todo = {run.name: run for run in runs if run.name in studies}
            looks = {name: partial(site.looked_at, run) for name, run in todo.items()}
            with reported(counter, looks, cores, progress):
                _work_off(plan, todo, site, counter)


def prepare(plan: Plan, storage: str | BaseStorage) -> tuple[int, int]:
    """Create the runs of `plan` in the storage, for workers; return how many there are and how many are not done.

    Raises
    ------
    UsageError, RunError
        As for `execute`.
    """
    with _prepared(plan, storage, 1, joins=False, lease=LEASE_SECONDS) as ready:
        first = optuna.load_study(study_name=ready.runs[0].name, storage=ready.storage)
        first.set_user_attr(PREPARED, as_stored(ready.plan))
        return len(ready.runs), len(ready.studies)


class _Prepared(NamedTuple):
    """A plan, and its runs in an open storage: all of them; of those to be done the studies and trials, by name."""

    plan: Plan
    storage: BaseStorage
    holder: Holder
    runs: list[Run]
    studies: dict[str, optuna.Study]
    trials: dict[str, list[FrozenTrial]]


@contextmanager
def _prepared(plan: Plan, storage: str | BaseStorage, cores: int, joins: bool, lease: float) -> Iterator[_Prepared]:
    with quiet_optuna(), explained(storage), opened(storage) as here, _holder() as holder:
        known = all_studies(here)
        stored = {study.study_name: study.user_attrs for study in known}
        plan = settled(plan, stored, cores)
        check_names(plan, stored, here)
        runs = with_stored_pruning(under_stored_names(plan, stored), stored)
        asked = {run.name for run in runs if not is_done(run, stored)}
        if not joins:
            await_rivals(plan.name, [study.study_name for study in known if study.study_name in asked], here, storage)
        begun = {study.study_name: study.trials for study in read_runs(here, asked.__contains__)}
        studies = prepared(runs, stored, owned(here), partial(leased, holder=holder, seconds=lease), joins)
        yield _Prepared(plan, here, holder, runs, studies, begun)


@contextmanager
def _holder() -> Iterator[Holder]:
    holder = Holder.here()
    try:
        yield holder
    finally:
        holder.end()


@dataclass(frozen=True)
class _Site:
    """Storage of the runs, and how processes access it.

    Attributes
    ----------
    storage, here
        The storage as passed by the caller, and the opened storage.
    jobs, workers
        Number of processes, and of trials at once in each.
    holder
        This call of `execute`, as the leases name it.
    lease
        Seconds after which a lease ends that is not renewed.
    studies
        Optuna studies of the runs that are not done, by name.
    notes
        Folder for the progress of copied runs, if other processes cannot open the storage; otherwise None.
    """

    storage: str | BaseStorage
    here: BaseStorage
    jobs: int
    workers: int
    holder: Holder
    lease: float
    studies: Mapping[str, optuna.Study]
    notes: Path | None

    def work(self, plan: Plan, run: Run) -> Work:
        """Return the run with all data that a process needs for it."""
        place = self.storage if self.notes is None else _copy(run.name, self.here, InMemoryStorage())
        objective = plan.objective_of(run)
        isolated, limit = is_isolated(objective, self.jobs), plan.trial_timeout
        note = self._note(run)
        return Work(run, objective, plan.catch, place, self.holder, self.lease, note, isolated, limit, self.workers)

    def looked_at(self, run: Run) -> int:
        """Return the number of trials finished by the process of this run."""
        note = self._note(run)
        return spent(run, self.studies[run.name].get_trials(deepcopy=False)) if note is None else int(note.read_text())

    def done_elsewhere(self, runs: Iterable[Run]) -> list[str]:
        """Return the names of the runs that other programs have completed."""
        if self.notes is not None or isinstance(self.here, InMemoryStorage):
            return []
        stored: dict[str, Mapping[str, Any]] = {}
        try:
            stored = {study.study_name: study.user_attrs for study in all_studies(self.here)}
        except STORAGE_ERRORS as error:
            if not answers_again(self.here, error):
                raise
        return [run.name for run in runs if is_done(run, stored)]

    def take_back(self, run: Run, storage: BaseStorage | None) -> None:
        """Store the changed copy of a run from a process."""
        if self.notes is not None and storage is not None:
            _copy(run.name, storage, self.here)

    def _note(self, run: Run) -> Path | None:
        return None if self.notes is None else self.notes / hashlib.sha256(run.name.encode()).hexdigest()


@contextmanager
def _site(
    storage: str | BaseStorage,
    here: BaseStorage,
    jobs: int,
    workers: int,
    holder: Holder,
    lease: float,
    studies: Mapping[str, optuna.Study],
) -> Iterator[_Site]:
    copied = jobs != 1 and isinstance(storage, InMemoryStorage)
    with (
        kept_open(here, holder.call),
        tempfile.TemporaryDirectory(prefix="hpsearch-") if copied else nullcontext() as folder,
    ):
        yield _Site(storage, here, jobs, workers, holder, lease, studies, Path(folder) if folder else None)


def _work_off(plan: Plan, todo: dict[str, Run], site: _Site, counter: Counter) -> None:
    """Distribute the runs over processes; they start in order. Come back to those that other programs hold.

    When a process dies, joblib ends the others too, and their runs go on in new ones.
    """
    deaths, known, pause = 0, counter.known, PAUSE
    while todo:
        for name in site.done_elsewhere(todo.values()):
            counter.end(todo.pop(name))
        before = len(todo)
        try:
            for worked in _worked(plan, todo.values(), site):
                if worked.ending == Ending.DONE:
                    site.take_back(todo[worked.name], worked.storage)
                    counter.end(todo.pop(worked.name))
                elif worked.ending == Ending.LOST:
                    _log.warning("%s", worked.message)
        except TerminatedWorkerError:
            counter.look({name: partial(site.looked_at, run) for name, run in todo.items()}, len(todo))
            deaths = deaths + 1 if counter.known == known else 1
            known = counter.known
            if deaths > _DEATHS:
                raise
            _log.warning("a worker process died (killed, or out of memory): its run goes on in a new one")
            continue
        if len(todo) < before:
            pause = PAUSE
        elif todo:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _worked(plan: Plan, runs: Iterable[Run], site: _Site) -> Iterator[Worked]:
    """Yield what came of each run, as it ends."""
    todo = list(runs)
    jobs = min(site.jobs, max(2, len(todo)))  # idle processes cost memory
    ending = {"initializer": end_with, "initargs": (os.getpid(),)}  # also of a process that never gets a run
    parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered", **ending)
    with warnings.catch_warnings():
        # joblib replaces a process that has grown by 300 MB between two runs, and warns; no data is lost.
        warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
        # It warns too of runs that end early because of an error or a signal here.
        warnings.filterwarnings("ignore", ".*could benefit from adjusting", UserWarning)
        work = parallel(joblib.delayed(do)(site.work(plan, run)) for run in todo)
        with closing(work):  # at an error here, too, no process is left at work
            yield from work


def _copy(name: str, source: BaseStorage, target: BaseStorage) -> BaseStorage:
    """Copy the study `name` from `source` to `target`, replacing any study of that name."""
    if name in optuna.get_all_study_names(target):
        optuna.delete_study(study_name=name, storage=target)
    optuna.copy_study(from_study_name=name, from_storage=source, to_storage=target)
    return target
