"""Databases for tests, made once, for making takes a while: then copied (SQLite) or filled anew (PostgreSQL).

In PostgreSQL the rows to begin with are kept in a schema of their own, and each test finds its tables so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from tests.store.house import House, ask_sql, run_sql

Fill = Callable[[House], None]
"""Puts rows into a house that has none."""


class Place(Protocol):
    """Where houses to begin with come from."""

    def house(self, folder: Path, /) -> AbstractContextManager[House]:
        """A house with a database that no other test changes; `folder` is the test's own."""


class SqlitePlace:
    """Files, copied from one that was made."""

    def __init__(self, folder: Path, fill: Fill) -> None:
        self._made = made_in(House(folder / "recovery.db"), fill)

    @contextmanager
    def house(self, folder: Path) -> Iterator[House]:
        """A house with a database of its own."""
        here = folder / self._made.path.parent.name
        here.mkdir()
        copy = House(here / "recovery.db")
        copy.now = self._made.now
        shutil.copyfile(self._made.path, copy.path)
        yield copy
        copy.store.close()


class PostgresPlace:
    """One database, filled anew for each test."""

    def __init__(self, url: str, fill: Fill) -> None:
        self._made = made_in(House(url), fill)
        tables = "select tablename from pg_tables where schemaname = 'public'"
        self._tables = [name for (name,) in ask_sql(self._made, tables)]
        sequences = "select sequencename, last_value from pg_sequences where schemaname = 'public'"
        self._sequences = [
            f"select setval('{name}', {last or 1}, {last is not None})"
            for name, last in ask_sql(self._made, sequences)
        ]
        kept = [f"create table kept.{name} as table public.{name}" for name in self._tables]
        run_sql(self._made, "create schema kept", *kept)

    @contextmanager
    def house(self, _: Path) -> Iterator[House]:
        """A house whose database holds what it held at first."""
        run_sql(
            self._made,
            *(f"delete from public.{name}" for name in self._tables),
            *(f"insert into public.{name} select * from kept.{name}" for name in self._tables),
            *self._sequences,
        )
        house = House(self._made.url)
        house.now = self._made.now
        yield house
        house.store.close()


def made_in(house: House, fill: Fill) -> House:
    """A house whose database has been made and filled."""
    house.store.upgrade()
    fill(house)
    house.store.close()
    return house
