"""Runs: the same trials whatever the number of processes, the storage, and how often they were killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest

from hpsearch.errors import RunError, UsageError
from hpsearch.execution import execute
from hpsearch.storage import open_storage
from hpsearch.study import plan

STUDY = """
name = "small"
title = "A small study"
question = "Does it hold?"
[model]
hidden_layer_sizes = [10]
optimizer = "sgd"
epochs = 4
[space]
learning_rate = { low = 1e-4, high = 10.0, log = true }
weight_decay = { low = 1e-8, high = 1.0, log = true }
[search]
trials = 13
repeats = 2
retrain = 2
"""

RUN = """
import sys
from hpsearch.execution import execute
from hpsearch.study import plan
execute(plan(sys.argv[1]), sys.argv[2], jobs=int(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "small.toml"
    path.write_text(STUDY)
    return str(path)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'a.db'}"


def content(url: str) -> dict:
    """Everything that a repetition must repeat: all but times and versions."""
    storage = open_storage(url)
    studies = {
        name: optuna.load_study(study_name=name, storage=storage) for name in optuna.get_all_study_names(storage)
    }
    return {
        name: ([trial_content(t) for t in study.trials], study.user_attrs.get("test"))
        for name, study in studies.items()
    }


def trial_content(trial) -> tuple:
    return (
        trial.number,
        trial.state,
        trial.value,
        trial.params,
        trial.distributions,
        trial.user_attrs,
        trial.intermediate_values,
    )


@pytest.fixture(scope="module")
def straight(study, tmp_path_factory):
    """One process, never stopped."""
    url = f"sqlite:///{tmp_path_factory.mktemp('straight') / 'a.db'}"
    execute(plan(study), url)
    return content(url)


def test_the_runs_are_named_and_say_whose_they_are(study, url):
    execute(plan(study, {"trials": 2, "repeats": 2, "strategies": ["tpe", "random"]}), url)
    storage = open_storage(url)
    names = ["small/random/00", "small/random/01", "small/tpe/00", "small/tpe/01"]
    assert sorted(optuna.get_all_study_names(storage)) == names
    known = optuna.load_study(study_name="small/tpe/01", storage=storage).user_attrs
    assert {key: known[key] for key in ("study", "task", "strategy", "repeat", "seed", "metric", "trials")} == {
        "study": "small",
        "task": "digits",
        "strategy": "tpe",
        "repeat": 1,
        "seed": 0,
        "metric": "accuracy",
        "trials": 2,
    }
    assert set(known["versions"]) == {"hpsearch", "optuna", "numpy", "scikit-learn"}
    assert len(known["content_hash"]) == 64


@pytest.mark.parametrize("scheme", ["sqlite", "journal"])
def test_two_processes_store_the_same_trials_as_one(study, straight, tmp_path, scheme):
    url = f"{scheme}:///{tmp_path / 'two'}"
    execute(plan(study), url, jobs=2)
    assert content(url) == straight


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_and_started_again_it_stores_the_same_trials(study, straight, url, jobs):
    """SIGKILL to the main process alone, at whatever point it happens to be, until at least one kill met a trial."""
    command = [sys.executable, "-W", "ignore", "-c", RUN, study, url, jobs]
    interrupted, delay = 0, 0.0
    while interrupted < 2 and delay < 3:
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for_trials(url, process)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        interrupted += running(url) > 0
        delay += 0.05
    subprocess.run(command, check=True)
    assert interrupted
    assert content(url) == straight


def wait_for_trials(url: str, process: subprocess.Popen) -> None:
    """Until it has stored one more trial than there was."""
    before = count(url)
    deadline = time.monotonic() + 60
    while process.poll() is None and count(url) <= before:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def count(url: str) -> int:
    return len(states(url))


def running(url: str) -> int:
    return states(url).count(optuna.trial.TrialState.RUNNING)


def states(url: str) -> list:
    if not Path(url.removeprefix("sqlite:///")).exists():
        return []
    try:
        storage = open_storage(url)
        return [
            trial.state
            for summary in storage.get_all_studies()
            for trial in storage.get_all_trials(summary._study_id, deepcopy=False)
        ]
    except Exception:  # the other process is just making the tables
        return []


def test_more_trials_and_repeats_extend_what_is_stored(study, straight, url):
    execute(plan(study, {"trials": 6, "repeats": 1}), url)
    starts = []
    execute(plan(study), url, started=starts.append)
    assert (starts[0].stored, starts[0].planned) == (18, 78)
    assert content(url) == straight


def test_a_finished_study_starts_no_training(study, url):
    small = {"trials": 2, "repeats": 1}
    execute(plan(study, small), url)
    ready = plan(study, small)
    ready.objective.__class__ = type("Never", (type(ready.objective),), {"__call__": None, "test": never})
    execute(ready, url)


def never(*_arguments):
    raise AssertionError("nothing is left to do")


def test_progress_counts_to_the_end(study, url):
    told = []
    execute(plan(study, {"trials": 3, "repeats": 1}), url, progress=lambda *counts: told.append(counts))
    assert told[-1] == (9, 9)
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("high = 10.0", "high = 1.0", "space.learning_rate.high"),
        ("epochs = 4", "epochs = 5", "model.epochs"),
        ("[model]", '[data]\nsource = "wine"\n[model]', "data.fingerprint"),
        ("repeats = 2", "repeats = 2\nseed = 1", "search.seed"),
        ("repeats = 2", 'repeats = 2\npruner = "median"', "search.pruner"),
    ],
)
def test_trials_that_cannot_be_compared_are_refused_with_the_way_out(study, url, tmp_path, old, new, key):
    small = {"trials": 2, "repeats": 1, "strategies": ["random"]}
    execute(plan(study, small), url)
    before = content(url)
    changed = tmp_path / "changed.toml"
    changed.write_text(STUDY.replace(old, new))
    with pytest.raises(UsageError) as error:
        execute(plan(str(changed), small), url)
    assert f"with another {key}" in str(error.value)
    assert "another name or another --storage" in str(error.value)
    assert content(url) == before


def test_what_is_only_words_may_change(study, url, tmp_path):
    small = {"trials": 2, "repeats": 1, "strategies": ["random"]}
    execute(plan(study, small), url)
    changed = tmp_path / "changed.toml"
    changed.write_text(STUDY.replace("Does it hold?", "Does it still hold?"))
    execute(plan(str(changed), small), url)
    known = optuna.load_study(study_name="small/random/00", storage=open_storage(url)).user_attrs
    assert known["content"]["question"] == "Does it still hold?"


def test_a_full_disk_keeps_what_is_finished_and_says_so(study, url):
    """SQLite's own limit on the pages of a database stands in for the end of the disk."""
    from sqlalchemy import event

    small = {"trials": 40, "repeats": 1, "strategies": ["random"]}
    storage = open_storage(url)
    execute(plan(study, small | {"trials": 1}), storage)
    pages = Path(url.removeprefix("sqlite:///")).stat().st_size // 4096 + 4
    event.listen(storage.engine, "connect", lambda db, _: db.execute(f"PRAGMA max_page_count={pages}"))
    storage.engine.dispose()
    with pytest.raises(RunError, match=r"the storage failed \(database or disk is full\): finished trials are kept"):
        execute(plan(study, small), storage)
    stored = states(url).count(optuna.trial.TrialState.COMPLETE)
    assert 0 < stored < 40
    starts = []
    execute(plan(study, small), url, started=starts.append)
    assert starts[0].stored == stored
    assert states(url) == [optuna.trial.TrialState.COMPLETE] * 40


def test_a_worker_that_dies_is_named_and_the_next_call_goes_on(study, url):
    ready = plan(study, {"trials": 4, "repeats": 1})

    def deadly(trial):
        if trial.number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return ready.objective(trial)

    from dataclasses import replace

    with pytest.raises(RunError, match="a worker process died"):
        execute(replace(ready, objective=deadly, retrain=0), url, jobs=2)
    execute(ready, url)
    assert states(url) == [optuna.trial.TrialState.COMPLETE] * 12


@pytest.mark.parametrize("jobs", [0, -2])
def test_a_number_of_jobs_that_cannot_be_is_refused(study, url, jobs):
    with pytest.raises(UsageError, match=f"jobs must be at least 1, or -1 for one a core, got {jobs}"):
        execute(plan(study), url, jobs=jobs)
