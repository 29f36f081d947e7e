"""Setting money aside for recoveries that fail: lines of the ledger that belong to no case (domain.md §4).

They stand under case 0; `seq` is the moment in microseconds since 1970, so that the same moment is set aside
for once, however often it is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal_column, select

from recovery.core.empowerment.postings import FUND, SET_ASIDE
from recovery.core.instants import EPOCH, to_text
from recovery.store import ledger_statements as sql
from recovery.store import statements
from recovery.store.codec import encode
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor, Dialect
from recovery.store.reading import Snapshot
from recovery.store.statements import insert_many, names

NO_CASE = 0
"""Where a ledger's lines stand that belong to no case: no case has this number."""

_INSERT = insert_many(sql.ledger, names(sql.ledger), ignoring=True)

_AUDIT = Statement(
    select(sql.ledger.c.tenant_id, sql.ledger.c.seq, sql.ledger.c.currency, sql.ledger.c.units)
    .where(sql.ledger.c.case_id == literal_column("0"))
    .order_by(sql.ledger.c.tenant_id, sql.ledger.c.seq)
)


class Fund:
    """The recovery fund of one tenant, on a cursor that is inside a transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect, tenant: str) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._tenant = tenant

    def set_aside(self, at: datetime, currency: str, units: int, by: str) -> bool:
        """Put so much of a currency's smallest coin into it; False where that was done for this moment.

        Args:
            at: aware.
        """
        lines = [(FUND, units), (SET_ASIDE, -units)]
        rows = [
            (self._tenant, NO_CASE, _number(at), n, "", account, currency, amount, by, to_text(at))
            for n, (account, amount) in enumerate(lines)
        ]
        return self._dialect.many(self._cursor, _INSERT, rows) == len(rows)

    def used_for(self, key: str, fingerprint: str, at: datetime) -> str | None:
        """What a command's key was used for before, as its fingerprint; None: from now on for this one.

        Whoever comes with the same key meanwhile waits until this transaction ends.

        Args:
            at: aware.
        """
        row = (self._tenant, key, fingerprint, NO_CASE, _number(at), encode({}), to_text(at))
        if self._dialect.many(self._cursor, statements.INSERT_COMMAND, [row]):
            return None
        self._cursor.execute(self._dialect.texts[statements.RECALL_COMMAND], (self._tenant, key))
        return str(self._cursor.fetchone()[1])


def _number(at: datetime) -> int:
    """A moment in microseconds since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def audit(snapshot: Snapshot, report: Callable[[str, str, str], Any]) -> None:
    """Report where what was set aside does not sum to zero.

    Args:
        report: takes a code, a message and the tenant.
    """
    sums: dict[tuple[str, int, str], int] = {}
    for tenant, seq, currency, units in snapshot.stream(_AUDIT):
        sums[tenant, seq, currency] = sums.get((tenant, seq, currency), 0) + units
    for (tenant, seq, currency), units in sums.items():
        if units:
            at = to_text(EPOCH + timedelta(microseconds=seq))
            message = f"What was set aside at {at} does not sum to zero: {units} of {currency}."
            report("ledger_unbalanced", message, tenant)
