"""What the integration tests share: the command line as a process of its own, a small study, ports, programs."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import hpsearch
from tests.commands import call

# The name and the space are those of the study that ships; the network is smaller and is trained for less.
STUDY = """
name = "{name}"

[data]
source = "{data}"

[model]
hidden_layer_sizes = [8]
epochs = 3

[space]
learning_rate = {{ low = {rates[0]}, high = {rates[1]}, log = true }}
weight_decay = {{ low = 1e-8, high = 0.1, log = true }}

[search]
strategies = ["narrowing", "tpe"]
trials = 6
repeats = 1
retrain = 1
"""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Child processes find this hpsearch from any folder, and the machine's cores are not oversubscribed."""
    root = str(Path(hpsearch.__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}


@pytest.fixture(scope="session")
def run_hpsearch(environment: dict[str, str]) -> Command:
    """Run ``python -m hpsearch`` with these arguments in this folder, as a user does."""

    def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hpsearch", *map(str, arguments)]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture(scope="session")
def call_hpsearch() -> Command:
    """The same within this process, which has imported everything already."""

    return partial(call, columns=200)


@pytest.fixture(scope="session")
def write_study() -> Callable[..., Path]:
    """Write a small study file into a folder: 2 strategies × 1 repeat × 6 trials."""

    def write(
        folder: Path, name: str = "digits", data: str = "digits", rates: tuple[float, float] = (1e-4, 1.0)
    ) -> Path:
        path = folder / f"{name}.toml"
        path.write_text(STUDY.format(name=name, data=data, rates=rates), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A loopback port that nothing listens on."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    return find


@pytest.fixture(scope="session")
def fetch() -> Callable[[int, str], bytes]:
    """The body of a page of a loopback server, whatever proxy the environment names."""

    def get(port: int, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            assert response.status == 200, f"{path}: {response.status}"
            return body
        finally:
            connection.close()

    return get


@pytest.fixture(scope="session")
def serving() -> Callable[..., Any]:
    """A server process that is up while the context lasts, and the log that it writes."""

    @contextmanager
    def serve(command: list[str], ready: Callable[[], object], log: Path, **how: Any) -> Iterator[None]:
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **how)
            try:
                _wait(process, ready, log)
                yield
            finally:
                process.terminate()
                process.wait(timeout=30)

    return serve


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], object], log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        assert process.poll() is None, f"the server ended: {log.read_text(errors='replace')}"
        try:
            ready()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
