"""Reading the ledger: a case's lines, and what accounts come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recovery.core.empowerment.postings import PAID
from recovery.store import ledger_statements as sql
from recovery.store.reading import Reading

Balance = tuple[str, str]
"""An account and a currency."""


class LedgerLine(NamedTuple):
    """One line of the ledger.

    Attributes:
        seq: the event of the case that wrote it; `n` its number within that.
        units: so many of the currency's smallest coin.
        by: whose limit it counts in.
        at: when it was written (text instant).
    """

    case: int
    seq: int
    n: int
    compensation: str
    account: str
    currency: str
    units: int
    by: str
    at: str


def lines(reading: Reading, tenant: str, case: int) -> list[LedgerLine]:
    """What the ledger has of a case, in order."""
    return [LedgerLine(*row) for row in reading.rows(sql.LINES, tenant, case)]


def balances(reading: Reading, tenant: str, accounts: Sequence[str]) -> dict[Balance, int]:
    """What accounts come to, by account and currency; one without lines is left out."""
    rows = reading.rows(sql.SUMS_OF, tenant, reading.dialect.items(list(accounts)))
    return {(found, currency): int(units) for found, currency, units in rows}


def all_balances(reading: Reading, tenant: str) -> dict[Balance, int]:
    """What every account comes to."""
    rows = reading.rows(sql.SUMS, tenant)
    return {(found, currency): int(units) for found, currency, units in rows}


def spenders(reading: Reading, tenant: str, prefix: str) -> list[tuple[str, str]]:
    """Whose limit counts in accounts whose names begin so: the account, and `role:name`."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return [(account, by) for account, by in reading.rows(sql.SPENDERS, tenant, prefix, end)]


def moved_since(
    reading: Reading, tenant: str, account: str, since: str
) -> list[tuple[int, str, str, int, str, str]]:
    """Every line of an account since a moment: case, compensation, currency, units, by, when."""
    return [tuple(row) for row in reading.rows(sql.PAID_SINCE, tenant, account, since)]


def paid_since(reading: Reading, tenant: str, since: str) -> list[tuple[int, str, str, int, str, str]]:
    """Every payment since a moment (text instant): case, compensation, currency, units, by whom, when."""
    rows = moved_since(reading, tenant, PAID, since)
    return [(case, number, currency, -units, by, at) for case, number, currency, units, by, at in rows]
