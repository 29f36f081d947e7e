"""Who works here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table of people, their teams and absences."""
    op.create_table(
        "recovery_person",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("kind", WORDS, primary_key=True),
        sa.Column("id", WORDS, primary_key=True),
        sa.Column("data", WORDS, nullable=False),
        sa.Column("source", WORDS, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
    )
