"""Main loop of a child process: receive an objective and answer the owner's requests until the owner is gone."""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import signal
import sys
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, NoReturn, Self

import cloudpickle
import numpy as np

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.errors import UsageError
from hpsearch.execution.child.errors import packed, unpacked
from hpsearch.execution.child.trial import RemoteTrial
from hpsearch.execution.orphans import end_with
from hpsearch.objectives.base import Objective, Trained

_IDLE_SECONDS = 300.0  # after which a process without work ends, as joblib's do
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


@dataclass(frozen=True)
class Surroundings:
    """State of a process that an objective may depend on: folder, environment, import path, warning filters."""

    folder: str
    environment: dict[str, str]
    path: list[str]
    filters: list[Any]

    @classmethod
    def here(cls) -> Self:
        """Return the state of this process."""
        return cls(os.getcwd(), dict(os.environ), list(sys.path), list(warnings.filters))  # noqa: PTH109

    def enter(self) -> None:
        """Set the state of this process."""
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        sys.path[:] = self.path
        warnings.filters[:] = self.filters  # type: ignore[index]  # a list, declared as a sequence


class Parcel(NamedTuple):
    """Pickled objective and its surroundings."""

    surroundings: Surroundings
    objective: bytes


def dumped(message: object) -> bytes:
    """Return a message as bytes."""
    try:
        return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    except Exception:  # pickling runs arbitrary code
        return bytes(cloudpickle.dumps(message))


def serve(
    connection: Connection,
    owner: int,
    with_thread: bool,
    owners_end: Connection | None = None,
    objective: Objective | None = None,
) -> NoReturn:
    """Answer requests until the owner closes its end of the pipe; then end without any cleaning up.

    Parameters
    ----------
    connection
        This process's end of the pipe.
    owner
        Process that owns the run.
    with_thread
        Whether the thread that started this process lasts as long as the owner.
    owners_end, objective
        For a forked process, which inherits them: the owner's end of the pipe, and the objective.
    """
    _settle(owner, with_thread)
    if owners_end is not None:
        owners_end.close()
        gc.freeze()  # never collect inherited objects, which would close connections of the owner
        np.random.seed(None)  # noqa: NPY002 -- otherwise all children of a process draw the same noise
    pipe = _Pipe(connection)
    warnings.showwarning = pipe.warn  # type: ignore[assignment]  # file and line are not used
    server = _Server(pipe, objective)
    with ONE_BLAS_THREAD.hold(), suppress(EOFError, OSError):  # the owner is gone
        while connection.poll(None if owners_end is not None else _IDLE_SECONDS):
            request = pickle.loads(connection.recv_bytes())
            answer = _answer(server, request)
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):  # closed, or the objective's own
                    stream.flush()
            connection.send_bytes(answer)
    os._exit(0)


def _answer(server: _Server, request: tuple[Any, ...]) -> bytes:
    try:
        return dumped(("done", getattr(server, request[0])(*request[1:])))
    except BaseException as error:  # SystemExit and KeyboardInterrupt, too, are the objective's
        return dumped(("raised", packed(error)))


def _settle(owner: int, with_thread: bool) -> None:
    """Make this process one that ends with its owner, and that Ctrl-C does not reach."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(os, "setpgid"):
        with suppress(OSError):
            os.setpgid(0, 0)  # so that it is ended with all processes that it starts
    if with_thread and sys.platform == "linux":  # also while C code holds Python's lock
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    end_with(owner)


class _Pipe:
    """The owner, as `RemoteTrial` sees it. The objective may call from several threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    def tell(self, *message: Any) -> None:
        with self._lock:
            self._connection.send_bytes(dumped(message))

    def ask(self, *message: Any) -> Any:
        with self._lock:
            self._connection.send_bytes(dumped(message))
            kind, value = pickle.loads(self._connection.recv_bytes())
        if kind == "raised":
            raise unpacked(value)
        return value

    def warn(self, message: Warning | str, category: type[Warning], filename: str, lineno: int, *_more: object) -> None:
        with suppress(OSError):
            self.tell("warning", str(message), category, filename, lineno)


class _Server:
    """One method a request."""

    def __init__(self, pipe: _Pipe, objective: Objective | None) -> None:
        self._pipe, self._given = pipe, objective
        self._training: Trained | None = None

    @property
    def _objective(self) -> Objective:
        assert self._given is not None  # the first request is to take one
        return self._given

    def take(self, parcel: Parcel) -> None:
        self._given = self._training = None
        parcel.surroundings.enter()
        try:
            self._given = pickle.loads(parcel.objective)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise UsageError(f"the objective can't be rebuilt in a process of its own ({reason})") from error

    def ready(self) -> None:
        pass

    def run(self, number: int, is_pruned: bool) -> float:
        self._training = None  # free its memory first
        self._training = self._objective.run(RemoteTrial(self._pipe, number, is_pruned))  # type: ignore[arg-type]  # it has a trial's methods
        return self._training.validation

    def judgement(self) -> Any:
        assert self._training is not None  # asked after a run
        return self._training.judgement()

    def judge(self, params: dict[str, Any], trial_number: int, retraining: int) -> Any:
        return self._objective.judge(params, trial_number, retraining)

    def outcomes(self, params: dict[str, Any], trial_number: int, times: int) -> Any:
        return self._objective.outcomes(params, trial_number, times)

    def baseline(self, name: str) -> Any:
        return self._objective.baseline(name)

    def fingerprints(self) -> dict[str, str]:
        return dict(self._objective.fingerprints())
