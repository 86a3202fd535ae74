"""Views of a study for strategies, such as one without the trials that they must not learn from."""

from __future__ import annotations

from typing import Any, cast

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

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


class ViewedStudy(HidingStudy):
    """View of a study whose best trial is the best one that it shows."""

    @property
    def best_trials(self) -> list[FrozenTrial]:
        """The best trial, as a list."""
        return [self.best_trial]

    @property
    def best_trial(self) -> FrozenTrial:
        """Best complete trial; ties go to the earliest.

        Raises
        ------
        ValueError
            If no trial is complete, as in Optuna.
        """
        complete = self.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if not complete:
            raise ValueError("No trials are completed yet.")
        sign = -1.0 if self.direction == StudyDirection.MAXIMIZE else 1.0
        return min(complete, key=lambda trial: sign * cast("float", trial.value))

    @property
    def best_value(self) -> float:
        """Value of the best trial."""
        return cast("float", self.best_trial.value)

    @property
    def best_params(self) -> dict[str, Any]:
        """Parameters of the best trial."""
        return self.best_trial.params
