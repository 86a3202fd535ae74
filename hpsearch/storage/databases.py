"""Databases behind SQLAlchemy: SQLite files, PostgreSQL servers and others, to be written or to be read alone."""

from __future__ import annotations

from typing import Any

from optuna.storages import RDBStorage
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from hpsearch.errors import StorageError
from hpsearch.storage.connections import server_arguments, without_engine_arguments, writer_arguments
from hpsearch.storage.damage import name_of
from hpsearch.storage.optuna_private import Database
from hpsearch.storage.schema import check_schema
from hpsearch.storage.sqlite import TIMEOUT, SQLiteReader, check_sqlite, tune_sqlite
from hpsearch.storage.urls import file_of

_READ_ONLY: dict[str, dict[str, Any]] = {"postgresql": {"postgresql_readonly": True}}
_DRIVERS = {"postgresql": "postgresql+psycopg"}
_PLAIN_SQLITE = ("sqlite", "sqlite+pysqlite")


def open_database(url: str) -> RDBStorage:
    """Open the database to be written, making its tables where it has none.

    Raises
    ------
    StorageError
        It is damaged, or no database. It is left as it is.
    """
    parsed, path = make_url(url), file_of(url)
    is_sqlite = parsed.drivername in _PLAIN_SQLITE
    is_new = path is not None and (not path.exists() or path.stat().st_size == 0)
    if is_sqlite and path is not None and not is_new:
        check_sqlite(path, url)
    arguments = _arguments(parsed, writes=True)
    if not is_new:
        _check(parsed, arguments, url)
    storage = Database(_address(parsed), arguments)
    if is_sqlite:
        tune_sqlite(storage)
    return storage


def read_database(url: str) -> RDBStorage:
    """Open the database to be read alone: no table, row or file is made.

    Raises
    ------
    StorageError
        It holds no tables of Optuna's, is damaged, or no database.
    """
    parsed, path = make_url(url), file_of(url)
    if parsed.drivername in _PLAIN_SQLITE and path is not None:
        return SQLiteReader(path, url)
    arguments = _arguments(parsed) | {"execution_options": _READ_ONLY.get(parsed.get_backend_name(), {})}
    if not _check(parsed, arguments, url):
        raise StorageError(f"{name_of(url)} is empty: run a study first, or name the storage that holds it")
    return Database(_address(parsed), arguments, skip_table_creation=True)


def _check(parsed: URL, arguments: dict[str, Any], url: str) -> bool:
    engine = create_engine(_with_driver(parsed), **arguments)
    try:
        return check_schema(engine, url)
    finally:
        engine.dispose()


def _arguments(parsed: URL, *, writes: bool = False) -> dict[str, Any]:
    if parsed.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": TIMEOUT}}
    return (writer_arguments if writes else server_arguments)(parsed)


def _with_driver(parsed: URL) -> URL:
    return without_engine_arguments(parsed).set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _address(parsed: URL) -> str:
    """The URL as Optuna takes it: for Optuna, braces are a field to be filled in."""
    address = _with_driver(parsed).render_as_string(hide_password=False)
    return address.replace("{", "{{").replace("}", "}}")
