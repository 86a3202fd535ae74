"""A study and its workers through Optuna's gRPC proxy, which alone reaches the database."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hpsearch.execution import execute
from hpsearch.storage import opened
from hpsearch.storage.leases.places import LEASES
from hpsearch.study.plan import plan
from tests.processes import wait_until
from tests.programs import Program
from tests.stored import contents, differences, state

grpc = pytest.importorskip("grpc", reason="grpcio is not installed")

PROXY = """
import sys
from optuna.storages import run_grpc_proxy_server
from hpsearch.storage import open_storage
run_grpc_proxy_server(open_storage(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, write_study: Callable[..., Path]) -> Path:
    """A study file."""
    return write_study(tmp_path_factory.mktemp("proxy"))


@pytest.fixture(scope="module")
def expected(study: Path) -> dict[str, str]:
    """What an undisturbed study stores."""
    url = f"sqlite:///{study.parent}/expected.db"
    execute(plan(str(study)), url)
    return contents(url)


class Proxy:
    """A proxy of an SQLite file, in a process of its own."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        self.url, self.file = f"grpc://127.0.0.1:{port}", f"sqlite:///{folder}/behind.db"
        self._command = [sys.executable, "-W", "ignore", "-c", PROXY, self.file, str(port)]
        self._port, self._environment = port, environment
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command, env=self._environment, stderr=subprocess.DEVNULL)
        with grpc.insecure_channel(f"127.0.0.1:{self._port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=60)

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def proxy(tmp_path: Path, free_port: Callable[[], int], environment: dict[str, str]) -> Iterator[Proxy]:
    """A running proxy."""
    running = Proxy(tmp_path, free_port(), environment)
    try:
        yield running
    finally:
        running.stop()


def _without_leases(found: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in found.items() if name != LEASES}


def test_two_workers(study: Path, expected: dict[str, str], proxy: Proxy, call_hpsearch: Any, tmp_path: Path) -> None:
    prepared = call_hpsearch("study", study, "--storage", proxy.url, "--prepare")
    assert prepared.returncode == 0, prepared.stderr
    programs = [Program(tmp_path, ["worker", proxy.url, "digits"]) for _ in range(2)]
    try:
        codes = [program.wait(60) for program in programs]
        assert (codes, [program.said() for program in programs]) == ([0, 0], [[], []])
    finally:
        for program in programs:
            program.end()
    with opened(proxy.file) as storage:
        assert storage.get_all_studies()
    assert differences(_without_leases(contents(proxy.file)), expected) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        report = call_hpsearch("report", "digits", "--storage", proxy.url, "--out", tmp_path)
    assert report.returncode == 0, report.stderr
    assert (tmp_path / "digits" / "report.html").exists()


def test_a_study_goes_on_after_an_outage(study: Path, proxy: Proxy) -> None:
    program = Program(
        study.parent, ["study", study.name, "--storage", proxy.url, "--jobs", "1", "--trials", 30, "--out", "proxied"]
    )
    url = f"sqlite:///{study.parent}/expected30.db"
    try:
        wait_until(lambda: state(proxy.file).finished >= 5 or program.code() is not None)
        proxy.stop()
        execute(plan(str(study), {"trials": 30}), url)
        proxy.start()
        assert program.wait(60) == 0, program.said()
        assert [line.split(" (")[0] for line in program.said()] == [
            "hpsearch: the storage does not answer",
            "hpsearch: the storage answers again",
        ]
    finally:
        program.end()
    assert differences(_without_leases(contents(proxy.file)), contents(url)) == []


def test_no_proxy_is_a_line(study: Path, free_port: Callable[[], int], call_hpsearch: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("hpsearch.storage.proxy._PATIENCE", 1)
    url = f"grpc://127.0.0.1:{free_port()}"
    refused = call_hpsearch("study", study, "--storage", url)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "no gRPC proxy answers at 127.0.0.1:" in refused.stderr
