"""A damaged storage ends a command in one line: its name, the kind of damage, the way out. Nothing is changed."""

import json
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


def sql(*statements):
    def damage(path):
        with closing(sqlite3.connect(path)) as database:
            for statement in statements:
                changed = database.execute(statement).rowcount
                assert changed != 0 or statement.startswith("PRAGMA")
            database.commit()

    return damage


def truncated(size):
    return lambda path: path.write_bytes(path.read_bytes()[:size])


def overwritten(start, content):
    def damage(path):
        before = path.read_bytes()
        path.write_bytes(before[:start] + content + before[start + len(content) :])

    return damage


def line(number, content):
    """Put another line in the place of a journal's."""

    def damage(path):
        lines = path.read_bytes().splitlines(keepends=True)
        lines[number] = content + b"\n"
        path.write_bytes(b"".join(lines))

    return damage


def of_kind(op_code, **changed):
    """Change keys of the first operation of a kind; None removes one."""

    def damage(path):
        logs = [json.loads(each) for each in path.read_bytes().splitlines()]
        log = next(log for log in logs if log["op_code"] == op_code)
        for key, value in changed.items():
            log[key] = value
            if value is None:
                del log[key]
        path.write_text("".join(json.dumps(log) + "\n" for log in logs))

    return damage


LAST = "(SELECT max(trial_id) FROM trials)"
SQLITE = {
    "half of the file": (truncated(40_000), "malformed|Page|page"),
    "no part of the file but its begin": (truncated(100), "malformed|not a database"),
    "a page": (overwritten(8192, b"\xff" * 4096), "Page|malformed"),
    "the header": (overwritten(20, b"\xff" * 60), "malformed|not a database|unsupported"),
    "the table of studies": (sql("DROP TABLE studies"), "the table studies is missing"),
    "the table of directions": (sql("DROP TABLE study_directions"), "the table study_directions is missing"),
    "the table of trials": (sql("DROP TABLE trials"), "the table trials is missing"),
    "the table of parameters": (sql("DROP TABLE trial_params"), "the table trial_params is missing"),
    "the table of versions": (sql("DROP TABLE version_info"), "the table version_info is missing"),
    "the table of Alembic": (sql("DROP TABLE alembic_version"), "the table alembic_version is missing"),
    "a column": (sql("ALTER TABLE trial_params DROP COLUMN param_value"), "lacks the column param_value"),
    "the version": (sql("DELETE FROM version_info"), "the table version_info lacks its row"),
    "the version of Alembic": (sql("DELETE FROM alembic_version"), "the table alembic_version lacks its row"),
    "a direction": (sql("DELETE FROM study_directions WHERE study_id = 1"), "'small/random/00' lacks its direction"),
    "a study": (sql("DELETE FROM studies WHERE study_id = 1"), "refer to rows missing from the table studies"),
    "a trial": (sql("DELETE FROM trials WHERE number = 1"), "refer to rows missing from the table trials"),
    "the last trial": (sql(f"DELETE FROM trials WHERE trial_id = {LAST}"), "missing from the table trials"),
    "a number": (sql("UPDATE trials SET number = 7 WHERE number = 1"), "the trial 1 of the study 'small/"),
    "no number": (sql("UPDATE trials SET number = NULL WHERE number = 1"), "the trial 0 of the study 'small/"),
    "a parameter": (
        sql(f"DELETE FROM trial_params WHERE trial_id = {LAST} AND param_name = 'activation'"),
        "lacks its parameter 'activation'",
    ),
    "all parameters": (sql("DELETE FROM trial_params"), "lacks its parameter 'learning_rate'"),
    "a value": (sql(f"DELETE FROM trial_values WHERE trial_id = {LAST}"), "is complete, but lacks a value"),
    "a value's digits": (sql("UPDATE trial_values SET value = 'abc'"), "'abc'"),
    "a state": (sql("UPDATE trials SET state = 'COMPLETF' WHERE number = 1"), "COMPLETF"),
    "a distribution": (sql("UPDATE trial_params SET distribution_json = '{'"), "content can't be read"),
    "a choice": (
        sql("UPDATE trial_params SET param_value = 9 WHERE param_name = 'activation'"),
        "content can't be read",
    ),
    "an attribute of a trial": (sql("UPDATE trial_user_attributes SET value_json = '[1, '"), "content can't be read"),
    "an attribute of a study": (sql("UPDATE study_user_attributes SET value_json = '{'"), "content can't be read"),
    "a text": (sql("UPDATE studies SET study_name = CAST(x'ff41' AS TEXT) WHERE study_id = 1"), "decode|UTF-8"),
    "a date": (sql("UPDATE trials SET datetime_start = 'yesterday' WHERE number = 1"), "content can't be read"),
    "what the study is": (
        sql("DELETE FROM study_user_attributes WHERE key = 'content'"),
        "lacks its attribute 'content'",
    ),
    "whose run it is": (sql("DELETE FROM study_user_attributes WHERE key = 'study'"), "lacks its attribute 'study'"),
    "the repeat": (
        sql("UPDATE study_user_attributes SET value_json = 'null' WHERE key = 'repeat'"),
        "'repeat' of the run",
    ),
}
JOURNAL = {
    "a line": (line(9, b"garbage"), "line 10 is no operation"),
    "a line of nothing": (line(9, b""), "line 10 is no operation"),
    "the last line": (line(-1, b"garbage"), r"line \d+ is no operation"),
    "a line of zeros": (line(9, b"\0" * 40), "line 10 is no operation"),
    "a line of brackets": (line(9, b"[" * 100_000), "line 10 is no operation"),
    "a line of digits": (line(9, b"9" * 100_000), "line 10 is no operation"),
    "a list": (line(9, b"[1, 2]"), "line 10 is no operation"),
    "a table": (line(9, b'{"a": 1}'), "line 10 is no operation"),
    "an unknown operation": (line(9, b'{"op_code": 99, "worker_id": "a"}'), "line 10 is no operation"),
    "a truth value": (line(9, b'{"op_code": true, "worker_id": "a"}'), "line 10 is no operation"),
    "nobody's operation": (line(9, b'{"op_code": 4, "study_id": 0}'), "line 10 is no operation"),
    "a trial's study": (of_kind(4, study_id=None), r"line \d+ can't be applied \(KeyError: 'study_id'\)"),
    "a parameter's name": (of_kind(5, param_name=None), r"line \d+ can't be applied"),
    "a distribution": (of_kind(5, distribution="{"), r"line \d+ can't be applied"),
    "a state": (of_kind(6, state=17), r"line \d+ can't be applied"),
    "a value": (of_kind(6, values=None), r"line \d+ can't be applied"),
    "a value's digits": (of_kind(6, values=["abc"]), "has 'abc' in the place of a number"),
    "a value's place": (of_kind(6, values=[]), "lacks a value"),
    "a direction": (of_kind(0, directions=[]), "lacks its direction"),
    "a date": (of_kind(4, datetime_start="yesterday"), r"line \d+ can't be applied"),
}


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
    code, said = call("study", "small.toml", "--jobs", "1", "--quiet", "--storage", "journal:///repaired-my trials.log")
    assert (code, said) == (0, "")


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


@pytest.mark.parametrize("scheme", PLACES)
def test_an_empty_file_is_no_storage_to_read_but_one_to_write(whole, call, tmp_path, scheme):
    shutil.copy(whole / "small.toml", tmp_path)
    (tmp_path / "trials.db").touch()
    code, said = call("report", "--storage", PLACES[scheme])
    assert code == 2
    assert "is an empty file: run the study first" in said
    assert (tmp_path / "trials.db").stat().st_size == 0
    code, said = call("study", "small.toml", "--jobs", "1", "--storage", PLACES[scheme])
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
