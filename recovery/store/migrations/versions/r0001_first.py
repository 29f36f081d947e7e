"""The first schema: cases, log, outbox, commands, versions, seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27).with_variant(sa.String(27, collation="C"), "postgresql")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table and index."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE recovery_case_number")
    op.create_table(
        "recovery_meta",
        sa.Column("key", WORDS, primary_key=True),
        sa.Column("value", WORDS, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recovery_bundle",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("hash", WORDS, primary_key=True),
        sa.Column("workflow", WORDS, nullable=False),
        sa.Column("files", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "recovery_published",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("tenant_id", WORDS, nullable=False),
        sa.Column("workflow", WORDS, nullable=False),
        sa.Column("hash", WORDS, nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
    )
    op.create_index("recovery_published_workflow", "recovery_published", ["tenant_id", "workflow", "id"])
    _cases()
    _log()
    _outbox()
    op.create_table(
        "recovery_command",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("key", WORDS, primary_key=True),
        sa.Column("fingerprint", WORDS, nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("answer", WORDS, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recovery_seal",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("through", WHOLE, nullable=False),
        sa.Column("events", WHOLE, nullable=False),
        sa.Column("entries", WORDS, nullable=False),
        sa.Column("before", WORDS, nullable=False),
        sa.Column("mac", WORDS, nullable=False),
    )


def _cases() -> None:
    op.create_table(
        "recovery_case",
        sa.Column("tenant_id", WORDS, primary_key=True),
        sa.Column("id", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("workflow", WORDS, nullable=False),
        sa.Column("bundle", WORDS, nullable=False),
        sa.Column("external_id", WORDS),
        sa.Column("step", WORDS, nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("mode", WORDS, nullable=False),
        sa.Column("owner", WORDS),
        sa.Column("severity", WHOLE, nullable=False),
        sa.Column("level", WHOLE, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("head", WORDS, nullable=False),
        sa.Column("data", WORDS, nullable=False),
    )
    for name, columns, where in (
        ("external", ["tenant_id", "external_id"], "external_id IS NOT NULL"),
        ("owner", ["tenant_id", "owner", "ended", "id"], "owner IS NOT NULL"),
    ):
        op.create_index(
            f"recovery_case_{name}",
            "recovery_case",
            columns,
            unique=name == "external",
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_index(
        "recovery_case_open",
        "recovery_case",
        ["tenant_id", "id"],
        sqlite_where=sa.text("ended = 0"),
        postgresql_where=sa.text("ended = false"),
    )
    op.create_index("recovery_case_step", "recovery_case", ["tenant_id", "step", "id"])


def _log() -> None:
    op.create_table(
        "recovery_event",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("tenant_id", WORDS, nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.Column("salt", WORDS, nullable=False),
        sa.Column("commitment", WORDS, nullable=False),
        sa.Column("hash", WORDS, nullable=False),
    )
    op.create_index("recovery_event_case", "recovery_event", ["tenant_id", "case_id", "seq"], unique=True)


def _outbox() -> None:
    op.create_table(
        "recovery_effect",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("tenant_id", WORDS, nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("n", WHOLE, nullable=False),
        sa.Column("template", WORDS, nullable=False),
        sa.Column("recipient", WORDS, nullable=False),
        sa.Column("address", WORDS),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("language", WORDS, nullable=False),
        sa.Column("context", WORDS, nullable=False),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("rendered", WORDS),
        sa.Column("settled_at", INSTANT),
        sa.Column("note", WORDS),
    )
    op.create_index(
        "recovery_effect_case", "recovery_effect", ["tenant_id", "case_id", "seq", "n"], unique=True
    )
    op.create_index(
        "recovery_effect_due",
        "recovery_effect",
        ["tenant_id", "due_at", "id"],
        sqlite_where=sa.text("status = 'due'"),
        postgresql_where=sa.text("status = 'due'"),
    )
