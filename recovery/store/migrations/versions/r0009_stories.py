"""Stories and praise are found by an index of their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

TOLD = sa.text("kind IN ('StoryTold', 'PraiseGiven')")


def upgrade() -> None:
    """Make the index; there are no such events yet."""
    op.create_index(
        "recovery_event_told", "recovery_event", ["tenant_id", "id"], sqlite_where=TOLD, postgresql_where=TOLD
    )
