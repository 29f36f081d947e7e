"""SQLite, behind the seam of `recovery.store.dialect`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

from sqlalchemy.dialects import sqlite

from recovery.core.instants import from_text
from recovery.store import statements as sql
from recovery.store.codec import encode
from recovery.store.compiling import Insertion, Many, Texts
from recovery.store.dialect import LAST, Cursor, Dialect
from recovery.store.faults import Explaining


class SqliteDialect(Dialect):
    """Rows go to the driver one by one, or a few at once; it is in the same process."""

    name = "sqlite"
    alchemy = "sqlite"
    has_table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    first_values = MappingProxyType({"next_case": "1"})

    def __init__(self) -> None:
        self.texts = Texts(sqlite.dialect(paramstyle="qmark"), together=False)

    def items(self, items: Sequence[Any]) -> str:
        """A JSON array."""
        return encode(list(items))

    def many(self, cursor: Cursor, statement: Many, rows: list[tuple[Any, ...]]) -> int:
        """Run a statement for each row, or for several at once; gives how many rows that changed."""
        changed = 0
        size = Insertion.ROWS
        if len(rows) >= size and isinstance(statement, Insertion):
            whole = len(rows) - len(rows) % size
            several = [tuple(chain.from_iterable(rows[n : n + size])) for n in range(0, whole, size)]
            cursor.executemany(self.texts[statement.several], several)
            changed = cursor.rowcount
            rows = rows[whole:]
        if rows:
            cursor.executemany(self.texts[statement], rows)
            changed += cursor.rowcount
        return changed

    def numbers(self, cursor: Cursor, n: int) -> list[int]:
        """The next numbers of the counter, which is under the one writer's lock."""
        cursor.execute(self.texts[sql.GET_META], ("next_case",))
        (text,) = cursor.fetchone()
        following = int(text) + n
        cursor.execute(self.texts[sql.SET_META], (str(following), "next_case"))
        return list(range(following - n, following))

    def give_back(self, cursor: Cursor, numbers: list[int]) -> None:
        """Set the counter back to the first of them."""
        cursor.execute(self.texts[sql.SET_META], (str(numbers[0]), "next_case"))

    def settled(self, cursor: Cursor) -> int:  # noqa: ARG002
        """Everything: with one writer at a time, events are committed in the order of their numbers."""
        return LAST

    def claiming(self, cursor: Cursor, tenant: str | None) -> None:
        """Nobody else can: there is one writer at a time."""

    def take(self, cursor: Cursor, numbers: Sequence[int]) -> None:
        """Nobody else can: there is one writer at a time."""

    def lease_now(self, cursor: Cursor) -> datetime:
        """The machine's clock, to the millisecond: who uses this file is on this machine."""
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
        return from_text(cursor.fetchone()[0])

    def wiping(self, cursor: Cursor) -> None:
        """Zeroes where something stood; for as long as the connection lasts."""
        cursor.execute("PRAGMA secure_delete = on")

    def explaining(self, where: str) -> AbstractContextManager[None]:
        """Turns the driver's errors into ours."""
        return Explaining(where)


SQLITE = SqliteDialect()
"""The one of every SQLite store."""
