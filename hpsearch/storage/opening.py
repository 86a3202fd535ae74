"""Opens optuna storages by URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from hpsearch.errors import StorageError, UsageError
from hpsearch.redaction import passwords, redacted, repeats_password, shown

STORAGE_ERRORS = (SQLAlchemyError, StorageInternalError)  # what optuna's operations on a database raise
_FORMS = "sqlite:///FILE.db, journal:///FILE.log, postgresql://USER@HOST/DATABASE"
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
        raise StorageError(f"cannot open the storage {shown(url)}: {_reason(error, url)}") from error


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
        raise StorageError(f"there is no storage {shown(url)}: run the study first, or name the storage that holds it")
    return open_storage(url)


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
    # Optuna takes what stands in braces for a field to be filled in.
    address = parsed.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
    storage = RDBStorage(address, engine_kwargs=arguments)
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


def _reason(error: Exception, url: str) -> str:
    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return f"no such form of address; choose from {_FORMS}"
    if isinstance(error, ImportError) or isinstance(error.__cause__, ImportError):
        return "its driver is not installed; for PostgreSQL: pip install 'hpsearch[postgres]'"
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    if _is_misread(url) and repeats_password("\n".join(lines), url):
        return "its password can't be told from the rest; in it, write @ as %40, : as %3A and / as %2F"
    return redacted(lines[0]) if lines else type(error).__name__


def _is_misread(url: str) -> bool:
    """Whether a driver takes a part of a password for something else, and may repeat it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return True
    read = {str(parsed.password), *(str(value) for value in parsed.query.values())}
    return not {unquote(password) for password in passwords(url)} <= read


def _quoted(url: object) -> str:
    return repr(shown(url)) if isinstance(url, str) else shown(repr(url))


def check_url(url: object) -> str:
    """`url` where it is one, for callers who may be handed anything."""
    if not isinstance(url, str) or "://" not in url:
        raise UsageError(f"a storage is given by its URL ({_FORMS}), got {_quoted(url)}")
    return url
