"""Executes a plan: opens the storage, spreads the runs over processes, resumes what was stopped, counts progress."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import current_process
from pathlib import Path

import optuna
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import TrialState

from hpsearch.errors import RunError, UsageError
from hpsearch.run import Objective, Run, continue_run, is_done, open_run, quiet_optuna
from hpsearch.storage import STORAGE_ERRORS, opened, shown, sole_owner
from hpsearch.study import Plan

Progress = Callable[[int, int], None]
_ORPHAN_SECONDS = 20  # a worker whose owner was killed is gone long before that
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@dataclass(frozen=True)
class Start:
    """What a storage held when a study was started: `stored` of `planned` trials, `interrupted` left unfinished."""

    stored: int
    planned: int
    interrupted: int


def execute(
    plan: Plan,
    storage: str | BaseStorage,
    *,
    jobs: int = 1,
    started: Callable[[Start], None] | None = None,
    progress: Progress | None = None,
) -> None:
    """Run what of `plan` the storage does not hold yet.

    Parameters
    ----------
    storage
        A URL or an open storage. Processes share it by URL, so with more than one job it can't be in memory.
    jobs
        Processes; −1 takes one a core. They are joblib's: inside ``joblib.parallel_config(backend="dask")`` the runs
        are spread over a cluster.
    started
        Called once with what the storage held.
    progress
        Called now and then with the trials finished and planned, over all runs.

    Raises
    ------
    UsageError
        If the storage can't be opened, or holds trials that can't be compared.
    RunError
        If another process is running this study, or a worker process or the storage failed.
    """
    if jobs == 0 or jobs < -1:
        raise UsageError(f"jobs must be at least 1, or -1 for one a core, got {jobs}")
    runs = plan.runs()
    names = [run.name for run in runs]
    with _explained(storage), _shared(storage, jobs, names) as (place, here), _owned(place, plan.name):
        studies = [open_run(run, here) for run in runs]
        if started is not None:
            started(_start(studies, plan))
        with _watch(studies, plan, progress):
            Parallel(n_jobs=jobs, batch_size=1)(
                delayed(_work)(run, place, plan.objective_of(run), plan.catch, os.getpid())
                for run, study in zip(runs, studies, strict=True)
                if not is_done(run, study, plan.objective)
            )


@contextmanager
def _shared(
    storage: str | BaseStorage, jobs: int, names: Sequence[str]
) -> Iterator[tuple[str | BaseStorage, BaseStorage]]:
    """What workers open, and what this process has open; where memory can't be shared, a file stands in for it."""
    if jobs == 1 or not isinstance(storage, InMemoryStorage):
        with opened(storage) as here:
            yield storage, here
    else:
        with tempfile.TemporaryDirectory(prefix="hpsearch-") as folder:
            url = f"journal:///{Path(folder) / 'trials.log'}"
            with opened(url) as here:
                _copy(names, storage, here)
                yield url, here
                _copy(names, here, storage)


def _copy(names: Sequence[str], source: BaseStorage, target: BaseStorage) -> None:
    """Put the studies of `source` that have these names in the place of those in `target`."""
    with quiet_optuna():
        for name in names:
            if name in optuna.get_all_study_names(target):
                optuna.delete_study(study_name=name, storage=target)
            if name in optuna.get_all_study_names(source):
                optuna.copy_study(from_study_name=name, from_storage=source, to_storage=target)


@contextmanager
def _owned(place: str | BaseStorage, name: str, wait: float = 0) -> Iterator[None]:
    if isinstance(place, str):
        with sole_owner(place, name, wait):
            yield
    else:
        yield


@contextmanager
def _explained(place: str | BaseStorage) -> Iterator[None]:
    """Say what became of the trials when the machinery, not the objective, fails."""
    where = shown(place) if isinstance(place, str) else "the storage"
    kept = f"finished trials are kept in {where}, and the same call goes on from them"
    try:
        yield
    except TerminatedWorkerError as error:
        raise RunError(f"a worker process died (killed, or out of memory): {kept}") from error
    except STORAGE_ERRORS as error:
        raise RunError(f"the storage failed ({_root_reason(error)}): {kept}") from error
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise RunError(f"the storage failed ({error.strerror}): {kept}") from error


def _root_reason(error: BaseException) -> str:
    """The first line of the error that all others came from: optuna and SQLAlchemy word theirs after it."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _work(
    run: Run,
    place: str | BaseStorage,
    objective: Objective,
    catch: tuple[type[Exception], ...],
    owner: int,
) -> None:
    """One run, in whichever process this is."""
    if current_process().name.startswith("Loky"):
        threading.Thread(target=_end_with, args=(owner,), daemon=True).start()
    with _explained(place), _owned(place, run.name, wait=_ORPHAN_SECONDS), opened(place) as storage:
        continue_run(run, open_run(run, storage), objective, catch)


def _end_with(owner: int) -> None:
    """End this worker soon after its owner is killed: whoever resumes must not find it still at work."""
    while os.getppid() == owner:
        time.sleep(0.1)
    os._exit(1)


def _finished(study: optuna.Study) -> list[TrialState]:
    return [trial.state for trial in study.get_trials(deepcopy=False) if trial.state != TrialState.WAITING]


def _start(studies: Sequence[optuna.Study], plan: Plan) -> Start:
    states = [state for study in studies for state in _finished(study)]
    running = sum(state == TrialState.RUNNING for state in states)
    return Start(len(states) - running, plan.trials * len(studies), running)


@contextmanager
def _watch(studies: Sequence[optuna.Study], plan: Plan, progress: Progress | None) -> Iterator[None]:
    """Count the finished trials in the storage, now and then, for as long as the context lasts."""
    if progress is None:
        yield
        return
    planned = plan.trials * len(studies)
    done = threading.Event()

    def count() -> int:
        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
        return sum(min(study._storage.get_n_trials(study._study_id, states), plan.trials) for study in studies)

    def poll() -> None:
        while not done.wait(0.5):
            with suppress(*STORAGE_ERRORS, OSError):  # a storage that fails is the runs' affair
                progress(count(), planned)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    progress(count(), planned)
