"""What reached an address, and when: so that nobody hears from us too often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the index by which messages that reached an address are found."""
    op.create_index(
        "recovery_effect_reached",
        "recovery_effect",
        ["tenant_id", "address", "settled_at"],
        sqlite_where=sa.text("status = 'delivered'"),
        postgresql_where=sa.text("status = 'delivered'"),
    )
