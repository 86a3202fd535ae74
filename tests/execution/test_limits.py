"""Time of a search: how it is spent, what is left when it is over, and what progress says."""

import math
from types import SimpleNamespace

import pytest
from optuna.storages import InMemoryStorage

import hpsearch
from hpsearch.cli.answer import Answer
from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.execution.bar import details
from hpsearch.execution.progress import State
from hpsearch.storage import open_storage
from hpsearch.study.plan import plan
from tests.commands import call
from tests.factor_files import content, planned, written

STRATEGIES = ["random", "tpe"]


@pytest.fixture
def objective(monkeypatch):
    """An objective whose calls take a second each, by a clock that nothing else moves."""
    now = [1e9]
    fake = SimpleNamespace(time=lambda: now[0], monotonic=lambda: now[0], sleep=lambda _seconds: None)
    for module in ("execution.clock", "execution.worker", "run.batches"):
        monkeypatch.setattr(f"hpsearch.{module}.time", fake)

    def second(trial):
        now[0] += 1
        return (trial.suggest_float("x", -5, 5) - 1) ** 2

    return second


def compared(objective, storage, timeout=None):
    """Return the trials so far: two runs of four trials in each of five repeats."""
    found = hpsearch.compare(objective, strategies=STRATEGIES, trials=4, repeats=5, storage=storage, timeout=timeout)
    return found.trials.drop(columns="seconds")


def test_time_is_spent_by_complete_repeats_and_the_same_call_goes_on(objective):
    storage, expected = InMemoryStorage(), compared(objective, InMemoryStorage())
    counts = []
    for _ in range(3):
        found = compared(objective, storage, timeout=20)  # eight seconds a repeat
        counts.append(len(found))
        assert set(found.groupby(["variant", "repeat"]).size()) == {4}
    assert counts == [16, 32, 40]
    assert found.equals(expected)


def test_the_first_repeat_begins_always(objective):
    storage, expected = InMemoryStorage(), compared(objective, InMemoryStorage())
    counts = [len(compared(objective, storage, timeout=5)) for _ in range(10)]
    assert counts == [5, 8, 13, 16, 21, 24, 29, 32, 37, 40]
    assert compared(objective, storage).equals(expected)


def test_a_repeat_is_not_begun_because_the_rest_of_another_took_little_time(objective):
    storage = InMemoryStorage()
    assert len(compared(objective, storage, timeout=7)) == 7
    assert len(compared(objective, storage, timeout=7)) == 8  # a second for one trial; then eight for the next repeat


def test_a_search_returns_the_best_so_far_and_goes_on(objective):
    storage = InMemoryStorage()
    whole = hpsearch.search(objective, strategy="tpe", trials=12)
    found = hpsearch.search(objective, strategy="tpe", trials=12, storage=storage, timeout=7.5)
    assert len(found.trials) == 8
    assert found.best_value == whole.trials["value"][:8].min()
    again = hpsearch.search(objective, strategy="tpe", trials=12, storage=storage)
    assert again.trials.drop(columns="seconds").equals(whole.trials.drop(columns="seconds"))


def test_no_time_at_all_is_said(objective, monkeypatch):
    monkeypatch.setattr("hpsearch.execution.clock.Clock.__init__", _over)
    with pytest.raises(UsageError, match=r"the time was over before a trial began: timeout = 0\.5 s"):
        hpsearch.search(objective, trials=3, timeout=0.5)


def _over(self, _seconds):
    self.deadline, self.stopped, self._durations = 0.0, False, []


@pytest.mark.parametrize("timeout", [0, -1, math.inf, math.nan, "20m", True])
def test_a_wrong_timeout_is_one_line(timeout):
    with pytest.raises(UsageError, match=r"^timeout must be a .*number of seconds > 0.*got"):
        hpsearch.search(lambda trial: trial.suggest_float("x", 0, 1), trials=1, timeout=timeout)


@pytest.mark.parametrize("option", ["--for", "--trial-timeout", "--lease"])
@pytest.mark.parametrize("given", ["0", "-3", "5x", "", "nan", "1e400"])
def test_a_wrong_duration_is_one_line(tmp_path, option, given):
    url = f"sqlite:///{tmp_path}/a.db"
    found = call("study", written(tmp_path), option, given, "--storage", url, "--quiet")
    assert found.returncode == 2
    assert found.stderr.startswith(f"hpsearch: {option} must be a duration > 0 such as 90, 60s, 20m or 1.5h, got")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("key", ["seconds", "trial_seconds"])
@pytest.mark.parametrize("given", [0, -1, math.inf, "20m"])
def test_a_wrong_limit_in_a_file_is_one_line(tmp_path, key, given):
    with pytest.raises(UsageError, match=rf"\[search\] {key}: must be") as error:
        planned(tmp_path, changes={"search": {key: given}})
    assert "\n" not in str(error.value)


def test_the_command_says_that_the_time_is_over_and_goes_on(tmp_path, monkeypatch):
    path, url, whole = written(tmp_path), f"sqlite:///{tmp_path}/a.db", InMemoryStorage()
    execute(plan(path), whole)
    monkeypatch.setattr("hpsearch.cli.studying.report_answer", lambda *_: Answer(lambda _: None, dict))
    with monkeypatch.context() as patch:
        patch.setattr("hpsearch.execution.clock.Clock.__init__", _over)
        first = call("study", path, "--for", "20m", "--storage", url, "--jobs", "1")
    assert (first.returncode, first.stderr) == (0, "")
    assert "The time is over" in first.stdout
    second = call("study", path, "--for", "20m", "--storage", url, "--jobs", "1")
    assert second.returncode == 0
    assert "The time is over" not in second.stdout
    assert content(open_storage(url)) == content(whole)


def test_progress_says_the_best_value_the_time_left_and_the_workers(tmp_path, monkeypatch):
    monkeypatch.setattr("hpsearch.execution.progress.INTERVAL", 0.02)
    ready, storage, states = planned(tmp_path, changes={"search": {"seconds": 600, "trials": 5}}), InMemoryStorage(), []
    assert execute(ready, storage, progress=states.append)
    last, working = states[-1], states[:-1]
    best = max(trial.value for study in storage.get_all_studies() for trial in storage.get_all_trials(study._study_id))
    assert (last.done, last.planned, last.best, last.workers) == (15, 15, best, 0)
    assert {state.workers for state in working} == {1}
    assert all(0 <= state.seconds_left <= 600 for state in working)
    assert [state.done for state in states] == sorted(state.done for state in states)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State(0, 20), ["1 worker"]),
        (State(3, 20, 0.91234, 42.0, 2), ["best accuracy 0.9123", "42 s left", "2 workers"]),
        (State(3, 20, None, 8000.0, 1), ["2.2 h left", "1 worker"]),
        (State(20, 20, 0.9, 0.0, 1), ["best accuracy 0.9"]),
        (State(3, 20, 0.9, 5.0, 0), ["best accuracy 0.9"]),
    ],
)
def test_details_are_what_is_known(state, expected):
    assert details(state, "accuracy") == expected


def test_a_lease_that_is_no_duration_is_refused_before_anything_is_stored(tmp_path):
    path, url = written(tmp_path), f"sqlite:///{tmp_path}/a.db"
    for more in ([], ["--prepare"]):
        done = call("study", path, "--lease", "0s", "--storage", url, *more)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("hpsearch: --lease must be a duration > 0")
    assert not (tmp_path / "a.db").exists()
