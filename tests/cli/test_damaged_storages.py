"""A damaged storage ends a command in one line: its name, the kind of damage, the way out. Nothing is changed."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError

import hpsearch
from hpsearch.cli import main
from hpsearch.errors import DamagedStorageError, RunError, StorageError
from hpsearch.execution import execute
from hpsearch.execution.failures import explained
from hpsearch.results.choose import load_chosen
from hpsearch.storage import opened
from hpsearch.study.plan import plan
from tests.cli.damages import JOURNAL, SQLITE, line, of_kind, sql
from tests.combinations import more

STUDY = """
name = "small"
[data]
source = "iris"
[model]
hidden_layer_sizes = [4]
epochs = 2
[space]
learning_rate = { low = 1e-4, high = 1.0, log = true }
activation = { choices = ["relu", "tanh"] }
[search]
strategies = ["random", "tpe"]
trials = 4
repeats = 1
retrain = 1
"""
PLACES = {"sqlite": "sqlite:///trials.db", "journal": "journal:///trials.db"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with the study in an SQLite file and in a journal; it may go on."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.toml").write_text(STUDY)
    for name in PLACES:
        execute(plan(str(folder / "small.toml"), {"trials": 3}), f"{name}:///{folder / name}")
    return folder


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; return its exit code and what it says on stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["hpsearch", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().err

    return run


def cases(damages):
    return [pytest.param(damage, kind, id=name) for name, (damage, kind) in damages.items()]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def report(url):
    with opened(url, existing=True) as storage:
        load_chosen(storage, "small", [])


@pytest.mark.parametrize(
    ("scheme", "damage", "kind"),
    [
        pytest.param(scheme, damage, kind, id=f"{scheme}-{name}")
        for scheme, damages in (("sqlite", SQLITE), ("journal", JOURNAL))
        for name, (damage, kind) in damages.items()
    ],
)
def test_damage_is_one_line_with_the_way_out(whole, tmp_path, monkeypatch, scheme, damage, kind):
    monkeypatch.chdir(tmp_path)
    shutil.copy(whole / scheme, tmp_path / "trials.db")
    damage(tmp_path / "trials.db")
    before = contents(tmp_path)
    again = plan(str(whole / "small.toml"))
    for attempt in (lambda: report(PLACES[scheme]), lambda: execute(again, PLACES[scheme])):
        with pytest.raises(DamagedStorageError) as error:
            attempt()
        said = str(error.value)
        assert len(said.splitlines()) == 1
        assert said.startswith(f"the storage {PLACES[scheme]} is damaged: ")
        assert re.search(kind, said)
        assert "; restore a copy of it, or " in said
        assert "goes on" not in said
        assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("scheme", "damage"),
    [
        ("sqlite", SQLITE["half of the file"][0]),
        ("sqlite", SQLITE["a parameter"][0]),
        ("sqlite", SQLITE["a state"][0]),
        ("journal", JOURNAL["a line"][0]),
        ("journal", JOURNAL["a table"][0]),
    ],
)
def test_damage_ends_a_command_in_one_line(whole, call, tmp_path, scheme, damage):
    shutil.copy(whole / "small.toml", tmp_path)
    shutil.copy(whole / scheme, tmp_path / "trials.db")
    damage(tmp_path / "trials.db")
    before = contents(tmp_path)
    for command in (["study", "small.toml", "--jobs", "1"], ["report", "small"], ["report"]):
        code, said = call(*command, "--storage", PLACES[scheme])
        assert (code, said.count("\n")) == (2, 1)
        assert said.startswith(f"hpsearch: the storage {PLACES[scheme]} is damaged: ")
        assert contents(tmp_path) == before


def test_the_way_out_of_a_damaged_journal_is_a_way_out(whole, call, tmp_path):
    shutil.copy(whole / "small.toml", tmp_path)
    shutil.copy(whole / "journal", tmp_path / "my trials.log")
    line(30, b"garbage")(tmp_path / "my trials.log")
    _, said = call("report", "--storage", "journal:///my trials.log")
    command = said[said.index("head -n") :].strip()
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    assert (tmp_path / "repaired-my trials.log").read_bytes().count(b"\n") == 30
    execute(plan("small.toml"), "journal:///repaired-my trials.log")


FILES = {
    "no storage": (None, "there is no storage"),
    "a folder": (lambda path: path.mkdir(), "is a folder, not a file"),
    "a text": (lambda path: path.write_text("Dear Sir or Madam"), "is not a database|is no journal"),
    "a long text": (lambda path: path.write_text("Dear Sir or Madam\n" * 9999), "is not a database|is no journal"),
    "zeros": (lambda path: path.write_bytes(bytes(10_000)), "is not a database|is no journal"),
    "a table": (lambda path: path.write_text('{"a": 1}\n'), "is not a database|is no journal"),
    "noise": (lambda path: path.write_bytes(bytes(range(256)) * 40), "is not a database|is no journal"),
}


@pytest.mark.parametrize("scheme", PLACES)
@pytest.mark.parametrize(("make", "kind"), cases(FILES))
def test_what_is_no_storage_is_one_line_and_kept(whole, call, tmp_path, scheme, make, kind):
    shutil.copy(whole / "small.toml", tmp_path)
    if make is not None:
        make(tmp_path / "trials.db")
    before = contents(tmp_path)
    for command in (["report", "small"], ["report"], ["study", "small.toml", "--jobs", "1"])[
        : 2 if make is None else 3
    ]:
        code, said = call(*command, "--storage", PLACES[scheme])
        assert (code, said.count("\n")) == (2, 1)
        assert PLACES[scheme] in said
        assert re.search(kind, said)
        assert contents(tmp_path) == before


@pytest.mark.parametrize("scheme", ["sqlite", more("journal")])
def test_an_empty_file_is_no_storage_to_read_but_one_to_write(whole, call, tmp_path, scheme):
    shutil.copy(whole / "small.toml", tmp_path)
    (tmp_path / "trials.db").touch()
    code, said = call("report", "--storage", PLACES[scheme])
    assert code == 2
    assert "is an empty file: run the study first" in said
    assert (tmp_path / "trials.db").stat().st_size == 0
    code, said = call("study", "small.toml", "--jobs", "1", "--storage", PLACES[scheme], "--prepare")
    assert (code, said) == (0, "")


def test_other_databases_are_left_alone(call, tmp_path):
    """One with tables of its own is empty for a reader."""
    with closing(sqlite3.connect(tmp_path / "trials.db")) as database:
        database.execute("CREATE TABLE letters (text)")
    before = contents(tmp_path)
    code, said = call("report", "--storage", "sqlite:///trials.db")
    assert code == 2
    assert "the storage sqlite:///trials.db is empty: run a study first" in said
    assert contents(tmp_path) == before


@pytest.mark.parametrize("scheme", PLACES)
def test_the_wrong_scheme_is_named(whole, call, tmp_path, scheme):
    shutil.copy(whole / ("journal" if scheme == "sqlite" else "sqlite"), tmp_path / "trials.db")
    other = next(place for name, place in PLACES.items() if name != scheme)
    for command in ("study", "report"):
        code, said = call(command, "--storage", PLACES[scheme])
        assert code == 2
        assert f"use {other}" in said


def bowl(trial):
    return (trial.suggest_float("x", -5, 5) - 1) ** 2


@pytest.mark.parametrize("scheme", PLACES)
def test_python_gets_the_same_errors(tmp_path, scheme):
    path = tmp_path / "trials"
    url = f"{scheme}:///{path}"
    hpsearch.search(bowl, strategy="random", trials=4, storage=url)
    if scheme == "sqlite":
        sql("UPDATE trials SET state = 'COMPLETF'")(path)
    else:
        of_kind(6, state=17)(path)
    with pytest.raises(DamagedStorageError, match=re.escape(url)):
        hpsearch.search(bowl, strategy="random", trials=4, storage=url)
    with pytest.raises(DamagedStorageError, match=re.escape(url)):
        hpsearch.compare(bowl, strategies=["random"], trials=2, repeats=1, name="search", storage=url)
    with pytest.raises(StorageError, match="is a folder"):
        hpsearch.search(bowl, trials=2, storage=f"{scheme}:///{tmp_path}")


def test_a_storage_that_is_damaged_during_a_study_promises_nothing(tmp_path):
    path = tmp_path / "trials.db"

    def tearing(trial):
        if trial.number == 3:
            with closing(sqlite3.connect(path)) as database:
                database.execute("DROP TABLE trial_values")
        return bowl(trial)

    with pytest.raises(DamagedStorageError, match=r"trials\.db is damaged: no such table: trial_values; restore"):
        hpsearch.search(tearing, trials=6, storage=f"sqlite:///{path}")


def test_a_storage_that_is_removed_during_a_study_promises_nothing(tmp_path):
    path = tmp_path / "trials.db"
    with pytest.raises(RunError, match=r"there is no file .* any more"), explained(f"sqlite:///{path}"):
        raise TerminatedWorkerError
    Path(path).write_text("something else")
    with pytest.raises(RunError, match="goes on from them"), explained("postgresql://me@127.0.0.1:1/db"):
        raise TerminatedWorkerError
