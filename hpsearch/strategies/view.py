"""View of a study for strategies, without the trials that they must not learn from."""

from __future__ import annotations

from typing import cast

import optuna
from optuna.trial import FrozenTrial

from hpsearch.storage.optuna_private import HidingStudy, trials_seen_by_samplers
from hpsearch.strategies.base import CONFIRMS


def search_alone(study: optuna.Study, *, but: FrozenTrial | None = None) -> optuna.Study:
    """Return the `study` without confirming trials and without the trial `but`; the study itself if it has neither.

    `but` is the trial being drawn. If resumed, it has attributes that some samplers take for those of another trial.
    """
    trials = trials_seen_by_samplers(study)
    hidden = {trial.number for trial in trials if CONFIRMS in trial.user_attrs}
    if but is not None and (but.params or but.system_attrs):
        hidden.add(but.number)
    return cast("optuna.Study", HidingStudy(study, hidden)) if hidden else study
