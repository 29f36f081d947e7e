"""What is done at set times and belongs to no case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table, and the index that lets each job have one row that is due."""
    op.create_table(
        "recovery_job",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("name", WORDS, primary_key=True),
        sa.Column("due_at", INSTANT, primary_key=True),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("done_at", INSTANT),
        sa.Column("note", WORDS),
        sa.Column("lease_owner", WORDS),
        sa.Column("lease_until", INSTANT),
        sa.Column("version", WHOLE, nullable=False),
    )
    op.create_index(
        "recovery_job_due",
        "recovery_job",
        ["tenant_id", "name"],
        unique=True,
        sqlite_where=sa.text("status = 'due'"),
        postgresql_where=sa.text("status = 'due'"),
    )
