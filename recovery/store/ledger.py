"""The ledger inside one transaction: it follows what the logs say of compensations, and is never changed.

How much of a limit is used is what its `used` account comes to. Whoever is going to use up more takes the
account's owner for the rest of the transaction first (`take`), so that two never count on the same rest; what
only gives back takes nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from recovery.core.case import Case, Change
from recovery.core.empowerment.postings import USED, account, postings
from recovery.core.empowerment.state import read_compensation
from recovery.store import ledger_statements as sql
from recovery.store.dialect import Cursor, Dialect


class Ledger:
    """The ledger of one transaction, buffered; `flush` writes it."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._lines: list[tuple[Any, ...]] = []
        self._last: tuple[Any, ...] = ()
        self._n = 0
        self._taken: set[int] = set()
        self._used: dict[tuple[str, str, str], int] = {}
        self._unwritten: dict[tuple[str, str, str], int] = {}

    def take(self, tenant: str, subjects: Iterable[str]) -> None:
        """Let nobody else use up what is these subjects' (`person:li`), until the transaction ends.

        All that a transaction needs are best taken at once: then no two wait for each other.
        """
        wanted = {_number(tenant, subject) for subject in subjects} - self._taken
        if wanted:
            self._dialect.take(self._cursor, sorted(wanted))
            self._taken |= wanted

    def used(self, tenant: str, budget: str, of: str, currency: str) -> int:
        """How much of an account of a budget is used, this transaction's own included."""
        key = (tenant, account(USED, budget, of), currency)
        if key not in self._used:
            self._cursor.execute(self._dialect.texts[sql.SUMS_OF], (tenant, self._dialect.items([key[1]])))
            sums = {found: int(units) for _, found, units in self._cursor.fetchall()}
            self._used[key] = sums.get(currency, 0) + self._unwritten.get(key, 0)
        return self._used[key]

    def follow(self, case: Case, change: Change) -> None:
        """Take over what a change in the log says of a compensation."""
        event = (case.tenant, case.id, case.seq)
        if event != self._last:
            self._last, self._n = event, 0
        by = read_compensation(change[2]).spent_by
        for line in postings(change):
            self._lines.append((*event, self._n, change[1], *line, by, case.updated_at))
            self._n += 1
            key = (case.tenant, line.account, line.currency)
            self._unwritten[key] = self._unwritten.get(key, 0) + line.units
            if key in self._used:
                self._used[key] += line.units

    def flush(self) -> None:
        """Write its lines out."""
        if self._lines:
            self._dialect.many(self._cursor, sql.INSERT_LINE, self._lines)
            self._lines.clear()
            self._unwritten.clear()


def _number(tenant: str, subject: str) -> int:
    """What a subject is taken by: 64 bits with a sign."""
    return int.from_bytes(sha256(f"{tenant}\0{subject}".encode()).digest()[:8], signed=True)
