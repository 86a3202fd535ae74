"""Execute a plan: resume interrupted runs, distribute the runs over processes, count progress."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial

import joblib
import optuna
from optuna.storages import BaseStorage

from hpsearch.checks import check_jobs
from hpsearch.execution.clock import Clock
from hpsearch.execution.cluster import Cluster
from hpsearch.execution.continuing import counts_taken
from hpsearch.execution.prepared_study import PreparedStudy, prepared_study
from hpsearch.execution.progress import Counter, Progress, Start, interrupted, reported
from hpsearch.execution.site import Site, at_work
from hpsearch.execution.working_off import work_off
from hpsearch.storage.leases import LEASE_SECONDS
from hpsearch.study.runs import Plan

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
        study = stack.enter_context(prepared_study(plan, storage, cores, joins, lease))
        if study.warning:
            _log.warning("%s", study.warning)
        looks_before = study.looks()
        counter = Counter(study.runs, looks_before)
        if started is not None:
            started(_start(study, counter))
        site = Site(
            storage,
            study.storage,
            jobs=jobs if cluster is None else cores,
            workers=max(1, cores // max(1, len(study.studies))),
            holder=study.holder,
            lease=lease,
            studies=study.studies,
            joins=joins,
            deadline=clock.deadline,
            cluster=cluster,
        )
        with at_work(site) as site:
            to_do = study.to_do
            looks = {name: partial(site.looked_at, run) for name, run in to_do.items()}
            with reported(counter, looks, site.workers_at_work, cores, clock, progress):
                work_off(study.plan, to_do, looks_before, site, counter, clock)
            return not to_do


def _start(study: PreparedStudy, counter: Counter) -> Start:
    return Start(
        counter.known,
        counter.planned,
        sum(map(interrupted, study.trials.values())),
        study.plan.batch or 0,
        "" if study.plan.starts_from is None else study.plan.starts_from.study,
        counts_taken(study.runs),
        tuple(dict.fromkeys(each.strategy for each in study.plan.variants.values() if not each.learns)),
    )


def prepare(plan: Plan, storage: str | BaseStorage) -> tuple[int, int]:
    """Create the runs of `plan` in the storage, for workers; return how many there are and how many are not done.

    Raises
    ------
    UsageError, RunError
        As for `execute`.
    """
    from hpsearch.study.prepared import PREPARED, as_stored  # the study file's checks take long to load

    with prepared_study(plan, storage, 1, joins=False, lease=LEASE_SECONDS) as study:
        first = optuna.load_study(study_name=study.runs[0].name, storage=study.storage)
        first.set_user_attr(PREPARED, as_stored(study.plan))
        return len(study.runs), len(study.studies)
