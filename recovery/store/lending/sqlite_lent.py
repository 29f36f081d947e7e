"""A lent `sqlite3.Connection`, or the one under aiosqlite and SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recovery.store.dialect import Cursor
from recovery.store.lending.lent import Lent, State, Unlendable

LEGACY = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", -1)
"""What `autocommit` is on a connection that goes by its `isolation_level` (Python 3.12 and later)."""


class SqliteLent(Lent):
    """SQLite, in each of the ways Python's driver can be set to handle transactions.

    Args:
        connection: makes cursors.
        driver: says what state it is in; the same object, or the one under an adapter.
    """

    database = "sqlite"
    survives_errors = True

    def __init__(self, connection: Any, driver: Any) -> None:
        self._connection = connection
        self.driver = driver

    def cursor(self) -> Cursor:
        """A new cursor.

        Raises:
            Unlendable: the connection is closed, or another thread's.
        """
        try:
            found: Cursor = self._connection.cursor()
        except sqlite3.ProgrammingError as error:
            raise Unlendable(f"The lent connection cannot be used: {error}") from error
        return found

    @property
    def state(self) -> State:
        """`open` also where a savepoint of the host's began the transaction."""
        return "open" if self.driver.in_transaction else "idle"

    @property
    def commits_itself(self) -> bool:
        """True with `isolation_level=None`, or with `autocommit=True`."""
        autocommit = getattr(self.driver, "autocommit", LEGACY)
        if autocommit == LEGACY:
            return self.driver.isolation_level is None
        return bool(autocommit)

    def begin(self, cursor: Cursor) -> None:
        """Take the write lock at once, so that what is read cannot be overtaken before it is written."""
        cursor.execute("BEGIN IMMEDIATE")

    @property
    def written(self) -> int:
        """Every row written through this connection."""
        return int(self.driver.total_changes)

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """Rows as tuples and text as `str`, whatever the host's factories make of them."""
        driver = self.driver
        factories = driver.row_factory, driver.text_factory
        if factories == (None, str):
            yield
            return
        driver.row_factory, driver.text_factory = None, str
        try:
            yield
        finally:
            driver.row_factory, driver.text_factory = factories
