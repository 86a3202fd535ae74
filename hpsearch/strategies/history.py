"""Incremental summary of a study's finished trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Generic, TypeVar

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.base import CONFIRMS

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
KEPT = 16  # summaries of a study that are kept, for trials that draw in turns and see different trials

Summary = TypeVar("Summary")

LOCK = RLock()
"""Lock of all summaries, also while one is read. It is shared: a sampler with its own can't be pickled or copied."""


class History(Generic[Summary]):
    """Summary of a study's finished trials, updated incrementally in the order of trial numbers.

    The result always equals a summary computed from scratch; keeping it only saves time. Trials that confirm others
    are left out. With a lag, running trials see different numbers of finished trials, so that a few summaries are kept.

    Parameters
    ----------
    nothing
        Creates the summary of zero trials.
    add
        Adds a trial to the summary.
    """

    def __init__(self, nothing: Callable[[], Summary], add: Callable[[Summary, FrozenTrial], None]) -> None:
        self._nothing, self._add = nothing, add
        self._study = ""
        self._kept: list[_Kept[Summary]] = []  # the last used one is last

    def of(self, study: optuna.Study) -> Summary:
        """Return the summary of the finished trials of `study`."""
        finished = study.get_trials(deepcopy=False, states=FINISHED)
        with LOCK:
            if study.study_name != self._study:
                self._study, self._kept = study.study_name, []
            kept = self._longest_part_of(finished)
            for trial in finished[len(kept.added) :]:
                kept.added.append(trial.number)
                if CONFIRMS not in trial.user_attrs:
                    self._add(kept.summary, trial)
            return kept.summary

    def _longest_part_of(self, finished: list[FrozenTrial]) -> _Kept[Summary]:
        """Return the kept summary of the most of these trials; a new one if all kept ones have others."""
        parts = [kept for kept in self._kept if kept.is_part_of(finished)]
        best = max(parts, key=lambda kept: len(kept.added), default=None) or _Kept(self._nothing())
        others = [kept for kept in self._kept if kept is not best]
        self._kept = [*others[1 - KEPT :], best]
        return best


@dataclass
class _Kept(Generic[Summary]):
    """Summary, and the numbers of its trials, in order."""

    summary: Summary
    added: list[int] = field(default_factory=list)

    def is_part_of(self, finished: list[FrozenTrial]) -> bool:
        """Return whether `finished` begins with the trials of this summary.

        Finished trials are never removed, so an equal number at the last index implies equal numbers before it.
        """
        done = len(self.added)
        return done <= len(finished) and (done == 0 or finished[done - 1].number == self.added[-1])
