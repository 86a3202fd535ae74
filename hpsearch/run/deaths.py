"""Deaths of the processes that train: counted in the storage, so that no trial is trained again for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import optuna
from optuna.trial import TrialState

from hpsearch.run.trainer import MOST_DEATHS, Trainer
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.storage.optuna_private import SharedTrial

DEATHS = "deaths"
"""User attribute of a trial: how many times its training has killed its process."""

OWNER_DIED_TWICE = "the process that owns the run, and trained the trial itself, died twice in it"

_HERE = "trains_in_owner"  # attribute of a run: whether its owner trains in its own process now


@contextmanager
def in_owner(study: optuna.Study, trainer: Trainer) -> Iterator[frozenset[int]]:
    """Mark a run whose trainings may kill its owner, within the context; the mark is removed after errors too.

    Yield the numbers of the trials that killed the owner before: those RUNNING in a run that is still marked. An
    interrupted owner removes the mark, and the death of an owner whose trainings are in other processes is none of a
    trial's.
    """
    marked = bool(study.user_attrs.get(_HERE, False))
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)) if marked else []
    deadly = frozenset(trial.number for trial in running)
    if marked != trainer.may_kill_owner:
        study.set_user_attr(_HERE, trainer.may_kill_owner)
    try:
        yield deadly
    finally:
        if trainer.may_kill_owner:
            with suppress(*STORAGE_ERRORS):  # the error that ends the run says more
                study.set_user_attr(_HERE, False)


def survives(study: optuna.Study, trial: SharedTrial, reason: str) -> bool:
    """Count a death of the trial's process; fail the trial at its last one, with this reason.

    Returns
    -------
    Whether it is to be trained again.
    """
    deaths = int(trial.user_attrs.get(DEATHS, 0)) + 1
    trial.set_user_attr(DEATHS, deaths)
    if deaths < MOST_DEATHS:
        return True
    fail(study, trial, reason)
    return False


def fail(study: optuna.Study, trial: SharedTrial, reason: str) -> None:
    """Finish the trial as failed, with its reason."""
    with trial.lock:
        trial.set_user_attr("error", reason)
        study.tell(trial, state=TrialState.FAIL)
