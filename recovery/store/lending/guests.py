"""What a store knows of the connections lent to it, and how it works in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from weakref import WeakSet

from recovery.store import statements as sql
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor, Dialect
from recovery.store.lending.hosts import borrowed
from recovery.store.lending.lent import Lent, Unlendable
from recovery.store.lending.manners import inside, looking
from recovery.store.reading import Reading


class Guests:
    """Connections of hosts, as one store uses them.

    Args:
        where: names the store's database in errors.
        installation: gives the store's installation id, by which a lent connection is known to be one to the
            same database.
    """

    def __init__(self, dialect: Dialect, where: str, installation: Callable[[], str]) -> None:
        self._dialect = dialect
        self._where = where
        self._installation = installation
        self._known: WeakSet[Any] = WeakSet()

    @contextmanager
    def writing(self, connection: Any) -> Iterator[Cursor]:
        """A cursor in the host's transaction (see `recovery.store.lending`).

        Raises:
            Unlendable: the connection cannot be used, or is one to another database.
            EnvironmentFault, LostRace, EngineFault: see `Dialect.explaining`.
        """
        installation = self._installation()
        with self._dialect.explaining(self._where):
            lent = self._borrowed(connection)
            with inside(lent) as cursor:
                self._recognise(lent, cursor, installation)
                yield cursor

    @contextmanager
    def reading(self, connection: Any, clock: Callable[[], datetime]) -> Iterator[Reading]:
        """What to ask; it sees what the host's transaction sees.

        Raises:
            Unlendable, EnvironmentFault, EngineFault: see `writing`.
        """
        installation = self._installation()
        with self._dialect.explaining(self._where):
            lent = self._borrowed(connection)
            with looking(lent) as cursor:
                self._recognise(lent, cursor, installation)
                yield _LentReading(self._dialect, clock, cursor)

    def _borrowed(self, connection: Any) -> Lent:
        lent = borrowed(connection)
        if lent.database != self._dialect.name:
            raise Unlendable(
                f"A connection to {lent.database} was lent; the engine's database is {self._where}.",
                hint="Lend a connection to the engine's own database.",
            )
        return lent

    def _recognise(self, lent: Lent, cursor: Cursor, installation: str) -> None:
        """Make sure that it leads to the store's own database; asked once where that can be noted."""
        if lent.can_be_noted and lent.driver in self._known:
            return
        found = _installation_of(cursor, self._dialect)
        if found != installation:
            what = "has no tables of service-recovery" if found is None else "is another one"
            raise Unlendable(
                f"The lent connection's database {what}; the engine's is {self._where}.",
                hint="Lend a connection to the engine's own database.",
            )
        if lent.can_be_noted:
            self._known.add(lent.driver)


class _LentReading(Reading):
    def __init__(self, dialect: Dialect, clock: Callable[[], datetime], cursor: Cursor) -> None:
        super().__init__(dialect, clock)
        self._cursor = cursor

    def rows(self, statement: Statement, *values: Any) -> list[Any]:
        self._cursor.execute(self.dialect.texts[statement], values)
        return self._cursor.fetchall()

    def stream(self, statement: Statement, *values: Any) -> Iterator[Any]:
        yield from self.rows(statement, *values)


def _installation_of(cursor: Cursor, dialect: Dialect) -> str | None:
    """The installation id of the database behind a cursor; None when it has none of our tables."""
    try:
        cursor.execute(dialect.texts[sql.GET_META], ("installation_id",))
    except Exception as error:
        if sql.meta.name in str(error):  # each driver has its own error for a table that is not there
            return None
        raise
    row = cursor.fetchone()
    return None if row is None else str(row[0])
