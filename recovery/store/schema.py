"""The schema's version: which one a database has, which one this code wants, and the way between them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from recovery.core.errors import EnvironmentFault
from recovery.store import statements as sql
from recovery.store.compiling import SQLITE
from recovery.store.records import Schema

VERSION_TABLE = "recovery_alembic_version"

REVISIONS = ("0001",)
"""Every revision this code knows, oldest first. A test compares it with `migrations/versions`."""


def current(connection: sqlite3.Connection) -> str | None:
    """The revision a database has; None when it has none of our tables."""
    tables = connection.execute(
        "select 1 from sqlite_master where type = 'table' and name = ?", (VERSION_TABLE,)
    )
    if tables.fetchone() is None:
        return None
    row = connection.execute(f"select version_num from {VERSION_TABLE}").fetchone()
    return None if row is None else str(row[0])


def schema(connection: sqlite3.Connection) -> Schema:
    """The revision a database has and the one this code works with."""
    return Schema(current(connection), REVISIONS[-1])


def require_current(found: Schema, path: Path) -> None:
    """Make sure that this code may work with a database.

    Raises:
        EnvironmentFault: the schema is older or newer than this code; the hint says what to run.
    """
    if found.is_current:
        return
    if found.current is None:
        raise EnvironmentFault(
            f"The database {path} has no tables of service-recovery yet.", hint="Run `recovery db upgrade`."
        )
    if found.current in REVISIONS:
        raise EnvironmentFault(
            f"The database {path} has schema {found.current}; this version works with {found.expected}.",
            hint="Make a copy of it, then run `recovery db upgrade`.",
        )
    raise _newer(found, path)


def _newer(found: Schema, path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        f"A newer version wrote the database {path}: it has schema {found.current}, which this version "
        f"(schema {found.expected}) does not know.",
        hint="Upgrade service-recovery; nothing was changed.",
    )


def upgrade(connection: sqlite3.Connection, path: Path, installation_id: Callable[[], str]) -> Schema:
    """Bring a database to this code's schema, in one transaction and under the database's write lock.

    Two upgrades at once are safe: the second waits for the first and finds nothing to do.

    Args:
        connection: in autocommit mode (`isolation_level=None`).
        installation_id: asked when the database is new.

    Raises:
        EnvironmentFault: a newer version wrote the database; nothing was changed.
        sqlite3.Error: the database cannot be written.
    """
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", _lock)
    try:
        with engine.begin() as locked:
            found = schema(connection)
            if found.current is not None and found.current not in REVISIONS:
                raise _newer(found, path)
            if not found.is_current:
                _run_revisions(locked)
            if connection.execute(SQLITE[sql.GET_META], ("installation_id",)).fetchone() is None:
                for name, value in (("installation_id", installation_id()), ("next_case", "1")):
                    connection.execute(SQLITE[sql.INSERT_META], (name, value))
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from error
        raise
    return schema(connection)


def _lock(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _run_revisions(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "recovery.store:migrations")
    command.upgrade(config, "head")
