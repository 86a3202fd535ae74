"""Optuna's journal files: read without a lock, written under one, and never a file that is no journal."""

from __future__ import annotations

import json
import os
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileOpenLock

from hpsearch.errors import DamagedStorageError, StorageError
from hpsearch.storage.damage import damaged
from hpsearch.storage.optuna_private import (
    JOURNAL_OPERATIONS,
    LOCK_SUFFIX,
    CheckedBackend,
    ReplayedJournal,
    set_system_attribute,
    system_attribute_set,
)
from hpsearch.storage.torn_lines import set_torn_line_aside
from hpsearch.storage.urls import first_line

SQLITE_MAGIC = b"SQLite format 3\0"
_BEGIN = b'{"op_code":'  # of a journal's first line, where its process died in writing it
_LONGEST_FIRST_LINE = 1_000_000  # bytes; it creates a study
_GRACE_PERIOD = 5  # seconds; writing an operation takes milliseconds, so an older lock belongs to a dead process

_ATTRIBUTES_LOCK = threading.Lock()  # shared: what holds a lock cannot be pickled


def open_journal(path: Path, url: str) -> JournalStorage:
    """Open the journal to be written, creating it where it does not exist.

    Raises
    ------
    StorageError
        The file is no journal, or a damaged one. It is left as it is.
    """
    if path.exists():
        check_first_line(path)
    else:
        path.touch()
    for place in (path, path.parent):  # the lock is made beside the file
        if not os.access(place, os.W_OK):
            raise StorageError(f"{place} can't be written to")
    return ReplayedJournal(JournalWriter(path, url))


def read_journal(path: Path, url: str) -> JournalStorage:
    """Open the journal to be read alone: it is neither locked nor changed.

    Raises
    ------
    StorageError
        The file is no journal, or a damaged one.
    """
    check_first_line(path)
    return ReplayedJournal(JournalReader(path, url))


def check_first_line(path: Path) -> None:
    """Refuse a file that has content, but not a journal's.

    Raises
    ------
    StorageError
        Naming what the file is instead, where that shows.
    """
    with path.open("rb") as file:
        line = file.readline(_LONGEST_FIRST_LINE)
    whole = line.endswith(b"\n")
    if not line or (whole and _operation(line) is not None) or (not whole and line.startswith(_BEGIN)):
        return
    if line.startswith(SQLITE_MAGIC):
        raise StorageError(f"it is no journal but an SQLite database: use sqlite:///{path}")
    raise StorageError(
        "it is no journal of Optuna's, since its first line is no operation: name another file, or restore a copy "
        "if it was one"
    )


def looks_like_journal(first_bytes: bytes) -> bool:
    """Return whether a file that begins with these bytes may be a journal."""
    return first_bytes.startswith(_BEGIN)


class JournalReader(CheckedBackend):
    """The whole lines of a journal file; a last line without its end is left out, since it is torn or being written."""

    def __init__(self, path: Path, url: str) -> None:
        self._path, self._url = path, url
        self._read = (0, 0)  # how many lines were read, and how many bytes they take
        self._damage: DamagedStorageError | None = None
        self.last_worker = ""

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the operations from this number on.

        Raises
        ------
        DamagedStorageError
            A line holds no operation; now, and at every later call.
        """
        if self._damage is not None:
            raise self._damage
        if self._read[0] != log_number_from:
            self._read = (0, 0)
        is_first = self._read[1] == 0
        with self._path.open("rb") as file:
            file.seek(self._read[1])
            for line in file:
                if not line.endswith(b"\n"):
                    return
                log = _operation(line)
                if log is None and not is_first and not file.peek(1):
                    return  # on a network's file system the content of the last line may come after its length
                if log is None:
                    raise self.damage("is no operation", self._read[0] + 1)
                self._read = (self._read[0] + 1, self._read[1] + len(line))
                if self._read[0] > log_number_from:
                    self.last_worker = log["worker_id"]
                    yield log

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Refuse to write.

        Raises
        ------
        StorageError
            Always.
        """
        raise StorageError(f"the journal {self._path} was opened to be read, not to be written")

    def failed(self, error: Exception) -> DamagedStorageError:
        """Return the error for the line read last, which Optuna could not apply."""
        return self.damage(f"can't be applied ({type(error).__name__}: {first_line(error)})", self._read[0])

    def damage(self, what: str, line: int) -> DamagedStorageError:
        """Note and return the error for a line, with how to keep what is before it."""
        repaired = self._path.with_name(f"repaired-{self._path.name}")
        way_out = (
            f"restore a copy of it, or keep the operations before that line: head -n {line - 1} "
            f"{shlex.quote(str(self._path))} > {shlex.quote(str(repaired))}"
        )
        self._damage = damaged(self._url, f"line {line} {what}", way_out)
        return self._damage


class JournalWriter(JournalReader):
    """A journal file that is read and appended to. A torn last line is set aside before anything is written."""

    def __init__(self, path: Path, url: str) -> None:
        super().__init__(path, url)
        self._lock = JournalFileOpenLock(str(path), grace_period=_GRACE_PERIOD)
        self._lock_path = path.with_name(path.name + LOCK_SUFFIX)
        self._attributes = SystemAttributes(path)
        self.fence: Callable[[], None] | None = None
        """Called under the lock before anything is appended; raises to refuse it."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for another process, which holds no lease."""
        return self.__dict__ | {"fence": None}

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append operations, in one step.

        Raises
        ------
        DamagedStorageError
            A line was found before that holds no operation.
        """
        is_appended = False
        while not is_appended:
            with self._locked() as holds:
                if self.fence is not None:
                    self.fence()
                is_appended = self._append(logs, holds)

    def attribute(self, study: int, key: str) -> str | None:
        """Return a system attribute of a study as JSON text, as the file has it now; None if it is null or missing."""
        return self._attributes.newest(study, key)

    def swap_attribute(self, study: int, key: str, old: str | None, new: str | None, worker: str) -> bool:
        """Set a system attribute of a study if it is `old`, as `attribute` returns it; return whether it was."""
        value = None if new is None else json.loads(new)
        is_appended = False
        while not is_appended:
            with self._locked() as holds:
                if self.attribute(study, key) != old:
                    return False
                is_appended = self._append([set_system_attribute(study, key, value, worker)], holds)
        return True

    def _append(self, logs: list[dict[str, Any]], holds: Callable[[], bool]) -> bool:
        """Append operations, if the lock is still held; return whether it was."""
        if self._damage is not None:
            raise self._damage
        content = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        with self._path.open("r+b") as file:
            if not holds():
                return False
            set_torn_line_aside(self._path, file)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return True

    @contextmanager
    def _locked(self) -> Iterator[Callable[[], bool]]:
        """Hold the lock within the context; yield what returns whether it is still held.

        Another program breaks the lock of one that holds it for long, as if that were dead. It may have been frozen.
        """
        self._lock.acquire()
        mine = _identity(self._lock_path)

        def holds() -> bool:
            return _identity(self._lock_path) == mine

        try:
            yield holds
        finally:
            if holds():
                with suppress(RuntimeError):  # it was broken just now
                    self._lock.release()


class SystemAttributes:
    """System attributes of the studies in a journal file, read on from where the last reading ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0
        self._found: dict[tuple[int, str], str | None] = {}

    def newest(self, study: int, key: str) -> str | None:
        """Return the last value as JSON text; None if it is null or missing."""
        with _ATTRIBUTES_LOCK, self._path.open("rb") as file:
            file.seek(self._end)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._end += len(line)
                if b'"system_attr"' in line:
                    self._note(line)
        return self._found.get((study, key))

    def _note(self, line: bytes) -> None:
        operation = _operation(line)
        attribute_set = None if operation is None else system_attribute_set(operation)
        if attribute_set is not None:
            study, attributes = attribute_set
            for key, value in attributes.items():
                self._found[study, key] = None if value is None else json.dumps(value, sort_keys=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from a later one at the same path; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _operation(line: bytes) -> dict[str, Any] | None:
    """The operation that a line holds; None if it holds none."""
    try:
        log = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_operation = (
        isinstance(log, dict)
        and type(log.get("op_code")) is int
        and log["op_code"] in JOURNAL_OPERATIONS
        and isinstance(log.get("worker_id"), str)
    )
    return log if is_operation else None
