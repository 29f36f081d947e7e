"""Statements that find stories and praise by the events in which they were told, through their index."""

from __future__ import annotations

from sqlalchemy import literal_column, select

from recovery.store.compiling import Statement
from recovery.store.statements import event, first, value


def _told(kind: str) -> Statement:
    """The events of a kind before a position of the log and not before a moment, the last first.

    The kind is written into the text: a partial index serves no value that is only known later.
    """
    clause = (
        select(event.c.id, event.c.case_id, event.c.seq)
        .where(
            event.c.tenant_id == value("tenant"),
            event.c.kind.in_([literal_column("'StoryTold'"), literal_column("'PraiseGiven'")]),
            event.c.kind == literal_column(f"'{kind}'"),
            event.c.id < value("before"),
            event.c.recorded_at >= value("since"),
        )
        .order_by(event.c.id.desc())
    )
    return Statement(first(clause, value("limit")), "tenant", "before", "since", "limit")


STORIES = _told("StoryTold")
PRAISE = _told("PraiseGiven")
