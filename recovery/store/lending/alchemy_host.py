"""SQLAlchemy as a host: its connection, its session (SQLModel's too), and those of a `scoped_session`."""

from __future__ import annotations

from typing import Any, TypeGuard

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session

from recovery.store.lending.lent import Unlendable

ASYNC = frozenset({"AsyncConnection", "AsyncSession", "async_scoped_session"})


def is_sync(connection: object) -> TypeGuard[Connection | Session | scoped_session[Any]]:
    """Whether it is one of SQLAlchemy's."""
    return isinstance(connection, Connection | Session | scoped_session)


def is_async(connection: object) -> bool:
    """Whether it is one of SQLAlchemy's asynchronous ones."""
    return any(
        base.__name__ in ASYNC and base.__module__.startswith("sqlalchemy.")
        for base in type(connection).__mro__
    )


def driver_of(host: Connection | Session | scoped_session[Any]) -> tuple[Any, Any]:
    """The connection that makes cursors, and the driver's own (they differ where the driver is asynchronous).

    Raises:
        Unlendable: it is closed, or has failed and must be rolled back first.
    """
    try:
        connection = host if isinstance(host, Connection) else host.connection()
        begin(connection)
        pooled = connection.connection
        return pooled.dbapi_connection, pooled.driver_connection
    except SQLAlchemyError as error:
        said = str(error).partition("\n")[0].rstrip(".")
        raise Unlendable(
            f"The lent {type(host).__name__} cannot be used: {said}.",
            hint="Roll it back, or lend another one.",
        ) from error


def begin(connection: Connection) -> None:
    """Let SQLAlchemy know that there is work: without a transaction of its own its `commit` does nothing."""
    if not connection.in_transaction():
        connection.begin()
