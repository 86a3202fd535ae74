"""``hpsearch worker``: any number of them, started and killed at any time, do the runs of a prepared study."""

import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.execution import execute
from hpsearch.storage import opened
from hpsearch.study.plan import plan
from tests.combinations import more
from tests.processes import wait_until
from tests.programs import Program
from tests.stored import contents, differences, holders, state

STUDY = """
name = "mine"
[model]
hidden_layer_sizes = [8]
epochs = 3
[space]
learning_rate = { low = 1e-4, high = 1.0, log = true }
[search]
strategies = ["random", "narrowing"]
trials = 8
repeats = 2
retrain = 1
"""


@pytest.fixture
def study(tmp_path, _clean):
    (tmp_path / "mine.toml").write_text(STUDY)
    return tmp_path / "mine.toml"


@pytest.fixture(params=["sqlite", "journal"])
def url(request):
    return f"{request.param}:///trials"


@pytest.fixture(scope="module")
def undisturbed():
    """Return what one process stores."""
    known = {}

    def contents_of(study, overrides=None, only=None):
        key = study.read_text(), str(overrides), str(only)
        if key not in known:
            storage = InMemoryStorage()
            execute(plan(str(study), overrides, None, only), storage)
            known[key] = contents(storage)
        return known[key]

    return contents_of


def prepare(hpsearch, study, url, *more):
    done = hpsearch("study", study.name, "--storage", url, "--prepare", *more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("url", ["sqlite", more("journal")], indirect=True)
def test_what_is_printed(study, url, hpsearch):
    said = prepare(hpsearch, study, url)
    assert said.splitlines()[-2:] == [
        "Prepared: 4 of 4 runs are to be done. On each machine that reaches the storage:",
        f"  hpsearch worker {url} mine",
    ]
    assert state(url).finished == 0
    worker = hpsearch("worker", url, "mine")
    assert (worker.returncode, worker.stderr) == (0, "")
    *_, progress, end = worker.stdout.splitlines()
    assert progress.startswith("32 of 32 trials, best accuracy 0.")
    assert end == f"All runs are done. Report: hpsearch report mine --storage {url}"
    assert hpsearch("report", "mine", "--storage", url).returncode == 0
    again = hpsearch("worker", url, "mine")
    assert again.returncode == 0
    assert again.stdout.splitlines()[0] == "The storage holds all of them: nothing is left to train."
    assert prepare(hpsearch, study, url).splitlines()[-2].startswith("Prepared: 0 of 4 runs are to be done.")
    assert hpsearch("worker", url, "mine", "--quiet").stdout == ""


@pytest.mark.long
def test_three_workers_at_once_do_what_one_process_does(study, url, hpsearch, undisturbed):
    prepare(hpsearch, study, url)
    place = url.replace(":///", f":///{study.parent}/")
    workers = [threading.Thread(target=execute, args=(plan(str(study)), place), kwargs={"joins": True}) for _ in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert differences(contents(url), undisturbed(study)) == []


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_workers_that_are_killed_and_started_again(study, url, hpsearch, undisturbed):
    prepare(hpsearch, study, url)
    programs = [Program(study.parent, ["worker", url, "mine"]) for _ in range(2)]
    try:
        wait_until(lambda: len(set(holders(url).values())) == 2 and state(url).finished >= 3)
        programs[0].send(programs[0].pid, 9)
        held = state(url).finished
        wait_until(lambda: state(url).finished > held)
        programs.append(Program(study.parent, ["worker", url, "mine"]))
        assert [program.wait(60) for program in programs] == [-9, 0, 0]
        assert [program.said() for program in programs[1:]] == [[], []]
        assert [program.left() for program in programs] == [[], [], []]
    finally:
        for program in programs:
            program.end()
    assert differences(contents(url), undisturbed(study)) == []


@pytest.mark.parametrize("url", [more("sqlite"), "journal"], indirect=True)
def test_preparing_twice_changes_nothing_and_more_trials_extend_it(study, url, hpsearch, undisturbed):
    prepare(hpsearch, study, url)
    hpsearch("worker", url, "mine")
    before = contents(url)
    prepare(hpsearch, study, url)
    assert contents(url) == before
    said = prepare(hpsearch, study, url, "--trials", 10)
    assert "Prepared: 4 of 4 runs are to be done." in said
    worker = hpsearch("worker", url, "mine")
    assert worker.returncode == 0, worker.stderr
    assert differences(contents(url), undisturbed(study, {"trials": 10})) == []


def test_a_part_of_a_study_with_factors(study, hpsearch, undisturbed):
    factors = '\n[factors.optimizer]\nkey = "model.optimizer"\nvalues = ["adam", "sgd", "rmsprop"]\n'
    study.write_text(STUDY.replace('strategies = ["random", "narrowing"]\n', "") + factors)
    url = "sqlite:///trials"
    only = ["--only", "optimizer=sgd", "--only", "optimizer=adam"]
    assert "Prepared: 4 of 4 runs are to be done." in prepare(hpsearch, study, url, *only)
    worker = hpsearch("worker", url, "mine")
    assert (worker.returncode, worker.stderr) == (0, "")
    expected = undisturbed(study, only={"optimizer": ["sgd", "adam"]})
    assert len(expected) == 4
    assert differences(contents(url), expected) == []


def test_data_beside_the_study_file_may_be_elsewhere_on_another_machine(study, hpsearch, tmp_path, undisturbed):
    table = np.random.default_rng(0).normal(size=(200, 3))
    rows = [f"{a:.4f},{b:.4f},{'yes' if a > c else 'no'}" for a, b, c in table]
    (tmp_path / "rows.csv").write_text("a,b,kind\n" + "\n".join(rows))
    study.write_text(STUDY + '\n[data]\nsource = "csv"\npath = "rows.csv"\ntarget = "kind"\n')
    expected = undisturbed(study)
    prepare(hpsearch, study, "sqlite:///trials")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "rows.csv").rename(elsewhere / "rows.csv")
    refused = hpsearch("worker", "sqlite:///trials", "mine")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "rows.csv" in refused.stderr
    worker = hpsearch("worker", "sqlite:///trials", "mine", "--folder", elsewhere)
    assert (worker.returncode, worker.stderr) == (0, "")
    found = {name: text.replace(f"{elsewhere}", f"{tmp_path}") for name, text in contents("sqlite:///trials").items()}
    assert differences(found, expected) == []
    (elsewhere / "rows.csv").write_text("a,b,kind\n" + "\n".join(rows[:-1]))
    changed = hpsearch("worker", "sqlite:///trials", "mine", "--folder", elsewhere)
    assert (changed.returncode, changed.stderr.count("\n")) == (2, 1), changed.stderr


def test_what_is_not_prepared_is_a_line(study, url, hpsearch):
    missing = hpsearch("worker", url, "mine")
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    assert "there is no storage" in missing.stderr
    execute(plan(str(study), {"trials": 1, "repeats": 1}), url.replace(":///", f":///{study.parent}/"))
    unprepared = hpsearch("worker", url, "mine")
    assert (unprepared.returncode, unprepared.stderr.count("\n")) == (2, 1)
    assert "the storage holds no prepared study 'mine': prepare it with hpsearch study" in unprepared.stderr
    prepare(hpsearch, study, url, "--repeats", 1, "--trials", 1)
    unknown = hpsearch("worker", url, "yours")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
    assert "no prepared study 'yours' (prepared: mine)" in unknown.stderr


def test_tables_of_another_version_are_a_line(study, hpsearch):
    url = "sqlite:///trials"
    prepare(hpsearch, study, url)
    with opened(url) as storage:
        (first,) = [each for each in storage.get_all_studies() if "prepared" in each.user_attrs]
        tables = first.user_attrs["prepared"]["tables"] | {"unheard": 1}
        storage.set_study_user_attr(first._study_id, "prepared", first.user_attrs["prepared"] | {"tables": tables})
    refused = hpsearch("worker", url, "mine")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "was prepared by another version of hpsearch" in refused.stderr
    prepare(hpsearch, study, url)
    with sqlite3.connect(study.parent / "trials") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v9.9.9.a'")
    refused = hpsearch("worker", url, "mine")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
