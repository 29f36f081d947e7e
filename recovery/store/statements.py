"""Every statement of the write path, of the outbox and of versions, on its own, to be reviewed.

The names after a statement are its values, in order.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Table,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    not_,
    select,
    update,
)

from recovery.store.compiling import Statement
from recovery.store.tables import table

case = table("case")
event = table("event")
effect = table("effect")
command = table("command")
bundle = table("bundle")
published = table("published")
meta = table("meta")
seal = table("seal")

DUE: ColumnElement[str] = literal_column("'due'")
HELD: ColumnElement[str] = literal_column("'held'")


def value(name: str) -> Any:
    """A value given when the statement runs."""
    return bindparam(name, required=True)


def each(name: str) -> Any:
    """The items of one JSON array given as a value: one text however many there are."""
    items: FromClause = func.json_each(value(name)).table_valued("value")
    return select(items.c.value)


def first(rows: Any, limit: Any) -> Any:
    """The first rows alone. The offset is spelt out, or Core would add a value of its own for it."""
    return rows.limit(limit).offset(literal_column("0"))


def names(of: Table, *but: str) -> tuple[str, ...]:
    """A table's columns in their order, without some."""
    return tuple(column.name for column in of.c if column.name not in but)


def _into(into: Table, columns: tuple[str, ...]) -> Insert:
    return insert(into).values({name: value(name) for name in columns})


# --- cases --------------------------------------------------------------------------------------------------

CASE_COLUMNS = names(case)

LOAD_CASES = Statement(
    select(case).where(case.c.tenant_id == value("tenant"), case.c.id.in_(each("ids"))), "tenant", "ids"
)

FIND_CASES = Statement(
    select(case.c.external_id, case.c.id).where(
        case.c.tenant_id == value("tenant"), case.c.external_id.in_(each("external_ids"))
    ),
    "tenant",
    "external_ids",
)

INSERT_CASE = Statement(_into(case, CASE_COLUMNS), *CASE_COLUMNS)

STAYING = ("severity", "level", "updated_at", "seq", "head", "data")
"""What may change in a step that touches no index."""

MOVING = names(case, "tenant_id", "id")
"""What may change at all."""


def _update_case(columns: tuple[str, ...]) -> Statement:
    """The update of a snapshot that nobody else has changed since `was`."""
    clause = (
        update(case)
        .where(
            case.c.tenant_id == value("of_tenant"), case.c.id == value("of_case"), case.c.seq == value("was")
        )
        .values({name: value(name) for name in columns})
    )
    return Statement(clause, *columns, "of_tenant", "of_case", "was")


UPDATE_STAYING = _update_case(STAYING)
UPDATE_MOVING = _update_case(MOVING)

# --- the log ------------------------------------------------------------------------------------------------

EVENT_COLUMNS = names(event, "id")

INSERT_EVENT = Statement(_into(event, EVENT_COLUMNS), *EVENT_COLUMNS)

# --- the outbox ---------------------------------------------------------------------------------------------

EFFECT_COLUMNS = names(effect, "id")

INSERT_EFFECT = Statement(_into(effect, EFFECT_COLUMNS), *EFFECT_COLUMNS)

_THE_EFFECT = (
    effect.c.tenant_id == value("tenant"),
    effect.c.case_id == value("case"),
    effect.c.seq == value("of_seq"),
    effect.c.n == value("of_n"),
)

SETTLE_EFFECT = Statement(
    update(effect)
    .values(
        {
            "status": value("new_status"),
            "attempts": effect.c.attempts + value("tried"),
            "rendered": func.coalesce(value("sent"), effect.c.rendered),
            "settled_at": value("at"),
            "note": func.coalesce(value("remark"), effect.c.note),
        }
    )
    .where(*_THE_EFFECT),
    *("new_status", "tried", "sent", "at", "remark", "tenant", "case", "of_seq", "of_n"),
)

CLOSE_EFFECT = Statement(
    update(effect)
    .values(
        {
            "status": value("new_status"),
            "settled_at": value("at"),
            "note": func.coalesce(value("remark"), effect.c.note),
        }
    )
    .where(*_THE_EFFECT, effect.c.status.in_([DUE, HELD])),
    *("new_status", "at", "remark", "tenant", "case", "of_seq", "of_n"),
)
"""What the log says of an effect; one that has been settled already stays as it is."""

_earlier = effect.alias("earlier")

_due = (
    select(effect, case.c.bundle)
    .join(case, (case.c.tenant_id == effect.c.tenant_id) & (case.c.id == effect.c.case_id))
    .where(
        effect.c.status == DUE,
        effect.c.tenant_id == value("tenant"),
        effect.c.due_at <= value("now"),
        not_(
            exists().where(
                _earlier.c.tenant_id == effect.c.tenant_id,
                _earlier.c.case_id == effect.c.case_id,
                _earlier.c.status == DUE,
                _earlier.c.id < effect.c.id,
                _earlier.c.due_at > effect.c.due_at,
            )
        ),
    )
    .order_by(effect.c.due_at, effect.c.id)
)

DUE_EFFECTS = Statement(first(_due, value("limit")), "tenant", "now", "limit")
"""What may be sent now. An effect waits for every earlier one of its case, also one due later than itself."""

# --- commands -----------------------------------------------------------------------------------------------

COMMAND_COLUMNS = names(command)

RECALL_COMMANDS = Statement(
    select(command.c.key, command.c.fingerprint, command.c.answer).where(
        command.c.tenant_id == value("tenant"), command.c.key.in_(each("keys"))
    ),
    "tenant",
    "keys",
)

INSERT_COMMAND = Statement(_into(command, COMMAND_COLUMNS), *COMMAND_COLUMNS)

# --- versions -----------------------------------------------------------------------------------------------

BUNDLE_COLUMNS = names(bundle)

LOAD_BUNDLE = Statement(
    select(bundle.c.hash, bundle.c.workflow, bundle.c.files, bundle.c.created_at).where(
        bundle.c.tenant_id == value("tenant"), bundle.c.hash == value("the_hash")
    ),
    "tenant",
    "the_hash",
)

INSERT_BUNDLE = Statement(_into(bundle, BUNDLE_COLUMNS), *BUNDLE_COLUMNS)

PUBLISHED_COLUMNS = names(published, "id")

INSERT_PUBLISHED = Statement(_into(published, PUBLISHED_COLUMNS), *PUBLISHED_COLUMNS)

LAST_PUBLISHED = Statement(
    first(
        select(published.c.hash)
        .where(published.c.tenant_id == value("tenant"), published.c.workflow == value("name"))
        .order_by(published.c.id.desc()),
        literal_column("1"),
    ),
    "tenant",
    "name",
)

WORKFLOWS = Statement(
    select(published.c.workflow, published.c.hash)
    .where(
        published.c.id.in_(
            select(func.max(published.c.id))
            .where(published.c.tenant_id == value("tenant"))
            .group_by(published.c.workflow)
        )
    )
    .order_by(published.c.workflow),
    "tenant",
)

# --- single values ------------------------------------------------------------------------------------------

GET_META = Statement(select(meta.c.value).where(meta.c.key == value("name")), "name")

INSERT_META = Statement(insert(meta).values({"key": value("name"), "value": value("text")}), "name", "text")

SET_META = Statement(
    update(meta).values({"value": value("text")}).where(meta.c.key == value("name")), "text", "name"
)

# --- seals --------------------------------------------------------------------------------------------------

SEAL_COLUMNS = names(seal)

LAST_SEAL = Statement(first(select(seal).order_by(seal.c.id.desc()), literal_column("1")))

SEALS = Statement(select(seal).order_by(seal.c.id))

INSERT_SEAL = Statement(_into(seal, SEAL_COLUMNS), *SEAL_COLUMNS)

SEALED = Statement(
    select(event.c.tenant_id, event.c.case_id, event.c.seq, event.c.hash)
    .where(event.c.id > value("since"), event.c.id <= value("through"))
    .order_by(event.c.id),
    "since",
    "through",
)

UNSEALED = Statement(
    first(
        select(event.c.id, event.c.tenant_id, event.c.case_id, event.c.seq, event.c.hash)
        .where(event.c.id > value("through"))
        .order_by(event.c.id),
        value("limit"),
    ),
    "through",
    "limit",
)
