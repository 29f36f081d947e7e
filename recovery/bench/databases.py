"""Databases to measure on, each new and removed at the end, with engines on them."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from recovery.bench.subject import SYNCHRONOUS
from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.errors import EnvironmentFault
from recovery.core.instants import to_text
from recovery.engine import Engine
from recovery.project import SQLITE, Project, starter_root
from recovery.store.tables import table
from recovery.store.urls import is_postgres

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


def execute(url: str, statement: str) -> None:
    """Run a statement on a database, committed at once."""
    if not is_postgres(url):
        with closing(sqlite3.connect(url.removeprefix(SQLITE), isolation_level=None)) as file:
            file.execute(statement)
        return
    import psycopg

    with psycopg.connect(libpq(url), autocommit=True) as connection:
        connection.execute(statement.encode())


def copies(url: str, tenant: str, count: int, due_after: timedelta = timedelta()) -> None:
    """Copy the one case of a tenant with its message so many times: a case takes the engine longer to open.

    Args:
        due_after: how much later than the original the messages are due.
    """
    number = f"{COPIED} + copy"
    _copy(url, tenant, "case", "id", count, {"id": number})
    later = {"case_id": number}
    if due_after:
        later["due_at"] = f"'{to_text(NOW + due_after)}'"
    _copy(url, tenant, "effect", "case_id", count, later)
    execute(url, "vacuum (analyze)" if is_postgres(url) else "analyze")


def _copy(url: str, tenant: str, name: str, key: str, count: int, changed: dict[str, str]) -> None:
    of = table(name)
    columns = [one.name for one in of.c if one.name != "id" or "id" in changed]
    given = ", ".join(changed.get(column, column) for column in columns)
    numbers = f"copies(copy) as (select 1 union all select copy + 1 from copies where copy < {count})"
    rows = f"select {given} from {of.name}, copies where tenant_id = '{tenant}' and {key} < {COPIED}"
    if count:
        into = f"insert into {of.name} ({', '.join(columns)})"
        execute(url, f"with recursive {numbers} {into} {rows}")


def libpq(url: str) -> str:
    """A PostgreSQL URL as psycopg itself takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
