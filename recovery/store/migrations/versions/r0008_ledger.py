"""The ledger: what compensations take of limits, what is owed and what was paid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table; nobody has spent anything before."""
    op.create_table(
        "recovery_ledger",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("case_id", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("seq", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("n", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("compensation", WORDS, nullable=False),
        sa.Column("account", WORDS, nullable=False),
        sa.Column("currency", WORDS, nullable=False),
        sa.Column("units", WHOLE, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "recovery_ledger_account", "recovery_ledger", ["tenant_id", "account", "currency", "units"]
    )
