"""Order of a run's trials, and threads that train several of them at once.

With ``batch = k``, trial *n* begins when all trials before *n* − *k* are finished, and sees exactly these (see
`hpsearch.strategies.lag`). What it draws then depends neither on timing nor on the number of threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import RLock
from types import TracebackType

import optuna
from optuna.trial import Trial, TrialState

from hpsearch.run.budget import Budget, ConfirmStep, SearchStep
from hpsearch.run.confirmation import Beginning, begin_confirmation, begin_with
from hpsearch.storage.optuna_private import SharedTrial, attach, forget_trials
from hpsearch.strategies.base import CONFIRMS


class StoppedError(BaseException):
    """The run ends early: a training stops here, and its trial stays RUNNING. Not for ``except Exception``."""


class RunLock:
    """Lock of a run: one thread at a time uses its study, sampler and storage."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._stopped = False

    def __enter__(self) -> RunLock:
        self._lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the lock for a training.

        Raises
        ------
        StoppedError
            If the run has been stopped.
        """
        with self._lock:
            if self._stopped:
                raise StoppedError
            yield

    def stop(self) -> None:
        """Stop each training at its next turn. It needs no lock, since a thread may hold it for long."""
        self._stopped = True


def work_off(
    study: optuna.Study,
    budget: Budget,
    train: Callable[[SharedTrial], object],
    *,
    first: Sequence[Beginning] = (),
    draw: Callable[[Trial], object] | None = None,
    batch: int = 0,
    workers: int = 1,
    deadline: float | None = None,
    stop: Callable[[], object] | None = None,
) -> bool:
    """Finish the RUNNING trials of a dead process, then run trials until the budget is spent; return whether it is.

    Parameters
    ----------
    study
        Study of the run; its sampler and pruner see trials with a lag of `batch`.
    budget
        Budget of the run.
    train
        Trains a trial and tells its result. It is called in up to `workers` threads, so it must hold
        ``trial.lock`` for calls of the study such as ``study.tell``. Methods of the trial take the lock themselves.
    first
        The first trials; the strategy draws the parameters of all others.
    draw
        Suggests all parameters of a trial; None if only its training knows them. In a batch, it is called before the
        next trial is asked for, which then may know them.
    batch
        Number of trials before a trial that may still run when it begins.
    workers
        Maximum number of trials at once. With 1, they run in the calling thread.
    deadline
        Time, in seconds since the epoch, after which no trial begins but the first of a run; None: never.
    stop
        Ends trainings in progress, if the run ends early: called once, before the threads are waited for.

    Raises
    ------
    BaseException
        What `train` raises ends the run. Other trials stop where they next suggest or report and stay RUNNING; a
        complete training is still told. No thread remains.
    """

    def train_here(trial: SharedTrial) -> None:
        forget_trials(study)
        train(trial)

    lock = RunLock()
    crew = _Crew(train_here, min(workers, batch + 1))
    try:
        for trial in trials_to_do(
            study, budget, first, draw=draw, batch=batch, lock=lock, crew=crew, deadline=deadline
        ):
            crew.start(trial)
        crew.wait_for_all()
        return budget.is_spent(study.direction.name.lower(), study.get_trials(deepcopy=False))
    except BaseException:
        lock.stop()
        if stop is not None:
            stop()
        raise
    finally:
        crew.leave()


def trials_to_do(
    study: optuna.Study,
    budget: Budget,
    first: Sequence[Beginning] = (),
    *,
    draw: Callable[[Trial], object] | None = None,
    batch: int = 0,
    lock: RunLock | None = None,
    crew: _Crew | None = None,
    deadline: float | None = None,
) -> Iterator[SharedTrial]:
    """Yield the RUNNING trials, then the trials of the budget's next steps; the first ones are `first`.

    A run has one owner, so RUNNING trials belong to a dead one. Start each trial before requesting the next; without a
    `crew`, finish it. After the `deadline`, only RUNNING ones are yielded, and the first: a run without a trial has
    nothing to use.
    """
    lock, crew = lock or RunLock(), crew or _Crew(_nothing, 1)
    for abandoned in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        crew.wait_for_place()
        with lock:
            trial = attach(study, abandoned)
            _draw_ahead(draw if batch else None, trial)
        yield _shared(trial, lock)
    direction, following = study.direction.name.lower(), 0
    while True:
        with lock:
            trials = study.get_trials(deepcopy=False)
        following = max(following, len(trials))  # upper bound of the number of the next trial
        step = budget.next(direction, trials)
        if crew.running and _needs_results(step, crew.running.values()):
            crew.wait_for_all()
            continue
        if step is None:
            return
        for _ in range(step.trials if isinstance(step, SearchStep) else 1):
            crew.wait_for_place(following - batch)
            if following and deadline is not None and time.time() >= deadline:
                return
            with lock:
                if isinstance(step, ConfirmStep):
                    trial = begin_confirmation(study, step.trial, step.phase)
                elif following < len(first):
                    trial = begin_with(study, first[following])
                else:
                    trial = study.ask()
                _draw_ahead(draw if batch else None, trial)
            following = max(following, trial.number + 1)
            yield _shared(trial, lock)


def _draw_ahead(draw: Callable[[Trial], object] | None, trial: Trial) -> None:
    """Suggest all parameters of a trial. An error is left to its training, which meets it again."""
    if draw is not None:
        with suppress(Exception):
            draw(trial)


def _shared(trial: Trial, lock: RunLock) -> SharedTrial:
    """Return a shared trial. Repetitions are never pruned, since that would bias their mean."""
    return SharedTrial.of(trial, lock, lock.turn, prunable=CONFIRMS not in trial.user_attrs)


def _needs_results(step: SearchStep | ConfirmStep | None, running: Iterable[Trial]) -> bool:
    """Return whether the step may change when the `running` trials finish."""
    if isinstance(step, ConfirmStep):
        return any(CONFIRMS not in trial.user_attrs for trial in running)
    return step is None or step.needs_results


class _Crew:
    """Threads that train; with one worker, the calling thread.

    Attributes
    ----------
    running
        Trials in progress, by number.
    """

    def __init__(self, train: Callable[[SharedTrial], object], workers: int) -> None:
        self.running: dict[int, SharedTrial] = {}
        self._train, self._workers = train, workers
        self._futures: dict[Future[object], int] = {}
        self._threads = ThreadPoolExecutor(workers, "hpsearch-trial") if workers > 1 else None

    def start(self, trial: SharedTrial) -> None:
        """Train the trial in a thread; with one worker, return when it is finished."""
        if self._threads is None:
            self._train(trial)
        else:
            self.running[trial.number] = trial
            self._futures[self._threads.submit(self._train, trial)] = trial.number

    def wait_for_place(self, first: int = 0) -> None:
        """Wait until a worker is free, and all trials before number `first` are finished."""
        while self.running and (len(self.running) >= self._workers or min(self.running) < first):
            self._wait()

    def wait_for_all(self) -> None:
        """Wait until no trial is in progress."""
        while self.running:
            self._wait()

    def leave(self) -> None:
        """End the threads; trainings in progress are waited for."""
        if self._threads is not None:
            self._threads.shutdown()

    def _wait(self) -> None:
        """Wait for a trial; raise the error of the first one that has failed."""
        done, _ = wait(self._futures, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=self._futures.__getitem__):
            del self.running[self._futures.pop(future)]
            future.result()


def _nothing(_trial: SharedTrial) -> None:
    """Train nothing: the caller finishes the trials."""
