"""What is known from a study's finished trials, kept from one draw to the next."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.base import CONFIRMS

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

Known = TypeVar("Known")

_LOCK = RLock()  # one for all: a sampler with a lock of its own could be neither pickled nor copied


class History(Generic[Known]):
    """Adds a study's finished trials to what is known, in the order of their numbers, each once.

    What is known is always what would be known if all were added anew; only the time that takes is saved. Trials that
    confirm others are left out.

    Parameters
    ----------
    nothing
        Makes what is known before the first trial.
    add
        Adds a trial to it.
    """

    def __init__(self, nothing: Callable[[], Known], add: Callable[[Known, FrozenTrial], None]) -> None:
        self._nothing, self._add = nothing, add
        self._known = nothing()
        self._study = ""
        self._added: list[int] = []  # numbers, in order

    def of(self, study: optuna.Study) -> Known:
        """What is known from the finished trials of `study`."""
        finished = study.get_trials(deepcopy=False, states=FINISHED)
        with _LOCK:
            done = len(self._added)
            # Finished trials stay, so that an equal number in the last place means equal numbers in all before it.
            kept = done <= len(finished) and (done == 0 or finished[done - 1].number == self._added[-1])
            if not kept or study.study_name != self._study:
                self._known, self._study, self._added, done = self._nothing(), study.study_name, [], 0
            for trial in finished[done:]:
                self._added.append(trial.number)
                if CONFIRMS not in trial.user_attrs:
                    self._add(self._known, trial)
            return self._known
