"""Two machines work on one study: one is cut off and comes back, and no trial is done twice."""

from __future__ import annotations

import importlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import InMemoryStorage

from hpsearch.execution import execute
from hpsearch.storage import opened
from hpsearch.study.plan import plan
from tests.hosts import Network, NoHostsError, network
from tests.processes import wait_until
from tests.programs import Program
from tests.stored import contents, differences, holders, state

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")

STUDY = """
name = "shared"
[model]
hidden_layer_sizes = [16]
epochs = 4
[space]
learning_rate = { low = 1e-4, high = 1.0, log = true }
[search]
strategies = ["random", "narrowing"]
trials = 25
repeats = 1
retrain = 1
"""
LEASE = 2  # seconds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study file."""
    folder = tmp_path_factory.mktemp("hosts")
    (folder / "shared.toml").write_text(STUDY)
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, str]:
    """What one process stores."""
    url = f"sqlite:///{folder}/expected.db"
    execute(plan(str(folder / "shared.toml")), url)
    return contents(url)


def _prepare(folder: Path, url: str, call_hpsearch: Any) -> None:
    prepared = call_hpsearch("study", folder / "shared.toml", "--storage", url, "--prepare")
    assert prepared.returncode == 0, prepared.stderr


@contextmanager
def _ended(*programs: Program) -> Iterator[None]:
    try:
        yield
    finally:
        for program in programs:
            program.end()


@pytest.fixture(scope="module")
def hosts() -> Iterator[Network]:
    """Two machines and this one."""
    try:
        with network() as made:
            yield made
    except NoHostsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def server(hosts: Network) -> Iterator[Any]:
    """A PostgreSQL server that the machines reach."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    postgresql = importlib.import_module("tests.postgresql")
    try:
        with postgresql.server(hosts.addresses, listen_addresses=f"127.0.0.1,{hosts.address}") as running:
            yield running
    except postgresql.UnavailableError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("noticed", [False, True], ids=["packets late", "connection lost"])
def test_a_machine_that_is_cut_off_comes_back(
    folder: Path, expected: dict[str, str], hosts: Network, server: Any, call_hpsearch: Any, *, noticed: bool
) -> None:
    name = f"cut_off_{noticed}".lower()
    url = server.new_database(name)
    _prepare(folder, url, call_hpsearch)
    theirs = server.url(database=name, host=hosts.address)
    if noticed:
        theirs += "?tcp_user_timeout=1500&connect_timeout=2"
    command = ["worker", theirs, "shared", "--lease", f"{LEASE}s"]
    programs = [Program(folder, command, within=host.within) for host in hosts.hosts]
    with _ended(*programs):
        wait_until(lambda: len(set(holders(url).values())) == 2 and state(url).finished >= 4)
        hosts.hosts[0].cut_off()
        held = [run for run, holder in holders(url).items() if hosts.hosts[0].name in holder]
        wait_until(lambda: all(hosts.hosts[0].name not in holders(url).get(run, "") for run in held))
        assert programs[0].code() is None
        time.sleep(2 if noticed else 0)
        hosts.hosts[0].reconnect(hosts)
        codes = [program.wait(60) for program in programs]
        assert codes == [0, 0], [program.said() for program in programs]
        assert programs[1].said() == []
        said = programs[0].said()
        assert all(line.startswith("hpsearch: ") for line in said)
        if held and not noticed:  # it may have been between two runs
            found = [line for line in said if "lost the run" in line]  # its connection may have been noticed, too
            assert len(found) == 1, said
            (line,) = found
            assert f"lost the run '{held[0]}'" in line
            assert line.endswith("nothing more is written to it here")
    assert differences(contents(url), expected) == []


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_a_worker_that_is_frozen_for_longer_than_its_lease(
    kind: str, folder: Path, expected: dict[str, str], call_hpsearch: Any
) -> None:
    url = f"{kind}:///{folder}/frozen.{kind}"
    _prepare(folder, url, call_hpsearch)
    programs = [Program(folder, ["worker", url, "shared", "--lease", f"{LEASE}s"]) for _ in range(2)]
    with _ended(*programs):
        wait_until(lambda: len(set(holders(url).values())) == 2 and state(url).finished >= 4)
        frozen = programs[0]
        (held,) = [run for run, holder in holders(url).items() if f"process {frozen.pid} on" in holder]
        while not _is_taken_over(frozen, url, held):  # within a write to a file, it lets nobody write
            frozen.freeze(signal.SIGCONT)
            time.sleep(0.02)
            assert state(url).finished < 40, "it was never frozen between two writes"
        frozen.freeze(signal.SIGCONT)
        codes = [program.wait(60) for program in programs]
        assert codes == [0, 0], [program.said() for program in programs]
        assert programs[1].said() == []
        (line,) = frozen.said()
        assert f"lost the run '{held}'" in line
    assert differences(contents(url), expected) == []


def _is_taken_over(frozen: Program, url: str, run: str) -> bool:
    """Freeze a worker; return whether the other takes over its run."""
    frozen.freeze()
    end = time.monotonic() + 4 * LEASE
    while time.monotonic() < end:
        if str(frozen.pid) not in holders(url).get(run, ""):
            return True
        time.sleep(0.1)
    return False


SPELLINGS = {
    "sqlite": ["sqlite:///{}/spelled.db", "sqlite:///{}/spelled.db?timeout=60", "sqlite:///spelled.db"],
    "journal": ["journal:///{}/spelled.log", "journal:///spelled.log"],
}


@pytest.mark.parametrize("kind", ["sqlite", "journal", "postgresql"])
def test_two_studies_by_other_ways_to_one_storage(
    kind: str, folder: Path, call_hpsearch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        if kind == "postgresql":
            spellings = stack.enter_context(_spellings_of_a_server())
        else:
            first = SPELLINGS[kind][0].format(folder)
            spellings = [url.format(folder) for url in SPELLINGS[kind]] + [first.replace("spelled", "linked")]
            for ending in ("db", "log"):
                with suppress(FileExistsError):
                    (folder / f"linked.{ending}").symlink_to(folder / f"spelled.{ending}")
        running = Program(
            folder, ["study", "shared.toml", "--storage", spellings[0], "--jobs", 2, "--quiet", "--trials", 2000]
        )
        with _ended(running):
            wait_until(lambda: state(spellings[0]).finished > 0)
            monkeypatch.setenv("TMPDIR", str(folder))
            monkeypatch.chdir(folder)
            for url in spellings:
                refused = call_hpsearch("study", "shared.toml", "--storage", url)
                assert running.code() is None
                assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
                assert f"(process {running.pid} on {os.uname().nodename})" in refused.stderr
        with opened(spellings[0]) as storage:
            studies = [study._study_id for study in storage.get_all_studies()]
            most = max(len(storage.get_all_trials(study, deepcopy=False)) for study in studies)
        both = plan(str(folder / "shared.toml"), {"trials": most})
        memory = InMemoryStorage()
        for place in (spellings[0], memory):
            execute(both, place)
        assert differences(contents(spellings[0]), contents(memory)) == []


@contextmanager
def _spellings_of_a_server() -> Iterator[list[str]]:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    postgresql = importlib.import_module("tests.postgresql")
    try:
        with postgresql.server() as running:
            url = running.url()
            yield [url, url.replace("127.0.0.1", "localhost"), f"{url}?connect_timeout=5"]
    except postgresql.UnavailableError as error:
        pytest.skip(str(error))
