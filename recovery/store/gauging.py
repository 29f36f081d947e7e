"""How much waits, in questions that cost the same however much that is: for the worker's measurements."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy import case as when

from recovery.core.instants import to_text
from recovery.store import statements as sql
from recovery.store.compiling import Statement
from recovery.store.outbox_statements import DUE, effect
from recovery.store.reading import Reading
from recovery.store.statements import case, event, first, seal, value

LOOKED_AT = 10_000
"""How many messages, or cases with tasks, are looked at, at most: the counts go no further."""


class Waiting(NamedTuple):
    """What waits. Counts are of the first `LOOKED_AT`, by the time they are due; moments are text instants.

    Attributes:
        clock: when the clock was, or will be, due that is due first.
        message: the same of messages.
        due: messages that may be sent now.
        leased: messages somebody is sending.
        retrying: messages of which an attempt came to nothing.
        dead: messages that will not be tried again, and that nobody has seen to.
        unsealed: when the first event was recorded that no seal covers.
    """

    clock: str | None
    message: str | None
    due: int
    leased: int
    retrying: int
    dead: int
    unsealed: str | None


_ONE: ColumnElement[int] = literal_column("1")
_NONE: ColumnElement[int] = literal_column("0")
_MOST: ColumnElement[int] = literal_column(str(LOOKED_AT))

_first = first(
    select(effect.c.due_at, effect.c.lease_until, effect.c.attempts)
    .where(effect.c.status == DUE, effect.c.tenant_id == value("tenant"))
    .order_by(effect.c.due_at, effect.c.id),
    _MOST,
).subquery("waiting")


def _sum(term: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(when((term, _ONE), else_=_NONE)), _NONE)


MESSAGES = Statement(
    select(
        func.min(_first.c.due_at),
        _sum(_first.c.due_at <= value("now")),
        _sum(_first.c.lease_until > value("busy")),
        _sum(_first.c.attempts > _NONE),
    ).select_from(_first),
    "now",
    "busy",
    "tenant",
)

_with_tasks = first(
    select(case.c.tenant_id, case.c.id)
    .where(case.c.tenant_id == value("tenant"), case.c.open_tasks > _NONE)
    .order_by(case.c.id),
    _MOST,
).subquery("with_tasks")

DEAD = Statement(
    select(func.count())
    .select_from(_with_tasks)
    .join(effect, (effect.c.tenant_id == _with_tasks.c.tenant_id) & (effect.c.case_id == _with_tasks.c.id))
    .where(effect.c.status == literal_column("'failed'")),
    "tenant",
)
"""A message that cannot be delivered is a task in its case until somebody has seen to it."""

_last_seal = first(select(seal.c.through).order_by(seal.c.id.desc()), _ONE).scalar_subquery()

FIRST_UNSEALED = Statement(
    first(
        select(event.c.recorded_at).where(event.c.id > func.coalesce(_last_seal, _NONE)).order_by(event.c.id),
        _ONE,
    )
)


def waiting(reading: Reading, tenant: str, now: datetime) -> Waiting:
    """Count what waits.

    Raises:
        EnvironmentFault: the database cannot be read, or is of another schema.
    """
    present = to_text(now)
    clocks = reading.rows(sql.NEXT_DUE, tenant)
    ((message, due, leased, retrying),) = reading.rows(MESSAGES, present, present, tenant)
    ((dead,),) = reading.rows(DEAD, tenant)
    unsealed = reading.rows(FIRST_UNSEALED)
    return Waiting(
        clocks[0][0] if clocks else None,
        message,
        int(due),
        int(leased),
        int(retrying),
        int(dead),
        unsealed[0][0] if unsealed else None,
    )
