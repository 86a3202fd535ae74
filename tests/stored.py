"""What is in a storage: all of it for a comparison, or how far a study is."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import sqlalchemy as sa
from optuna.storages import BaseStorage
from sqlalchemy.exc import DBAPIError

from hpsearch.errors import HpsearchError
from hpsearch.redaction import redacted
from hpsearch.run.deaths import DEATHS
from hpsearch.run.running import FIRST_PLAN
from hpsearch.storage import opened
from hpsearch.storage.leases.record import KEY, Record
from hpsearch.study.prepared import PREPARED

_FIELDS = ("number", "state", "values", "params", "distributions", "intermediate_values", "user_attrs", "system_attrs")
_PROGRESS = sa.text(
    "SELECT t.state, a.value_json FROM trials t "
    f"LEFT JOIN trial_user_attributes a ON a.trial_id = t.trial_id AND a.key = '{DEATHS}'"
)

_LEASES = sa.text(
    "SELECT s.study_name, a.value_json FROM studies s "
    f"JOIN study_system_attributes a ON a.study_id = s.study_id AND a.key = '{KEY}'"
)


class State(NamedTuple):
    """How far a study is: finished trials, trials whose process died, and those of them that are not finished."""

    finished: int = 0
    dead: int = 0
    in_danger: int = 0


_LEFT_OUT = (PREPARED, FIRST_PLAN, "source", "baselines")  # attributes of runs


def contents(place: str | BaseStorage, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return what the storage holds of each run, as text, without times, leases, plans and `without`.

    These are names of attributes of trials.
    """
    with opened(place, existing=True) as storage:
        return {
            study.study_name: _text(
                {
                    "attributes": {key: value for key, value in study.user_attrs.items() if key not in _LEFT_OUT},
                    "system": {key: value for key, value in study.system_attrs.items() if key != KEY},
                    "trials": _trials(storage, study._study_id, without),
                }
            )
            for study in storage.get_all_studies()
        }


def _trials(storage: BaseStorage, study: int, without: frozenset[str]) -> list[dict[str, Any]]:
    found = []
    for trial in storage.get_all_trials(study, deepcopy=False):
        fields = {name: getattr(trial, name) for name in _FIELDS}
        fields["user_attrs"] = {key: value for key, value in trial.user_attrs.items() if key not in without}
        found.append(fields)
    return found


def _text(value: Any) -> str:
    """Return the value as text that is equal if and only if all bits are; a line for each trial's field."""
    return json.dumps(value, sort_keys=True, default=repr, indent=1)


def state(url: str) -> State:
    """Return how far the study is; also if there is none yet."""
    try:
        found = _in_journal(url) if url.startswith("journal:") else _rows(url, _PROGRESS)
    except (DBAPIError, HpsearchError, OSError):
        return State()
    dead = [(state, deaths) for state, deaths in found if deaths is not None]
    finished = sum(state not in ("RUNNING", "WAITING") for state, _ in found)
    return State(finished, len(dead), sum(state == "RUNNING" for state, _ in dead))


def holders(url: str) -> dict[str, str]:
    """Return run → process and host of its holder, of the runs that are held."""
    if url.startswith("journal:"):
        with opened(url, existing=True) as storage:
            found = {study.study_name: study.system_attrs.get(KEY) for study in storage.get_all_studies()}
    else:
        found = {name: json.loads(text) for name, text in _rows(url, _LEASES)}
    records = {name: Record.of(value) for name, value in found.items()}
    return {name: str(record.holder) for name, record in records.items() if record is not None}


def _rows(url: str, query: sa.TextClause) -> list[Any]:
    """Return the rows of a query, which waits for no writer."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        address = sa.make_url(f"sqlite:///file:{address.database}?mode=ro&uri=true")
    engine = sa.create_engine(address.set(drivername=address.drivername.replace("postgresql", "postgresql+psycopg")))
    try:
        with engine.connect() as connection:
            return list(connection.execute(query))
    finally:
        engine.dispose()


def _in_journal(url: str) -> list[tuple[str, Any]]:
    with opened(url, existing=True) as storage:
        studies = [study._study_id for study in storage.get_all_studies()]
        trials = [trial for study in studies for trial in storage.get_all_trials(study, deepcopy=False)]
    return [(trial.state.name, trial.user_attrs.get(DEATHS)) for trial in trials]


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Return lines that say where two contents differ; none if they are equal."""
    lines = [f"run {name}: only in one" for name in sorted(found.keys() ^ expected.keys())]
    for name in sorted(found.keys() & expected.keys()):
        ours, theirs = found[name].splitlines(), expected[name].splitlines()
        first = [f"{a.strip()!r} instead of {b.strip()!r}" for a, b in zip(ours, theirs, strict=False) if a != b][:3]
        if found[name] != expected[name]:
            lines.append(f"run {name}: {len(ours)} lines instead of {len(theirs)}; {redacted('; '.join(first))[:600]}")
    return lines
