"""A lent `psycopg.Connection`, or the `psycopg.AsyncConnection` under SQLAlchemy."""

from __future__ import annotations

from typing import Any

from recovery.store.dialect import Cursor
from recovery.store.lending.lent import Lent, State, Unlendable

_STATES: tuple[State, ...] = ("idle", "open", "open", "failed", "failed")
"""By `psycopg.pq.TransactionStatus`: idle, active, in transaction, in error, unknown."""


class PsycopgLent(Lent):
    """PostgreSQL through psycopg 3, in autocommit mode or not.

    Args:
        connection: makes cursors when it is an adapter over an asynchronous driver.
        driver: psycopg's own connection.
    """

    database = "postgresql"
    survives_errors = False

    def __init__(self, connection: Any, driver: Any) -> None:
        self._connection = connection
        self.driver = driver

    def cursor(self) -> Cursor:
        """A new cursor, of the driver's own kind even where the host has made another kind the usual one.

        Raises:
            Unlendable: the connection is closed.
        """
        if self.driver.closed:
            raise Unlendable("The lent connection is closed.")
        if self._connection is not self.driver:
            adapted: Cursor = self._connection.cursor()
            return adapted
        from psycopg import Cursor as PsycopgCursor
        from psycopg.rows import tuple_row

        found: Cursor = PsycopgCursor(self.driver, row_factory=tuple_row)
        return found

    @property
    def state(self) -> State:
        """As the server said last."""
        return _STATES[int(self.driver.info.transaction_status)]

    @property
    def commits_itself(self) -> bool:
        """True in autocommit mode."""
        return bool(self.driver.autocommit)

    def begin(self, cursor: Cursor) -> None:
        """Only in autocommit mode; otherwise the driver begins with the first statement."""
        if self.driver.autocommit:
            cursor.execute("BEGIN")
