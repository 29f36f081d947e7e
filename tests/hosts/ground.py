"""Where hosts and the engine meet: one database with the engine's tables and a host's own table `ticket`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

import psycopg

from recovery.bootstrap import checked
from recovery.clock import ManualClock
from recovery.engine import Engine
from recovery.project import starter_root
from recovery.store.postgres import PostgresStore
from recovery.store.sqlite import SqliteStore
from tests.postgres import libpq
from tests.support import START, entropy

TICKET = "create table ticket (name varchar(40) primary key, note varchar(200) not null)"

_numbers = count(1)


@dataclass
class Ground:
    """One database.

    Attributes:
        url: `sqlite:///…` or `postgresql+psycopg://…`.
        name: of the one ticket this test works with; no other test has it.
    """

    engine: Engine
    clock: ManualClock
    url: str

    def __post_init__(self) -> None:
        self.name = f"HD-{next(_numbers)}"

    @property
    def path(self) -> str:
        """The SQLite file."""
        return self.url.removeprefix("sqlite:///")

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def ask(self, text: str, *values: Any) -> list[Any]:
        """What somebody else sees: the rows of a query on a connection of its own."""
        if self.is_sqlite:
            with closing(sqlite3.connect(self.path)) as connection:
                return connection.execute(text, values).fetchall()
        with psycopg.connect(libpq(self.url)) as other:
            return other.execute(text.replace("?", "%s").encode(), values).fetchall()

    def kept(self) -> tuple[bool, bool]:
        """Whether the host's ticket and the engine's case have been committed."""
        rows = self.ask("select 1 from ticket where name = ?", self.name)
        return bool(rows), self.engine.find(self.name) is not None

    def other(self) -> Engine:
        """Another engine on the same database, as another process has it."""
        return _engine(self.url, self.clock)


def _engine(url: str, clock: ManualClock) -> Engine:
    drawn = entropy(crc32(url.encode()))
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        return Engine(SqliteStore.open(path, clock=clock.now, entropy=drawn, synchronous="NORMAL"), clock)
    return Engine(PostgresStore.open(url, clock=clock.now, entropy=drawn), clock)


def make(url: str) -> None:
    """Make the tables and publish the starter workflows."""
    engine = _engine(url, ManualClock(START))
    engine.store.upgrade()
    for bundle in checked(starter_root()):
        engine.store.publish(engine.tenant, bundle.hash, bundle.workflow_id, bundle.files)
    engine.store.close()
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(TICKET)
    else:
        with psycopg.connect(libpq(url)) as other:
            other.execute(TICKET)


@contextmanager
def ground_on(url: str) -> Iterator[Ground]:
    """An engine on a database that has been made; closed at the end."""
    clock = ManualClock(START)
    engine = _engine(url, clock)
    try:
        yield Ground(engine, clock, url)
    finally:
        engine.store.close()


def sqlite_url(path: Path) -> str:
    """The URL of a file."""
    return f"sqlite:///{path}"
