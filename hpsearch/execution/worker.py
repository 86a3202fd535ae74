"""Work of one process on a run: open it, continue it to its end, mark it as done."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import current_process
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, RDBStorage

from hpsearch.execution.failures import exits_are_failures, explained
from hpsearch.execution.progress import repeated, spent
from hpsearch.objectives.base import Objective
from hpsearch.run import Run, continue_run, open_run
from hpsearch.run.comparable import content_hash
from hpsearch.storage import opened, sole_owner
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.own_trials import OwnTrials

DONE = "done"  # attribute of a completed run's Optuna study: the digest of its settings
_ORPHAN_SECONDS = 20  # a worker exits much sooner after its owner is killed

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
    call
        Identifier of the call of ``execute``.
    owner
        Process of that call.
    note
        File for the number of finished trials, written periodically if the storage cannot be polled.
    workers
        Number of trials at once.
    """

    run: Run
    objective: Objective
    catch: tuple[type[Exception], ...]
    place: str | BaseStorage
    call: str
    owner: int
    note: Path | None = None
    workers: int = 1


def digest(run: Run) -> str:
    """Return a digest of a run's settings; if it changes, the run may need more work."""
    settings = [run.trials, run.confirm, run.epochs, run.retrain, run.direction, content_hash(run.content)]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def do(work: Work) -> tuple[str, BaseStorage | None]:
    """Execute the run; return its name and, if it came with a storage instead of a URL, that storage."""
    if current_process().name.startswith("Loky"):
        threading.Thread(target=_end_with, args=(work.owner,), daemon=True).start()
    with quiet_optuna(), explained(work.place), _owned(work), at(work.place, work.call) as storage:
        study = open_run(work.run, OwnTrials(storage) if isinstance(storage, RDBStorage) else storage)
        with _noted(work, study), exits_are_failures(work.run.name, work.place):
            continue_run(work.run, study, work.objective, work.catch, work.workers)
        study.set_user_attr(DONE, digest(work.run))
    return work.run.name, None if isinstance(work.place, str) else work.place


@contextmanager
def at(place: str | BaseStorage, call: str) -> Iterator[BaseStorage]:
    """Open the storage. A worker process keeps it open for all runs of the same call of ``execute``.

    The next call opens it again, since the file behind a URL may have been replaced.
    """
    key = (os.getpid(), call)
    if not isinstance(place, str):
        yield place
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
def _owned(work: Work) -> Iterator[None]:
    if isinstance(work.place, str):
        with sole_owner(work.place, work.run.name, _ORPHAN_SECONDS):
            yield
    else:
        yield


@contextmanager
def _noted(work: Work, study: optuna.Study) -> Iterator[None]:
    note = work.note
    if note is None:
        yield
        return

    def write() -> None:
        with suppress(OSError):  # only the progress bar reads it
            note.write_text(str(spent(work.run, study.get_trials(deepcopy=False))))

    with repeated(write):
        yield


def _end_with(owner: int) -> None:
    """End this worker soon after its owner is killed, so that it is gone before the study is resumed."""
    while os.getppid() == owner:
        time.sleep(0.1)
    os._exit(1)
