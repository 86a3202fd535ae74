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
