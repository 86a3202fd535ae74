"""PostgreSQL behind a network that is cut: a study waits for it, and goes on or says that it gave up."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import RDBStorage
from sqlalchemy.pool import QueuePool

from hpsearch.execution import execute
from hpsearch.storage import opened
from hpsearch.study.plan import plan
from tests.forwarder import Forwarder, forwarder
from tests.stored import contents, differences, state

pytest.importorskip("psycopg", reason="psycopg is not installed")
postgresql = importlib.import_module("tests.postgresql")  # needs psycopg

pytestmark = [
    pytest.mark.skipif(postgresql.PROGRAMS is None, reason="no PostgreSQL server is installed"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # of connections that were cut
]
TRIALS = 30


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A running server."""
    try:
        with postgresql.server() as running:
            yield running
    except postgresql.UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def network(server: Any) -> Iterator[Forwarder]:
    """What is between the study and the server."""
    with forwarder(server.port) as running:
        yield running


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, write_study: Callable[..., Path]) -> Path:
    """A study file."""
    return write_study(tmp_path_factory.mktemp("outages"))


@pytest.fixture(scope="module")
def expected(study: Path) -> dict[str, str]:
    """What an undisturbed study stores."""
    url = f"sqlite:///{study.parent}/expected.db"
    execute(plan(str(study), {"trials": TRIALS}), url)
    return contents(url)


def _behind(network: Forwarder, url: str, server: Any) -> str:
    return url.replace(f":{server.port}/", f":{network.port}/")


def _after(trials: int, url: str, act: Callable[[], None]) -> threading.Thread:
    """Do something as soon as so many trials are finished."""

    def watch() -> None:
        while state(url).finished < trials:
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def _messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("hpsearch")]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_study_goes_on_when_its_connections_were_cut(
    server: Any,
    network: Forwarder,
    study: Path,
    expected: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    jobs: int,
) -> None:
    url = server.new_database(f"outage{jobs}")

    def outage() -> None:
        network.cut()
        time.sleep(2)
        network.restore()

    with caplog.at_level(logging.WARNING, "hpsearch"):
        watching = _after(8, url, outage)
        execute(
            plan(str(study), {"trials": TRIALS}), _behind(network, url, server), jobs=jobs, progress=lambda *_: None
        )
        watching.join()
    assert differences(contents(url), expected) == []
    said = _messages(caplog)
    assert [message.split("(")[0] for message in said] == [
        "the storage does not answer ",
        "the storage answers again",
    ]
    assert said[0].endswith("trying again for up to 60 seconds")


def test_a_storage_that_does_not_come_back_is_a_line_and_finished_trials_stay(
    server: Any,
    network: Forwarder,
    study: Path,
    expected: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    call_hpsearch: Any,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("hpsearch.storage.connections.PATIENCE", 2)
    url = server.new_database("gone")
    watching = _after(8, url, network.cut)
    command = ["study", study, "--trials", TRIALS, "--jobs", 1, "--out", tmp_path, "--storage"]
    done = call_hpsearch(*command, _behind(network, url, server))
    watching.join()
    assert done.returncode == 1
    waiting, end = done.stderr.splitlines()
    assert "trying again for up to 2 seconds" in waiting
    assert end.startswith("hpsearch: the storage failed (")
    assert "finished trials are kept in postgresql://researcher:***@" in end
    assert 8 <= state(url).finished < 2 * TRIALS
    execute(plan(str(study), {"trials": TRIALS}), url)
    assert differences(contents(url), expected) == []


def test_arguments_of_the_engine_are_in_the_url(server: Any, study: Path, call_hpsearch: Any, tmp_path: Path) -> None:
    url = server.new_database("arguments")
    execute(plan(str(study), {"trials": 1}), f"{url}?engine_pool_size=2&engine_pool_timeout=2.5")
    with opened(f"{url}?engine_pool_size=2&application_name=mine", existing=True) as storage:
        assert isinstance(storage, RDBStorage)
        assert isinstance(storage.engine.pool, QueuePool)
        assert storage.engine.pool.size() == 2
        with storage.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW application_name").scalar() == "mine"
    refused = call_hpsearch("study", study, "--out", tmp_path, "--storage", f"{url}?engine_nonsense=1")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "nonsense" in refused.stderr
