"""How far a study is: what its storage held at the start, and what has been finished since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice

from optuna.trial import FrozenTrial, TrialState

from hpsearch.run import Run
from hpsearch.storage import STORAGE_ERRORS

Progress = Callable[[int, int], None]

_INTERVAL = 0.5  # seconds between two looks


@dataclass(frozen=True)
class Start:
    """What a storage held when a study was started: `stored` of `planned` trials, `interrupted` left unfinished."""

    stored: int
    planned: int
    interrupted: int


def spent(run: Run, trials: Iterable[FrozenTrial]) -> int:
    """How many trials' worth of the run's budget the finished ones of `trials` have taken, at most the whole of it."""
    finished = [trial for trial in trials if trial.state.is_finished()]
    return min(run.trials, run.budget.spent(finished) // run.budget.unit)


def interrupted(trials: Iterable[FrozenTrial]) -> int:
    """How many of them were being trained when their process ended."""
    return sum(trial.state == TrialState.RUNNING for trial in trials)


class Counter:
    """Counts the finished trials of a study while processes work on it.

    Parameters
    ----------
    runs
        All of them, in the order in which they are begun.
    unfinished
        Finished trials of each run that is not done, by name.
    """

    def __init__(self, runs: Iterable[Run], unfinished: Mapping[str, int]) -> None:
        budgets = {run.name: run.trials for run in runs}
        self.planned = sum(budgets.values())
        self._ended = sum(trials for name, trials in budgets.items() if name not in unfinished)
        self._open = dict(unfinished)
        self._lock = threading.Lock()

    @property
    def known(self) -> int:
        """The trials that are known to be finished."""
        with self._lock:
            return self._ended + sum(self._open.values())

    def end(self, run: Run) -> None:
        """A run is done, and needs no looking at any more."""
        with self._lock:
            del self._open[run.name]
            self._ended += run.trials

    def look(self, looks: Mapping[str, Callable[[], int]], workers: int) -> None:
        """Look how far the runs are that are worked on: as many as there are workers, the first that are not done."""
        with self._lock:
            worked_on = list(islice(self._open, workers))
        for name in worked_on:
            with suppress(*STORAGE_ERRORS, OSError, ValueError):  # what fails here is the runs' affair
                trials = looks[name]()
                with self._lock:
                    if name in self._open:
                        self._open[name] = max(trials, self._open[name])


@contextmanager
def told(
    counter: Counter, looks: Mapping[str, Callable[[], int]], workers: int, progress: Progress | None
) -> Iterator[None]:
    """Tell `progress` the counts now and then for as long as the context lasts, and at its end."""
    if progress is None:
        yield
        return

    def look() -> None:
        counter.look(looks, workers)
        progress(counter.known, counter.planned)

    with repeated(look):
        yield
    progress(counter.known, counter.planned)


@contextmanager
def repeated(look: Callable[[], object]) -> Iterator[None]:
    """Call `look` every half second, in a thread of its own, for as long as the context lasts."""
    over = threading.Event()

    def poll() -> None:
        while not over.wait(_INTERVAL):
            look()

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
