"""A process that trains, as its owner sees it: started, asked, ended."""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import select
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from joblib.externals.loky.backend.context import get_context

from hpsearch.execution.child.serving import dumped, serve
from hpsearch.objectives.base import Objective

_MOST_GROWTH = 300e6  # bytes between two runs, after which a process is replaced, as joblib does
_PATIENCE = 1.0  # seconds to wait for a process to exit before it is killed
_LONGEST_WAIT = 24 * 3600 * 1000  # milliseconds; the system counts them in 32 bits
_IDLE: list[Child] = []  # processes between two runs

FORKING = threading.RLock()
"""Held while a process is forked. A thread that holds it is in no lock that the new process would find taken."""


class Child:
    """A process that trains for this one.

    Parameters
    ----------
    objective
        Objective of a forked process; None for a new process, which receives objectives.
    """

    def __init__(self, objective: Objective | None = None) -> None:
        self.owner = os.getpid()
        self._is_forked = objective is not None
        context: Any = multiprocessing.get_context("fork") if self._is_forked else get_context("loky")
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        with_thread = threading.current_thread() is threading.main_thread()
        inherited = (self._connection, objective) if self._is_forked else ()
        self._process = context.Process(target=serve, args=(theirs, self.owner, with_thread, *inherited))
        try:
            with FORKING, _may_have_children(), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of forking a process with threads
                self._process.start()
        finally:
            theirs.close()
        self._sentinel = _sentinel(self._process)
        self._poll = _poll(self._connection.fileno(), self._sentinel)
        self._size: int | None = None

    def send(self, message: object) -> None:
        """Send a request or an answer."""
        self._connection.send_bytes(dumped(message))

    def receive(self, seconds: float | None) -> Any:
        """Return the next message; None if there is none within `seconds`, or within a day.

        Raises
        ------
        EOFError
            If the process died.
        """
        if not self._wait(None if seconds is None else max(0.0, seconds)):
            return None
        if self._connection.poll():
            with suppress(ConnectionResetError):
                return pickle.loads(self._connection.recv_bytes())
        raise EOFError

    def _wait(self, seconds: float | None) -> bool:
        """Return whether there is a message, or the process is dead, within `seconds`, or within a day."""
        if self._poll is None:
            return bool(wait([self._connection, self._sentinel], seconds))
        return bool(self._poll.poll(None if seconds is None else min(math.ceil(seconds * 1000), _LONGEST_WAIT)))

    @property
    def is_usable(self) -> bool:
        """Whether it is alive, this process's own, and has not grown much since the first run that it was used for."""
        if self.owner != os.getpid() or not self._process.is_alive():
            return False
        size = _resident(self._process.pid)
        self._size = self._size or size
        return size - self._size < _MOST_GROWTH

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return bool(self._process.is_alive())

    def death(self) -> str:
        """Return how it died: the name of the signal, or its exit code."""
        self._process.join(_PATIENCE)
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"exit code {code}"
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def kill(self) -> None:
        """End it at once, with all processes that it has started and that are still in its group."""
        self.interrupt()
        self._close()

    def interrupt(self) -> None:
        """Kill it without closing its pipe, which another thread is reading."""
        self._signal_group("SIGKILL")
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def end(self) -> None:
        """Let it end, as it does where the pipe is closed; then ask the processes that it has started to end."""
        if self.owner != os.getpid():
            return
        self._connection.close()
        if wait([self._sentinel], _PATIENCE):
            self._signal_group("SIGTERM")
            self._close()
        else:
            self.kill()

    def _close(self) -> None:
        self._connection.close()
        self._process.join(_PATIENCE)
        if self._sentinel != self._process.sentinel:
            os.close(self._sentinel)

    def _signal_group(self, name: str) -> None:
        """Signal its group before it is waited for, so that its number can't be another process's."""
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, getattr(signal, name))


def may_fork() -> bool:
    """Return whether this process can fork one that trains.

    Only a worker of joblib's on Linux: it does not train itself, so it has no threads of BLAS or OpenMP. PyTorch may
    have started some for a strategy.
    """
    is_worker = multiprocessing.current_process().name.startswith("Loky")
    return sys.platform == "linux" and is_worker and "torch" not in sys.modules


def borrowed() -> Child:
    """Return an idle process, or a new one."""
    while _IDLE:
        child = _IDLE.pop()
        if child.is_usable:
            return child
        child.end()
    return Child()


def give_back(child: Child) -> None:
    """Keep a process for the next run; forked ones know one objective only."""
    if child._is_forked or len(_IDLE) >= (os.cpu_count() or 1):
        child.end()
        return
    if not any(other.owner == os.getpid() for other in _IDLE):
        Finalize(None, end_idle, exitpriority=100)  # before multiprocessing waits for its processes
    _IDLE.append(child)


def end_idle() -> None:
    """End the processes that are kept for further runs."""
    while _IDLE:
        _IDLE.pop().end()


def _sentinel(process: Any) -> int:
    """Return a descriptor that is ready once the process is dead, even if other processes inherited its pipes."""
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):  # an old kernel
            return os.pidfd_open(process.pid)
    return int(process.sentinel)


def _poll(*descriptors: int) -> Any:
    """Return what waits for the descriptors, made once: `multiprocessing.connection.wait` makes it at every call."""
    if not hasattr(select, "poll"):
        return None
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll


def _resident(pid: int) -> int:
    """Return the memory of a process in bytes; 0 if unknown."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def _may_have_children() -> Iterator[None]:
    """Let a daemonic process, such as a worker of Dask, start one; it ends its own."""
    process = multiprocessing.current_process()
    daemonic = process.daemon
    if daemonic:
        process.daemon = False
    try:
        yield
    finally:
        if daemonic:
            process.daemon = True
