"""How big a database is, and what in it may be forgotten.

The words of messages as they left are the one thing that is large and that nothing needs any more: `verify`
compares everything else in the outbox with the log, and a row must be there for each message of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, text

from recovery.core.errors import EngineFault
from recovery.store.compiling import Statement
from recovery.store.outbox_statements import LAST_EFFECT
from recovery.store.store import Store
from recovery.store.tables import metadata

WINDOW = 1_000
"""How many rows of the outbox one transaction looks at."""


class Size(NamedTuple):
    """What a table takes; the bytes are None where the database cannot say."""

    table: str
    rows: int
    bytes: int | None
    index_bytes: int | None


_ROWS = {name: Statement(select(func.count()).select_from(table)) for name, table in metadata.tables.items()}

_BYTES = {
    "sqlite": Statement(
        text(
            "select owner.tbl_name, sum(case owner.type when 'table' then used.pgsize else 0 end), "
            "sum(case owner.type when 'index' then used.pgsize else 0 end) "
            "from dbstat as used join sqlite_schema as owner on owner.name = used.name "
            "where used.aggregate = 1 group by owner.tbl_name"
        )
    ),
    "postgresql": Statement(
        text(
            "select relname, pg_table_size(oid), pg_indexes_size(oid) from pg_class "
            "where relkind = 'r' and pg_table_is_visible(oid)"
        )
    ),
}


def sizes(store: Store) -> list[Size]:
    """The size of every table, the largest first; tables without rows too.

    Raises:
        EnvironmentFault: the database cannot be read, or is of another schema.
    """
    taken: dict[str, tuple[int, int]] = {}
    with suppress(EngineFault):  # an SQLite that was built without `dbstat`
        taken = {name: (own, more) for name, own, more in store.rows(_BYTES[store.dialect.name])}
    found = []
    for name, statement in _ROWS.items():
        ((rows,),) = store.rows(statement)
        found.append(Size(name, rows, *taken.get(name, (None, None))))
    return sorted(found, key=lambda one: (-(one.bytes or 0) - (one.index_bytes or 0), -one.rows, one.table))


def forgetting_words(store: Store, tenant: str, before: datetime) -> Iterator[tuple[int, int]]:
    """Forget what messages said that were delivered or taken back before a moment, of cases that have ended.

    It goes through the outbox in transactions of their own, between which others have their turn. A message
    that may be sent again keeps its words, for it is sent with the same ones.

    Yields:
        After each transaction how many rows were looked at so far, and of how many of these last ones the
        words were forgotten.

    Raises:
        EnvironmentFault: the database cannot be written; what was forgotten until then is.
        ValueError: the moment is naive.
    """
    ((last,),) = store.rows(LAST_EFFECT)
    for after in range(0, last, WINDOW):
        with store.write() as unit:
            forgotten = unit.outbox.forget_words(tenant, after, after + WINDOW, before)
        store.give_way()
        yield min(after + WINDOW, last), forgotten


def forget_words(
    store: Store, tenant: str, before: datetime, progress: Callable[[int], None] | None = None
) -> int:
    """All of `forgetting_words`; gives how many messages' words were forgotten.

    Args:
        progress: told the number of rows that were looked at so far.

    Raises:
        EnvironmentFault, ValueError: see `forgetting_words`.
    """
    total = 0
    for looked_at, forgotten in forgetting_words(store, tenant, before):
        total += forgotten
        if progress is not None:
            progress(looked_at)
    return total
