"""Cache of a database for the process that owns a run: it never reads back its own writes."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from copy import copy
from copy import deepcopy as copied
from datetime import datetime
from operator import attrgetter
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hpsearch.storage.core_writer import CoreWriter
from hpsearch.storage.optuna_private import OwnersStorage, StudyInfo, trial_id
from hpsearch.storage.orm_writer import OrmWriter
from hpsearch.storage.writer import Fence, Kind, Writer

_BY_NUMBER = attrgetter("number")


class OwnTrials(OwnersStorage):
    """Optuna's cache of a database, extended by the running trials of this object.

    Optuna reads a running trial from the database at every access, since other processes might change it. A run has
    one owner, so the owner's copy is current. What others did, such as enqueued trials, is read at every ``ask``,
    when the study asks for waiting trials, and while none of its own trials is running.

    Every write is committed when the method returns, but for attributes that are noted for a parameter: they are
    written with it.

    Parameters
    ----------
    backend
        The database.
    fence
        Called first in every write's transaction; it raises to refuse the write.
    """

    def __init__(self, backend: RDBStorage, fence: Fence | None = None) -> None:
        super().__init__(backend)
        self._own: dict[int, tuple[StudyInfo, FrozenTrial]] = {}
        self._notes: dict[tuple[int, str], dict[str, Any]] = {}  # (trial, parameter) → attributes
        self._latest: dict[int, FrozenTrial] = {}  # id of a study → the trial that was added last
        self._ids: dict[str, int] = {}  # name of a study → its id
        self._writer: Writer = (CoreWriter if CoreWriter.fits(backend) else OrmWriter)(backend, fence)

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        """Create a study as Optuna does."""
        self._writer.check()
        return super().create_new_study(directions, study_name)

    def delete_study(self, study_id: int) -> None:
        """Delete a study as Optuna does."""
        self._writer.check()
        super().delete_study(study_id)
        self._ids = {name: known for name, known in self._ids.items() if known != study_id}
        self._latest.pop(study_id, None)  # ids may be given again

    def get_study_id_from_name(self, study_name: str) -> int:
        """Return the id of a study; of one that was asked for before, from memory."""
        if study_name not in self._ids:
            self._ids[study_name] = super().get_study_id_from_name(study_name)
        return self._ids[study_name]

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        """Write the attribute."""
        self._writer.set_study_attribute(study_id, "user", key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        """Write the attribute."""
        self._writer.set_study_attribute(study_id, "system", key, value)

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Create a trial; cache it until it is finished, if it is running."""
        trial = self._writer.create_trial(study_id, template_trial, self._latest.get(study_id))
        added = trial_id(trial)
        with self._lock:
            self._latest[study_id] = trial
            study = self._studies.setdefault(study_id, StudyInfo())
            self._add_trials_to_cache(study_id, [trial])
            if trial.state == TrialState.RUNNING:
                self._own[added] = study, trial
            elif trial.state == TrialState.WAITING:
                study.unfinished_trial_ids.add(added)
            if trial.number == len(study.trials) - 1:  # all trials before it are cached
                study.last_finished_trial_id = added  # later reads start after it
        return added

    def adopt(self, trial_id: int) -> None:
        """Read a running trial and cache it until it is finished."""
        trial = self._backend.get_trial(trial_id)
        with self._lock:
            if trial.state == TrialState.RUNNING and trial_id in self._trial_id_to_study_id_and_number:
                study = self._studies[self._trial_id_to_study_id_and_number[trial_id][0]]
                study.unfinished_trial_ids.discard(trial_id)
                study.trials[trial.number] = trial
                self._own[trial_id] = study, trial

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return the trial, from memory if it is this object's."""
        with self._lock:
            if trial_id in self._own:
                return copy(self._own[trial_id][1])
        return super().get_trial(trial_id)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials in one of the `states`, by number; see the class for when the database is read."""
        if states == (TrialState.WAITING,) or not self._is_at_work(study_id):
            self._read_trials_from_remote_storage(study_id)
        with self._lock:
            study = self._studies[study_id]
            trials: Iterable[FrozenTrial] = study.trials.values()
            if states == (TrialState.WAITING,):  # few of many
                trials = [self._cached(trial_id) for trial_id in study.unfinished_trial_ids]
            selected = [trial for trial in trials if states is None or trial.state in states]
        selected.sort(key=_BY_NUMBER)
        return copied(selected) if deepcopy else selected

    def note(self, trial_id: int, parameter: str, key: str, value: Any) -> None:
        """Keep a user attribute until the parameter is set."""
        self._notes.setdefault((trial_id, parameter), {})[key] = value

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        """Write the parameter with the attributes noted for it, and update the cache."""
        study_id, _ = self._trial_id_to_study_id_and_number[trial_id]
        distributions = self._studies[study_id].param_distribution
        notes = self._notes.pop((trial_id, param_name), {})
        self._writer.set_param(
            trial_id,
            param_name,
            param_value_internal,
            distribution,
            study=study_id,
            previous=distributions.get(param_name),
            attributes=notes,
        )
        distributions.setdefault(param_name, distribution)
        for key, value in notes.items():
            self._put(trial_id, "user_attrs", key, _stored(value))
        self._put(trial_id, "params", param_name, distribution.to_external_repr(param_value_internal))
        self._put(trial_id, "distributions", param_name, distribution)

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Write the value and update the cache."""
        self._writer.set_step(trial_id, step, intermediate_value)
        self._put(trial_id, "intermediate_values", step, float(intermediate_value))

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Write the attribute and update the cache."""
        self._set_attribute(trial_id, "user", key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Write the attribute and update the cache."""
        self._set_attribute(trial_id, "system", key, value)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Write the state and values; cache a started trial until it is finished."""
        changed = self._writer.set_state(trial_id, state, values)
        if changed and state == TrialState.RUNNING:
            self.adopt(trial_id)
        with self._lock:
            if changed and trial_id in self._own and state != TrialState.RUNNING:
                study, trial = self._own.pop(trial_id)
                if not state.is_finished():
                    study.unfinished_trial_ids.add(trial_id)
                else:
                    trial = copy(trial)
                    trial.state, trial.datetime_complete = state, datetime.now()
                    trial.values = None if values is None else [float(value) for value in values]
                    study.trials[trial.number] = trial
                self._notes = {key: notes for key, notes in self._notes.items() if key[0] != trial_id}
        return changed

    def record_heartbeat(self, trial_id: int) -> None:
        """Record that the trial is alive, as Optuna does."""
        self._writer.check()
        super().record_heartbeat(trial_id)

    def _cached(self, trial_id: int) -> FrozenTrial:
        study_id, number = self._trial_id_to_study_id_and_number[trial_id]
        return self._studies[study_id].trials[number]

    def _is_at_work(self, study_id: int) -> bool:
        with self._lock:
            cached = self._studies.get(study_id)
            return any(study is cached for study, _ in self._own.values())

    def _read_trials_from_remote_storage(self, study_id: int) -> None:
        """Read new and unfinished trials, except the running trials of this object."""
        with self._lock:
            study = self._studies.setdefault(study_id, StudyInfo())
            others = study.unfinished_trial_ids
            for trial in self._writer.trials_after(study_id, study.last_finished_trial_id, others):
                read_id = trial_id(trial)
                if read_id in self._own:
                    continue
                self._add_trials_to_cache(study_id, [trial])
                if trial.state.is_finished():
                    study.last_finished_trial_id = max(study.last_finished_trial_id, read_id)
                    study.unfinished_trial_ids.discard(read_id)
                else:
                    study.unfinished_trial_ids.add(read_id)

    def _set_attribute(self, trial_id: int, kind: Kind, key: str, value: Any) -> None:
        self._writer.set_attribute(trial_id, kind, key, value)
        self._put(trial_id, f"{kind}_attrs", key, _stored(value))

    def _put(self, trial_id: int, table: str, key: Any, value: Any) -> None:
        """Replace the cached trial by a changed copy, since other threads may read the old one."""
        with self._lock:
            if trial_id in self._own:
                study, trial = self._own[trial_id]
                trial = copy(trial)
                setattr(trial, table, {**getattr(trial, table), key: value})
                self._own[trial_id] = study, trial
                study.trials[trial.number] = trial


def owned(storage: BaseStorage, fence: Fence | None = None) -> BaseStorage:
    """Return the storage as the owner of a run uses it: a database with a cache; others as they are."""
    return OwnTrials(storage, fence) if isinstance(storage, RDBStorage) else storage


def _stored(value: Any) -> Any:
    """Return the value as a storage returns it."""
    return json.loads(json.dumps(value))
