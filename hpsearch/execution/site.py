"""Where the runs of a call are done: its storage, its processes, other programs."""

from __future__ import annotations

import hashlib
import math
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
from joblib import effective_n_jobs as effective_jobs
from optuna.storages import BaseStorage, InMemoryStorage

from hpsearch.execution.cluster import Cluster
from hpsearch.execution.isolation import is_isolated
from hpsearch.execution.preparation import is_done
from hpsearch.execution.progress import Look, look_at
from hpsearch.execution.worker import Work, kept_open
from hpsearch.run import Run
from hpsearch.storage import STORAGE_ERRORS, all_studies
from hpsearch.storage.connections import answers_again
from hpsearch.storage.leases import Holder, is_over, record_in
from hpsearch.storage.optuna_private import study_id
from hpsearch.storage.reading import finished_trials
from hpsearch.study.runs import Plan

_COUNTING_INTERVAL = 5.0  # seconds between two counts of other programs' leases


@dataclass
class _Count:
    """Number of workers at a time; `time` is monotonic."""

    time: float = -math.inf
    workers: int = 0


@dataclass(frozen=True)
class Site:
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
    joins
        Whether other programs may work on the study, too.
    deadline
        Time, in seconds since the epoch, after which no trial begins.
    cluster
        Dask cluster that trains; None: processes of this machine.
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
    notes: Path | None = None
    joins: bool = False
    deadline: float | None = None
    cluster: Cluster | None = None
    _counted: _Count = field(default_factory=_Count, repr=False)

    def work(self, plan: Plan, run: Run) -> Work:
        """Return the run with all data that a process needs for it."""
        place = self.storage if self.notes is None else _copied(run.name, self.here, InMemoryStorage())
        objective = plan.objective_of(run)
        return Work(
            run,
            objective,
            plan.catch,
            place,
            self.holder,
            self.lease,
            note=self._note(run),
            isolated=is_isolated(objective, self.jobs),
            trial_timeout=plan.trial_timeout,
            workers=self.workers,
            deadline=self.deadline,
            cluster=self.cluster,
        )

    def looked_at(self, run: Run) -> Look:
        """Return the progress of a run."""
        note = self._note(run)
        if note is None:
            study = self.studies[run.name]
            counted = None if run.epochs else finished_trials(self.here, study_id(study), run.direction)
            if counted is not None:
                return Look(min(run.trials, counted[0]), counted[1])
            return look_at(run, study.get_trials(deepcopy=False))
        return Look.read(note.read_text())

    def own_workers(self, unfinished: int) -> int:
        """Return how many trials this program trains at once, of so many runs."""
        workers: int = min(effective_jobs(self.jobs), unfinished) * self.workers
        return workers

    def workers_at_work(self, unfinished: int) -> int:
        """Return how many trials are trained at once: by this program and, if others may join, by the study's all.

        Others are counted every few seconds, since that reads the attributes of all studies.
        """
        if not self.joins:
            return self.own_workers(unfinished)
        if time.monotonic() - self._counted.time > _COUNTING_INTERVAL:
            leases = [
                record_in(study.system_attrs) for study in all_studies(self.here) if study.study_name in self.studies
            ]
            live = sum(record is not None and not is_over(record) for record in leases)
            self._counted.time, self._counted.workers = time.monotonic(), live * self.workers
        return self._counted.workers

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
            _copied(run.name, storage, self.here)

    def _note(self, run: Run) -> Path | None:
        return None if self.notes is None else self.notes / hashlib.sha256(run.name.encode()).hexdigest()


@contextmanager
def at_work(site: Site) -> Iterator[Site]:
    """Let runs in this process use the site's open storage; give it a folder for notes if it needs one."""
    with kept_open(site.here, site.holder.call):
        if site.jobs == 1 or not isinstance(site.storage, InMemoryStorage):
            yield site
            return
        with tempfile.TemporaryDirectory(prefix="hpsearch-") as folder:
            yield replace(site, notes=Path(folder))


def _copied(name: str, source: BaseStorage, target: BaseStorage) -> BaseStorage:
    """Copy the study `name` from `source` to `target`, replacing any study of that name."""
    if name in optuna.get_all_study_names(target):
        optuna.delete_study(study_name=name, storage=target)
    optuna.copy_study(from_study_name=name, from_storage=source, to_storage=target)
    return target
