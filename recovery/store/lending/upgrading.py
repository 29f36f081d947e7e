"""Making or upgrading the tables through a host's own connection, such as inside a migration of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from recovery.store import schema
from recovery.store.dialect import Dialect
from recovery.store.lending import alchemy_host
from recovery.store.lending.hosts import Lendable, borrowed
from recovery.store.lending.lent import Lent
from recovery.store.lending.manners import inside
from recovery.store.postgres_dialect import POSTGRES
from recovery.store.records import Schema
from recovery.store.sqlite_dialect import SQLITE

WHERE = "of the lent connection"


def upgrade_tables(connection: Lendable, *, entropy: Callable[[int], bytes] = os.urandom) -> Schema:
    """Bring the tables in a host's database to this version's schema, in the host's own transaction.

    It is committed with the host's work, or not at all. A host's own Alembic history stays as it is, and so
    does its `op` when this is called from a revision of its own.

    Args:
        connection: see `Engine.handle`.
        entropy: where the installation id comes from, when the tables are new.

    Raises:
        Unlendable: the connection cannot be used.
        EnvironmentFault: a newer version wrote the tables, or they cannot be written; nothing was changed.
    """
    lent = borrowed(connection)
    dialect: Dialect = SQLITE if lent.database == "sqlite" else POSTGRES
    with dialect.explaining(WHERE), inside(lent) as cursor, _as_alchemy(connection, lent, dialect) as begun:
        for text in dialect.upgrade_lock:
            cursor.execute(text)
        try:
            return schema.upgrade_begun(begun, cursor, dialect, WHERE, lambda: entropy(16).hex())
        except DBAPIError as error:
            raise error.orig or error from error


@contextmanager
def _as_alchemy(connection: Any, lent: Lent, dialect: Dialect) -> Iterator[Connection]:
    """The host's connection as SQLAlchemy's, which Alembic wants: one that commits and rolls back nothing."""
    if alchemy_host.is_sync(connection):
        yield connection if isinstance(connection, Connection) else connection.connection()
        return
    engine = create_engine(
        f"{dialect.alchemy}://", creator=lambda: lent.driver, poolclass=StaticPool, pool_reset_on_return=None
    )
    for ending in ("do_commit", "do_rollback"):
        setattr(engine.dialect, ending, lambda _: None)
    with engine.connect() as begun, begun.begin():
        yield begun
