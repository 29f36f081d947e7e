"""Whether it happens often is counted as soon as somebody says that they have looked (domain.md §1, step 9).

What the record shows holds: a *no* that it contradicts is not put on record. Who knows of more than the
record may say *yes*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from recovery.asking import MOST, Asking
from recovery.clock import Clock
from recovery.core.case import Case
from recovery.core.errors import NotFound
from recovery.core.events import FactsRecorded
from recovery.core.shape import problem
from recovery.insight.recurrence import (
    CHECKED,
    OFTEN,
    RECURRENT,
    Often,
    Recurrence,
    past_since,
    recurrence,
    recurs,
    since,
)
from recovery.store.newest import newest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recovery.core.spec import Workflow
    from recovery.store.dialect import Cursor, Dialect
    from recovery.store.lending import Lendable
    from recovery.store.unit import Unit

LOOKED_AT = 5_000
"""A past of more cases is not looked at: whoever waits for an answer would feel it."""

__all__ = ["OFTEN", "Often", "Recurring", "counted", "has_looked", "said"]


def has_looked(event: FactsRecorded) -> bool:
    """Whether somebody has looked whether it happens often. What is no mapping is refused later."""
    facts: object = event.facts
    return isinstance(facts, Mapping) and CHECKED in facts


def counted(
    event: FactsRecorded,
    case: Case,
    version: Callable[[str], Workflow],
    unit: Unit,
    now: datetime,
    often: Often,
) -> tuple[FactsRecorded, FactsRecorded | None]:
    """The event as it may be let in, and what the engine has to add once it was.

    Args:
        version: gives the workflow of a bundle's hash.
    """
    if problem(event) is not None:  # the core says so
        return event, None
    try:
        workflow = version(case.bundle)
    except NotFound:  # deciding says so
        return event, None
    kind = workflow.facts.get(RECURRENT)
    if kind is None or kind.kind != "boolean" or event.facts.get(CHECKED) is not True:
        return event, None
    if event.facts.get(RECURRENT, False) is not False:  # a yes holds; what is neither, the core refuses
        return event, None
    if case.mode != "live" or event.source == "import":
        return event, None
    shown = _shows(case, unit, now, often)
    if RECURRENT in event.facts and not shown:
        return event, None
    facts = {name: value for name, value in event.facts.items() if name != RECURRENT}
    more = FactsRecorded(
        by="engine", occurred_at=event.occurred_at, facts={RECURRENT: shown}, source="engine"
    )
    return replace(event, facts=facts), more


def said(more: FactsRecorded) -> str:
    """What is told of what was counted."""
    return f"counted from the record: {RECURRENT} is {'true' if more.facts[RECURRENT] else 'false'}"


def _shows(case: Case, unit: Unit, now: datetime, often: Often) -> bool:
    found = [False]

    def look(cursor: Cursor, dialect: Dialect) -> None:
        known = recurs(case, newest(cursor, dialect, case.tenant, since(now, often)), now, often)
        if known is None:
            past = list(islice(newest(cursor, dialect, case.tenant, past_since(now, often)), LOOKED_AT + 1))
            known = len(past) <= LOOKED_AT and recurrence(case, past, now, often).recurs
        found[0] = known

    unit.beside(look)
    return found[0]


class Recurring(Asking):
    """The part of an engine that counts how often a trouble happens.

    Attributes:
        often: from how many cases alike within how long it happens often.
    """

    clock: Clock
    often: Often

    def recurrence(self, case: int, *, connection: Lendable | None = None) -> Recurrence:
        """How often the trouble of a case happened, counted from the record.

        It looks through every case that was opened in the window, and through those of its past unless they
        are more than `LOOKED_AT`; so it is for one case at a time.

        Raises:
            NotFound: there is no such case.
            EnvironmentFault: the database cannot be read.
        """
        found, now = self.case(case, connection=connection), self.clock.now()

        def opened_since(first: str) -> Iterator[Case]:
            cursor: str | None = None
            while True:
                page = self.list_cases(cursor=cursor, limit=MOST, connection=connection)
                yield from page.cases
                cursor = page.cursor
                if cursor is None or page.cases[-1].opened_at < first:
                    return

        past = list(islice(opened_since(past_since(now, self.often)), LOOKED_AT + 1))
        if len(past) <= LOOKED_AT:
            return recurrence(found, past, now, self.often)
        return recurrence(found, opened_since(since(now, self.often)), now, self.often, with_past=False)
