"""The schema's version: which one a database has, which one this code wants, and the way between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from recovery.core.errors import EnvironmentFault
from recovery.store import statements as sql
from recovery.store.dialect import Cursor, Dialect
from recovery.store.records import Schema

VERSION_TABLE = "recovery_alembic_version"

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""Every revision this code knows, oldest first. A test compares it with `migrations/versions`."""


def schema(cursor: Cursor, dialect: Dialect) -> Schema:
    """The revision a database has (None when it has none of our tables) and the one this code works with."""
    cursor.execute(dialect.has_table, (VERSION_TABLE,))
    if cursor.fetchone() is None:
        return Schema(None, REVISIONS[-1])
    cursor.execute(f"SELECT version_num FROM {VERSION_TABLE}")
    row = cursor.fetchone()
    return Schema(None if row is None else str(row[0]), REVISIONS[-1])


def require_current(found: Schema, where: str) -> None:
    """Make sure that this code may work with a database.

    Raises:
        EnvironmentFault: the schema is older or newer than this code; the hint says what to run.
    """
    if found.is_current:
        return
    if found.current is None:
        raise EnvironmentFault(
            f"The database {where} has no tables of service-recovery yet.", hint="Run `recovery db upgrade`."
        )
    if found.current in REVISIONS:
        raise EnvironmentFault(
            f"The database {where} has schema {found.current}; this version works with {found.expected}.",
            hint="Make a copy of it, then run `recovery db upgrade`.",
        )
    raise _newer(found, where)


def _newer(found: Schema, where: str) -> EnvironmentFault:
    return EnvironmentFault(
        f"A newer version wrote the database {where}: it has schema {found.current}, which this version "
        f"(schema {found.expected}) does not know.",
        hint="Upgrade service-recovery; nothing was changed.",
    )


def upgrade(
    connection: Any, dialect: Dialect, begin: Sequence[str], where: str, installation_id: Callable[[], str]
) -> Schema:
    """Bring a database to this code's schema, in one transaction.

    Two upgrades at once are safe: the second waits for the first and finds nothing to do.

    Args:
        connection: the driver's, in autocommit mode; it is left open.
        begin: what begins the transaction and locks out other upgrades.
        installation_id: asked when the database is new.

    Raises:
        EnvironmentFault: a newer version wrote the database; nothing was changed.
        Exception: the driver's own errors: the database cannot be written.
    """
    engine = create_engine(f"{dialect.alchemy}://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda begun: [begun.exec_driver_sql(text) for text in begin])
    cursor: Cursor = connection.cursor()
    try:
        with engine.begin() as begun:
            return upgrade_begun(begun, cursor, dialect, where, installation_id)
    except DBAPIError as error:
        if error.orig is not None:
            raise error.orig from error
        raise


def upgrade_begun(
    begun: Connection, cursor: Cursor, dialect: Dialect, where: str, installation_id: Callable[[], str]
) -> Schema:
    """Bring a database to this code's schema, in a transaction that has begun and that others cannot disturb.

    Args:
        cursor: of the same connection.

    Raises:
        EnvironmentFault, Exception: see `upgrade`.
    """
    found = schema(cursor, dialect)
    if found.current is not None and found.current not in REVISIONS:
        raise _newer(found, where)
    if not found.is_current:
        with _beside_another_run():
            _run_revisions(begun)
    cursor.execute(dialect.texts[sql.GET_META], ("installation_id",))
    if cursor.fetchone() is None:
        for row in {"installation_id": installation_id(), **dialect.first_values}.items():
            cursor.execute(dialect.texts[sql.INSERT_META], row)
    return schema(cursor, dialect)


def _run_revisions(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "recovery.store:migrations")
    command.upgrade(config, "head")


@contextmanager
def _beside_another_run() -> Iterator[None]:
    """Alembic keeps the run it is in, and that run's `op`, in its modules, and clears them at the end: put
    back those of a host whose own revision called us."""
    from alembic import context, op

    outer = [proxy for module in (context, op) if (proxy := getattr(module, "_proxy", None)) is not None]
    try:
        yield
    finally:
        for proxy in outer:
            proxy._install_proxy()
