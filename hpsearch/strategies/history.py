"""Incremental summary of a study's finished trials."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.base import CONFIRMS

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

Summary = TypeVar("Summary")

_LOCK = RLock()  # shared: a sampler that holds a lock cannot be pickled or copied


class History(Generic[Summary]):
    """Summary of a study's finished trials, updated incrementally in the order of trial numbers.

    The result always equals a summary computed from scratch; keeping it only saves time. Trials that confirm others
    are left out.

    Parameters
    ----------
    nothing
        Creates the summary of zero trials.
    add
        Adds a trial to the summary.
    """

    def __init__(self, nothing: Callable[[], Summary], add: Callable[[Summary, FrozenTrial], None]) -> None:
        self._nothing, self._add = nothing, add
        self._summary = nothing()
        self._study = ""
        self._added: list[int] = []  # numbers, in order

    def of(self, study: optuna.Study) -> Summary:
        """Return the summary of the finished trials of `study`."""
        finished = study.get_trials(deepcopy=False, states=FINISHED)
        with _LOCK:
            done = len(self._added)
            # Finished trials are never removed, so an equal number at the last index implies equal numbers before it.
            unchanged = done <= len(finished) and (done == 0 or finished[done - 1].number == self._added[-1])
            if not unchanged or study.study_name != self._study:
                self._summary, self._study, self._added, done = self._nothing(), study.study_name, [], 0
            for trial in finished[done:]:
                self._added.append(trial.number)
                if CONFIRMS not in trial.user_attrs:
                    self._add(self._summary, trial)
            return self._summary
