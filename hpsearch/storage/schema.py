"""The tables of a database that Optuna made: whether all are there, with their columns and their version."""

from __future__ import annotations

import sqlalchemy as sa

from hpsearch.storage.damage import damaged
from hpsearch.storage.optuna_private import models, newest_schema

_TABLES = models.BaseModel.metadata.tables
_VERSIONS = {"version_info", "alembic_version"}


def check_schema(engine: sa.Engine, url: str) -> bool:
    """Return whether Optuna need not make any table or row before the database can be read.

    A database without a single study or trial may be in the making, and lack whatever it will. One of an older or a
    newer Optuna is left to Optuna, which names the way out.

    Raises
    ------
    DamagedStorageError
        The database holds something, but lacks a table, a column or its version.
    """
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        present = set(inspector.get_table_names())
        missing = sorted((set(_TABLES) | _VERSIONS) - present)
        unversioned = sorted(name for name in _VERSIONS & present if _is_empty(connection, name))
        if all(_is_empty(connection, name) for name in set(_TABLES) & present - _VERSIONS):
            return not missing and not unversioned
        if _is_of_another_version(connection, present - set(unversioned)):
            return True
        if missing:
            raise damaged(url, f"the table {missing[0]} is missing")
        if unversioned:
            raise damaged(url, f"the table {unversioned[0]} lacks its row")
        for name, table in _TABLES.items():
            columns = {column["name"] for column in inspector.get_columns(name)}
            lacking = [column for column in [each.name for each in table.columns] if column not in columns]
            if lacking:
                raise damaged(url, f"the table {name} lacks the column {lacking[0]}")
    return True


def _is_empty(connection: sa.Connection, table: str) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)).first() is None


def _is_of_another_version(connection: sa.Connection, tables: set[str]) -> bool:
    if "alembic_version" not in tables:
        return False
    version = connection.execute(sa.select(sa.column("version_num")).select_from(sa.table("alembic_version"))).scalar()
    return version != newest_schema()
