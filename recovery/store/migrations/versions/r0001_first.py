"""The first schema: cases, log, outbox, commands, versions, seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27)


def upgrade() -> None:
    """Make every table and index."""
    op.create_table(
        "recovery_meta",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recovery_bundle",
        sa.Column("tenant_id", sa.Text(), primary_key=True),
        sa.Column("hash", sa.Text(), primary_key=True),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "recovery_published",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
    )
    op.create_index("recovery_published_workflow", "recovery_published", ["tenant_id", "workflow", "id"])
    _cases()
    _log()
    _outbox()
    op.create_table(
        "recovery_command",
        sa.Column("tenant_id", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
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
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
    )


def _cases() -> None:
    op.create_table(
        "recovery_case",
        sa.Column("tenant_id", sa.Text(), primary_key=True),
        sa.Column("id", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("severity", WHOLE, nullable=False),
        sa.Column("level", WHOLE, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
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
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    op.create_index("recovery_event_case", "recovery_event", ["tenant_id", "case_id", "seq"], unique=True)


def _outbox() -> None:
    op.create_table(
        "recovery_effect",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("n", WHOLE, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("rendered", sa.Text()),
        sa.Column("settled_at", INSTANT),
        sa.Column("note", sa.Text()),
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
