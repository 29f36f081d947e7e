"""Leases and pauses for the outbox; tasks for people; attachments; coupons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recovery.store.codec import decode, encode

revision = "0003"
down_revision = "0002"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add columns and tables; a message already asked for was asked for when it was due."""
    op.add_column("recovery_effect", sa.Column("asked_at", INSTANT, nullable=False, server_default=""))
    op.add_column("recovery_effect", sa.Column("lease_owner", WORDS))
    op.add_column("recovery_effect", sa.Column("lease_until", INSTANT))
    op.add_column("recovery_effect", sa.Column("version", WHOLE, nullable=False, server_default="0"))
    op.execute("UPDATE recovery_effect SET asked_at = due_at")
    op.add_column("recovery_case", sa.Column("open_tasks", WHOLE, nullable=False, server_default="0"))
    op.create_index(
        "recovery_case_tasks",
        "recovery_case",
        ["tenant_id", "id"],
        sqlite_where=sa.text("open_tasks > 0"),
        postgresql_where=sa.text("open_tasks > 0"),
    )
    owner = ["tenant_id", "owner", "id"]
    op.drop_index("recovery_case_owner", "recovery_case")
    op.create_index(
        "recovery_case_owner",
        "recovery_case",
        owner,
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "recovery_case_owner_open",
        "recovery_case",
        owner,
        sqlite_where=sa.text("owner IS NOT NULL AND ended = 0"),
        postgresql_where=sa.text("owner IS NOT NULL AND ended = false"),
    )
    op.create_table(
        "recovery_pause",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("kind", WORDS, primary_key=True),
        sa.Column("name", WORDS, primary_key=True),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
    )
    op.create_table(
        "recovery_attachment",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("sha256", WORDS, primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
    )
    _coupons()
    _undelivered()


def _undelivered() -> None:
    """What a delivery would have put on record stays with a message that failed; the log has it."""
    database = op.get_bind()
    case = sa.table("recovery_case", sa.column("tenant_id"), sa.column("id"), sa.column("data"))
    event = sa.table("recovery_event", sa.column("tenant_id"), sa.column("case_id"), sa.column("body"))
    with_failures = sa.select(case).where(case.c.data.like('%"undelivered"%'))
    for tenant, id, text in database.execute(with_failures).all():
        data = decode(text)
        bodies = sa.select(event.c.body).where(event.c.tenant_id == tenant, event.c.case_id == id)
        asked = {
            change[1]: change[4]
            for (body,) in database.execute(bodies)
            for change in decode(body)["changes"]
            if change[0] == "effect"
        }
        failures = data.get("undelivered", {})
        data["undelivered"] = {key: (*row[:2], asked.get(key, {})) for key, row in failures.items()}
        of_case = (case.c.tenant_id == tenant) & (case.c.id == id)
        database.execute(sa.update(case).where(of_case).values(data=encode(data)))


def _coupons() -> None:
    op.create_table(
        "recovery_coupon",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("code", WORDS, primary_key=True),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("offer", WORDS, nullable=False),
        sa.Column("serial", WHOLE, nullable=False),
        sa.Column("value", WORDS, nullable=False),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("settled_at", INSTANT),
        sa.Column("settled_by", WORDS),
        sa.Column("note", WORDS),
    )
    op.create_index(
        "recovery_coupon_offer",
        "recovery_coupon",
        ["tenant_id", "case_id", "offer", "serial"],
        unique=True,
    )
