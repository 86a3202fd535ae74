"""What a process does with a run that it is given: opens it, continues it to its end, says that it is done."""

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

from hpsearch.execution.failures import explained
from hpsearch.execution.progress import repeated, spent
from hpsearch.objectives.base import Objective
from hpsearch.run import Run, continue_run, open_run
from hpsearch.run.comparable import content_hash
from hpsearch.storage import opened, sole_owner
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.own_trials import OwnTrials

DONE = "done"  # attribute of a run's optuna study: the digest of all that was asked of it, once it is done
_ORPHAN_SECONDS = 20  # a worker whose owner was killed is gone long before that

_OPEN: dict[tuple[int, str], BaseStorage] = {}  # what this process has open for a call of execute
_CLOSING = ExitStack()  # closes what a worker process keeps open


@dataclass(frozen=True)
class Work:
    """A run as a process is handed it.

    Attributes
    ----------
    run, objective, catch
        What is to be done.
    place
        The storage: its URL, or itself, in which case a process may hold a copy of it.
    call
        Tells the call of ``execute`` that it belongs to from others.
    owner
        The process of that call.
    note
        A file to write the number of finished trials to now and then, where the storage can't be watched.
    """

    run: Run
    objective: Objective
    catch: tuple[type[Exception], ...]
    place: str | BaseStorage
    call: str
    owner: int
    note: Path | None = None


def digest(run: Run) -> str:
    """What is asked of a run, in short: if any of it changes, there may be something to do again."""
    asked = [run.trials, run.confirm, run.epochs, run.retrain, run.direction, content_hash(run.content)]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def do(work: Work) -> tuple[str, BaseStorage | None]:
    """Do the work; return the run's name and, where the work came with a storage and not with its URL, that storage."""
    if current_process().name.startswith("Loky"):
        threading.Thread(target=_end_with, args=(work.owner,), daemon=True).start()
    with quiet_optuna(), explained(work.place), _owned(work), at(work.place, work.call) as storage:
        study = open_run(work.run, OwnTrials(storage) if isinstance(storage, RDBStorage) else storage)
        with _noted(work, study):
            continue_run(work.run, study, work.objective, work.catch)
        study.set_user_attr(DONE, digest(work.run))
    return work.run.name, None if isinstance(work.place, str) else work.place


@contextmanager
def at(place: str | BaseStorage, call: str) -> Iterator[BaseStorage]:
    """The storage, open. A process that works for one call of ``execute`` after another keeps that call's open.

    Not longer, since the file behind a URL may have been replaced by the next call.
    """
    key = (os.getpid(), call)
    if not isinstance(place, str):
        yield place
    elif key in _OPEN:
        yield _OPEN[key]
    elif current_process().name.startswith("Loky"):  # it works on one run at a time
        _OPEN.clear()
        _CLOSING.close()
        _OPEN[key] = _CLOSING.enter_context(opened(place))
        yield _OPEN[key]
    else:
        with opened(place) as storage:
            yield storage


@contextmanager
def kept_open(storage: BaseStorage, call: str) -> Iterator[None]:
    """Let runs that this very process works on use the `storage` that it has open."""
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
        with suppress(OSError):  # nothing but the progress bar reads it
            note.write_text(str(spent(work.run, study.get_trials(deepcopy=False))))

    with repeated(write):
        yield


def _end_with(owner: int) -> None:
    """End this worker soon after its owner is killed: whoever resumes must not find it still at work."""
    while os.getppid() == owner:
        time.sleep(0.1)
    os._exit(1)
