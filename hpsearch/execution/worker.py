"""Work of one process on a run: take its lease, open it, continue it to its end, mark it as done."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from multiprocessing import current_process
from pathlib import Path
from typing import NamedTuple, cast

import optuna
from optuna.storages import BaseStorage

from hpsearch.background import repeated
from hpsearch.execution.child.process import FORKING
from hpsearch.execution.cluster import Cluster, ClusterTrainer
from hpsearch.execution.failures import exits_are_failures, explained
from hpsearch.execution.isolation import trainer_of
from hpsearch.execution.progress import INTERVAL, look_at
from hpsearch.objectives.base import Objective
from hpsearch.run import Run, continue_run, open_run
from hpsearch.run.comparable import content_hash
from hpsearch.run.trainer import Trainer
from hpsearch.storage import STORAGE_ERRORS, opened
from hpsearch.storage.connections import answers_again
from hpsearch.storage.fenced import FencedStorage
from hpsearch.storage.leases import HeldError, Holder, Lease, LeaseLostError, leased, lost_run
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.own_trials import owned
from hpsearch.storage.urls import in_folder

DONE = "done"  # attribute of a completed run's Optuna study: the digest of its settings

_OPEN: dict[tuple[int, str], BaseStorage] = {}  # storages that this process has open for a call of execute
_CLOSING = ExitStack()  # closes the storage that a worker process keeps open


@dataclass(frozen=True)
class Work:
    """Run as sent to a process.

    Attributes
    ----------
    run, objective, catch
        Run, its objective, and the exceptions that fail a trial without ending the run.
    place
        Storage: its URL, or the storage itself (a process may have a copy).
    holder
        Program that holds the run: the call of ``execute``.
    seconds
        Time after which the run's lease ends if this process no longer renews it.
    note
        File for the number of finished trials, written periodically if the storage cannot be polled.
    isolated
        Whether trainings run in a child process.
    trial_timeout
        Time limit of a training in seconds; None: no limit.
    workers
        Maximum number of trials of the run at once.
    deadline
        Time, in seconds since the epoch, after which no trial begins; None: never.
    cluster
        Dask cluster that trains; only in threads of the call itself.
    folder
        Working directory of the call, to which a relative URL refers. Reused worker processes may have another.
    """

    run: Run
    objective: Objective
    catch: tuple[type[Exception], ...]
    place: str | BaseStorage
    holder: Holder
    seconds: float
    note: Path | None = None
    isolated: bool = False
    trial_timeout: float | None = None
    workers: int = 1
    deadline: float | None = None
    cluster: Cluster | None = None
    folder: Path = field(default_factory=Path.cwd)


class Ending(Enum):
    """How the work on a run ended."""

    DONE = "done"
    LATE = "not done in time"
    HELD = "held by another program"
    LOST = "taken over by another program"


class Worked(NamedTuple):
    """Result of the work on a run.

    Attributes
    ----------
    name, ending
        Name of the run, and how the work on it ended.
    storage
        Storage with its trials, if it was sent with the run instead of a URL.
    message
        Why it did not end well.
    best
        Value of the incumbent.
    seconds
        Time that the run took here, if it is done.
    """

    name: str
    ending: Ending
    storage: BaseStorage | None = None
    message: str = ""
    best: float | None = None
    seconds: float = 0.0


def digest(run: Run) -> str:
    """Return a digest of a run's settings; if it changes, the run may need more work."""
    settings = [run.trials, run.confirm, run.epochs, run.retrain, run.direction, content_hash(run.content)]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def do(work: Work) -> Worked:
    """Execute the run, unless another program does."""
    if current_process().name.startswith("Loky"):
        logging.getLogger("hpsearch").addHandler(logging.NullHandler())  # the process of the call says it, once
    run, begin, best, was_lost = work.run, time.monotonic(), None, False
    try:
        with (
            quiet_optuna(),
            explained(work.place),
            at(_here(work), work.holder.call, alone=work.cluster is not None) as storage,
        ):
            while True:
                try:
                    ending, best = _continue(work, storage)
                    break
                except STORAGE_ERRORS as error:
                    was_lost = answers_again(storage, error)
                    if not was_lost:
                        raise
    except HeldError:
        if not was_lost:
            return Worked(run.name, Ending.HELD)
        reason = "another program has taken it over while the storage did not answer"
        return Worked(run.name, Ending.LOST, message=lost_run(run.name, reason))
    except LeaseLostError as error:
        return Worked(run.name, Ending.LOST, message=str(error))
    changed = None if isinstance(work.place, str) else work.place
    return Worked(run.name, ending, changed, best=best, seconds=time.monotonic() - begin)


def _here(work: Work) -> str | BaseStorage:
    """Return the storage; a relative URL is resolved in a worker process, which may be in another folder."""
    if isinstance(work.place, str) and current_process().name.startswith("Loky"):
        return in_folder(work.place, work.folder)
    return work.place


def _continue(work: Work, storage: BaseStorage) -> tuple[Ending, float | None]:
    """Take the run's lease and continue the run from its stored trials; return the value of the incumbent, too."""
    run = work.run
    number = storage.get_study_id_from_name(run.name)
    with leased(storage, number, run.name, work.holder, work.seconds, FORKING) as lease:
        own = owned(storage, lease.check_within)
        if lease.needs_checks:
            own = cast("BaseStorage", FencedStorage(storage, lease.check))
        study = open_run(run, own)
        is_done = study.user_attrs.get(DONE) == digest(run)  # another program has done it meanwhile
        if not is_done:
            with explained_by(lease), _noted(work, study), exits_are_failures(run.name, work.place):
                is_done = continue_run(
                    run, study, work.objective, work.catch, _trainers(work), work.workers, work.deadline
                )
            if is_done:
                study.set_user_attr(DONE, digest(run))
        return Ending.DONE if is_done else Ending.LATE, look_at(run, study.get_trials(deepcopy=False)).best


@contextmanager
def explained_by(lease: Lease) -> Iterator[None]:
    """Replace an error that another owner of the run causes, such as by finishing the trial that is trained here.

    Raises
    ------
    LeaseLostError
        If the lease is lost.
    """
    try:
        yield
    except STORAGE_ERRORS:
        raise  # the lease can't be read, either
    except Exception:
        lease.check()
        raise


def _trainers(work: Work) -> Callable[[], Trainer]:
    """Return what makes the run's trainers."""
    if work.cluster is not None:
        return partial(ClusterTrainer, work.objective, work.cluster, work.trial_timeout)
    return partial(trainer_of, work.objective, isolated=work.isolated, trial_timeout=work.trial_timeout)


@contextmanager
def at(place: str | BaseStorage, call: str, *, alone: bool = False) -> Iterator[BaseStorage]:
    """Open the storage. A worker process keeps it open for all runs of the same call of ``execute``.

    The next call opens it again, since the file behind a URL may have been replaced. With `alone`, it is opened for one
    run, as for threads of one process, which hold different leases.
    """
    key = (os.getpid(), call)
    if not isinstance(place, str):
        yield place
    elif alone:
        with opened(place) as storage:
            yield storage
    elif key in _OPEN:
        yield _OPEN[key]
    elif current_process().name.startswith("Loky"):  # a worker executes one run at a time
        _OPEN.clear()
        _CLOSING.close()
        _OPEN[key] = _CLOSING.enter_context(opened(place))
        yield _OPEN[key]
    else:
        with opened(place) as storage:
            yield storage


@contextmanager
def kept_open(storage: BaseStorage, call: str) -> Iterator[None]:
    """Let runs executed in this process use the open `storage`."""
    key = (os.getpid(), call)
    _OPEN[key] = storage
    try:
        yield
    finally:
        del _OPEN[key]


@contextmanager
def _noted(work: Work, study: optuna.Study) -> Iterator[None]:
    note = work.note
    if note is None:
        yield
        return

    def write() -> None:
        with suppress(OSError):  # only the progress bar reads it
            note.write_text(look_at(work.run, study.get_trials(deepcopy=False)).written())

    with repeated(write, INTERVAL):
        yield
