"""Progress of a study: trials stored at the start and finished since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from optuna.trial import FrozenTrial, TrialState

from hpsearch.run import Run
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.storage.connections import is_lost, say_found, say_lost

Progress = Callable[[int, int], None]

_INTERVAL = 0.5  # seconds between two polls


@dataclass(frozen=True)
class Start:
    """State of a storage at the start of a study: `stored` of `planned` trials, `interrupted` of them unfinished.

    `batch` is the number of trials before a trial that it does not see.
    """

    stored: int
    planned: int
    interrupted: int
    batch: int = 0


def spent(run: Run, trials: Iterable[FrozenTrial]) -> int:
    """Return the number of trials of the run's budget that its finished `trials` have used, at most all."""
    finished = [trial for trial in trials if trial.state.is_finished()]
    return min(run.trials, run.budget.spent(finished) // run.budget.unit)


def interrupted(trials: Iterable[FrozenTrial]) -> int:
    """Return the number of trials that were running when their process ended."""
    return sum(trial.state == TrialState.RUNNING for trial in trials)


class Counter:
    """Counter of a study's finished trials while processes run.

    Parameters
    ----------
    runs
        All runs, in the order of their start.
    unfinished
        Number of finished trials of each incomplete run, by name.
    """

    def __init__(self, runs: Iterable[Run], unfinished: Mapping[str, int]) -> None:
        budgets = {run.name: run.trials for run in runs}
        self.planned = sum(budgets.values())
        self._ended = sum(trials for name, trials in budgets.items() if name not in unfinished)
        self._open = dict(unfinished)
        self._lock = threading.Lock()

    @property
    def known(self) -> int:
        """Number of finished trials seen so far."""
        with self._lock:
            return self._ended + sum(self._open.values())

    def end(self, run: Run) -> None:
        """Mark a run as done; it is no longer polled."""
        with self._lock:
            del self._open[run.name]
            self._ended += run.trials

    def look(self, looks: Mapping[str, Callable[[], int]], workers: int) -> None:
        """Poll the current runs: the first incomplete ones, as many as there are workers."""
        with self._lock:
            worked_on = list(islice(self._open, workers))
        for name in worked_on:
            try:
                trials = looks[name]()
            except STORAGE_ERRORS as error:  # the run itself reports what lasts
                if is_lost(error):  # the processes that wait for it are not on the screen
                    say_lost(error)
            except (OSError, ValueError):
                continue
            else:
                say_found()
                with self._lock:
                    if name in self._open:
                        self._open[name] = max(trials, self._open[name])


@contextmanager
def reported(
    counter: Counter, looks: Mapping[str, Callable[[], int]], workers: int, progress: Progress | None
) -> Iterator[None]:
    """Report the counts to `progress` periodically within the context, and at its end."""
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
    """Call `look` every half second in a separate thread within the context."""
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
