"""Statements that write a trial to Optuna's tables, for SQLite and PostgreSQL.

A row is inserted only if its trial is there and not finished, in the same statement. So a trial that others finished
or deleted is neither changed nor left with rows of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from optuna.trial import TrialState
from sqlalchemy.dialects import postgresql, sqlite

from hpsearch.storage.optuna_private import models

STUDIES: sa.Table = models.StudyModel.__table__
TRIALS: sa.Table = models.TrialModel.__table__
PARAMS: sa.Table = models.TrialParamModel.__table__
VALUES: sa.Table = models.TrialValueModel.__table__
STEPS: sa.Table = models.TrialIntermediateValueModel.__table__
USER: sa.Table = models.TrialUserAttributeModel.__table__
SYSTEM: sa.Table = models.TrialSystemAttributeModel.__table__
STUDY_USER: sa.Table = models.StudyUserAttributeModel.__table__
STUDY_SYSTEM: sa.Table = models.StudySystemAttributeModel.__table__

_UNFINISHED = sa.or_(TRIALS.c.state == TrialState.RUNNING, TRIALS.c.state == TrialState.WAITING)
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
DIALECTS = frozenset(_INSERTS)


@dataclass(frozen=True)
class Statements:
    """Statements of a dialect. Parameters have the names of the columns; ``trial`` and ``study`` are ids.

    Attributes
    ----------
    create
        Inserts a trial with the next number of its study; returns its id and number. No row if the study is missing.
        ``known`` is the number of its trials up to the id ``after``. The caller keeps others from inserting at the
        same time.
    guarded
        Table → insert of a trial's row that replaces the row of the same key; of a parameter: that keeps it.
    value
        Inserts or replaces a value of a trial.
    state, start
        Set the state and end of an unfinished trial; the start of a waiting one.
    attribute
        Table of study attributes → update of an attribute, and insert if the update found none.
    """

    create: sa.Executable
    guarded: dict[sa.Table, sa.Executable]
    value: sa.Executable
    state: sa.Executable
    start: sa.Executable
    attribute: dict[sa.Table, tuple[sa.Executable, sa.Executable]]


STATE_OF = sa.select(TRIALS.c.state).where(TRIALS.c.trial_id == sa.bindparam("trial"))
LOCK_STUDY = sa.select(STUDIES.c.study_id).where(STUDIES.c.study_id == sa.bindparam("study")).with_for_update()
OTHER_DISTRIBUTION = (
    sa.select(PARAMS.c.distribution_json)
    .join(TRIALS, TRIALS.c.trial_id == PARAMS.c.trial_id)
    .where(TRIALS.c.study_id == sa.bindparam("study"), PARAMS.c.param_name == sa.bindparam("name"))
    .where(PARAMS.c.trial_id != sa.bindparam("trial"))
    .limit(1)
)


@cache
def statements(dialect: str) -> Statements:
    """Return the statements of a dialect in `DIALECTS`."""
    insert = _INSERTS[dialect]
    trial, end = _value(TRIALS.c.trial_id, "trial"), _value(TRIALS.c.datetime_complete)
    return Statements(
        create=_create(insert),
        guarded={
            PARAMS: _guarded(insert, PARAMS, "param_name", "param_value", "distribution_json", replace=False),
            STEPS: _guarded(insert, STEPS, "step", "intermediate_value", "intermediate_value_type"),
            USER: _guarded(insert, USER, "key", "value_json"),
            SYSTEM: _guarded(insert, SYSTEM, "key", "value_json"),
        },
        value=_replacing(insert(VALUES), [VALUES.c.trial_id, VALUES.c.objective], ["value", "value_type"]),
        state=sa.update(TRIALS)
        .where(TRIALS.c.trial_id == trial, _UNFINISHED)
        .values(state=_value(TRIALS.c.state), datetime_complete=sa.func.coalesce(end, TRIALS.c.datetime_complete)),
        start=sa.update(TRIALS)
        .where(TRIALS.c.trial_id == trial, TRIALS.c.state == TrialState.WAITING)
        .values(state=TrialState.RUNNING, datetime_start=_value(TRIALS.c.datetime_start)),
        attribute={table: _attribute(insert, table) for table in (STUDY_USER, STUDY_SYSTEM)},
    )


def _value(column: sa.Column[Any], name: str = "") -> sa.BindParameter[Any]:
    return sa.bindparam(name or f"new_{column.name}", type_=column.type)


def _create(insert: Any) -> sa.Executable:
    study = sa.bindparam("study", type_=sa.Integer)
    news = sa.select(sa.func.count()).where(TRIALS.c.study_id == study, TRIALS.c.trial_id > sa.bindparam("after"))
    number = sa.bindparam("known", type_=sa.Integer) + news.scalar_subquery()
    columns = [TRIALS.c.state, TRIALS.c.datetime_start, TRIALS.c.datetime_complete]
    row = sa.select(number, STUDIES.c.study_id, *map(_value, columns)).where(STUDIES.c.study_id == study)
    names = ["number", "study_id", *(column.name for column in columns)]
    return insert(TRIALS).from_select(names, row).returning(TRIALS.c.trial_id, TRIALS.c.number)  # type: ignore[no-any-return]


def _guarded(insert: Any, table: sa.Table, key: str, *values: str, replace: bool = True) -> sa.Executable:
    row = sa.select(TRIALS.c.trial_id, *(_value(table.c[name]) for name in (key, *values))).where(
        TRIALS.c.trial_id == sa.bindparam("trial"), _UNFINISHED
    )
    statement = insert(table).from_select(["trial_id", key, *values], row)
    keys = [table.c.trial_id, table.c[key]]
    statement = (
        _replacing(statement, keys, values) if replace else statement.on_conflict_do_nothing(index_elements=keys)
    )
    return statement.execution_options(preserve_rowcount=True)  # type: ignore[no-any-return]


def _attribute(insert: Any, table: sa.Table) -> tuple[sa.Executable, sa.Executable]:
    study, key, text = _value(STUDIES.c.study_id, "study"), _value(table.c.key), _value(table.c.value_json)
    update = sa.update(table).where(table.c.study_id == study, table.c.key == key).values(value_json=text)
    row = sa.select(STUDIES.c.study_id, key, text).where(STUDIES.c.study_id == study)
    statement = insert(table).from_select(["study_id", "key", "value_json"], row)
    statement = _replacing(statement, [table.c.study_id, table.c.key], ["value_json"])
    return update, statement.execution_options(preserve_rowcount=True)


def _replacing(insert: Any, keys: Sequence[sa.Column[Any]], values: Sequence[str]) -> Any:
    """Return an insert that replaces the `values` of a row with the same `keys`."""
    changed = {name: insert.excluded[name] for name in values}
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)
