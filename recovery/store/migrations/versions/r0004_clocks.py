"""When a case is to be seen to next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql")


def upgrade() -> None:
    """Add the moment, and the index a worker finds it by; cases of older versions have no clocks."""
    op.add_column("recovery_case", sa.Column("due_at", INSTANT))
    op.create_index(
        "recovery_case_due",
        "recovery_case",
        ["tenant_id", "due_at", "id"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
