"""Whether a trouble happens often, counted from the record and never guessed (domain.md §1, step 9; §6).

Two cases are alike when their category is the same and, as far as the one that is looked at knows them, the
product, the place and the company too. Cases that were merged into others, or whose person was erased before
anything was known, are none. A trouble is recurrent when at least so many cases alike were received within a
window up to now, or when the same customer has met it twice in that window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from recovery.core.case import Case
from recovery.core.instants import to_text
from recovery.core.spec import MERGED

CATEGORY, CHECKED, RECURRENT = "problem.category", "recurrence.checked", "recurrence.recurrent"
NARROWER = ("origin.product", "origin.place", "origin.company")
CAUSE = "recovery_cause"

TWICE = 2


class Often(NamedTuple):
    """From how many cases alike within how long a trouble is recurrent."""

    at_least: int = 5
    within: timedelta = timedelta(days=30)


OFTEN = Often()


class Recurrence(NamedTuple):
    """How often a trouble happened.

    Attributes:
        alike: the cases alike in the window, this one included, the newest first.
        of_customer: those of them that are the same customer's, this one included.
        of_cause: those of the other ones whose recovery had the same cause, where this one's is known.
    """

    case: int
    category: str | None
    at_least: int
    within_days: int
    alike: tuple[int, ...]
    of_customer: tuple[int, ...]
    of_cause: tuple[int, ...]

    @property
    def recurs(self) -> bool:
        """Whether it happens often."""
        return len(self.alike) >= self.at_least or len(self.of_customer) >= TWICE

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        found = {name: list(getattr(self, name)) for name in ("alike", "of_customer", "of_cause")}
        return {**self._asdict(), **found, "recurs": self.recurs}


def recurrence(case: Case, others: Iterable[Case], now: datetime, often: Often) -> Recurrence:
    """How often the trouble of a case happened, among cases from the newest on.

    Args:
        others: every case that was opened in the window, and perhaps further ones; this one is among them.
    """
    found = list(_alike(case, others, now, often))
    cause = case.facts.get(CAUSE)
    return Recurrence(
        case.id,
        case.facts.get(CATEGORY),
        often.at_least,
        often.within // timedelta(days=1),
        tuple(one.id for one in found),
        tuple(one.id for one in found if one.id == case.id or _is_same_customer(case, one)),
        tuple(
            one.id for one in found if cause is not None and one.id != case.id and _of(one, CAUSE) == cause
        ),
    )


def recurs(case: Case, others: Iterable[Case], now: datetime, often: Often) -> bool:
    """Whether the trouble of a case happens often; no more cases are looked at than it takes to know."""
    mine = 0
    for alike, one in enumerate(_alike(case, others, now, often), start=1):
        mine += one.id == case.id or _is_same_customer(case, one)
        if alike >= often.at_least or mine >= TWICE:
            return True
    return False


def since(now: datetime, often: Often) -> str:
    """When the window begins (text instant)."""
    return to_text(now - often.within)


def _alike(case: Case, others: Iterable[Case], now: datetime, often: Often) -> Iterator[Case]:
    first, category = since(now, often), case.facts.get(CATEGORY)
    if category is None:
        return
    wanted = {name: value for name in NARROWER if (value := case.facts.get(name)) is not None}
    for one in others:
        if one.received_at < first or one.step == MERGED or one.facts.get(CATEGORY) != category:
            continue
        if all(one.facts.get(name) == value for name, value in wanted.items()):
            yield one


def _is_same_customer(case: Case, other: Case) -> bool:
    """Whether two cases are the same customer's: by their id, else by their address."""
    for name in ("id", "address"):
        mine, theirs = case.customer.get(name), other.customer.get(name)
        if mine is not None and theirs is not None:
            return mine.casefold() == theirs.casefold()
    return False


def _of(case: Case, name: str) -> Any:
    return case.facts.get(name)
