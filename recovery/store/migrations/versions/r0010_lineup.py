"""Line-up sheets: one for each team and shift."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INSTANT = sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table; no team has had a sheet before."""
    op.create_table(
        "recovery_lineup",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("team", WORDS, primary_key=True),
        sa.Column("shift_at", INSTANT, primary_key=True),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("sent", WORDS, nullable=False),
        sa.Column("attended", WORDS),
        sa.Column("noted_by", WORDS),
    )
