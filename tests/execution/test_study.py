"""Runs give the same trials for any number of processes, storage and number of kills."""

import math
import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.storages import BaseStorage, InMemoryStorage

from hpsearch.errors import RunError, UsageError
from hpsearch.execution import execute, prepare
from hpsearch.objectives.plain import PlainObjective, as_objective
from hpsearch.results.load import load_results
from hpsearch.run import environment as environment_module
from hpsearch.run import running
from hpsearch.storage import open_storage
from hpsearch.study.plan import plan
from hpsearch.study.runs import Plan
from hpsearch.study.variant import searcher
from tests.combinations import combinations, more

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

# Starts processes by forking one that has imported the package: in milliseconds, and without this process's threads.
FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload(["hpsearch.execution.executing", "hpsearch.api"])

RUN = """
from hpsearch.execution import execute, prepare
from hpsearch.study.plan import plan
from joblib.externals.loky import get_reusable_executor
try:
    execute(plan(study), url, jobs=jobs)
finally:
    get_reusable_executor().shutdown(kill_workers=True)  # joblib does so where a program ends, but not here
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "small.toml"
    path.write_text(STUDY)
    return str(path)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'a.db'}"


def content(place: str | BaseStorage) -> dict:
    """Return the reproducible data of a storage: all except times and versions."""
    storage = open_storage(place) if isinstance(place, str) else place
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
    """Reference: one process without interruption."""
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
    assert (known["variant"], known["levels"]) == ("tpe", {"strategy": "tpe"})
    assert known["plan"]["factors"] == {"strategy": ["tpe", "random"]}
    libraries = {"hpsearch", "python", "optuna", "numpy", "scipy", "scikit-learn"}
    assert [set(each) for each in known["environments"]] == [libraries | {"processor", "blas"}]
    assert len(known["content_hash"]) == 64


def test_the_first_plan_stays_as_it_was_stored(study, url):
    execute(plan(study, {"trials": 1, "repeats": 1}), url)
    first = load_results(open_storage(url), "small").first_plan
    execute(plan(study, {"trials": 2, "repeats": 2}), url)
    results = load_results(open_storage(url), "small")
    assert (first["tasks"], first["trials"], first["repeats"]) == (["digits"], 1, 1)
    assert results.first_plan == first
    assert (results.budget, results.repeats) == (2, 2)


def test_until_there_is_a_trial_the_first_plan_may_change(study, url):
    prepare(plan(study, {"trials": 1, "repeats": 1}), url)
    execute(plan(study, {"trials": 2, "repeats": 1}), url)
    assert load_results(open_storage(url), "small").first_plan["trials"] == 2


def test_a_plan_is_not_stored_once_there_are_trials(study, url):
    execute(plan(study, {"trials": 1, "repeats": 1}), url)
    storage = open_storage(url)
    for name in optuna.get_all_study_names(storage):
        optuna.load_study(study_name=name, storage=storage).set_user_attr("first_plan", {})
    execute(plan(study, {"trials": 2, "repeats": 2}), url)
    assert load_results(open_storage(url), "small").first_plan is None


def test_a_run_says_in_which_environments_it_was_trained(study, url, monkeypatch, caplog):
    execute(plan(study, {"trials": 1, "repeats": 1}), url)
    here = load_results(open_storage(url), "small").environments
    other = here[0] | {"blas": "openblas Haswell"}
    for module in (running, environment_module):
        monkeypatch.setattr(module, "environment", lambda: other)
    execute(plan(study, {"trials": 1, "repeats": 1}), url)  # done: nothing is trained
    assert load_results(open_storage(url), "small").environments == here
    assert caplog.messages == []
    execute(plan(study, {"trials": 2, "repeats": 1}), url)
    results = load_results(open_storage(url), "small")
    assert results.environments == (*here, other)
    assert results.runs["environments"].tolist() == [2, 2, 2]
    [line] = caplog.messages
    assert line.startswith(f"3 runs go on with blas openblas Haswell instead of {here[0]['blas']}: ")


@pytest.mark.parametrize("url", ["sqlite:///a.db", more("journal:///a.log")])
def test_reused_processes_resolve_a_relative_url_in_the_folder_of_this_call(study, tmp_path, monkeypatch, url):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        assert execute(plan(study, {"trials": 1, "repeats": 2, "strategies": ["random"]}), url, jobs=2)
        storage = open_storage(url)
        studies = [optuna.load_study(study_name=f"small/random/0{repeat}", storage=storage) for repeat in range(2)]
        assert [len(each.trials) for each in studies] == [1, 1]


@pytest.mark.parametrize("scheme", ["sqlite", more("journal")])
def test_two_processes_store_the_same_trials_as_one(study, straight, tmp_path, scheme):
    url = f"{scheme}:///{tmp_path / 'two'}"
    execute(plan(study), url, jobs=2)
    assert content(url) == straight


@pytest.mark.parametrize(("jobs", "kills"), [(1, 1), more(1, 3), more(2, 1)])
def test_killed_and_started_again_it_stores_the_same_trials(study, straight, url, jobs, kills):
    """Send SIGKILL to the main process at random points, until so many kills interrupt a trial."""
    interrupted, delay = 0, 0.0
    while interrupted < kills and delay < 3:
        process = begin(study, url, jobs)
        wait_for_trials(url, process)
        time.sleep(delay)
        process.kill()
        process.join()
        interrupted += states(url).count("RUNNING") > 0
        delay += 0.05
    process = begin(study, url, jobs)
    process.join()
    assert process.exitcode == 0
    assert interrupted
    assert content(url) == straight


def begin(study: str, url: str, jobs: int) -> multiprocessing.process.BaseProcess:
    """Start the study in a separate process."""
    process = FORKSERVER.Process(target=exec, args=(RUN, {"study": study, "url": url, "jobs": jobs}))
    process.start()
    return process


def wait_for_trials(url: str, process: multiprocessing.process.BaseProcess) -> None:
    """Wait until one more trial is stored."""
    before = len(states(url))
    deadline = time.monotonic() + 600
    while process.is_alive() and len(states(url)) <= before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def states(url: str) -> list[str]:
    """Return the states of all trials in an SQLite file, read without Optuna, which would slow the running study."""
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        if not connection.execute("SELECT name FROM sqlite_master WHERE name = 'trials'").fetchall():
            return []
        return [state for (state,) in connection.execute("SELECT state FROM trials")]


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
    (objective,) = ready.objectives.values()
    objective.__class__ = type("Never", (type(objective),), {"__call__": None, "test": never})
    execute(ready, url)


def never(*_arguments):
    raise AssertionError("nothing is left to do")


def test_progress_counts_to_the_end(study, url):
    told = []
    execute(plan(study, {"trials": 3, "repeats": 1}), url, progress=lambda state: told.append(state[:2]))
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
    """Simulate a full disk by SQLite's limit on the pages of a database."""
    from sqlalchemy import event

    small = {"trials": 40, "repeats": 1, "strategies": ["random"]}
    storage = open_storage(url)
    execute(plan(study, small | {"trials": 1}), storage)
    pages = Path(url.removeprefix("sqlite:///")).stat().st_size // 4096 + 4
    event.listen(storage.engine, "connect", lambda db, _: db.execute(f"PRAGMA max_page_count={pages}"))
    storage.engine.dispose()
    with pytest.raises(RunError, match=r"the storage failed \(database or disk is full\): finished trials are kept"):
        execute(plan(study, small), storage)
    stored = states(url).count("COMPLETE")
    assert 0 < stored < 40
    starts = []
    execute(plan(study, small), url, started=starts.append)
    assert starts[0].stored == stored
    assert states(url) == ["COMPLETE"] * 40


def killing_its_owner(ready, marker=None):
    """Return the plan with an objective that kills the process that owns its run, once if there is a marker."""

    def deadly(trial):
        if trial.number == 2 and not (marker and marker.exists()):
            if marker:
                marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        return ready.objectives["digits"](trial)

    class Deadly(PlainObjective):
        content = ready.objectives["digits"].content

    return replace(ready, objectives={"digits": Deadly(deadly)}, retrain=0)


def test_a_worker_that_dies_is_replaced(study, url, tmp_path):
    execute(killing_its_owner(plan(study, {"trials": 4, "repeats": 1}), tmp_path / "marker"), url, jobs=2)
    assert states(url) == ["COMPLETE"] * 12


@pytest.mark.long
def test_workers_that_always_die_are_named_and_the_next_call_goes_on(study, url, monkeypatch):
    monkeypatch.setattr("hpsearch.execution.working_off._DEATHS", 1)  # starts of processes take seconds
    ready = plan(study, {"trials": 4, "repeats": 1})
    with pytest.raises(RunError, match="a worker process died"):
        execute(killing_its_owner(ready), url, jobs=2)
    execute(ready, url)
    assert states(url) == ["COMPLETE"] * 12


@pytest.mark.parametrize("jobs", [0, -2])
def test_a_number_of_jobs_that_cannot_be_is_refused(study, url, jobs):
    with pytest.raises(UsageError, match=f"jobs must be at least 1, or -1 for one a core, got {jobs}"):
        execute(plan(study), url, jobs=jobs)


def bowl(trial):
    """Cheap objective with noise from the trial's number."""
    x = trial.suggest_float("x", -5, 5)
    return (x - 1) ** 2 + (trial.number * 37 % 11) / 10


def cheap(strategies=("random", "tpe"), tasks=("one",), confirm=0, options=None, **changed) -> Plan:
    plain = {label: searcher(label, label, {}, confirm) for label in strategies}
    given = {
        "name": "cheap",
        "objectives": changed.pop("objectives", None) or dict.fromkeys(tasks, bowl),
        "strategies": plain | {label: searcher(label, *way) for label, way in (options or {}).items()},
        "trials": 12,
        "repeats": 2,
        "seed": 0,
        "direction": "minimize",
        "metric": "value",
    }
    given["objectives"] = {task: as_objective(objective) for task, objective in given["objectives"].items()}
    return Plan(**given | changed)


PLACES = ["sqlite:///{}/a.db", "journal:///{}/a.log", None]


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    """Return a storage of each kind: a URL, or an in-memory storage."""
    return InMemoryStorage() if request.param is None else request.param.format(tmp_path)


@pytest.mark.parametrize(("place", "jobs"), combinations(PLACES, [1, 2]), indirect=["place"])
def test_a_study_of_several_tasks_is_the_same_wherever_it_is_kept(place, jobs):
    several = cheap(tasks=("one", "a/b"), confirm=2)
    execute(several, place, jobs=jobs)
    expected = InMemoryStorage()
    execute(several, expected)
    found = content(place)
    assert sorted(found) == sorted(
        f"cheap/{task}/{label}/0{repeat}" for task in ("one", "a/b") for label in ("random", "tpe") for repeat in (0, 1)
    )
    assert {len(trials) for trials, _ in found.values()} == {12}
    assert found == content(expected)


def test_a_strategy_or_a_task_more_leaves_the_rest_as_it_is(place):
    first = cheap(strategies=["random"], tasks=("one", "two"))
    execute(first, place)
    before = content(place)
    starts = []
    more = cheap(tasks=("one", "two", "three"), options={"mine": ("tpe", {"n_startup_trials": 3}, 2)})
    execute(more, place, started=starts.append)
    assert (starts[0].stored, starts[0].planned) == (4 * 12, 18 * 12)
    assert {name: found for name, found in content(place).items() if name in before} == before


WAYS = {
    "another strategy.n_startup_trials: 3 there, 4 now": ("tpe", {"n_startup_trials": 4}, 2),
    "another strategy.confirm: 2 there, 1 now": ("tpe", {"n_startup_trials": 3}, 1),
    "another strategy.n_startup_trials: 3 there, None now": ("narrowing", {}, 2),
}


@pytest.mark.parametrize(("place", "words"), combinations(PLACES, WAYS), indirect=["place"])
def test_a_strategy_that_changed_is_refused_and_others_are_not(place, words):
    execute(cheap(strategies=["random"], options={"mine": ("tpe", {"n_startup_trials": 3}, 2)}), place)
    before = content(place)
    with pytest.raises(UsageError, match=words):
        execute(cheap(strategies=["random"], options={"mine": WAYS[words]}), place)
    assert content(place) == before
    execute(cheap(strategies=["random"], trials=13), place)


@pytest.mark.parametrize(("place", "then"), combinations(PLACES, [1, 2]), indirect=["place"])
def test_one_task_and_several_are_not_mixed(place, then):
    tasks = ("one", "two")
    execute(cheap(tasks=tasks[:then]), place)
    with pytest.raises(UsageError, match="they can't be compared, so give the study another name"):
        execute(cheap(tasks=tasks[: 3 - then]), place)


def test_what_is_done_is_not_even_looked_at(place, monkeypatch):
    execute(cheap(), place)
    monkeypatch.setattr("hpsearch.execution.preparation.open_run", never)
    monkeypatch.setattr("hpsearch.execution.worker.open_run", never)
    starts = []
    execute(cheap(), place, started=starts.append)
    assert (starts[0].stored, starts[0].planned, starts[0].interrupted) == (48, 48, 0)


@pytest.mark.parametrize(("place", "jobs"), combinations(PLACES, [1, 2]), indirect=["place"])
def test_progress_is_told_while_a_run_goes_on(place, jobs, tmp_path):
    """Each run waits in its middle until progress in the middle of a run was reported."""
    reports, seen = [], tmp_path / "seen"

    def waits(trial):
        end = time.monotonic() + 60
        while trial.number == 5 and not seen.exists() and time.monotonic() < end:
            time.sleep(0.01)
        return bowl(trial)

    def progress(state):
        reports.append((state.done, state.planned))
        if state.done % 12:
            seen.touch()

    execute(cheap(objectives={"one": waits}, repeats=1), place, jobs=jobs, progress=progress)
    counts = [done for done, _ in reports]
    assert counts == sorted(counts)
    assert reports[-1] == (24, 24)
    assert set(counts) - {0, 12, 24}, "a look in the middle of a run"


def test_optuna_is_quiet_while_processes_are_looked_at_and_as_before_afterwards(url):
    """The storage's message about a broken connection is part of the one-line error."""
    before, levels = optuna.logging.get_verbosity(), []
    execute(cheap(repeats=1), url, jobs=2, progress=lambda *_: levels.append(optuna.logging.get_verbosity()))
    assert set(levels) == {optuna.logging.ERROR}
    assert optuna.logging.get_verbosity() == before != optuna.logging.ERROR


def test_a_budget_in_epochs_is_counted_in_whole_trials(url):
    """Each trial trains half of its maximum epochs, so there are twice as many trials."""

    def half(trial):
        trial.set_user_attr("epochs", 5)
        return bowl(trial)

    class Half(PlainObjective):
        epochs = 10

    told, starts = [], []
    pruned = cheap(objectives={"one": Half(half)}, strategies=["random"], pruner="median", repeats=1)
    execute(pruned, url, progress=lambda state: told.append(state[:2]))
    assert told[-1] == (12, 12)
    assert len(states(url)) == 24
    execute(replace(pruned, trials=14), url, started=starts.append)
    assert (starts[0].stored, starts[0].planned) == (12, 14)
    assert len(states(url)) == 28


def test_in_memory_the_runs_that_ended_are_kept_when_another_fails(tmp_path):
    ended = tmp_path / "ended"

    def fails(trial):
        if trial.number == 11 and trial.study.study_name.endswith("random/00"):
            ended.touch()
        if trial.number == 11 and trial.study.study_name.endswith("tpe/01"):
            while not ended.exists():
                time.sleep(0.01)
            time.sleep(1)  # until the run that ended has come back from its process
            raise KeyError("mine")
        return bowl(trial)

    storage = InMemoryStorage()
    with pytest.raises(KeyError, match="mine"):
        execute(cheap(objectives={"one": fails}), storage, jobs=2)
    assert len(content(storage)["cheap/random/00"][0]) == 12
    execute(cheap(), storage)
    assert {len(trials) for trials, _ in content(storage).values()} == {12}


def test_what_a_database_holds_is_what_the_run_was_told(url):
    """The owner of a run caches its writes; it reads the same as other processes, including their writes."""
    seen = []

    def looks(trial):
        value = bowl(trial)
        trial.suggest_categorical("kind", [None, True, "a"])
        trial.set_user_attr("pair", (1, 2.5))
        trial.report(math.inf, step=3)
        if trial.number == 2:
            other = optuna.load_study(study_name=trial.study.study_name, storage=open_storage(url))
            other.enqueue_trial({"x": 4.25}, user_attrs={"mine": True})
        told = trial.study.get_trials(deepcopy=False)
        seen.append([trial_content(one) for one in told])
        assert trial_content(trial.study._storage.get_trial(trial._trial_id)) == seen[-1][trial.number]
        return value

    execute(cheap(objectives={"one": looks}, strategies=["tpe"], repeats=1, confirm=1), url)
    ((trials, _),) = content(url).values()
    assert [trial[3]["x"] == 4.25 for trial in trials[:5]] == [False, False, False, True, False]
    assert trials[3][5] == {"mine": True, "pair": [1, 2.5]}
    assert len(seen) == len(trials) == 12
    for number, told in enumerate(seen):
        assert told[:number] == trials[:number]
        assert told[number][3:] == trials[number][3:]
