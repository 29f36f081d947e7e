"""Rows are inserted several at once where that is quicker; nobody can tell from what is there afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.core.instants import to_text
from recovery.store.compiling import Insertion
from recovery.store.dialect import Cursor, Dialect
from recovery.store.statements import INSERT_ATTACHMENT
from recovery.store.store import Store
from recovery.store.verify import verify
from tests.store.house import START, TENANT, House

COUNTS = (1, Insertion.ROWS - 1, Insertion.ROWS, 2 * Insertion.ROWS + 1)


@pytest.mark.parametrize("count", COUNTS)
def test_however_many_rows_there_are_they_are_all_written_in_their_order(
    house: House, store: Store, count: int
) -> None:
    ids = house.open(count)
    log = store.log_between(TENANT, 0, 2**62, 1_000)
    assert [record.case for record in log] == ids
    assert [record.seq for record in log] == [1] * count
    assert verify(store, None).problems == []


@pytest.mark.parametrize("count", COUNTS)
def test_of_rows_that_are_there_already_only_the_others_are_counted(
    house: House, store: Store, count: int
) -> None:
    def attach(cursor: Cursor, dialect: Dialect, names: list[str]) -> int:
        rows: list[tuple[Any, ...]] = [(TENANT, name, name.encode(), to_text(START)) for name in names]
        return dialect.many(cursor, INSERT_ATTACHMENT, rows)

    names = [f"{n:064x}" for n in range(count)]
    with store.working(attach, names) as first:
        assert first == count
    with store.working(attach, ["new", *names, "newer"]) as second:
        assert second == 2
    with store.write() as unit:
        assert all(unit.has_attachment(TENANT, name) for name in (*names, "new", "newer"))
