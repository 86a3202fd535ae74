"""Runs distributed over processes or, where a cluster trains, over threads, until all are done."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import closing
from functools import partial

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from hpsearch.execution.clock import Clock
from hpsearch.execution.cluster import Cluster
from hpsearch.execution.orphans import end_with
from hpsearch.execution.progress import Counter, Look
from hpsearch.execution.rivals import PAUSE
from hpsearch.execution.site import Site
from hpsearch.execution.worker import Ending, Worked, do
from hpsearch.run import Run
from hpsearch.study.runs import Plan

_LONGEST_PAUSE = 5.0  # seconds between two looks at runs that other programs hold
_DEATHS = 3  # of processes without a trial that is finished between them, before it is given up

_log = logging.getLogger(__name__)


def work_off(
    plan: Plan, todo: dict[str, Run], begin: Mapping[str, Look], site: Site, counter: Counter, clock: Clock
) -> None:
    """Distribute the runs over processes; they start in order. Come back to those that other programs hold.

    A repeat begins only if the time that is left suffices for it, by how long runs took so far.

    When a process dies, joblib ends the others too, and their runs go on in new ones.
    """
    deaths, trials_at_death, pause = 0, counter.known, PAUSE
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
            deaths = deaths + 1 if counter.known == trials_at_death else 1
            trials_at_death = counter.known
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
