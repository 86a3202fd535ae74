"""A PostgreSQL server of one's own, for tests and benchmarks."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

USER, PASSWORD, ESCAPED = "researcher", "pa:ss@wo/rd", "pa%3Ass%40wo%2Frd"


class UnavailableError(Exception):
    """Why there can be no server here."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    start: Callable[[], subprocess.Popen[bytes]] | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list, compare=False)

    def restart(self, pause: float = 1.0) -> None:
        """Stop the server, cutting all connections, and start it again after a pause."""
        assert self.start is not None
        self.stop()
        time.sleep(pause)
        self.processes.append(self.start())
        _wait(self, self.processes[-1])

    def stop(self) -> None:
        """Stop the server without waiting for its clients."""
        self.processes[-1].send_signal(signal.SIGINT)
        self.processes[-1].wait(timeout=30)

    def url(self, password: str = ESCAPED, database: str = "postgres", host: str = "127.0.0.1") -> str:
        """Return the URL of a storage in a database."""
        return f"postgresql://{USER}:{password}@{host}:{self.port}/{database}"

    def new_database(self, name: str) -> str:
        """Return the URL of a new database."""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(database=name)

    def connect(self, database: str = "postgres") -> Any:
        """Return a connection of the driver."""
        where = {"host": "127.0.0.1", "port": self.port, "user": USER, "password": PASSWORD, "dbname": database}
        return psycopg.connect(**where, autocommit=True)


def _programs() -> Path | None:
    """The folder of the server's programs."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


PROGRAMS = _programs()


@contextmanager
def server(network: str = "", **settings: object) -> Iterator[Server]:
    """Run a server of an empty cluster in a folder of its own while the context lasts.

    Addresses of `network` may connect, besides this machine's.

    Raises
    ------
    UnavailableError
        If its programs are missing or may not run.
    """
    if PROGRAMS is None:
        raise UnavailableError("no PostgreSQL server (initdb, postgres) is installed")
    how = _account()
    # Not below pytest's folder, which other accounts can't enter.
    with tempfile.TemporaryDirectory(prefix="hpsearch-postgresql-") as name:
        folder = Path(name)
        _init(folder, how)
        if network:
            with (folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network} scram-sha-256\n")
        port = _free_port()
        fixed = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
        options = [part for key, value in (fixed | settings).items() for part in ("-c", f"{key}={value}")]
        command = [str(PROGRAMS / "postgres"), "-D", str(folder / "data"), *options]
        with (folder / "server.log").open("wb") as log:

            def start() -> subprocess.Popen[bytes]:
                return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder, **how)

            running = Server(port, start, [start()])
            try:
                _wait(running, running.processes[-1], folder / "server.log")
                yield running
            finally:
                running.stop()


def _account() -> dict[str, Any]:
    """Whom the server runs as: this account, or where that is root, which the server refuses, one that is not."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names.get("nobody")
    if entry is None:
        raise UnavailableError("PostgreSQL does not run as root, and there is no account postgres or nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _init(folder: Path, how: dict[str, Any]) -> None:
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    if how:
        os.chown(folder, how["user"], how["group"])
        os.chown(folder / "password", how["user"], how["group"])
    options = ["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--username={USER}"]
    command = [str(PROGRAMS / "initdb"), *options, f"--pwfile={folder / 'password'}", f"--pgdata={folder / 'data'}"]
    try:
        made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, **how)
    except PermissionError as error:
        raise UnavailableError(
            f"PostgreSQL does not run as root, and this root may not become another account: {error}"
        ) from error
    assert made.returncode == 0, made.stderr


def _free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(running: Server, process: subprocess.Popen[bytes], log: Path | None = None, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        assert process.poll() is None, f"the server ended: {log.read_text(errors='replace') if log else ''}"
        try:
            running.connect().close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
