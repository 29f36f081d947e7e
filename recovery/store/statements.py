"""Every statement of the write path, of the outbox and of versions, on its own, to be reviewed.

The names after a statement are its values, in order.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from recovery.store.compiling import Among, Insertion, Many, Statement, array_for
from recovery.store.tables import numbers, sequence_of, table

case = table("case")
event = table("event")
command = table("command")
attachment = table("attachment")
bundle = table("bundle")
published = table("published")
meta = table("meta")
seal = table("seal")


def value(name: str) -> Any:
    """A value given when the statement runs."""
    return bindparam(name, required=True)


def first(rows: Any, limit: Any) -> Any:
    """The first rows alone. The offset is spelt out, or Core would add a value of its own for it."""
    return rows.limit(limit).offset(literal_column("0"))


def names(of: Table, *but: str) -> tuple[str, ...]:
    """A table's columns in their order, without some."""
    return tuple(column.name for column in of.c if column.name not in but)


def _given(**columns: ColumnElement[Any]) -> FromClause:
    """A table made of arrays that are given as values, one for each column: name → the column it is for."""
    arrays = [array_for(of, name) for name, of in columns.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="given")


def insert_many(
    into: Table, columns: tuple[str, ...], *, ignoring: bool = False, beside: Any = None, **fixed: Any
) -> Insertion:
    """The insertion of rows.

    Args:
        fixed: columns that are the same in every new row, by name.
        ignoring: leave out what is there already, by any unique key; the number of rows says whether it was.
        beside: one more row, asked for before the first row is made (where arrays are given).
    """
    given = _given(**{name: into.c[name] for name in columns})
    chosen = select(*(given.c[name] for name in columns), *fixed.values()).select_from(given)
    if beside is not None:
        chosen = chosen.join(beside, literal_column("true"))
    one = sqlite.insert(into).values({name: value(name) for name in columns} | fixed)

    def several(count: int) -> Statement:
        each = [{name: f"{name}_{n}" for name in columns} for n in range(count)]
        clause = sqlite.insert(into).values(
            [{name: value(one[name]) for name in one} | fixed for one in each]
        )
        clause = clause.on_conflict_do_nothing() if ignoring else clause
        return Statement(clause, *(name for one in each for name in one.values()))

    every = (*columns, *fixed)
    together = postgresql.insert(into).from_select(every, chosen, include_defaults=False).inline()
    if ignoring:
        one, together = one.on_conflict_do_nothing(), together.on_conflict_do_nothing()
    return Insertion(one, several, together, *columns)


def update_many(of: Table, changes: Any, terms: Any, **columns: ColumnElement[Any]) -> Many:
    """The update of rows.

    Args:
        changes: what makes the new values, by column, and `terms` what finds the rows, of where values come
            from.
        columns: the values in the order they are given, each with the column it is for.
    """
    given = _given(**columns)
    each = {name: value(name) for name in columns}
    arrays = {name: given.c[name] for name in columns}
    one, together = (update(of).values(changes(values)).where(*terms(values)) for values in (each, arrays))
    return Many(one, together, *columns)


def _row(into: Table, columns: tuple[str, ...]) -> Statement:
    """The insertion of one row."""
    return Statement(insert(into).values({name: value(name) for name in columns}).inline(), *columns)


# --- cases --------------------------------------------------------------------------------------------------

CASE_COLUMNS = names(case)

_cases = select(case).where(case.c.tenant_id == value("tenant"))
_these = _cases.where(Among(case.c.id, "ids"))

LOAD_CASES = Statement(_these, "tenant", "ids")

LOCK_CASES = Statement(_these.order_by(case.c.id).with_for_update(), "tenant", "ids")
"""Cases that are going to change: always locked in the order of their numbers, so that two never wait for
each other. SQLite has one writer and locks nothing."""

LOCK_CASE = Statement(_cases.where(case.c.id == value("of_case")).with_for_update(), "tenant", "of_case")
"""The same for one, which most commands are for: a list of one costs twice as much to look through."""

_timed = (
    _cases.where(case.c.due_at <= value("until"))
    .order_by(case.c.due_at, case.c.id)
    .with_for_update(skip_locked=True)
)

LOCK_DUE = Statement(first(_timed, value("limit")), "tenant", "until", "limit")
"""Cases to be seen to, those that have waited longest first; one that somebody else sees to is left out."""

NEXT_DUE = Statement(
    first(
        select(case.c.due_at)
        .where(case.c.tenant_id == value("tenant"), case.c.due_at.is_not(None))
        .order_by(case.c.due_at),
        literal_column("1"),
    ),
    "tenant",
)

FIND_CASES = Statement(
    select(case.c.external_id, case.c.id).where(
        case.c.tenant_id == value("tenant"), Among(case.c.external_id, "external_ids")
    ),
    "tenant",
    "external_ids",
)

NEW_NUMBERS = Statement(
    select(numbers.next_value()).select_from(func.generate_series(literal_column("1"), value("n"))), "n"
)
"""Case numbers where writers do not wait for each other; elsewhere they are counted in `recovery_meta`."""

INSERT_CASE = insert_many(case, CASE_COLUMNS, ignoring=True)

STAYING = ("severity", "level", "updated_at", "seq", "head", "data")
"""What may change in an event that touches no index."""

STEPPING = ("step", *STAYING)
"""What changes when a case goes on to its next step; writing a column writes its indexes, changed or not."""

TIMING = (*STEPPING, "due_at")
"""What changes when a clock starts, stops or runs out."""

MOVING = names(case, "tenant_id", "id")
"""What may change at all."""


def _update_case(columns: tuple[str, ...]) -> Many:
    """The update of snapshots that nobody else has changed since `was`."""
    return update_many(
        case,
        lambda given: {name: given[name] for name in columns},
        lambda given: (
            case.c.tenant_id == given["of_tenant"],
            case.c.id == given["of_case"],
            case.c.seq == given["was"],
        ),
        **{name: case.c[name] for name in columns},
        of_tenant=case.c.tenant_id,
        of_case=case.c.id,
        was=case.c.seq,
    )


UPDATE_STAYING = _update_case(STAYING)
UPDATE_STEPPING = _update_case(STEPPING)
UPDATE_TIMING = _update_case(TIMING)
UPDATE_MOVING = _update_case(MOVING)

# --- the log ------------------------------------------------------------------------------------------------

EVENT_COLUMNS = names(event, "id", "commitment")
"""What is written of a new event; its commitment follows from the rest for as long as that is there."""

_positions = sequence_of(event)

_FLOOR = (
    select(
        literal_column(
            "CASE WHEN current_setting('recovery.floor', true) IS DISTINCT FROM tableoid::text "
            "THEN set_config('recovery.floor', tableoid::text || "
            "pg_advisory_xact_lock_shared(tableoid::int4, "
            "(last_value - (NOT is_called)::int)::bit(32)::int4)::text, true) END"
        ).label("said")
    )
    .select_from(_positions)
    .cte("floor")
)

INSERT_EVENT = insert_many(event, EVENT_COLUMNS, beside=_FLOOR, commitment=literal_column("''"))
"""Where writers do not wait for each other, each says with a lock which position every event of its own will
be above, before it draws the first one (`recovery.store.postgres_dialect`)."""

DRAWN_POSITION = Statement(select(_positions.c.last_value))

FLOORS = Statement(
    select(literal_column("objid::bigint"))
    .select_from(text("pg_catalog.pg_locks"))
    .where(
        text(
            "locktype = 'advisory' AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) "
            f"AND classid = '{_positions.name}'::regclass"
        )
    )
)
"""What the floors of all who are writing are, modulo 2^32."""

# --- attachments --------------------------------------------------------------------------------------------

ATTACHMENT_COLUMNS = names(attachment)

INSERT_ATTACHMENT = insert_many(attachment, ATTACHMENT_COLUMNS, ignoring=True)

_attachments = attachment.c.tenant_id == value("tenant"), attachment.c.sha256 == value("hash")

HAS_ATTACHMENT = Statement(select(attachment.c.kept_at).where(*_attachments), "tenant", "hash")

LOAD_ATTACHMENT = Statement(select(attachment.c.content).where(*_attachments), "tenant", "hash")

# --- commands -----------------------------------------------------------------------------------------------

COMMAND_COLUMNS = names(command)

_answers = (
    select(
        command.c.key, command.c.fingerprint, command.c.case_id, command.c.seq, command.c.answer, event.c.body
    )
    .outerjoin(
        event,
        (event.c.tenant_id == command.c.tenant_id)
        & (event.c.case_id == command.c.case_id)
        & (event.c.seq == command.c.seq),
    )
    .where(command.c.tenant_id == value("tenant"))
)

RECALL_COMMANDS = Statement(_answers.where(Among(command.c.key, "keys")), "tenant", "keys")

RECALL_COMMAND = Statement(_answers.where(command.c.key == value("of_key")), "tenant", "of_key")

INSERT_COMMAND = insert_many(command, COMMAND_COLUMNS, ignoring=True)

# --- versions -----------------------------------------------------------------------------------------------

BUNDLE_COLUMNS = names(bundle)

LOAD_BUNDLE = Statement(
    select(bundle.c.hash, bundle.c.workflow, bundle.c.files, bundle.c.created_at).where(
        bundle.c.tenant_id == value("tenant"), bundle.c.hash == value("the_hash")
    ),
    "tenant",
    "the_hash",
)

INSERT_BUNDLE = insert_many(bundle, BUNDLE_COLUMNS, ignoring=True)

PUBLISHED_COLUMNS = names(published, "id")

INSERT_PUBLISHED = _row(published, PUBLISHED_COLUMNS)

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

LOCK_META = Statement(select(meta.c.value).where(meta.c.key == value("name")).with_for_update(), "name")

INSERT_META = Statement(
    insert(meta).values({"key": value("name"), "value": value("text")}).inline(), "name", "text"
)

SET_META = Statement(
    update(meta).values({"value": value("text")}).where(meta.c.key == value("name")), "text", "name"
)

# --- seals --------------------------------------------------------------------------------------------------

SEAL_COLUMNS = names(seal)

LAST_SEAL = Statement(first(select(seal).order_by(seal.c.id.desc()), literal_column("1")))

SEALS = Statement(select(seal).order_by(seal.c.id))

INSERT_SEAL = _row(seal, SEAL_COLUMNS)

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
        .where(event.c.id > value("through"), event.c.id <= value("settled"))
        .order_by(event.c.id),
        value("limit"),
    ),
    "through",
    "settled",
    "limit",
)
