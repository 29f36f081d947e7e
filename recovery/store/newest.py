"""Cases from the newest on, inside a transaction, as far back as somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

from recovery.core.case import Case
from recovery.store.codec import read_case
from recovery.store.dialect import LAST, Cursor, Dialect
from recovery.store.queries import list_cases

PAGE = 200


def newest(cursor: Cursor, dialect: Dialect, tenant: str, since: str) -> Iterator[Case]:
    """Cases by falling number until one was opened before a moment (text instant).

    Numbers and moments may be out of step by those who open cases at once, so a page more is looked at.
    """
    before, further = LAST, 1
    while further >= 0:
        cursor.execute(dialect.texts[list_cases(frozenset({"before"}), None)], (tenant, before, PAGE))
        page = [read_case(row)[0] for row in cursor.fetchall()]
        yield from page
        if len(page) < PAGE:
            return
        before = page[-1].id
        further -= page[-1].opened_at < since
