"""The statements of the read side, beside those of `recovery.store.statements`."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import false, func, literal_column, select, true

from recovery.store.compiling import Among, Statement
from recovery.store.outbox_statements import effect
from recovery.store.statements import bundle, case, event, first, names, seal, value

# --- listing cases ------------------------------------------------------------------------------------------

FILTERS = ("step", "owner", "workflow", "mode", "severity", "ended", "before")
"""What a list of cases can be narrowed by; `before` is a case number."""

GROUPS = ("step", "owner", "workflow", "mode", "severity", "ended")
"""What cases can be counted by."""


@cache
def list_cases(filters: frozenset[str], ended: bool | None) -> Statement:
    """Cases with these filters, the newest first, found through an index whatever the filters are."""
    clause = select(case).where(*_where(filters, ended)).order_by(case.c.id.desc())
    return Statement(first(clause, value("limit")), *_values(filters), "limit")


@cache
def count_by(group: str, filters: frozenset[str], ended: bool | None) -> Statement:
    """How many cases there are of each value of a column."""
    column = case.c[group]
    clause = select(column, func.count()).where(*_where(filters, ended)).group_by(column).order_by(column)
    return Statement(clause, *_values(filters))


MAYBE_QUARANTINED = Statement(
    select(case)
    .where(case.c.tenant_id == value("tenant"), case.c.data.contains(literal_column("'\"quarantine\":'")))
    .order_by(case.c.id),
    "tenant",
)
"""Every case that is set aside, and perhaps a few others: a fact or a customer's field may be called so."""


def _where(filters: frozenset[str], ended: bool | None) -> list[Any]:
    """`ended` is written into the text: a partial index serves no value that is only known later."""
    terms = [case.c.tenant_id == value("tenant")]
    terms += [case.c[name] == value(f"of_{name}") for name in FILTERS if name in filters and name in case.c]
    if "before" in filters:
        terms.append(case.c.id < value("before"))
    if ended is not None:
        terms.append(case.c.ended == (true() if ended else false()))
    return terms


def _values(filters: frozenset[str]) -> list[str]:
    named = [f"of_{name}" for name in FILTERS if name in filters and name in case.c]
    return ["tenant", *named, *(["before"] if "before" in filters else [])]


_OF_TENANT = event.c.tenant_id + literal_column("''") == value("tenant")
"""Written so that no index by tenant and case is used: what happened last stands at the end of the log."""

_changed = (
    select(case, event.c.id)
    .select_from(event)
    .join(
        case,
        (case.c.tenant_id == event.c.tenant_id)
        & (case.c.id == event.c.case_id)
        & (case.c.seq == event.c.seq),
    )
    .where(_OF_TENANT, event.c.id < value("before"))
    .order_by(event.c.id.desc())
)

CHANGED_CASES = Statement(first(_changed, value("limit")), "tenant", "before", "limit")
"""The cases changed last: those whose last event is near the end of the log. It needs no index of its own."""

# --- the log ------------------------------------------------------------------------------------------------

_record = (
    event.c.id,
    event.c.tenant_id,
    event.c.case_id,
    event.c.seq,
    event.c.kind,
    event.c.by,
    event.c.occurred_at,
    event.c.recorded_at,
    event.c.body,
    event.c.hash,
)

LOG = Statement(
    select(*_record)
    .where(event.c.tenant_id == value("tenant"), event.c.case_id == value("of_case"))
    .order_by(event.c.seq),
    "tenant",
    "of_case",
)

LOGS = Statement(
    select(*_record)
    .where(event.c.tenant_id == value("tenant"))
    .order_by(event.c.tenant_id, event.c.case_id, event.c.seq),
    "tenant",
)

LOG_BETWEEN = Statement(
    first(
        select(*_record)
        .where(event.c.id > value("since"), event.c.id <= value("through"), _OF_TENANT)
        .order_by(event.c.id),
        value("limit"),
    ),
    "since",
    "through",
    "tenant",
    "limit",
)

# --- the outbox ---------------------------------------------------------------------------------------------

_OUTBOX_FILTERS = {"case": effect.c.case_id, "status": effect.c.status}


@cache
def outbox(filters: frozenset[str]) -> Statement:
    """Effects of a case, or with a status, as they were asked for, with the version of their case."""
    used = [name for name in _OUTBOX_FILTERS if name in filters]
    clause = (
        select(effect, case.c.bundle)
        .join(case, (case.c.tenant_id == effect.c.tenant_id) & (case.c.id == effect.c.case_id))
        .where(
            effect.c.tenant_id == value("tenant"),
            *(_OUTBOX_FILTERS[name] == value(f"of_{name}") for name in used),
        )
        .order_by(effect.c.id)
    )
    return Statement(clause, "tenant", *(f"of_{name}" for name in used))


REACHED = Statement(
    select(effect, case.c.bundle)
    .join(case, (case.c.tenant_id == effect.c.tenant_id) & (case.c.id == effect.c.case_id))
    .where(
        effect.c.tenant_id == value("tenant"),
        effect.c.address == value("address"),
        effect.c.settled_at >= value("since"),
        effect.c.status == literal_column("'delivered'"),
    )
    .order_by(effect.c.id),
    "tenant",
    "address",
    "since",
)
"""What has reached an address since a moment, of any case."""

COUNT_OUTBOX = Statement(
    select(effect.c.status, func.count())
    .where(effect.c.tenant_id == value("tenant"))
    .group_by(effect.c.status)
    .order_by(effect.c.status),
    "tenant",
)

# --- verifying ----------------------------------------------------------------------------------------------

AUDIT_VERSIONS = Statement(
    select(bundle.c.tenant_id, bundle.c.hash, bundle.c.files).order_by(bundle.c.tenant_id, bundle.c.hash)
)

AUDIT_CASES = Statement(select(case).order_by(case.c.tenant_id, case.c.id))

AUDIT_EVENTS = Statement(
    select(*(event.c[name] for name in names(event, "id"))).order_by(
        event.c.tenant_id, event.c.case_id, event.c.seq
    )
)

AUDIT_EFFECTS = Statement(
    select(*(effect.c[name] for name in names(effect, "id")[:11])).order_by(
        effect.c.tenant_id, effect.c.case_id, effect.c.seq, effect.c.n
    )
)
"""Without what the log says nothing of: attempts, what was sent, times and notes."""

COUNT_THROUGH = Statement(
    select(func.count()).select_from(event).where(event.c.id <= value("through")), "through"
)

SEAL_TOTALS = Statement(
    select(func.count(), func.coalesce(func.max(seal.c.through), literal_column("0"))).select_from(seal)
)

# --- heads --------------------------------------------------------------------------------------------------

HEADS = Statement(
    select(event.c.tenant_id, event.c.case_id, event.c.seq, event.c.hash)
    .where(event.c.id <= value("through"))
    .order_by(event.c.tenant_id, event.c.case_id, event.c.seq),
    "through",
)
"""Every event up to a position, case by case: the last of each is its head."""

COUNT_HEADS = Statement(
    select(func.count())
    .select_from(event)
    .where(event.c.id <= value("through"), event.c.seq == literal_column("1")),
    "through",
)

HASHES = Statement(
    select(event.c.case_id, event.c.seq, event.c.hash).where(
        event.c.tenant_id == value("tenant"), Among(event.c.case_id, "ids")
    ),
    "tenant",
    "ids",
)
