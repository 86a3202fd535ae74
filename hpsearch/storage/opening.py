"""Open Optuna storages by URL, for writing or read-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna.storages import BaseStorage, RDBStorage

from hpsearch.errors import HpsearchError, StorageError
from hpsearch.redaction import shown
from hpsearch.storage.damage import STORAGE_ERRORS, damage_in, damaged, name_of, name_storage
from hpsearch.storage.databases import open_database, read_database
from hpsearch.storage.journal import open_journal, read_journal
from hpsearch.storage.proxy import GRPC, close_proxy, open_proxy
from hpsearch.storage.sqlite import SQLiteReader, empty_log
from hpsearch.storage.urls import JOURNAL, cannot_open, check_file, check_url, file_of, first_line


def open_storage(url: str) -> BaseStorage:
    """Open the storage at `url` for writing; create it if it does not exist.

    SQLite is opened in write-ahead-log mode, so that several processes can write and readers never wait.
    ``journal:///FILE.log`` is Optuna's journal file, ``grpc://HOST:PORT`` its proxy of a database. SQLAlchemy opens all
    other URLs.

    Raises
    ------
    StorageError
        If it cannot be opened, is damaged, or is no storage. The message contains no password, and files are not
        changed.
    """
    with _explained(url):
        path = file_of(url)
        if path is not None:
            check_file(path)
        if url.startswith(GRPC):
            return _named(open_proxy(url), url)
        return _named(open_journal(path, url) if path and url.startswith(JOURNAL) else open_database(url), url)


def open_existing(url: str) -> BaseStorage:
    """Open the existing storage at `url` read-only; neither its file nor its folder is changed.

    Raises
    ------
    StorageError
        If it does not exist, cannot be opened, is damaged, or is no storage.
    """
    with _explained(check_url(url)):
        path = file_of(url)
        if path is not None:
            _check_existing(path, url)
        if url.startswith(GRPC):
            return _named(open_proxy(url), url)
        return _named(read_journal(path, url) if path and url.startswith(JOURNAL) else read_database(url), url)


@contextmanager
def opened(storage: str | BaseStorage, *, existing: bool = False) -> Iterator[BaseStorage]:
    """Open a storage given by its URL, and close it at the end; yield an open storage unchanged.

    Parameters
    ----------
    existing
        Whether it must exist, and is opened read-only.

    Raises
    ------
    StorageError
        If it cannot be opened, or, if `existing`, cannot be read.
    """
    if not isinstance(storage, str):
        yield storage
        return
    here = (open_existing if existing else open_storage)(check_url(storage))
    try:
        if existing:
            with _unchanged(here), _readable(storage):
                yield here
        else:
            yield here
    finally:
        _close(here)


def _check_existing(path: Path, url: str) -> None:
    if not path.exists():
        raise StorageError(f"there is no storage {shown(url)}: run the study first, or name the storage that holds it")
    check_file(path)
    if path.stat().st_size == 0:
        raise StorageError(f"{name_of(url)} is an empty file: run the study first, or name the storage that holds it")


def _named(storage: BaseStorage, url: str) -> BaseStorage:
    name_storage(storage, url)
    return storage


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn every error of opening into one line that names the storage."""
    try:
        yield
    except HpsearchError as error:
        if name_of(url) in str(error) or shown(url) in str(error):
            raise
        raise cannot_open(url, error) from error
    except Exception as error:
        kind = damage_in(error)
        raise cannot_open(url, error) if kind is None else damaged(url, kind) from error


@contextmanager
def _readable(url: str) -> Iterator[None]:
    try:
        yield
    except STORAGE_ERRORS as error:
        kind = damage_in(error)
        if kind is not None:
            raise damaged(url, kind) from error
        raise StorageError(f"cannot read {name_of(url)}: {first_line(error)}") from error


@contextmanager
def _unchanged(storage: BaseStorage) -> Iterator[None]:
    """Refuse results and errors of reading a file that changed meanwhile."""
    try:
        yield
    except Exception as error:
        _check_unchanged(storage, error)
        raise
    _check_unchanged(storage)


def _check_unchanged(storage: BaseStorage, error: Exception | None = None) -> None:
    if isinstance(storage, SQLiteReader) and storage.has_changed():
        raise StorageError(f"{name_of(storage)} was written to while it was read: try again") from error


def _close(storage: BaseStorage) -> None:
    if isinstance(storage, SQLiteReader):
        storage.close()
    elif isinstance(storage, RDBStorage):
        storage.remove_session()
        if storage.engine.dialect.name == "sqlite":
            empty_log(storage)
        storage.engine.dispose()
    else:
        close_proxy(storage)
