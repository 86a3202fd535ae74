"""Cache of a database for the process that owns a run: it never reads back its own writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from hpsearch.storage.leases.places import Fence
from hpsearch.storage.optuna_private import CachedStorage, StudyInfo


class OwnTrials(CachedStorage):
    """Optuna's cache of a database, extended by the running trials of this object.

    Optuna reads a running trial from the database at every access, since other processes might change it. A run has
    one owner, so the owner's copy is current. Changes by others, such as enqueued trials, are still read. Every write
    goes to the database at once. This halves the cost of a trial apart from its training.
    """

    def __init__(self, backend: RDBStorage, fence: Fence | None = None) -> None:
        super().__init__(backend)
        self.fence = fence
        self._own: dict[int, tuple[StudyInfo, FrozenTrial]] = {}

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Create a trial and cache it until it is finished."""
        trial_id = super().create_new_trial(study_id, template_trial)
        with self._lock:
            study, trial = self._known(trial_id)
            if not trial.state.is_finished():
                self._own[trial_id] = study, trial
                if trial.number == len(study.trials) - 1:  # all trials before it are cached
                    study.last_finished_trial_id = trial_id  # later reads start after it
        return trial_id

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return the trial, from memory if this object created it."""
        with self._lock:
            if trial_id in self._own:
                return copy(self._own[trial_id][1])
        return super().get_trial(trial_id)

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        """Write the parameter and update the cache."""
        super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        self._put(trial_id, "params", param_name, distribution.to_external_repr(param_value_internal))
        self._put(trial_id, "distributions", param_name, distribution)

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Write the value and update the cache."""
        super().set_trial_intermediate_value(trial_id, step, intermediate_value)
        self._put(trial_id, "intermediate_values", step, float(intermediate_value))

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Write the attribute and update the cache."""
        super().set_trial_user_attr(trial_id, key, value)
        self._put(trial_id, "user_attrs", key, json.loads(json.dumps(value)))

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Write the attribute and update the cache."""
        super().set_trial_system_attr(trial_id, key, value)
        self._put(trial_id, "system_attrs", key, json.loads(json.dumps(value)))

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Write the state and values; stop caching a trial that is finished."""
        changed = super().set_trial_state_values(trial_id, state, values)
        with self._lock:
            if changed and trial_id in self._own and state.is_finished():
                study, trial = self._own.pop(trial_id)
                trial = copy(trial)
                trial.state, trial.datetime_complete = state, datetime.now()
                trial.values = None if values is None else [float(value) for value in values]
                study.trials[trial.number] = trial
        return changed

    def _known(self, trial_id: int) -> tuple[StudyInfo, FrozenTrial]:
        study_id, number = self._trial_id_to_study_id_and_number[trial_id]
        return self._studies[study_id], self._studies[study_id].trials[number]

    def _put(self, trial_id: int, table: str, key: Any, value: Any) -> None:
        """Replace the cached trial by a changed copy, since other threads may read the old one."""
        with self._lock:
            if trial_id in self._own:
                study, trial = self._own[trial_id]
                trial = copy(trial)
                setattr(trial, table, {**getattr(trial, table), key: value})
                self._own[trial_id] = study, trial
                study.trials[trial.number] = trial
