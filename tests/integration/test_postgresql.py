"""A study in a real PostgreSQL server is the study in an SQLite file, and its password stays hidden."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage
from optuna.trial import TrialState
from sqlalchemy.exc import DBAPIError

from hpsearch.execution import execute
from hpsearch.storage import open_storage, opened, read_studies
from hpsearch.storage.connections import is_lost
from hpsearch.storage.core_writer import CoreWriter
from hpsearch.storage.leases import Holder, leased
from hpsearch.storage.own_trials import OwnTrials
from hpsearch.study.plan import plan
from tests.storage.rows import numbers_given_at_once, rows, write

pytest.importorskip("psycopg", reason="psycopg is not installed")
postgresql = importlib.import_module("tests.postgresql")  # needs psycopg

USER, PASSWORD, ESCAPED = postgresql.USER, postgresql.PASSWORD, postgresql.ESCAPED
pytestmark = pytest.mark.skipif(postgresql.PROGRAMS is None, reason="no PostgreSQL server is installed")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The loopback port of a running server."""
    try:
        with postgresql.server() as running:
            yield running.port
    except postgresql.UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def url(port: int) -> str:
    """The storage's URL, password and all."""
    return _url(port)


def _url(port: int, password: str = ESCAPED, database: str = "postgres") -> str:
    return str(postgresql.Server(port).url(password, database))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_study: Callable[..., Path]) -> Path:
    """A folder with the study file."""
    folder = tmp_path_factory.mktemp("postgresql")
    write_study(folder)
    return folder


@pytest.fixture(scope="module")
def done(folder: Path, url: str, run_hpsearch: Any) -> Any:
    """The finished command that ran the study into PostgreSQL, with two processes."""
    return run_hpsearch(folder, "study", "digits.toml", "--storage", url, "--jobs", 2, "--out", "postgresql")


def _open(url: str) -> RDBStorage:
    storage = open_storage(url)
    assert isinstance(storage, RDBStorage)
    return storage


def _trials(storage: RDBStorage) -> dict[str, list[dict[str, Any]]]:
    """The contents of a storage, which is closed after that."""
    found = _contents(storage)
    storage.remove_session()
    storage.engine.dispose()
    return found


def _contents(storage: BaseStorage) -> dict[str, list[dict[str, Any]]]:
    """What a storage holds of each run, apart from times and its own numbers."""
    kept = ("number", "state", "values", "params", "distributions", "intermediate_values", "user_attrs")
    return {
        study.study_name: [
            {name: getattr(trial, name) for name in kept} for trial in storage.get_all_trials(study._study_id)
        ]
        for study in storage.get_all_studies()
    }


def test_trials_are_those_of_one_process_on_sqlite(done: Any, folder: Path, url: str) -> None:
    assert done.returncode == 0, done.stderr
    sqlite = _open(f"sqlite:///{folder / 'trials.db'}")
    execute(plan(str(folder / "digits.toml")), sqlite, jobs=1)
    expected = _trials(sqlite)
    assert {name: len(trials) for name, trials in expected.items()} == {"digits/narrowing/00": 6, "digits/tpe/00": 6}
    for trial in expected["digits/narrowing/00"]:
        assert trial["state"] == TrialState.COMPLETE
        assert sorted(trial["intermediate_values"]) == [1, 2, 3]
    assert _trials(_open(url)) == expected


def test_report_is_written_from_it(done: Any, folder: Path, url: str, call_hpsearch: Any) -> None:
    with warnings.catch_warnings():
        # A command leaves its connections to the end of its process, which this one outlives.
        warnings.simplefilter("ignore", ResourceWarning)
        again = call_hpsearch("report", "digits", "--storage", url, "--out", folder / "again")
        gc.collect()
    assert again.returncode == 0, again.stderr
    written = _files(folder / "postgresql" / "digits")
    assert "report.html" in written
    here = str(folder / "again").encode()  # the page names its folder
    repeated = {name: data.replace(here, b"postgresql") for name, data in _files(folder / "again" / "digits").items()}
    assert repeated == written


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_password_is_not_shown(done: Any) -> None:
    assert f"{USER}:***@127.0.0.1" in done.stdout
    _hides_password(done)


def test_wrong_password_is_a_line(port: int, folder: Path, call_hpsearch: Any) -> None:
    refused = call_hpsearch("study", folder / "digits.toml", "--storage", _url(port, "wr%40ng-secret"))
    _is_one_line(refused, port)
    assert "password authentication failed" in refused.stderr
    assert "ng-secret" not in refused.stdout + refused.stderr


def test_closed_port_is_a_line(free_port: Callable[[], int], call_hpsearch: Any) -> None:
    port = free_port()
    refused = call_hpsearch("report", "digits", "--storage", _url(port))
    _is_one_line(refused, port)
    _hides_password(refused)


def test_password_in_the_query_of_a_url_is_not_shown(free_port: Callable[[], int], call_hpsearch: Any) -> None:
    url = f"postgresql://127.0.0.1:{free_port()}/postgres?user={USER}&password={ESCAPED}"
    refused = call_hpsearch("report", "digits", "--storage", url)
    assert refused.returncode == 2
    _hides_password(refused)


def test_lost_connections_lose_no_trial(port: int, folder: Path, environment: dict[str, str]) -> None:
    url = postgresql.Server(port).new_database("broken")
    arguments = ["study", "digits.toml", "--storage", url, "--jobs", "2", "--trials", "40", "--out", "broken"]
    with subprocess.Popen(
        [sys.executable, "-m", "hpsearch", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            _cut_connections(port, "broken", lambda: running.poll() is not None)
            output, errors = running.communicate(timeout=60)
        finally:
            running.kill()
    done = subprocess.CompletedProcess(arguments, running.returncode, output, errors)
    assert done.returncode == 0, errors
    assert all(line.startswith("hpsearch: the storage ") for line in errors.splitlines())  # who notices it says so
    _hides_password(done)

    memory = InMemoryStorage()
    execute(plan(str(folder / "digits.toml"), {"trials": 40}), memory)
    assert _trials(_open(url)) == _contents(memory)


def _connect(port: int, database: str = "postgres") -> Any:
    return postgresql.Server(port).connect(database)


def _cut_connections(port: int, database: str, ended: Callable[[], bool], seconds: float = 120) -> None:
    """Once a trial is finished, cut what is connected to the database, as a failing network does."""
    end = time.monotonic() + seconds
    with _connect(port, database) as server:
        while server.execute("SELECT to_regclass('trials') IS NULL").fetchone()[0] or not _finished(server):
            assert not ended(), "the study ended before its first trial"
            assert time.monotonic() < end, "no trial was finished"
            time.sleep(0.1)
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [database],
        )


def _finished(server: Any) -> int:
    found: int = server.execute("SELECT count(*) FROM trials WHERE state = 'COMPLETE'").fetchone()[0]
    return found


def _is_one_line(refused: Any, port: int) -> None:
    assert refused.returncode == 2, refused.stderr
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.startswith(f"hpsearch: cannot open the storage postgresql://{USER}:***@127.0.0.1:{port}/")


def _hides_password(done: Any) -> None:
    for secret in (PASSWORD, ESCAPED, "wo/rd", "wo%2Frd"):
        assert secret not in done.stdout + done.stderr


def _database(port: int, name: str, trials: int = 2) -> str:
    """The URL of a new database that holds a study of Optuna's, or nothing."""
    with _connect(port) as server:
        server.execute(f"CREATE DATABASE {name}")
    url = _url(port, database=name)
    if trials:
        with opened(url) as storage:
            study = optuna.create_study(storage=storage, study_name="s")
            study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=trials)
    return url


def _tables(port: int, database: str) -> list[str]:
    with _connect(port, database) as server:
        return [name for (name,) in server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def test_report_makes_no_table(port: int, call_hpsearch: Any) -> None:
    url = _database(port, "nothing", trials=0)
    refused = call_hpsearch("report", "--storage", url)
    assert refused.returncode == 2
    assert "/nothing is empty: run a study first" in refused.stderr
    assert _tables(port, "nothing") == []


def test_what_is_opened_to_be_read_is_read_only(port: int) -> None:
    with opened(_database(port, "kept"), existing=True) as storage:
        assert len(read_studies(storage)[0].trials) == 2
        with pytest.raises(StorageInternalError) as error:
            storage.create_new_study([optuna.study.StudyDirection.MINIMIZE], "t")
        assert "read-only transaction" in str(error.value.__cause__)


def test_an_account_that_may_only_read_can_report(port: int) -> None:
    _database(port, "shared")
    with _connect(port, "shared") as server:
        server.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        server.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    with opened(f"postgresql://reader:{ESCAPED}@127.0.0.1:{port}/shared", existing=True) as storage:
        assert len(read_studies(storage)[0].trials) == 2


@pytest.mark.parametrize(
    ("name", "statement", "kind"),
    [
        ("damaged0", "DROP TABLE trial_params", "the table trial_params is missing"),
        ("damaged1", "ALTER TABLE trial_values DROP COLUMN value", "the table trial_values lacks the column value"),
        ("damaged2", "DELETE FROM version_info", "the table version_info lacks its row"),
        ("damaged3", "DELETE FROM study_directions", "the study 's' lacks its direction"),
        ("damaged4", "UPDATE trial_params SET distribution_json = '{'", "its content can't be read"),
        ("damaged5", "DELETE FROM trial_values", "the trial 0 of the study 's' is complete, but lacks a value"),
    ],
)
def test_damage_is_a_line(port: int, call_hpsearch: Any, name: str, statement: str, kind: str) -> None:
    url = _database(port, name)
    with _connect(port, name) as server:
        server.execute(statement)
    before = _tables(port, name)
    refused = call_hpsearch("report", "--storage", url, "--study-name", "s")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert f"/{name} is damaged: {kind}" in refused.stderr
    assert "restore a copy of it" in refused.stderr
    _hides_password(refused)
    assert _tables(port, name) == before


def test_a_missing_table_is_not_made_anew_by_a_study(port: int, folder: Path, call_hpsearch: Any) -> None:
    url = _database(port, "robbed")
    with _connect(port, "robbed") as server:
        server.execute("DROP TABLE trial_params")
    refused = call_hpsearch("study", folder / "digits.toml", "--storage", url)
    assert refused.returncode == 2
    assert "the table trial_params is missing" in refused.stderr
    assert "trial_params" not in _tables(port, "robbed")


def test_the_password_may_be_in_a_file(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call_hpsearch: Any, folder: Path
) -> None:
    _database(port, "filed", trials=0)
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{port}:filed:{USER}:{PASSWORD.replace(':', chr(92) + ':')}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    monkeypatch.setenv("HPSEARCH_STORAGE", f"postgresql://{USER}@127.0.0.1:{port}/filed")
    done = call_hpsearch("study", folder / "digits.toml", "--trials", 1, "--jobs", 1, "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"kept in postgresql://{USER}@127.0.0.1:{port}/filed" in done.stdout


@pytest.mark.filterwarnings("ignore:Choices for a categorical", "ignore::optuna.exceptions.ExperimentalWarning")
def test_the_rows_are_those_that_optuna_writes(port: int) -> None:
    found = []
    for name, owned in (("written_by_optuna", lambda backend: backend), ("written_by_owner", OwnTrials)):
        with opened(_database(port, name, trials=0)) as backend:
            assert CoreWriter.fits(backend)
            write(owned(backend))
            found.append(rows(backend.engine))
    theirs, ours = found
    for table in theirs:
        assert ours[table] == theirs[table], table
    assert [table for table in theirs if not theirs[table]] == ["trial_heartbeats"]


def test_trials_that_are_added_at_once_have_different_numbers(port: int) -> None:
    url = _database(port, "shared_numbers", trials=0)
    found, expected = numbers_given_at_once(lambda: open_storage(url))
    assert found == expected


def test_a_fence_refuses_a_write_in_its_transaction(port: int) -> None:
    def fence(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE studies SET study_name = 'changed by the fence'")
        raise RuntimeError("not yours")

    with opened(_database(port, "fenced", trials=1)) as backend:
        fenced, study = OwnTrials(backend, fence), backend.get_all_studies()[0]._study_id
        before = rows(backend.engine)
        trial = before["trials"][0]["trial_id"]
        for refused in (
            lambda: fenced.create_new_trial(study),
            lambda: fenced.set_trial_user_attr(trial, "a", 1),
            lambda: fenced.set_trial_state_values(trial, TrialState.FAIL),
            lambda: fenced.set_study_user_attr(study, "a", 1),
        ):
            with pytest.raises(RuntimeError, match="not yours"):
                refused()
        assert rows(backend.engine) == before


def test_a_transaction_of_a_program_that_is_not_heard_of_blocks_its_lease_for_a_limited_time(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends it, and another program takes the run over; else it would wait for hours."""
    monkeypatch.setattr("hpsearch.storage.connections._IDLE_SECONDS", 2)
    url = _database(port, "silent")
    with opened(url) as silent, opened(url) as rival:
        study = silent.get_all_studies()[0]._study_id
        with leased(silent, study, "run", Holder.here(), 60) as lease, silent.engine.connect() as connection:
            lease.check_within(connection)
            with leased(rival, study, "run", replace(Holder.here(), call=lease._record.holder.call), 60):
                pass
            with pytest.raises(DBAPIError, match="idle-in-transaction timeout") as error:
                connection.exec_driver_sql("SELECT 1")
            assert is_lost(error.value)
    with opened(url, existing=True) as reader, reader.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "0"
