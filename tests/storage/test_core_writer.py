"""What the owner of a run writes is what Optuna would write, in one transaction each, and only if the fence lets it."""

import sqlite3
import time
from contextlib import closing, contextmanager

import optuna
import pytest
import sqlalchemy as sa
from optuna.distributions import FloatDistribution
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.study import StudyDirection
from optuna.trial import TrialState

from hpsearch.storage import open_storage, opened
from hpsearch.storage.core_writer import CoreWriter
from hpsearch.storage.optuna_private import attach
from hpsearch.storage.orm_writer import OrmWriter
from hpsearch.storage.own_trials import OwnTrials
from hpsearch.strategies.pruners import PRUNERS
from tests.storage.rows import numbers_given_at_once, rows, write

X = FloatDistribution(0, 1)

WRITES = {
    "a trial": lambda storage, study, trial: storage.create_new_trial(study),
    "a parameter": lambda storage, study, trial: storage.set_trial_param(trial, "x", 0.5, X),
    "a step": lambda storage, study, trial: storage.set_trial_intermediate_value(trial, 1, 0.5),
    "an attribute": lambda storage, study, trial: storage.set_trial_user_attr(trial, "a", 1),
    "a system attribute": lambda storage, study, trial: storage.set_trial_system_attr(trial, "a", 1),
    "a state": lambda storage, study, trial: storage.set_trial_state_values(trial, TrialState.COMPLETE, [1.0]),
    "a study's attribute": lambda storage, study, trial: storage.set_study_user_attr(study, "a", 1),
    "a study's system attribute": lambda storage, study, trial: storage.set_study_system_attr(study, "a", 1),
    "a study": lambda storage, study, trial: storage.create_new_study([StudyDirection.MINIMIZE]),
    "no study": lambda storage, study, trial: storage.delete_study(study),
}


@pytest.fixture
def url(database):
    return database


@pytest.fixture
def backend(url):
    with opened(url) as backend:
        yield backend


@pytest.fixture
def away_from_greenwich(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/St_Johns")
        time.tzset()
        yield
    time.tzset()


def begin(storage):
    """Return the ids of a new study and of its running trial."""
    study = storage.create_new_study([StudyDirection.MINIMIZE])
    return study, storage.create_new_trial(study)


def _without_end(trials):
    """Remove the time of completion, which the owner notes a moment after it was written."""
    for trial in trials:
        trial.datetime_complete = None
    return trials


def _contents(trials):
    """Return what compares equal for trials with NaN, and in whatever order the database returns attributes."""
    unordered = ("user_attrs", "system_attrs", "intermediate_values")
    return [
        [trial.number, trial.state, trial.values, trial.datetime_start, trial.params, trial.distributions]
        + [repr(sorted(getattr(trial, name).items())) for name in unordered]
        for trial in trials
    ]


@contextmanager
def statements_of(engine):
    """Collect the statements that are executed."""
    seen = []

    def collect(_connection, _cursor, statement, *_rest):
        seen.append(statement.split()[0])

    sa.event.listen(engine, "before_cursor_execute", collect)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", collect)


@pytest.mark.usefixtures("away_from_greenwich")
@pytest.mark.filterwarnings("ignore:Choices for a categorical", "ignore::optuna.exceptions.ExperimentalWarning")
def test_the_rows_are_those_that_optuna_writes(tmp_path):
    found = []
    for name, owned in (("optuna", lambda backend: backend), ("ours", OwnTrials)):
        with opened(f"sqlite:///{tmp_path / name}.db") as backend:
            write(owned(backend))
            found.append(rows(backend.engine))
    theirs, ours = found
    for table in theirs:
        assert ours[table] == theirs[table], table
        types = [[[type(value) for value in row.values()] for row in each[table]] for each in found]
        assert types[0] == types[1], table
    assert [table for table in theirs if not theirs[table]] == ["trial_heartbeats"]


@pytest.mark.filterwarnings("ignore:Choices for a categorical", "ignore::optuna.exceptions.ExperimentalWarning")
def test_optuna_reads_copies_and_checks_what_was_written(url, backend):
    owner = OwnTrials(backend)
    write(owner)
    plain = optuna.storages.RDBStorage(url)
    assert plain.get_current_version() == plain.get_head_version()
    plain.upgrade()
    for name in ("one", "halved", "both"):
        there = optuna.load_study(study_name=name, storage=plain).trials
        assert _contents(there) == _contents(optuna.load_study(study_name=name, storage=owner).trials)
        optuna.copy_study(from_study_name=name, from_storage=plain, to_storage=plain, to_study_name=f"copy of {name}")
        assert len(optuna.load_study(study_name=f"copy of {name}", storage=plain).trials) == len(there)
    plain.remove_session()
    plain.engine.dispose()


@pytest.mark.parametrize("writer", [CoreWriter, OrmWriter])
@pytest.mark.parametrize("write", WRITES)
def test_a_fence_refuses_every_write(backend, monkeypatch, writer, write):
    class FencedError(Exception):
        pass

    monkeypatch.setattr(CoreWriter, "fits", staticmethod(lambda _: writer is CoreWriter))
    raised = []

    def fence(connection):
        assert connection.in_transaction()
        connection.exec_driver_sql("UPDATE studies SET study_name = 'changed by the fence'")
        raised.append(FencedError("not yours"))
        raise raised[-1]

    study, trial = begin(OwnTrials(backend))
    fenced = OwnTrials(backend, fence)
    fenced.get_all_trials(study)
    before = rows(backend.engine)
    with pytest.raises(FencedError) as error:
        WRITES[write](fenced, study, trial)
    assert error.value is raised[0]
    assert rows(backend.engine) == before
    assert fenced.get_all_trials(study) == OwnTrials(backend).get_all_trials(study)


@pytest.mark.parametrize("write", WRITES)
def test_nobody_else_writes_between_the_fence_and_the_write(backend, tmp_path, write):
    calls = []

    def fence(_connection):
        with closing(sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                calls.append("locked")

    study, trial = begin(OwnTrials(backend))
    fenced = OwnTrials(backend, fence)
    fenced.get_all_trials(study)
    WRITES[write](fenced, study, trial)
    assert calls == ["locked"]


@pytest.mark.parametrize("write", list(WRITES)[1:6])
def test_each_write_is_one_statement_and_there_for_others_when_it_returns(url, backend, write):
    owner = OwnTrials(backend)
    study, trial = begin(owner)
    owner.set_trial_param(owner.create_new_trial(study), "x", 0.5, X)
    with statements_of(backend.engine) as seen:
        WRITES[write](owner, study, trial)
    assert seen[:1] == ["BEGIN"]
    assert "SELECT" not in seen
    assert len(seen) == (3 if write == "a state" else 2)
    other = optuna.storages.RDBStorage(url)
    assert _without_end([other.get_trial(trial)]) == _without_end([owner.get_trial(trial)])
    other.remove_session()
    other.engine.dispose()


@pytest.mark.parametrize("write", list(WRITES)[1:6])
def test_a_trial_that_others_finished_is_not_changed(url, backend, write):
    owner = OwnTrials(backend)
    study, trial = begin(owner)
    open_storage(url).set_trial_state_values(trial, TrialState.FAIL)
    before = rows(backend.engine)
    with pytest.raises(UpdateFinishedTrialError):
        WRITES[write](owner, study, trial)
    assert rows(backend.engine) == before


@pytest.mark.parametrize("write", list(WRITES)[:8])
def test_of_a_study_that_others_deleted_no_row_is_left(url, backend, write):
    owner = OwnTrials(backend)
    study, trial = begin(owner)
    open_storage(url).delete_study(study)
    with pytest.raises(KeyError):
        WRITES[write](owner, study, trial)
    assert not any(found for table, found in rows(backend.engine).items() if table != "version_info")


def test_a_parameter_and_what_was_noted_for_it_are_written_together_or_not_at_all(backend):
    owner = OwnTrials(backend)
    study, first = begin(owner)
    owner.note(first, "x", "range:x", [0, 1])
    assert owner.get_trial(first).user_attrs == {}
    owner.note(first, "y", "range:y", [0, 1])
    owner.set_trial_param(first, "x", 0.5, X)
    for storage in (owner, OwnTrials(backend)):
        assert storage.get_trial(first).user_attrs == {"range:x": [0, 1]}
        assert storage.get_trial(first).params == {"x": 0.5}
    second = owner.create_new_trial(study)
    owner.note(second, "x", "range:x", [0, 1])
    before = rows(backend.engine)
    with pytest.raises(ValueError, match="log configuration"):
        owner.set_trial_param(second, "x", 0.5, FloatDistribution(0.1, 1, log=True))
    assert rows(backend.engine) == before
    assert owner.get_trial(second).user_attrs == {}


def test_trials_that_are_added_at_once_have_different_numbers(url):
    found, expected = numbers_given_at_once(lambda: open_storage(url))
    assert found == expected


def test_tables_of_another_version_are_written_by_optuna(backend):
    assert CoreWriter.fits(backend)
    with backend.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9.9.9'")
    assert not CoreWriter.fits(backend)
    study, trial = begin(OwnTrials(backend))
    assert backend.get_all_trials(study)[0]._trial_id == trial


def test_an_error_of_the_database_is_optunas(url, backend, tmp_path):
    owner = OwnTrials(backend)
    _, trial = begin(owner)
    with closing(sqlite3.connect(tmp_path / "a.db")) as other, other:
        other.execute("DROP TABLE trial_user_attributes")
    with pytest.raises(StorageInternalError) as error:
        owner.set_trial_user_attr(trial, "a", 1)
    assert "no such table" in str(error.value.__cause__)
    assert owner.get_trial(trial).user_attrs == {}


@pytest.mark.parametrize("is_resumed", [False, True])
@pytest.mark.parametrize("pruner", PRUNERS)
def test_a_pruner_is_answered_without_a_query(backend, pruner, is_resumed):
    def study_of_owner():
        return optuna.create_study(
            storage=OwnTrials(backend),
            study_name="s",
            sampler=optuna.samplers.RandomSampler(seed=0),
            pruner=PRUNERS[pruner](),
            load_if_exists=True,
        )

    def train(trial, steps):
        for step in range(1, steps):
            trial.report(trial.number, step)
            trial.should_prune()

    study = study_of_owner()
    for _ in range(7):
        trial = study.ask()
        train(trial, 5)
        study.tell(trial, trial.number)
    trial = study.ask()
    if is_resumed:
        study = study_of_owner()
        trial = attach(study, study.trials[-1])
    with statements_of(backend.engine) as seen:
        train(trial, 100)
    assert seen.count("INSERT") >= 99
    assert set(seen) <= {"BEGIN", "INSERT"}


def test_what_others_did_is_read_when_a_trial_is_asked_for(url, backend):
    study = optuna.create_study(storage=OwnTrials(backend), study_name="s")
    other = optuna.load_study(study_name="s", storage=open_storage(url))
    trial = study.ask()
    other.enqueue_trial({"x": 0.25})
    assert len(study.get_trials()) == 1
    second = study.ask()
    assert second.suggest_float("x", 0, 1) == 0.25
    for each in (trial, second):
        study.tell(each, 1.0)
    other.enqueue_trial({"x": 0.5})
    assert len(study.get_trials()) == 3
    study.enqueue_trial({"x": 0.75})
    assert [study.ask().suggest_float("x", 0, 1) for _ in range(2)] == [0.5, 0.75]
    assert _without_end(study.get_trials()) == _without_end(other.get_trials())
