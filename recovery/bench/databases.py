"""Databases to measure on, each new and removed at the end, with engines on them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from recovery.bench.subject import SYNCHRONOUS
from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.errors import EnvironmentFault
from recovery.engine import Engine
from recovery.project import SQLITE, Project, starter_root
from recovery.store.tables import table

COPIED = 1_000_000_000
"""Copies of cases have numbers above this one."""

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)

_numbers = count(1)


@contextmanager
def engine_on(url: str, synchronous: str = SYNCHRONOUS) -> Iterator[Engine]:
    """An engine on a database, which is made when it is new; its clock stands at `NOW`."""
    project = Project(starter_root(), url)
    engine = open_engine(project, clock=ManualClock(NOW), make=True, synchronous=synchronous)
    try:
        yield engine
    finally:
        engine.store.close()


@contextmanager
def sqlite_engine(synchronous: str = SYNCHRONOUS) -> Iterator[Engine]:
    """An engine on a new SQLite database in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder, engine_on(in_folder(folder), synchronous) as engine:
        yield engine


def in_folder(folder: str) -> str:
    """The URL of the database in a folder."""
    return f"{SQLITE}{Path(folder) / 'bench.db'}"


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """A new database on a PostgreSQL server; gives its URL as SQLAlchemy takes it.

    Args:
        server: the URL of a database whose user may make further ones.

    Raises:
        EnvironmentFault: psycopg is not installed, or the server cannot be reached or refuses.
    """
    try:
        import psycopg
    except ImportError:
        raise EnvironmentFault("psycopg is not installed.", hint="Install the extra `postgres`.") from None

    name = f"recovery_bench_{os.getpid()}_{next(_numbers)}"
    try:
        with psycopg.connect(libpq(server), autocommit=True) as connection:
            connection.execute(f"create database {name} encoding 'UTF8' template template0".encode())
            try:
                path = urlsplit(server)._replace(path=f"/{name}")
                yield urlunsplit(path).replace("postgresql://", "postgresql+psycopg://", 1)
            finally:
                connection.execute(f"drop database if exists {name} with (force)".encode())
    except psycopg.OperationalError as error:
        raise EnvironmentFault(f"PostgreSQL cannot be used: {str(error).strip()}") from error


def execute(where: str, statement: str, *values: object) -> None:
    """Run a statement on a PostgreSQL database (`where` as psycopg takes it)."""
    import psycopg

    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def copies_due_later(url: str, count: int, at: datetime) -> None:
    """Copy the first case of a PostgreSQL database with its message so many times, the messages due later.

    Args:
        at: when the first of them is due; each further one is due a second later.
    """
    second = "to_timestamp(%s + copy) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'"
    number = f"{COPIED} + copy"
    _copy(url, "case", "id", {"id": number}, count)
    later = {"case_id": number, "due_at": f"to_char({second})"}
    _copy(url, "effect", "case_id", later, at.timestamp(), count)
    execute(libpq(url), "vacuum (analyze)")


def _copy(url: str, name: str, key: str, changed: dict[str, str], *values: object) -> None:
    of = table(name)
    columns = [one.name for one in of.c if one.name != "id" or "id" in changed]
    given = ", ".join(changed.get(column, column) for column in columns)
    rows = f"select {given} from {of.name}, generate_series(1, %s) as copy where {key} = 1"
    execute(libpq(url), f"insert into {of.name} ({', '.join(columns)}) {rows}", *values)


def libpq(url: str) -> str:
    """A PostgreSQL URL as psycopg itself takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
