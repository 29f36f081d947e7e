"""PostgreSQL, behind the seam of `recovery.store.dialect`. psycopg itself is not needed to know its texts.

**Positions.** A log is read by others as it grows (seals; whoever follows the changes), so there must be a
position below which nothing can appear any more. Writers do not wait for each other here, so a lower position
may be committed after a higher one. Therefore each writer, before it draws its first position, takes a shared
advisory lock whose number is its *floor*: no position of its own will be at or below it. To learn what is
settled, one reads the last position drawn, *then* the floors of all who hold such a lock; up to the lowest of
them everything is there. A writer that is not seen holding its lock either has committed, or will draw
positions above the one that was read. The lock ends with the transaction, or with the savepoint it was taken
in; nobody ever waits for it. Once taken, `recovery.floor` keeps a transaction from taking further ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import psycopg

from recovery.core.instants import utc
from recovery.store import outbox_statements as sql_of_outbox
from recovery.store import statements as sql
from recovery.store.compiling import Many, Texts
from recovery.store.dialect import Cursor, Dialect
from recovery.store.postgres_faults import explaining

_TURN = 2**32
"""A lock keeps a floor's lowest 32 bits; the rest is that of the last position drawn."""

_OUTBOX = f"'{sql_of_outbox.effect.name}'::regclass::oid::int4"
"""The number that locks of the outbox have, so that they are no other's."""


class PostgresDialect(Dialect):
    """All rows of a statement go in one message, each column as an array."""

    name = "postgresql"
    alchemy = "postgresql+psycopg"
    upgrade_lock = (f"SELECT pg_advisory_xact_lock({0x7265636F76657279})",)
    has_table = "SELECT 1 WHERE to_regclass(%s) IS NOT NULL"

    def __init__(self) -> None:
        driver: Any = psycopg.dialect
        self.texts = Texts(driver(paramstyle="format"), together=True)

    def items(self, items: Sequence[Any]) -> str:
        """An array, as PostgreSQL writes it."""
        return array(items)

    def many(self, cursor: Cursor, statement: Many, rows: list[tuple[Any, ...]]) -> int:
        """Run a statement once for all rows; gives how many rows of the database it changed."""
        cursor.execute(self.texts[statement], [array(column) for column in zip(*rows, strict=True)])
        return cursor.rowcount

    def numbers(self, cursor: Cursor, n: int) -> list[int]:
        """The next numbers of the sequence; a transaction that is rolled back leaves a gap."""
        cursor.execute(self.texts[sql.NEW_NUMBERS], (n,))
        return sorted(number for (number,) in cursor.fetchall())

    def give_back(self, cursor: Cursor, numbers: list[int]) -> None:
        """Nothing: others may have drawn further ones meanwhile, and a gap is no harm."""

    def settled(self, cursor: Cursor) -> int:
        """The position below which nothing can appear any more: see the head of this module."""
        cursor.execute(self.texts[sql.DRAWN_POSITION], ())
        drawn = int(cursor.fetchone()[0])
        cursor.execute(self.texts[sql.FLOORS], ())
        return min([drawn, *(_floor(low, drawn) for (low,) in cursor.fetchall())])

    def lease_now(self, cursor: Cursor) -> datetime:
        """The server's clock, which every worker shares, wherever it runs."""
        cursor.execute("SELECT clock_timestamp()")
        return utc(cursor.fetchone()[0])

    def claiming(self, cursor: Cursor, tenant: str | None) -> None:
        """One claim of a tenant after the other: each sees the leases of the one before, also within a case.

        Those of different tenants go on side by side, and keep out whoever claims for all: a take-over, and a
        worker of an earlier version, which takes the first lock alone.

        What follows in the transaction is found through indexes, in their order: where the statistics are
        those of a nearly empty table, reading and sorting all that was ever sent seems to cost nothing.
        """
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off")
        if tenant is None:
            cursor.execute(f"SELECT pg_advisory_xact_lock({_OUTBOX}::bigint)")
        else:
            cursor.execute(
                f"SELECT pg_advisory_xact_lock_shared({_OUTBOX}::bigint), "
                f"pg_advisory_xact_lock({_OUTBOX}, hashtext(%s))",
                (tenant,),
            )

    def take(self, cursor: Cursor, numbers: Sequence[int]) -> None:
        """Advisory locks, in the order of the numbers, so that no two transactions wait for each other."""
        cursor.execute("SELECT pg_advisory_xact_lock(one) FROM unnest(%s::bigint[]) one", (array(numbers),))

    def wiping(self, cursor: Cursor) -> None:
        """What is written over goes with the next VACUUM, and not before."""

    def explaining(self, where: str) -> AbstractContextManager[None]:
        """Turns the driver's errors into ours."""
        return explaining(where)


def array(items: Iterable[Any]) -> str:
    """Texts, numbers, truths and bytes as an array in PostgreSQL's notation; the driver's own way is slow."""
    return "{" + ",".join([_item(item) for item in items]) + "}"


def _item(item: Any) -> str:
    if item is None:
        return "NULL"
    if type(item) is str:
        escaped = item.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if type(item) is bytes:
        return f'"\\\\x{item.hex()}"'
    return str(item)


def _floor(low: int, drawn: int) -> int:
    """The floor with these lowest bits: the last one that is not above the last position drawn."""
    floor = drawn - drawn % _TURN + low
    return floor if floor <= drawn else floor - _TURN


POSTGRES = PostgresDialect()
"""The one of every PostgreSQL store."""
