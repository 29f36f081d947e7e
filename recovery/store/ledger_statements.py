"""Every statement about the ledger, to be reviewed. The names after a statement are its values."""

from __future__ import annotations

from sqlalchemy import func, literal_column, select

from recovery.store.compiling import Among, Statement
from recovery.store.statements import insert_many, names, update_many, value
from recovery.store.tables import table

ledger = table("ledger")

INSERT_LINE = insert_many(ledger, names(ledger))

_sums = (
    select(ledger.c.account, ledger.c.currency, func.sum(ledger.c.units))
    .where(ledger.c.tenant_id == value("tenant"))
    .group_by(ledger.c.account, ledger.c.currency)
)

SUMS_OF = Statement(_sums.where(Among(ledger.c.account, "accounts")), "tenant", "accounts")
"""What accounts, by their names, come to in each currency."""

SUMS = Statement(_sums.order_by(ledger.c.account, ledger.c.currency), "tenant")

SPENDERS = Statement(
    select(ledger.c.account, ledger.c.by)
    .distinct()
    .where(
        ledger.c.tenant_id == value("tenant"),
        ledger.c.account >= value("first"),
        ledger.c.account < value("end"),
    )
    .order_by(ledger.c.account, ledger.c.by),
    "tenant",
    "first",
    "end",
)
"""Whose limit counts in the accounts whose names lie between two."""

PAID_SINCE = Statement(
    select(
        ledger.c.case_id, ledger.c.compensation, ledger.c.currency, ledger.c.units, ledger.c.by, ledger.c.at
    )
    .where(
        ledger.c.tenant_id == value("tenant"),
        ledger.c.account == value("of_account"),
        ledger.c.at >= value("since"),
    )
    .order_by(ledger.c.at, ledger.c.case_id, ledger.c.seq, ledger.c.n),
    "tenant",
    "of_account",
    "since",
)
"""What an account was moved by since a moment."""

LINES = Statement(
    select(*(ledger.c[name] for name in names(ledger, "tenant_id")))
    .where(ledger.c.tenant_id == value("tenant"), ledger.c.case_id == value("of_case"))
    .order_by(ledger.c.seq, ledger.c.n),
    "tenant",
    "of_case",
)

AUDIT_LINES = Statement(
    select(*(ledger.c[name] for name in names(ledger)))
    .where(ledger.c.case_id > literal_column("0"))
    .order_by(ledger.c.tenant_id, ledger.c.case_id, ledger.c.seq, ledger.c.n)
)
"""Those of cases."""

ACCOUNTS = Statement(
    select(ledger.c.seq, ledger.c.n, ledger.c.account).where(
        ledger.c.tenant_id == value("tenant"), ledger.c.case_id == value("of_case")
    ),
    "tenant",
    "of_case",
)

LEAVE_OF_LINE = update_many(
    ledger,
    lambda given: {"account": given["account"]},
    lambda given: (
        ledger.c.tenant_id == given["of_tenant"],
        ledger.c.case_id == given["of_case"],
        ledger.c.seq == given["of_seq"],
        ledger.c.n == given["of_n"],
    ),
    account=ledger.c.account,
    of_tenant=ledger.c.tenant_id,
    of_case=ledger.c.case_id,
    of_seq=ledger.c.seq,
    of_n=ledger.c.n,
)
"""What is left of a line when its customer is erased."""
