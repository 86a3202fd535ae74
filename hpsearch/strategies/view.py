"""A study as a strategy may see it: without the trials that it must not learn from."""

from __future__ import annotations

from typing import cast

import optuna
from optuna.trial import FrozenTrial

from hpsearch.storage.optuna_private import HidingStudy, trials_seen_by_samplers
from hpsearch.strategies.base import CONFIRMS


def search_alone(study: optuna.Study, *, but: FrozenTrial | None = None) -> optuna.Study:
    """The `study` without the trials that confirm others, and without the trial `but`; itself where there are none.

    `but` is the trial that is drawn for: one that is resumed has left traces, which some samplers take for another's.
    """
    trials = trials_seen_by_samplers(study)
    hidden = {trial.number for trial in trials if CONFIRMS in trial.user_attrs}
    if but is not None and (but.params or but.system_attrs):
        hidden.add(but.number)
    return cast("optuna.Study", HidingStudy(study, hidden)) if hidden else study
