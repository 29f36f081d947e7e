"""Who lends: what each library's connection is, down to its driver's."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from recovery.store.lending import alchemy_host, django_host
from recovery.store.lending.lent import Lent, Unlendable
from recovery.store.lending.psycopg_lent import PsycopgLent
from recovery.store.lending.sqlite_lent import SqliteLent

if TYPE_CHECKING:
    from psycopg import Connection as PsycopgConnection
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
    from sqlalchemy.orm import Session, scoped_session

Lendable: TypeAlias = Union[
    sqlite3.Connection,
    "PsycopgConnection[Any]",
    "Connection",
    "Session",
    "scoped_session[Any]",
    "django_host.DjangoConnection",
]
"""What a host may lend: a connection of its driver, of SQLAlchemy (or its session), or of Django."""

AsyncLendable: TypeAlias = Union["AsyncConnection", "AsyncSession"]
"""What a host may lend to `AsyncEngine`."""

ACCEPTED = (
    "Lend a connection of sqlite3 or psycopg 3, a connection or session of SQLAlchemy over one of these "
    "(or over aiosqlite or asynchronous psycopg), or Django's connection."
)

_BARE: dict[tuple[str, str], type[SqliteLent | PsycopgLent]] = {
    ("sqlite3", "Connection"): SqliteLent,
    ("psycopg", "Connection"): PsycopgLent,
}
_ADAPTED: dict[tuple[str, str], type[SqliteLent | PsycopgLent]] = {
    ("aiosqlite", "Connection"): SqliteLent,
    ("psycopg", "AsyncConnection"): PsycopgLent,
}
"""Asynchronous drivers, which only SQLAlchemy's adapters make usable here."""


def borrowed(connection: Any) -> Lent:
    """A host's connection as the store uses it.

    Raises:
        Unlendable: it is of no kind that can be lent, or cannot be used in the state it is in.
    """
    if alchemy_host.is_async(connection):
        raise Unlendable(
            f"A {_named(connection)} was lent to the synchronous engine.",
            hint="Lend it to AsyncEngine, or call the engine inside its run_sync.",
        )
    if alchemy_host.is_sync(connection):
        return _of_driver(*alchemy_host.driver_of(connection))
    if django_host.is_django(connection):
        connection = django_host.driver_of(connection)
    return _of_driver(connection, connection)


def _of_driver(connection: Any, driver: Any) -> Lent:
    kinds = _BARE if connection is driver else _BARE | _ADAPTED
    for base in type(driver).__mro__:
        kind = kinds.get((base.__module__.partition(".")[0], base.__name__))
        if kind is not None:
            return kind(connection, driver)
    raise Unlendable(f"A {_named(driver)} cannot be lent.", hint=ACCEPTED)


def _named(thing: Any) -> str:
    kind = type(thing)
    return f"{kind.__module__}.{kind.__qualname__}"
