"""Where leases are stored: one attribute of a study, read and swapped in one step."""

from __future__ import annotations

import hashlib
import uuid
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import IntegrityError

from hpsearch.storage.journal import JournalWriter
from hpsearch.storage.leases.record import KEY, as_text, as_value
from hpsearch.storage.optuna_private import database_behind, journal_behind, models, trial_id

LEASES = "hpsearch leases"
"""Optuna study with the leases of storages that have no other compare-and-set."""

_CHANGE, _NUMBER = "change", "number"  # attributes of these trials: a change of a lease, and the attempt at it


class Place(ABC):
    """The leases of a storage: a text by study, None for a free one."""

    @abstractmethod
    def read(self, study: int) -> str | None:
        """Return the current record of a study's lease, not a cached one."""

    @abstractmethod
    def swap(self, study: int, old: str | None, new: str | None) -> bool:
        """Replace the record if it is `old`; return whether it was."""


class InDatabase(Place):
    """Leases in the rows of a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._table = models.StudySystemAttributeModel.__table__
        columns = self._table.c
        record = sa.select(columns.value_json)
        self._query = record.where(columns.study_id == sa.bindparam("study"), columns.key == KEY)
        self._locking = self._query
        if engine.dialect.name != "sqlite":  # SQLite has one writer at a time
            self._locking = self._query.with_for_update(read=True)

    def read(self, study: int) -> str | None:
        """Return the row's text."""
        with self._engine.connect() as connection:
            return self.read_with(connection, study)

    def read_with(self, connection: sa.Connection, study: int, *, lock: bool = False) -> str | None:
        """Return the row's text within a transaction; `lock` keeps others from changing it until the end of that."""
        query = self._locking if lock else self._query
        text: str | None = connection.execute(query, {"study": study}).scalar()
        return text

    def swap(self, study: int, old: str | None, new: str | None) -> bool:
        """Change the row in one statement, which the database does for one at a time."""
        same = [*self._is_lease(study), self._table.c.value_json == old]
        try:
            with self._engine.begin() as connection:
                if old is None:
                    row = {"study_id": study, "key": KEY, "value_json": new}
                    connection.execute(self._table.insert().values(row))
                    return True
                statement = self._table.delete() if new is None else self._table.update().values(value_json=new)
                return bool(connection.execute(statement.where(*same)).rowcount)
        except IntegrityError:  # another has made the row
            return False

    def _is_lease(self, study: int) -> list[sa.ColumnElement[bool]]:
        return [self._table.c.study_id == study, self._table.c.key == KEY]


class InJournal(Place):
    """Leases in a journal file: changed under the file's lock."""

    def __init__(self, writer: JournalWriter, worker: str) -> None:
        self.writer, self._worker = writer, worker

    def read(self, study: int) -> str | None:
        """Return the text of the last operation on the lease."""
        return self.writer.attribute(study, KEY)

    def swap(self, study: int, old: str | None, new: str | None) -> bool:
        """Append an operation if the last one on the lease left `old`."""
        return self.writer.swap_attribute(study, KEY, old, new, self._worker)


class InTrials(Place):
    """Leases in any other storage of Optuna's, such as its gRPC proxy.

    Optuna changes a trial from WAITING to RUNNING for one caller only. So each change of hands has a trial in a study
    of its own, and who gets to run it may write the attribute. Who dies between the two blocks the others for
    `patience` seconds.
    """

    def __init__(self, storage: BaseStorage, patience: float) -> None:
        self._storage, self._patience = storage, patience

    def read(self, study: int) -> str | None:
        """Return the attribute's text."""
        value = self._storage.get_study_system_attrs(study).get(KEY)
        return None if value is None else as_text(value)

    def swap(self, study: int, old: str | None, new: str | None) -> bool:
        """Win the trial for this change, then write the attribute. A free lease is a value that never comes again."""
        if self.read(study) != old:
            return False
        after = {"free": uuid.uuid4().hex} if new is None else as_value(new)
        keeps = old is not None and (new is None or after.get("token") == as_value(old).get("token"))
        if not keeps and not self._wins(f"{study}: {hashlib.sha256(str(old).encode()).hexdigest()}"):
            return False
        self._storage.set_study_system_attr(study, KEY, after)
        return True

    def _wins(self, change: str) -> bool:
        """Return whether this call wins the trial of a change."""
        leases = self._leases()
        latest = self._latest(leases, change)
        if latest is None or self._is_stuck(latest):
            number = 0 if latest is None else latest.user_attrs[_NUMBER] + 1
            self._storage.create_new_trial(leases, _waiting({_CHANGE: change, _NUMBER: number}))
            latest = self._latest(leases, change)
        return (
            latest is not None
            and latest.state == TrialState.WAITING
            and self._storage.set_trial_state_values(trial_id(latest), TrialState.RUNNING)
        )

    def _latest(self, leases: int, change: str) -> FrozenTrial | None:
        """Return the valid trial of a change: of those with the largest number the first, on which all agree."""
        trials = self._storage.get_all_trials(leases, deepcopy=False)
        valid = [trial for trial in trials if trial.user_attrs[_CHANGE] == change]
        return max(valid, key=lambda trial: (trial.user_attrs[_NUMBER], -trial.number), default=None)

    def _leases(self) -> int:
        try:
            return self._storage.get_study_id_from_name(LEASES)
        except KeyError:
            pass
        try:
            return self._storage.create_new_study([StudyDirection.MINIMIZE], LEASES)
        except Exception:  # another has made it, which each storage says in its own way
            return self._storage.get_study_id_from_name(LEASES)

    def _is_stuck(self, trial: FrozenTrial) -> bool:
        begun = trial.datetime_start
        return begun is not None and (datetime.now() - begun).total_seconds() > self._patience


def _waiting(attributes: dict[str, Any]) -> FrozenTrial:
    return FrozenTrial(
        number=-1,  # assigned by the storage
        trial_id=-1,
        state=TrialState.WAITING,
        value=None,
        datetime_start=None,
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs=attributes,
        system_attrs={},
        intermediate_values={},
    )


def place_of(storage: BaseStorage, patience: float) -> Place | None:
    """Return where the leases of a storage are; None if it is in this process's memory."""
    database = database_behind(storage)
    if database is not None:
        return InDatabase(database.engine)
    if isinstance(storage, InMemoryStorage):
        return None
    writer, worker = journal_behind(storage)
    if isinstance(writer, JournalWriter):
        return InJournal(writer, worker)
    return InTrials(storage, patience)
