"""Damaged storages: recognised by the errors of reading them, and worded in one line with the way out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.exc import SQLAlchemyError

from hpsearch.errors import DamagedStorageError, HpsearchError
from hpsearch.redaction import shown
from hpsearch.storage.urls import first_line
from hpsearch.text import plain, shorten

STORAGE_ERRORS = (SQLAlchemyError, StorageInternalError)  # what Optuna's operations on a database raise
_WAY_OUT = "restore a copy of it, or run the study with another storage (the same seed gives the same trials)"
# What Optuna raises on rows and lines that it can't have written.
_CONTENT_ERRORS = (LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError, RecursionError)
_SQLITE_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_SHORT_READ}
_SQLITE_MESSAGES = (
    "no such table",
    "no such column",
    "could not decode",
    "unsupported file format",
    "foreign key mismatch",
)
# undefined_table, undefined_column, data_corrupted, index_corrupted
_SQL_STATES = {"42P01", "42703", "XX001", "XX002"}
_LONGEST = 300  # characters of a driver's message

_PLACES: WeakKeyDictionary[BaseStorage, str] = WeakKeyDictionary()  # what opened storages are called in messages


def name_storage(storage: BaseStorage, url: str) -> None:
    """Note by which URL the storage was opened."""
    _PLACES[storage] = f"the storage {shown(url)}"


def name_of(storage: str | BaseStorage) -> str:
    """Return what to call a storage in a message: by its URL, without passwords, where it has one."""
    if isinstance(storage, str):
        return f"the storage {shown(storage)}"
    if storage in _PLACES:
        return _PLACES[storage]
    return f"the storage {shown(storage.url)}" if isinstance(storage, RDBStorage) else "the storage"


def damaged(storage: str | BaseStorage, kind: str, way_out: str = _WAY_OUT) -> DamagedStorageError:
    """Return the error for a damaged storage: its name, the kind of damage, the way out."""
    return DamagedStorageError(f"{name_of(storage)} is damaged: {shorten(plain(kind), _LONGEST)}; {way_out}")


def damage_in(error: BaseException) -> str | None:
    """Return what an error of a database says about damage; None where it says nothing about it."""
    for each in chain(error):
        message = first_line(each)
        if isinstance(each, UnicodeDecodeError):
            return message
        code = getattr(each, "sqlite_errorcode", None)
        if code is not None and ({code, code & 0xFF} & _SQLITE_CODES):
            return message
        if isinstance(each, sqlite3.Error) and message.lower().startswith(_SQLITE_MESSAGES):
            return message
        if getattr(each, "sqlstate", None) in _SQL_STATES:
            return message
    return None


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in seen:
            seen.append(each)
            waiting += [each.__context__, each.__cause__, getattr(each, "orig", None)]
    yield from seen


@contextmanager
def reading(storage: BaseStorage) -> Iterator[None]:
    """Translate what Optuna raises when it reads a damaged storage; other errors of a database pass.

    Raises
    ------
    DamagedStorageError
        In place of an error that damage causes.
    """
    try:
        yield
    except HpsearchError:
        raise
    except STORAGE_ERRORS as error:
        kind = damage_in(error)
        if kind is None:
            raise
        raise damaged(storage, kind) from error
    except _CONTENT_ERRORS as error:
        raise damaged(storage, f"its content can't be read ({type(error).__name__}: {first_line(error)})") from error
