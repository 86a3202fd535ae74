"""Progress of a study: trials stored at the start and finished since."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from optuna.trial import FrozenTrial, TrialState

from hpsearch.background import repeated
from hpsearch.execution.clock import Clock
from hpsearch.run import Run, incumbent
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.storage.connections import is_lost, say_found, say_lost

INTERVAL = 0.5
"""Seconds between two polls."""


@dataclass(frozen=True)
class Start:
    """State of a storage at the start of a study: `stored` of `planned` trials, `interrupted` of them unfinished.

    `batch` is the number of trials before a trial that it does not see. `earlier` is the study that it goes on from,
    and `taken_over` how many trials of it each run that searches takes over. `not_learning` are the strategies that
    learn nothing from these.
    """

    stored: int
    planned: int
    interrupted: int
    batch: int = 0
    earlier: str = ""
    taken_over: tuple[int, ...] = ()
    not_learning: tuple[str, ...] = ()


class State(NamedTuple):
    """Progress of a study.

    Attributes
    ----------
    done, planned
        Finished and planned trials over all runs.
    best
        Best validation value of the runs that were worked on since the start; None if there is none yet.
    seconds_left
        Estimated time to the end, from the rate of trials since the start; None if unknown.
    workers
        Number of trials that are trained at once.
    """

    done: int
    planned: int
    best: float | None = None
    seconds_left: float | None = None
    workers: int = 1


Progress = Callable[[State], None]


class Look(NamedTuple):
    """Progress of a run: used trials of its budget, and its best value."""

    trials: int
    best: float | None = None

    def written(self) -> str:
        """Return it as text."""
        return json.dumps(self)

    @classmethod
    def read(cls, text: str) -> Look:
        """Parse the text of `written`."""
        return cls(*json.loads(text))


def look_at(run: Run, trials: Iterable[FrozenTrial]) -> Look:
    """Return the progress of a run from its `trials`."""
    finished = [trial for trial in trials if trial.state.is_finished()]
    best = incumbent(run.direction, finished)
    used = min(run.trials, run.budget.spent(finished) // run.budget.unit)
    return Look(used, None if best is None else best.value)


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
        Progress of each incomplete run, by name.
    """

    def __init__(self, runs: Iterable[Run], unfinished: Mapping[str, Look]) -> None:
        runs = list(runs)
        self._choose = max if runs and runs[0].direction == "maximize" else min
        budgets = {run.name: run.trials for run in runs}
        self.planned = sum(budgets.values())
        self._ended = sum(trials for name, trials in budgets.items() if name not in unfinished)
        self._open = {name: look.trials for name, look in unfinished.items()}
        self._best: float | None = None
        for look in unfinished.values():
            self._note(look.best)
        self._lock = threading.Lock()

    @property
    def known(self) -> int:
        """Number of finished trials seen so far."""
        with self._lock:
            return self._ended + sum(self._open.values())

    @property
    def best(self) -> float | None:
        """Best value seen so far."""
        return self._best

    @property
    def unfinished(self) -> int:
        """Number of runs that are not done."""
        with self._lock:
            return len(self._open)

    def end(self, run: Run, best: float | None = None) -> None:
        """Mark a run as done; it is no longer polled."""
        self._note(best)
        with self._lock:
            del self._open[run.name]
            self._ended += run.trials

    def look(self, looks: Mapping[str, Callable[[], Look]], workers: int) -> None:
        """Poll the current runs: the first incomplete ones, as many as there are workers."""
        with self._lock:
            worked_on = list(islice(self._open, workers))
        for name in worked_on:
            try:
                seen = looks[name]()
            except STORAGE_ERRORS as error:  # the run itself reports what lasts
                if is_lost(error):  # the processes that wait for it are not on the screen
                    say_lost(error)
            except (OSError, ValueError):
                continue
            else:
                say_found()
                self._note(seen.best)
                with self._lock:
                    if name in self._open:
                        self._open[name] = max(seen.trials, self._open[name])

    def _note(self, best: float | None) -> None:
        if best is not None and not math.isnan(best):
            self._best = best if self._best is None else self._choose(best, self._best)


@contextmanager
def reported(
    counter: Counter,
    looks: Mapping[str, Callable[[], Look]],
    at_work: Callable[[int], int],
    workers: int,
    clock: Clock,
    progress: Progress | None,
) -> Iterator[None]:
    """Report the state of the study to `progress`, periodically within the context and at its end.

    `at_work` returns the number of workers from that of runs that are not done; up to `workers` runs are polled.
    """
    if progress is None:
        yield
        return
    begin, trials_at_start = time.monotonic(), counter.known

    def look() -> None:
        with suppress(*STORAGE_ERRORS):  # the run itself reports what lasts
            counter.look(looks, workers)
            progress(state(at_work(counter.unfinished)))

    def state(busy: int) -> State:
        done, planned = counter.known, counter.planned
        rate = (done - trials_at_start) / (time.monotonic() - begin)
        left = (planned - done) / rate if rate > 0 else None
        if clock.deadline is not None:
            left = max(0.0, clock.left() if left is None else min(left, clock.left()))
        return State(done, planned, counter.best, left, busy)

    with repeated(look, INTERVAL):
        yield
    progress(state(0))
