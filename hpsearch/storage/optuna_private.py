"""Every use of Optuna's private parts: here, and nowhere else. Checked against Optuna 5.0."""

from __future__ import annotations

import re
import threading
from abc import abstractmethod
from collections.abc import Callable, Container
from contextlib import AbstractContextManager
from copy import copy, deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages._cached_storage import _CachedStorage as CachedStorage
from optuna.storages._cached_storage import _StudyInfo as StudyInfo
from optuna.storages._rdb import models
from optuna.storages._rdb import storage as rdb
from optuna.storages._rdb.storage import _VersionManager
from optuna.storages.journal import BaseJournalBackend
from optuna.storages.journal._file import LOCK_FILE_SUFFIX as LOCK_SUFFIX
from optuna.storages.journal._storage import JournalOperation
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch.errors import HpsearchError

__all__ = [
    "JOURNAL_OPERATIONS",
    "LOCK_SUFFIX",
    "CachedStorage",
    "CheckedBackend",
    "Database",
    "FrozenStudy",
    "HidingStudy",
    "OwnersStorage",
    "ReplayedJournal",
    "SharedTrial",
    "StudyInfo",
    "add_trial",
    "attach",
    "begin_trial",
    "create_trial",
    "database_behind",
    "forget_trials",
    "journal_behind",
    "models",
    "newest_schema",
    "set_param",
    "set_system_attribute",
    "set_with_parameter",
    "stored_as",
    "study_id",
    "system_attribute_set",
    "trial_id",
    "trials_after",
    "trials_seen_by_samplers",
    "whole_study",
]


_REVISION = re.compile(r'^revision = "([^"]+)"', re.MULTILINE)
_EARLIER = re.compile(r'^down_revision = "([^"]+)"', re.MULTILINE)
_VERSIONS_LOCK = threading.Lock()

JOURNAL_OPERATIONS = frozenset(JournalOperation)  # the numbers that a journal's lines may have


@cache
def newest_schema() -> str:
    """Return the version of the tables that this Optuna creates.

    It is read from the files of its migrations: alembic, which knows it too, takes a third of a second to load.
    """
    folder = Path(rdb.__file__).parent / "alembic" / "versions"
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    versions = {found[1] for text in texts if (found := _REVISION.search(text))}
    earlier = {found[1] for text in texts if (found := _EARLIER.search(text))}
    [newest] = versions - earlier
    return newest


class _Versions(_VersionManager):
    """Versions of the tables, without alembic where they are known."""

    def _init_alembic(self) -> None:
        if self._stored() is None:
            super()._init_alembic()

    def get_current_version(self) -> str:
        """Return the version of the database's tables."""
        return self._stored() or super().get_current_version()

    def get_head_version(self) -> str:
        """Return the version of the tables that this Optuna creates."""
        return newest_schema()

    def _stored(self) -> str | None:
        if not sa.inspect(self.engine).has_table("alembic_version"):
            return None
        with self.engine.connect() as connection:
            query: sa.Select[Any] = sa.select(sa.column("version_num")).select_from(sa.table("alembic_version"))
            version: str | None = connection.execute(query).scalar()
        return version


class Database(RDBStorage):
    """An Optuna storage in a database, opened in a third of the time.

    Raises
    ------
    RuntimeError
        The tables are of another version.
    """

    def __init__(self, url: str, engine_kwargs: dict[str, Any], *, skip_table_creation: bool = False) -> None:
        with _VERSIONS_LOCK:
            rdb._VersionManager = _Versions  # type: ignore[misc]  # Optuna makes it within the next call
            try:
                super().__init__(
                    url, engine_kwargs, skip_compatibility_check=True, skip_table_creation=skip_table_creation
                )
            finally:
                rdb._VersionManager = _VersionManager  # type: ignore[misc]
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
    """A journal that names the line that Optuna can't apply, where Optuna raises an error of its own."""

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


def database_behind(storage: BaseStorage) -> RDBStorage | None:
    """Return the database that a storage keeps its rows in, with or without a cache; None if it has none."""
    backend = storage._backend if isinstance(storage, CachedStorage) else storage
    return backend if isinstance(backend, RDBStorage) else None


def journal_behind(storage: BaseStorage) -> tuple[BaseJournalBackend | None, str]:
    """Return the file of a journal and by which name the storage writes to it; None if it is no journal."""
    if not isinstance(storage, JournalStorage):
        return None, ""
    return storage._backend, storage._replay_result.worker_id


def set_system_attribute(study: int, key: str, value: Any, worker: str) -> dict[str, Any]:
    """Return the operation of a journal that sets a system attribute of a study."""
    code = int(JournalOperation.SET_STUDY_SYSTEM_ATTR)
    return {"op_code": code, "worker_id": worker, "study_id": study, "system_attr": {key: value}}


def system_attribute_set(operation: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
    """Return the study and the system attributes that an operation sets; None if it sets none."""
    if operation["op_code"] != JournalOperation.SET_STUDY_SYSTEM_ATTR:
        return None
    return operation["study_id"], operation["system_attr"]


def trial_id(trial: FrozenTrial) -> int:
    """Return the number by which the storage knows the trial."""
    return trial._trial_id


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


def stored_as(template: FrozenTrial, number: int, trial_id: int) -> FrozenTrial:
    """Return the trial as which a storage added the `template`."""
    trial = deepcopy(template)
    trial.number, trial._trial_id = number, trial_id
    return trial


def study_id(study: optuna.Study | FrozenStudy) -> int:
    """Return the number by which the storage knows the study."""
    return study._study_id


def attach(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """Return a running trial of the study as a `Trial`, which suggests and reports."""
    forget_trials(study)
    if isinstance(study._storage, OwnersStorage):
        study._storage.adopt(trial._trial_id)
    return Trial(study, trial._trial_id)


def begin_trial(study: optuna.Study, template: FrozenTrial) -> Trial:
    """Add `template`, a running trial, to the study in one step, as ``study.ask`` does."""
    forget_trials(study)
    return Trial(study, study._storage.create_new_trial(study._study_id, template_trial=template))


def forget_trials(study: optuna.Study) -> None:
    """Clear Optuna's cache of the trials for this thread, so that samplers see the current ones."""
    study._thread_local.cached_all_trials = None


def add_trial(storage: BaseStorage, study: optuna.Study, trial: FrozenTrial) -> None:
    """Add a trial to the study as it is, also one that ``study.add_trial`` would refuse."""
    storage.create_new_trial(study._study_id, template_trial=trial)


class SharedTrial(Trial):
    """A trial of a run whose trials may run in several threads, and that may have begun in another process.

    It is trained and judged from the beginning: values that a dead process reported are not written again, and its
    pruner sees only those that this training has reached.

    Attributes
    ----------
    lock
        Lock of the run, held while the trial reads or writes anything of its study.
    """

    lock: AbstractContextManager[object]
    _turn: Callable[[], AbstractContextManager[object]]
    _prunable: bool
    _earlier: dict[int, float]

    @classmethod
    def of(
        cls,
        trial: Trial,
        lock: AbstractContextManager[object],
        turn: Callable[[], AbstractContextManager[object]],
        *,
        prunable: bool,
    ) -> SharedTrial:
        """Return a shared trial for `trial`, which has just begun or was attached.

        `turn` returns the lock for a training; entering it raises an error if the run has been stopped. A training that
        is complete stores its attributes and value under `lock` alone.
        """
        shared = object.__new__(cls)
        shared.__dict__.update(vars(trial))  # no second look at the storage
        shared.lock, shared._turn, shared._prunable = lock, turn, prunable
        cached = shared._cached_frozen_trial = copy(trial._cached_frozen_trial)
        shared._earlier, cached.intermediate_values = dict(cached.intermediate_values), {}
        return shared

    def turn(self) -> AbstractContextManager[object]:
        """Return the lock; entering it raises an error if the run has been stopped."""
        return self._turn()

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        with self._turn():
            return super()._suggest(name, distribution)

    def report(self, value: float, step: int) -> None:
        """Store the value of a step, unless it is stored."""
        with self._turn():
            if step in self._earlier:
                self._cached_frozen_trial.intermediate_values[step] = self._earlier[step]
            else:
                super().report(value, step)

    def should_prune(self) -> bool:
        """Return whether the pruner stops the trial now."""
        with self._turn():
            return self._prunable and super().should_prune()

    def set_user_attr(self, key: str, value: Any) -> None:
        """Store an attribute."""
        with self.lock:
            super().set_user_attr(key, value)

    def set_constraint(self, key: str, value: float) -> None:
        """Store the value of a constraint."""
        with self.lock:
            super().set_constraint(key, value)

    def _get_latest_trial(self) -> FrozenTrial:
        """Return the trial without the rungs of its last step, on which a dead process may not have acted."""
        trial = super()._get_latest_trial()
        step = trial.last_step
        if step is None or step not in self._earlier:
            return trial
        attributes, rung = dict(trial.system_attrs), 0
        while f"completed_rung_{rung}" in attributes:
            rung += 1
        while rung and attributes[f"completed_rung_{rung - 1}"] == trial.intermediate_values[step]:
            rung -= 1
            del attributes[f"completed_rung_{rung}"]
        trial.system_attrs = attributes
        return trial


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
    def viewed(self) -> object:
        """The study behind this view, which may be a view too."""
        return self._viewed

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
