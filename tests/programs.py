"""The program in a process group of its own, and the processes that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import hpsearch
from tests.processes import children, fields, is_alive

GROUP, PARENT, WORKER, CHILD = "group", "parent", "worker", "child"
_END_SECONDS = 10  # in which processes end whose owner was killed


class Program:
    """``python -m hpsearch`` with these arguments, in a session of its own.

    Parameters
    ----------
    more
        Environment variables.
    within
        Command that runs it, such as one that enters a network namespace.
    """

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[object],
        more: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
    ) -> None:
        self.output = folder / f"output-{time.monotonic_ns()}.txt"
        self.errors = folder / f"errors-{time.monotonic_ns()}.txt"
        root = str(Path(hpsearch.__file__).parents[1])
        (folder / "tmp").mkdir(exist_ok=True)
        environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1", "TMPDIR": str(folder / "tmp")}
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*within, sys.executable, "-m", "hpsearch", *map(str, arguments)],
                cwd=folder,
                env=environment | dict(more or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._seen: dict[int, str] = {}  # process → when it started
        self._kinds: dict[int, str] = {}
        self._note(self.pid, PARENT)

    def code(self) -> int | None:
        """Return the exit code; None while it runs."""
        self.processes()
        return self._process.poll()

    def said(self) -> list[str]:
        """Return the lines of its standard error."""
        return self.errors.read_text(encoding="utf-8", errors="replace").splitlines()

    def wait(self, seconds: float) -> int:
        """Wait for its end; return the exit code."""
        end = time.monotonic() + seconds
        while (code := self.code()) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"it runs for longer than {seconds:.0f} s: {self.said()}")
            time.sleep(0.1)
        return code

    def processes(self) -> dict[str, list[int]]:
        """Return the living processes by kind: workers of joblib, and those that train."""
        workers = [pid for pid in children(self.pid) if "popen_loky" in _command(pid)]
        training = [pid for worker in workers for pid in children(worker) if "popen_loky" in _command(pid)]
        for pid in workers:
            self._note(pid, WORKER)
        for pid in training:
            self._note(pid, CHILD)
        return {WORKER: workers, CHILD: training}

    def send(self, pid: int, number: int) -> None:
        """Send a signal to one of its processes."""
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def send_group(self, number: int) -> None:
        """Send a signal to its process group, as a terminal does."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def freeze(self, number: int = signal.SIGSTOP) -> None:
        """Stop, or continue, all its processes."""
        found = self.processes()
        self.send_group(number)
        for pid in found[WORKER] + found[CHILD]:
            self.send(pid, number)

    def left(self) -> list[str]:
        """Return which of its processes are still there a while after its end, and end them."""
        end = time.monotonic() + _END_SECONDS
        while (alive := self._alive()) and time.monotonic() < end:
            time.sleep(0.05)
        found = [f"{self._kinds[pid]} {pid}: {_command(pid)[-80:]}" for pid in alive]
        for pid in alive:
            self.send(pid, signal.SIGKILL)
        return found

    def end(self) -> None:
        """Kill what is left of it."""
        self.freeze(signal.SIGCONT)
        self.send_group(signal.SIGKILL)
        self._process.wait()
        self.left()

    def _alive(self) -> list[int]:
        return [pid for pid, started in self._seen.items() if is_alive(pid) and _started(pid) == started]

    def _note(self, pid: int, kind: str) -> None:
        self._seen.setdefault(pid, _started(pid))
        self._kinds.setdefault(pid, kind)


def _started(pid: int) -> str:
    return "".join(fields(Path(f"/proc/{pid}/stat"))[19:20])


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
