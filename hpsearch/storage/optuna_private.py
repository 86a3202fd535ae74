"""Every use of Optuna's private parts: here, and nowhere else. Checked against Optuna 5.0."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Container
from copy import deepcopy
from functools import cache
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages._cached_storage import _CachedStorage as CachedStorage
from optuna.storages._cached_storage import _StudyInfo as StudyInfo
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _VersionManager
from optuna.storages.journal import BaseJournalBackend
from optuna.storages.journal._storage import JournalOperation
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch.errors import HpsearchError

__all__ = [
    "JOURNAL_OPERATIONS",
    "CachedStorage",
    "CheckedBackend",
    "Database",
    "FrozenStudy",
    "HidingStudy",
    "OwnersStorage",
    "ReplayedJournal",
    "StudyInfo",
    "add_trial",
    "attach",
    "begin_trial",
    "create_trial",
    "models",
    "newest_schema",
    "set_param",
    "set_with_parameter",
    "stored_as",
    "study_id",
    "trial_id",
    "trials_after",
    "trials_seen_by_samplers",
    "whole_study",
]


JOURNAL_OPERATIONS = frozenset(JournalOperation)  # the numbers that a journal's lines may have


@cache
def newest_schema() -> str:
    """Return the version of the tables that this Optuna creates. Cached, since Optuna loads a dozen files for it."""
    manager = object.__new__(_VersionManager)
    manager.url = ""
    return manager.get_head_version()


class Database(RDBStorage):
    """An Optuna storage in a database, opened in half the time: the newest version of the tables is cached.

    Raises
    ------
    RuntimeError
        The tables are of another version.
    """

    def __init__(self, url: str, engine_kwargs: dict[str, Any], *, skip_table_creation: bool = False) -> None:
        super().__init__(url, engine_kwargs, skip_compatibility_check=True, skip_table_creation=skip_table_creation)
        self.skip_compatibility_check = False  # a pickled storage is checked by Optuna
        if self._version_manager.get_current_version() != newest_schema():
            self._version_manager.check_table_schema_compatibility()


class CheckedBackend(BaseJournalBackend):
    """A journal's file that knows what it has read last."""

    last_worker: str  # who wrote the operation that was read last

    @abstractmethod
    def failed(self, error: Exception) -> HpsearchError:
        """Return the error for the operation that was read last, which could not be applied."""


class ReplayedJournal(JournalStorage):
    """A journal that names the line that Optuna can't apply, where Optuna raises whatever comes of it."""

    _backend: CheckedBackend

    def __init__(self, backend: CheckedBackend) -> None:
        super().__init__(backend)

    def _sync_with_backend(self) -> None:
        try:
            super()._sync_with_backend()
        except (OSError, HpsearchError):
            raise
        except Exception as error:
            if self._backend.last_worker.startswith(self._worker_id_prefix):
                raise  # an operation of this very object, which Optuna refuses for a reason of its own
            raise self._backend.failed(error) from error


class OwnersStorage(CachedStorage):
    """A cache of a database for the process that owns a run."""

    @abstractmethod
    def adopt(self, trial_id: int) -> None:
        """Take over a trial that is running: from now on this object alone changes it."""

    @abstractmethod
    def note(self, trial_id: int, parameter: str, key: str, value: Any) -> None:
        """Set a user attribute of the trial in one step with its parameter, or not at all."""


def create_trial(storage: RDBStorage, study: int, template: FrozenTrial | None) -> FrozenTrial:
    """Add a trial to a study as Optuna does."""
    return storage._create_new_trial(study, template)


def set_param(
    storage: RDBStorage,
    trial: int,
    name: str,
    value: float,
    distribution: BaseDistribution,
    previous: BaseDistribution | None,
) -> None:
    """Set a parameter of a trial as Optuna does; `previous` is its distribution in other trials, if known."""
    storage._set_trial_param(trial, name, value, distribution, previous)


def trials_after(storage: RDBStorage, study: int, after: int, others: set[int]) -> list[FrozenTrial]:
    """Read the trials of a study whose ids are greater than `after` or among the `others`."""
    return storage._get_trials(study, None, others, after)


def trial_id(trial: FrozenTrial) -> int:
    """Return the number by which the storage knows the trial."""
    return trial._trial_id


def stored_as(template: FrozenTrial, number: int, trial_id: int) -> FrozenTrial:
    """Return the trial as which a storage added the `template`."""
    trial = deepcopy(template)
    trial.number, trial._trial_id = number, trial_id
    return trial


def study_id(study: optuna.Study | FrozenStudy) -> int:
    """Return the number by which the storage knows the study."""
    return study._study_id


def attach(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """Return a running trial of the study as an object that suggests, reports and can be told."""
    if isinstance(study._storage, OwnersStorage):
        study._storage.adopt(trial._trial_id)
    return Trial(study, trial._trial_id)


def begin_trial(study: optuna.Study, template: FrozenTrial) -> Trial:
    """Add `template`, a running trial, to the study in one step, as ``study.ask`` does."""
    study._thread_local.cached_all_trials = None
    return Trial(study, study._storage.create_new_trial(study._study_id, template_trial=template))


def add_trial(storage: BaseStorage, study: optuna.Study, trial: FrozenTrial) -> None:
    """Add a trial to the study as it is, also one that ``study.add_trial`` would refuse."""
    storage.create_new_trial(study._study_id, template_trial=trial)


def set_with_parameter(study: optuna.Study, trial: FrozenTrial, parameter: str, key: str, value: Any) -> None:
    """Set a user attribute of a trial whose `parameter` a sampler draws: with the parameter, if the storage can."""
    storage = study._storage
    if isinstance(storage, OwnersStorage):
        storage.note(trial._trial_id, parameter, key, value)
    else:
        storage.set_trial_user_attr(trial._trial_id, key, value)


def trials_seen_by_samplers(study: optuna.Study, *, deepcopy: bool = False) -> list[FrozenTrial]:
    """Return the study's trials as its samplers see them: cached for the duration of a draw."""
    return study._get_trials(deepcopy=deepcopy, use_cache=True)


def whole_study(study: optuna.Study) -> optuna.Study:
    """Return the study behind the filtered one that ``HyperbandPruner`` hands to samplers."""
    return getattr(study, "_study", study)


class HidingStudy:
    """Everything that the study is, but for the `hidden` trials.

    No subclass of ``Study``: the studies that pruners hand to samplers have not all of its attributes.
    """

    def __init__(self, study: optuna.Study, hidden: Container[int]) -> None:
        self._viewed = study
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._viewed, name)

    @property
    def trials(self) -> list[FrozenTrial]:
        """All but the hidden trials."""
        return self.get_trials()

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """Return the trials in one of the `states`, without the hidden ones."""
        return self._shown(self._viewed.get_trials(deepcopy=deepcopy, states=states))

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        return self._shown(self._viewed._get_trials(deepcopy, states, use_cache))

    def _shown(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        return [trial for trial in trials if trial.number not in self._hidden]
