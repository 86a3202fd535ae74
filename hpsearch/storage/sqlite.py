"""SQLite files: written in write-ahead-log mode, read without a change to the file or to its folder.

A connection with ``mode=ro`` does not do for a database in write-ahead-log mode. SQLite makes a ``-wal`` and a ``-shm``
beside it and leaves them there, fails where it can't, and rewrites a ``-shm`` that a crash left. With ``immutable=1``
it touches nothing, but does not look at the log. So a database whose log holds something is copied together with it,
and the copy is read; one without is opened immutable. Databases in other modes are opened with ``mode=ro``.
"""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import tempfile
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

from optuna.storages import RDBStorage
from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from hpsearch.errors import StorageError
from hpsearch.storage.damage import STORAGE_ERRORS, damage_in, damaged, name_of
from hpsearch.storage.journal import SQLITE_MAGIC, looks_like_journal
from hpsearch.storage.optuna_private import Database
from hpsearch.storage.schema import check_schema

TIMEOUT = 60  # seconds to wait for another process's write
_HEADER = 20  # bytes
_WRITES_AHEAD = b"\x02\x02"  # the end of the header of a database in write-ahead-log mode
_LOG_HEADER = 32  # bytes; they change when the log begins anew
_ATTEMPTS = 20

Connect = Callable[[], sqlite3.Connection]


class SQLiteReader(Database):
    """A database that is read: neither it nor its folder is changed.

    It opens the file beside SQLite, which on closing drops the locks that this process has on it. So a process should
    not write to the same file meanwhile.

    Raises
    ------
    StorageError
        The file is no database of Optuna's, or a damaged one.
    """

    def __init__(self, path: Path, url: str) -> None:
        self._url = url
        self._path = path.resolve()  # SQLite, too, looks for the log beside the file that a link points to
        self._remove_copies: list[Callable[[], object]] = []
        self._before = _state(self._path)
        with _explained(path, url):
            connect = self._way_to_connect()
            with closing(connect()) as connection:
                _check_integrity(connection, path, url)
            engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
            if not check_schema(engine, url):
                raise StorageError(f"{name_of(url)} is empty: run a study first, or name the storage that holds it")
            arguments = {"creator": connect, "poolclass": QueuePool}
            super().__init__("sqlite://", arguments, skip_table_creation=True)

    def has_changed(self) -> bool:
        """Return whether what was read may not fit together, since the file was written to meanwhile."""
        return self._before is not None and _state(self._path) != self._before

    def close(self) -> None:
        """Close the connections and remove the copies."""
        self.remove_session()
        self.engine.dispose()
        for remove in self._remove_copies:
            remove()

    def _way_to_connect(self) -> Connect:
        """How to read the file in the state that it is in."""
        with self._path.open("rb") as file:
            header = file.read(_HEADER)
        if header.endswith(_WRITES_AHEAD):
            return self._past_the_log()
        self._before = None  # SQLite's locks see to it
        if _needs_rollback(self._path):
            return self._on_a_copy("-journal")
        return partial(_connect, self._path, "mode=ro")

    def _past_the_log(self) -> Connect:
        for _ in range(_ATTEMPTS):
            log = _log_state(self._path)
            if log is None:
                return partial(_connect, self._path, "mode=ro&immutable=1")
            with suppress(FileNotFoundError):  # the log, by the last that closes the database
                # What is checkpointed from the log into the file meanwhile stays in the log until that begins anew.
                connect = self._on_a_copy("-wal")
                if _log_state(self._path) == log:
                    self._before = None
                    return connect
        raise StorageError(f"{name_of(self._url)} is written to all the time: try again")

    def _on_a_copy(self, suffix: str) -> Connect:
        folder = tempfile.mkdtemp(prefix="hpsearch-")
        self._remove_copies.append(weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True))
        copy = Path(folder) / "copy.db"
        shutil.copyfile(self._path, copy)
        shutil.copyfile(f"{self._path}{suffix}", f"{copy}{suffix}")
        return partial(_connect, copy, "mode=rw")


def check_sqlite(path: Path, url: str) -> None:
    """Check a file before it is written to.

    Raises
    ------
    StorageError
        The file is no database, or a damaged one. It is left as it is.
    """
    with _explained(path, url), closing(_connect(path, "mode=rw", query_only=False)) as connection:
        _check_integrity(connection, path, url)


def tune_sqlite(storage: RDBStorage) -> None:
    """Let readers read while a process writes, and writes return without waiting for the disk's own cache.

    A finished trial survives the death of the process; a power cut may cost the last ones.
    """

    @event.listens_for(storage.engine, "connect")
    def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    storage.engine.dispose()  # existing connections lack the pragmas
    with storage.engine.connect():
        pass  # a file that can't be written to fails here


def empty_log(storage: RDBStorage) -> None:
    """Move what is in the write-ahead log to the database's own file, as far as others who have it open let that be.

    Worker processes end without closing the database, and what reads it leaves the log as it is.
    """
    with suppress(*STORAGE_ERRORS), storage.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _connect(path: Path, query: str, *, query_only: bool = True) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?{query}"
    connection = sqlite3.connect(address, uri=True, timeout=TIMEOUT, check_same_thread=False)
    connection.execute(f"PRAGMA query_only={int(query_only)}")
    return connection


def _state(path: Path) -> tuple[int, int, int] | None:
    with suppress(OSError):
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns
    return None


def _log_state(path: Path) -> tuple[int, bytes] | None:
    """What tells one beginning of the write-ahead log from another; None if the log holds nothing."""
    with suppress(FileNotFoundError), Path(f"{path}-wal").open("rb") as file:
        header = file.read(_LOG_HEADER + 1)
        if len(header) > _LOG_HEADER:
            return Path(f"{path}-wal").stat().st_ino, header[:_LOG_HEADER]
    return None


def _needs_rollback(path: Path) -> bool:
    """Whether a process died while it wrote, so that the file is to be mended from its journal."""
    try:
        with closing(_connect(path, "mode=ro")) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
        return True
    return False


def _check_integrity(connection: sqlite3.Connection, path: Path, url: str) -> None:
    """Check the pages, the indices and that every row's parent is there; takes about 5 ms for each MB."""
    (finding,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if finding != "ok":
        raise damaged(url, str(finding).removeprefix("*** in database main ***"), _recovery(path))
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    orphans = Counter((table, parent) for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"))
    for (table, parent), count in orphans.items():
        if parent in tables:  # the schema's check names a table that is missing
            raise damaged(url, f"{count} rows of the table {table} refer to rows missing from the table {parent}")


def _recovery(path: Path) -> str:
    file, repaired = shlex.quote(str(path)), shlex.quote(str(path.with_name(f"repaired-{path.name}")))
    return f"restore a copy of it, or save what can be read: sqlite3 {file} .recover | sqlite3 {repaired}"


@contextmanager
def _explained(path: Path, url: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, *STORAGE_ERRORS) as error:
        reason = _no_database(path, url) or _damage(path, url, error)
        if reason is None:
            raise
        raise reason from error


def _no_database(path: Path, url: str) -> StorageError | None:
    """The error for a file that is something else."""
    with path.open("rb") as file:
        begin = file.read(_HEADER)
    if begin.startswith(SQLITE_MAGIC) or not begin:
        return None
    reason = "name another file, or restore a copy if it was one"
    if looks_like_journal(begin):
        reason = f"it looks like a journal, so use journal:///{path}"
    return StorageError(f"cannot open {name_of(url)}: the file is not a database; {reason}")


def _damage(path: Path, url: str, error: Exception) -> StorageError | None:
    kind = damage_in(error)
    return None if kind is None else damaged(url, kind, _recovery(path))
