"""Facts that follow from other facts, by a table: an amount that a law sets by distance, the least of marks.

The first row whose condition holds gives the value. A row whose condition is unknown ends the search: what is
not known yet decides nothing. So a derived fact is on record exactly while its table gives a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from recovery.core.calendars.local import date_in, zone_of
from recovery.core.case import Case
from recovery.core.draft import Draft
from recovery.core.guards import Guard, why
from recovery.core.instants import from_text


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: in cases for which `when` holds (None: in all others), this value.

    Attributes:
        line, file: where it stands; `file` only when the workflow has it from one it extends.
        received_from, received_before: the local date of receipt, effective dating; None fits all.
        least_of: instead of `value`: facts, all of them numbers, of which the least is the value.
    """

    value: Any
    when: Guard | None = None
    line: int = 0
    file: str = ""
    received_from: date | None = None
    received_before: date | None = None
    least_of: tuple[str, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether the date of receipt matters."""
        return self.received_from is not None or self.received_before is not None

    def dated(self, received: date) -> bool:
        """Whether the row is for cases received on this date."""
        return (self.received_from is None or received >= self.received_from) and (
            self.received_before is None or received < self.received_before
        )

    def gives(self, case: Case) -> Any:
        """The value in a case; None while one of the facts it is the least of is missing."""
        if not self.least_of:
            return self.value
        known = [case.facts[name] for name in self.least_of if name in case.facts]
        return min(known) if len(known) == len(self.least_of) else None


@dataclass(frozen=True, slots=True)
class Derived:
    """A fact and its table; `zone` is whose date a case was received on."""

    fact: str
    rows: tuple[Row, ...]
    zone: str = "UTC"

    def row(self, case: Case) -> Row | None:
        """The row that gives the value; None while a fact is missing, or when no row fits."""
        for row in self.rows:
            if row.is_dated and not row.dated(date_in(zone_of(self.zone), from_text(case.received_at))):
                continue
            answer = True if row.when is None else row.when.evaluate(case)
            if answer is None:
                return None
            if answer:
                return row
        return None

    def asks(self) -> Iterator[str]:
        """The facts its table hangs on, and itself; every value of the case is `case`."""
        yield self.fact
        for row in self.rows:
            yield from row.least_of
            if row.when is not None:
                yield from row.when.facts()
                yield from ("case",) if "case." in str(row.when) else ()


def derive(draft: Draft) -> list[str]:
    """Put on record what follows from the facts now; the engine says it. What follows no more is taken back.

    Returns:
        The facts that changed.

    Raises:
        Refused: a table gives a value that its fact cannot have; the fault is the workflow's.
    """
    asked, so_far, draft.derived = draft.workflow.derived_from, draft.derived, len(draft.changes)
    for change in draft.changes[so_far:]:
        kind = change[0]
        if kind in ("facts", "forget"):
            if not asked.isdisjoint(change[1]):
                break
        elif kind == "open" or (kind in ("set", "count", "move") and "case" in asked):
            break
    else:  # nothing that a table hangs on is among them
        return []
    changed = []
    for derived in draft.workflow.derived:
        name, case = derived.fact, draft.case
        row = derived.row(case)
        value, known = None if row is None else row.gives(case), case.facts.get(name)
        if value == known:
            continue
        if row is not None and value is not None:
            because = "" if row.when is None else f", {why(row.when, case)}"
            because += f", the least of {', '.join(row.least_of)}" if row.least_of else ""
            place = f"{row.file} line {row.line}".strip()
            draft.record({name: value}, "engine", "workflow")
            draft.why.append(f"{name} follows: {value} ({place}{because})")
            changed.append(name)
        elif (fact := case.fact(name)) is not None and fact.source == "engine":
            draft.change("forget", [name])
            draft.why.append(f"{name} follows no more and is taken back")
            changed.append(name)
    return changed
