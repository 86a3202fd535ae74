"""Opens optuna storages by URL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from hpsearch.errors import StorageError, UsageError

STORAGE_ERRORS = (SQLAlchemyError, StorageInternalError)  # what optuna's operations on a database raise
_FORMS = "sqlite:///FILE.db, journal:///FILE.log, postgresql://USER:PASSWORD@HOST/DATABASE"
_CONNECT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": 60},  # seconds to wait for another process's write
    "postgresql": {"connect_timeout": 10},
}


def open_storage(url: str) -> BaseStorage:
    """Open the storage at `url`, creating it where it does not exist.

    SQLite is opened in write-ahead-log mode, in which several processes may write and readers never wait; a
    ``journal:///FILE.log`` is optuna's journal file; all else is SQLAlchemy's.

    Raises
    ------
    StorageError
        If it cannot be opened. The message shows no password.
    """
    try:
        if url.startswith("journal:///"):
            return _open_journal(Path(url.removeprefix("journal:///")))
        return _open_database(url)
    except (SQLAlchemyError, OSError, ImportError, ValueError, RuntimeError) as error:
        raise StorageError(f"cannot open the storage {shown(url)}: {_reason(error)}") from error


@contextmanager
def opened(storage: str | BaseStorage, *, existing: bool = False) -> Iterator[BaseStorage]:
    """The storage; where it is given by its URL, opened (only if it exists, if asked) and closed again."""
    if not isinstance(storage, str):
        yield storage
        return
    here = (open_existing if existing else open_storage)(check_url(storage))
    try:
        yield here
    finally:
        if isinstance(here, RDBStorage):
            here.remove_session()
            here.engine.dispose()


def open_existing(url: str) -> BaseStorage:
    """Open the storage at `url`, which must be there: to read it is no reason to create one.

    Raises
    ------
    StorageError
        If it is not there, or cannot be opened.
    """
    scheme, _, place = check_url(url).partition(":///")
    if scheme.split("+")[0] in ("sqlite", "journal") and not Path(place).is_file():
        raise StorageError(f"there is no storage {url}: run the study first, or name the storage that holds it")
    return open_storage(url)


def shown(url: str) -> str:
    """`url` without its password."""
    return re.sub(r"([?&]password=)[^&\s]*", r"\1***", re.sub(r"(://[^:@/]*):.*@", r"\1:***@", url))


def _open_journal(path: Path) -> JournalStorage:
    if not path.parent.is_dir():
        raise StorageError(f"there is no folder {path.parent}")
    # Writing an operation takes milliseconds: a lock that is seconds old belongs to a dead process.
    lock = JournalFileOpenLock(str(path), grace_period=5)
    if path.exists():
        lock.acquire()
        try:
            _drop_torn_line(path)
        finally:
            lock.release()
    return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


def _drop_torn_line(path: Path) -> None:
    """Cut an operation that its process died in writing: the next one would be appended to it and lost with it."""
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)


def _open_database(url: str) -> RDBStorage:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    arguments = {"connect_args": _CONNECT_ARGUMENTS.get(backend, {})}
    storage = RDBStorage(parsed.render_as_string(hide_password=False), engine_kwargs=arguments)
    if backend == "sqlite":
        tune_sqlite(storage)
    return storage


def tune_sqlite(storage: RDBStorage) -> None:
    """Let readers read while a process writes, and writes return without waiting for the disk's own cache.

    A finished trial survives the death of the process; a power cut may cost the last ones.
    """

    @event.listens_for(storage.engine, "connect")
    def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    storage.engine.dispose()  # the connections opened so far have not met the listener


def _reason(error: Exception) -> str:
    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return f"no such form of address; choose from {_FORMS}"
    if isinstance(error, ImportError) or isinstance(error.__cause__, ImportError):
        return "its driver is not installed; for PostgreSQL: pip install 'hpsearch[postgres]'"
    first = str(getattr(error, "orig", None) or error).strip().splitlines()
    return shown(first[0]) if first else type(error).__name__


def check_url(url: object) -> str:
    """`url` where it is one, for callers who may be handed anything."""
    if not isinstance(url, str) or "://" not in url:
        raise UsageError(f"a storage is given by its URL ({_FORMS}), got {url!r}")
    return url
