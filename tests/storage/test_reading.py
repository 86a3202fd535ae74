import time
from datetime import datetime, timedelta

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from hpsearch.storage import opened, read_studies


@pytest.fixture
def new_york(monkeypatch):
    """A time zone apart from UTC, winter and summer, for Python and for the C library."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_times_are_local_as_optuna_and_the_clock_have_them(new_york, tmp_path):
    assert datetime.now().astimezone().utcoffset() < timedelta(0)
    with opened(f"sqlite:///{tmp_path / 'a.db'}") as storage:
        study = optuna.create_study(storage=storage)
        before = datetime.now()
        study.tell(study.ask(), 1.0)
        study.ask()
        for month in (1, 7):
            past = create_trial(value=0.0)
            past.datetime_start, past.datetime_complete = datetime(2024, month, 1, 12), datetime(2024, month, 1, 13)
            study.add_trial(past)
        study.add_trial(create_trial(state=TrialState.WAITING))
        [read] = read_studies(storage)
    finished, running, winter, summer, waiting = read.trials
    assert before <= finished.datetime_start <= finished.datetime_complete <= datetime.now()
    assert (running.datetime_complete, waiting.datetime_start) == (None, None)
    assert [winter.datetime_start.hour, summer.datetime_complete.hour] == [12, 13]
    assert read.trials == study.get_trials()


@pytest.fixture
def study(tmp_path):
    """A study in a database with a complete, a failed and a waiting trial."""
    with opened(f"sqlite:///{tmp_path / 'a.db'}") as storage:
        made = optuna.create_study(storage=storage, study_name="s")
        made.add_trial(create_trial(value=1.0, user_attrs={"list": [1]}))
        made.add_trial(create_trial(state=TrialState.FAIL))
        made.enqueue_trial({})
        yield made


def test_trials_are_chosen_by_state_and_copied_unless_asked_not_to(study):
    [read] = read_studies(study._storage)
    assert [trial.number for trial in read.get_trials()] == [0, 1, 2]
    assert [trial.number for trial in read.get_trials(states=(TrialState.FAIL, TrialState.WAITING))] == [1, 2]
    assert read.get_trials(states=()) == []
    read.get_trials()[0].user_attrs["list"].append(2)
    assert read.trials[0].user_attrs == {"list": [1]}
    assert read.get_trials(deepcopy=False)[0] is read.trials[0]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_studies_read_in_parts_are_those_read_at_once(study, at_once, monkeypatch):
    for number in range(4):
        optuna.copy_study(
            from_study_name="s", from_storage=study._storage, to_storage=study._storage, to_study_name=f"s{number}"
        )
    whole = read_studies(study._storage)
    monkeypatch.setattr("hpsearch.storage.reading._STUDIES_AT_ONCE", at_once)
    assert read_studies(study._storage) == whole
    assert [len(each.trials) for each in whole] == [3] * 5
    assert [each.study_name for each in whole] == ["s", "s0", "s1", "s2", "s3"]


def test_values_of_several_objectives_keep_their_order(study):
    several = optuna.create_study(storage=study._storage, study_name="m", directions=["minimize", "maximize"])
    several.add_trial(create_trial(values=[2.0, -1.0]))
    [read] = read_studies(study._storage, lambda name: name == "m")
    assert read.trials == several.trials
    assert read.directions == several.directions
    assert read.direction == several.directions[0]


def test_a_storage_that_is_no_database_is_read_too():
    one = optuna.create_study(study_name="one")
    one.add_trial(create_trial(value=1.0))
    [read] = read_studies(one._storage)
    assert (read.study_name, read.trials) == ("one", one.trials)
