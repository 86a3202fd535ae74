"""Connections to servers: kept alive, tested before use, and waited for when they are lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from optuna.storages import BaseStorage
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from hpsearch.storage.damage import STORAGE_ERRORS, chain
from hpsearch.storage.optuna_private import database_behind
from hpsearch.storage.urls import first_line

PATIENCE = 60.0
"""Seconds to wait for a storage that does not answer."""

_PREFIX = "engine_"  # of the keys in a URL's query that are arguments of SQLAlchemy's create_engine
_IDLE_SECONDS = 20  # between two statements of a transaction, which take milliseconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0  # seconds between two attempts

_log = logging.getLogger(__name__)

_SERVERS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "connect_timeout": 10,
        # A broken connection fails after half a minute instead of a quarter of an hour.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 4,
        "tcp_user_timeout": 30_000,  # milliseconds
    },
}


def server_arguments(url: URL) -> dict[str, Any]:
    """Return the arguments of ``create_engine`` for a server: connections are tested before use.

    A key of the URL's query that begins with ``engine_`` is such an argument, too: ``?engine_pool_size=2``.
    """
    kept = {key: value for key, value in _SERVERS.get(url.get_backend_name(), {}).items() if key not in url.query}
    return {"connect_args": kept, "pool_pre_ping": True} | _engine_arguments(url.query)


def writer_arguments(url: URL) -> dict[str, Any]:
    """Return the arguments of ``create_engine`` for a program that writes to a server.

    If it is cut off or frozen within a transaction, the server ends that soon. Otherwise the rows that the
    transaction has locked, such as the lease of a run, stay locked for hours.
    """
    listeners = _WRITER_LISTENERS.get(url.get_backend_name(), [])
    return server_arguments(url) | ({"pool_events": listeners} if listeners else {})


def _limit_idle_transactions(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'")
    connection.commit()


_WRITER_LISTENERS: dict[str, list[tuple[Any, str]]] = {"postgresql": [(_limit_idle_transactions, "connect")]}


def without_engine_arguments(url: URL) -> URL:
    """Return the URL as its driver knows it."""
    return url.difference_update_query([key for key in url.query if key.startswith(_PREFIX)])


def is_lost(error: BaseException) -> bool:
    """Return whether an error means that the connection to a server was lost."""
    for each in chain(error):
        if isinstance(each, DBAPIError) and _is_server(each):
            return each.connection_invalidated or type(each.orig).__name__ in ("OperationalError", "InterfaceError")
        code = getattr(each, "code", None)
        if callable(code) and getattr(code(), "name", "") in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):  # gRPC
            return True
    return False


def say_lost(error: BaseException, patience: float | None = None) -> None:
    """Say that a server does not answer; once, until it answers again, whichever thread notices it."""
    limit = PATIENCE if patience is None else patience
    if _outage.begins():
        reason = [first_line(each) for each in chain(error) if isinstance(each, DBAPIError)]
        text = reason[0] if reason else first_line(error)
        _log.warning("the storage does not answer (%s): trying again for up to %.0f seconds", text, limit)


def say_found() -> None:
    """Say that a server answers again, if it was said that it does not."""
    if _outage.ends():
        _log.warning("the storage answers again")


class _Outage:
    """Whether this process is in one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lasts = False

    def begins(self) -> bool:
        """Note that the server does not answer; return whether it did before."""
        with self._lock:
            before, self._lasts = self._lasts, True
            return not before

    def ends(self) -> bool:
        """Note that the server answers; return whether it did not before."""
        with self._lock:
            before, self._lasts = self._lasts, False
            return before


_outage = _Outage()


def answers_again(storage: BaseStorage, error: BaseException, patience: float | None = None) -> bool:
    """Wait for a storage whose connection was lost; return whether it answers within `patience` seconds.

    At once False if `error` does not say that the connection was lost.
    """
    limit = PATIENCE if patience is None else patience
    if not is_lost(error):
        return False
    say_lost(error, limit)
    for _ in _attempts(limit):
        with suppress(*STORAGE_ERRORS, OSError, RuntimeError):
            _ask(storage)
            say_found()
            return True
    return False


def _attempts(limit: float) -> Iterator[None]:
    end, pause = time.monotonic() + limit, _FIRST_PAUSE
    while time.monotonic() < end:
        yield
        time.sleep(min(pause, max(0.0, end - time.monotonic())))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _ask(storage: BaseStorage) -> None:
    database = database_behind(storage)
    if database is None:
        storage.get_all_studies()
        return
    engine: Engine = database.engine
    database.remove_session()
    engine.dispose()
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")


def _is_server(error: DBAPIError) -> bool:
    return not type(error.orig).__module__.startswith("sqlite3")


def _engine_arguments(query: Mapping[str, Any]) -> dict[str, Any]:
    given = {key.removeprefix(_PREFIX): value for key, value in query.items() if key.startswith(_PREFIX)}
    return {key: _value(str(value)) for key, value in given.items()}


def _value(text: str) -> bool | int | float | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text
