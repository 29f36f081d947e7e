"""The facts of a snapshot stand by who said them when, which is kept once and not with every fact."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recovery.store.codec import decode, encode

revision = "0002"
down_revision = "0001"

BATCH = 1_000

_case = sa.table("recovery_case", sa.column("tenant_id"), sa.column("id"), sa.column("data"))


def upgrade() -> None:
    """Rewrite every snapshot; the log stays as it is."""
    database = op.get_bind()
    key = sa.tuple_(_case.c.tenant_id, _case.c.id)
    update = (
        sa.update(_case)
        .where(_case.c.tenant_id == sa.bindparam("of_tenant"), _case.c.id == sa.bindparam("of_case"))
        .values(data=sa.bindparam("new"))
    )
    after: tuple[str, int] = ("", 0)
    while rows := database.execute(
        sa.select(_case).where(key > after).order_by(_case.c.tenant_id, _case.c.id).limit(BATCH)
    ).all():
        database.execute(
            update,
            [{"of_tenant": tenant, "of_case": id, "new": _rewritten(data)} for tenant, id, data in rows],
        )
        after = (rows[-1][0], rows[-1][1])


def _rewritten(text: str) -> str:
    data: dict[str, Any] = decode(text)
    said: dict[str, tuple[str, str, dict[str, Any]]] = {}
    facts = data.pop("facts", {})
    for name, (value, source, by, occurred_at, recorded_at, seq) in sorted(facts.items(), key=_seq):
        said.setdefault(f"{seq} {source} {by}", (occurred_at, recorded_at, {}))[2][name] = value
    if said:
        data["said"] = said
    return encode(data)


def _seq(fact: tuple[str, Any]) -> int:
    number: int = fact[1][5]
    return number
