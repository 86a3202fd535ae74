"""Execute a plan: open the storage, distribute the runs over processes, resume interrupted runs, count progress."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import NamedTuple

import joblib
import optuna
from joblib.externals.loky.process_executor import TerminatedWorkerError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from hpsearch.checks import check_jobs
from hpsearch.execution.clock import Clock
from hpsearch.execution.cluster import Cluster
from hpsearch.execution.continuing import counts_taken, with_taken_over
from hpsearch.execution.failures import explained
from hpsearch.execution.orphans import end_with
from hpsearch.execution.preparation import check_names, is_done, prepared, under_stored_names
from hpsearch.execution.progress import Counter, Look, Progress, Start, interrupted, look_at, reported
from hpsearch.execution.rivals import PAUSE, await_rivals
from hpsearch.execution.site import Site, at_work
from hpsearch.execution.worker import Ending, Worked, do
from hpsearch.run import Run, read_runs, with_stored_pruning, with_stored_rules
from hpsearch.run.environment import resumed_elsewhere
from hpsearch.storage import all_studies, opened
from hpsearch.storage.leases import LEASE_SECONDS, Holder, leased
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.own_trials import owned
from hpsearch.study.batch import settled
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
    dask: str | None = None,
    started: Callable[[Start], None] | None = None,
    progress: Progress | None = None,
) -> bool:
    """Execute the runs of `plan` that are not complete in the storage.

    Return whether all are complete now: not if the time of the plan was over before.

    Each run is executed under a lease in the storage, so that no other program executes it at the same time.

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
    dask
        Address of the scheduler of a Dask cluster whose workers train; this process asks and writes.
    started
        Called once with the counts of stored trials at the start.
    progress
        Called periodically with the state of the study.

    Raises
    ------
    UsageError
        If the storage cannot be opened, or its trials are incomparable.
    RunError
        If another program runs this study and `joins` is not set, or a worker process or the storage failed.
    """
    check_jobs(jobs)
    clock = Clock(plan.seconds)
    with ExitStack() as stack:
        cluster = stack.enter_context(closing(Cluster(dask))) if dask is not None else None
        cores = joblib.effective_n_jobs(jobs) if cluster is None else cluster.threads() if jobs == -1 else jobs
        ready = stack.enter_context(_prepared(plan, storage, cores, joins, lease))
        plan, here, holder, runs, studies, begun, warning = ready
        if warning:
            _log.warning("%s", warning)
        trials = {name: begun.get(name, []) for name in studies}
        begin = {run.name: look_at(run, trials[run.name]) for run in runs if run.name in trials}
        counter = Counter(runs, begin)
        if started is not None:
            interruptions = sum(map(interrupted, trials.values()))
            earlier = "" if plan.starts_from is None else plan.starts_from.study
            batch, taken = plan.batch or 0, counts_taken(runs)
            not_learning = tuple(dict.fromkeys(each.strategy for each in plan.variants.values() if not each.learns))
            started(Start(counter.known, counter.planned, interruptions, batch, earlier, taken, not_learning))
        site = Site(
            storage,
            here,
            jobs=jobs if cluster is None else cores,
            workers=max(1, cores // max(1, len(studies))),
            holder=holder,
            lease=lease,
            studies=studies,
            joins=joins,
            deadline=clock.deadline,
            cluster=cluster,
        )
        with at_work(site) as site:
            todo = {run.name: run for run in runs if run.name in studies}
            looks = {name: partial(site.looked_at, run) for name, run in todo.items()}
            with reported(counter, looks, site.workers_at_work, cores, clock, progress):
                _work_off(plan, todo, begin, site, counter, clock)
            return not todo


def prepare(plan: Plan, storage: str | BaseStorage) -> tuple[int, int]:
    """Create the runs of `plan` in the storage, for workers; return how many there are and how many are not done.

    Raises
    ------
    UsageError, RunError
        As for `execute`.
    """
    from hpsearch.study.prepared import PREPARED, as_stored  # the study file's checks take long to load

    with _prepared(plan, storage, 1, joins=False, lease=LEASE_SECONDS) as ready:
        first = optuna.load_study(study_name=ready.runs[0].name, storage=ready.storage)
        first.set_user_attr(PREPARED, as_stored(ready.plan))
        return len(ready.runs), len(ready.studies)


class _Prepared(NamedTuple):
    """A plan, and its runs in an open storage: all of them; of those to be done the studies and trials, by name.

    `warning` says whether the runs to be done were trained in another environment; it may be empty.
    """

    plan: Plan
    storage: BaseStorage
    holder: Holder
    runs: list[Run]
    studies: dict[str, optuna.Study]
    trials: dict[str, list[FrozenTrial]]
    warning: str


@contextmanager
def _prepared(plan: Plan, storage: str | BaseStorage, cores: int, joins: bool, lease: float) -> Iterator[_Prepared]:
    with quiet_optuna(), explained(storage), opened(storage) as here, _holder() as holder:
        known = all_studies(here)
        stored = {study.study_name: study.user_attrs for study in known}
        plan = settled(plan, stored, cores)
        check_names(plan, stored, here)
        runs = with_stored_rules(with_stored_pruning(under_stored_names(plan, stored), stored), stored)
        runs = with_taken_over(plan, runs, stored, here)
        asked = {run.name for run in runs if not is_done(run, stored)}
        if not joins:
            await_rivals(plan.name, asked, known, here, storage)
        stored_runs = read_runs(here, asked.__contains__)
        begun = {study.study_name: study.trials for study in stored_runs}
        warning = resumed_elsewhere(study.user_attrs for study in stored_runs if study.trials)
        studies = prepared(runs, stored, owned(here), partial(leased, holder=holder, seconds=lease), joins)
        yield _Prepared(plan, here, holder, runs, studies, begun, warning)


@contextmanager
def _holder() -> Iterator[Holder]:
    holder = Holder.here()
    try:
        yield holder
    finally:
        holder.end()


def _work_off(
    plan: Plan, todo: dict[str, Run], begin: Mapping[str, Look], site: Site, counter: Counter, clock: Clock
) -> None:
    """Distribute the runs over processes; they start in order. Come back to those that other programs hold.

    A repeat begins only if the time that is left suffices for it, by how long runs took so far.

    When a process dies, joblib ends the others too, and their runs go on in new ones.
    """
    deaths, known, pause = 0, counter.known, PAUSE
    while todo:
        before = len(todo)
        try:
            for worked in _worked(plan, clock.in_time(todo.values(), site.own_workers(len(todo))), site):
                clock.note(worked.seconds, begin[worked.name].trials / todo[worked.name].trials)
                if worked.ending == Ending.DONE:
                    site.take_back(todo[worked.name], worked.storage)
                    counter.end(todo.pop(worked.name), worked.best)
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
        if clock.stopped or not todo:
            return
        if len(todo) == before:
            time.sleep(pause)
        pause = PAUSE if len(todo) < before else min(2 * pause, _LONGEST_PAUSE)
        for name in site.done_elsewhere(todo.values()):
            counter.end(todo.pop(name))


def _worked(plan: Plan, runs: Iterable[Run], site: Site) -> Iterator[Worked]:
    """Execute the runs in processes, and yield the result of each as it ends."""
    if site.cluster is not None:
        yield from _worked_in_threads(plan, runs, site, site.cluster)
        return
    jobs = min(site.jobs, max(2, len(site.studies)))  # idle processes cost memory
    ending = {"initializer": end_with, "initargs": (os.getpid(),)}  # also of a process that never gets a run
    parallel = joblib.Parallel(
        n_jobs=jobs, batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered", **ending
    )
    with warnings.catch_warnings():
        # joblib replaces a process that has grown by 300 MB between two runs, and warns; no data is lost.
        warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
        # It warns too of runs that end early because of an error or a signal here.
        warnings.filterwarnings("ignore", ".*could benefit from adjusting", UserWarning)
        work = parallel(joblib.delayed(do)(site.work(plan, run)) for run in runs)
        with closing(work):  # at an error here, too, no process is left at work
            yield from work


def _worked_in_threads(plan: Plan, runs: Iterable[Run], site: Site, cluster: Cluster) -> Iterator[Worked]:
    """Execute the runs in threads, which suggest and write while a cluster trains; yield each result as it ends."""
    with ThreadPoolExecutor(site.jobs, "hpsearch-run") as threads:
        try:
            pending: set[Future[Worked]] = set()
            for run in runs:
                pending.add(threads.submit(do, site.work(plan, run)))
                if len(pending) >= site.jobs:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in as_completed(pending))
        except BaseException:
            cluster.close()
            raise
