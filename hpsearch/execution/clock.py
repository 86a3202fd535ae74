"""Time that a study may take, and how it is spent: by complete repeats."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from itertools import groupby

from hpsearch.run import Run


class Clock:
    """Clock of one call of ``execute``.

    Parameters
    ----------
    seconds
        Time that the call may take; None: any.
    """

    def __init__(self, seconds: float | None) -> None:
        self.deadline = None if seconds is None else time.time() + seconds
        """Time, in seconds since the epoch, after which no trial begins."""
        self.stopped = False
        """Whether the time did not suffice for all runs."""
        self._durations: list[float] = []

    def left(self) -> float:
        """Return the seconds that are left."""
        return math.inf if self.deadline is None else self.deadline - time.time()

    def note(self, seconds: float, done: float = 0.0) -> None:
        """Note how long a run took, of which a share was `done` before."""
        if seconds > 0 and done < 1:
            self._durations.append(seconds / (1 - done))

    def in_time(self, runs: Iterable[Run], workers: int) -> Iterator[Run]:
        """Yield the runs, but none of a repeat that would not be complete in time. The first repeat always begins."""
        for number, (_, repeat) in enumerate(groupby(list(runs), key=lambda run: run.repeat)):
            together = list(repeat)
            if self.left() <= 0 or (number > 0 and self._expected(len(together), workers) > self.left()):
                self.stopped = True
                return
            yield from together

    def _expected(self, runs: int, workers: int) -> float:
        """Return the expected time of `runs` runs, from the mean of the finished ones; 0 if there are none."""
        if not self._durations:
            return 0.0
        return sum(self._durations) / len(self._durations) * math.ceil(runs / max(1, workers))
