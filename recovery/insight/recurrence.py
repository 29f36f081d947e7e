"""Whether a trouble happens often, counted from the record and never guessed (domain.md §1, step 9; §6).

Two cases are alike when their category is the same and, as far as the one that is looked at knows them, the
product, the place and the company too. Cases that were merged into others, or whose person was erased before
anything was known, are none. A trouble is recurrent when at least so many cases alike were received within a
window up to now, or when the same customer has met it twice in that window, or when there are more of them
than its own past explains.

**Its own past** is the windows before this one, as far back as there were cases of any kind in each of them.
Chance alone hardly ever brings more cases into a window than a *control limit*: once in 740 windows (three
standard deviations, Shewhart 1931). Their average is taken of one case more than was counted, for a short
past knows little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from math import exp, lgamma, log
from typing import Any, NamedTuple

from recovery.core.case import Case
from recovery.core.instants import from_text, to_text
from recovery.core.spec import MERGED

CATEGORY, CHECKED, RECURRENT = "problem.category", "recurrence.checked", "recurrence.recurrent"
NARROWER = ("origin.product", "origin.place", "origin.company")
CAUSE = "recovery_cause"

TWICE = 2

FEWEST = 3
"""Fewer cases are never more than a past explains: twelve windows without any have a limit of two."""

WINDOWS, FEWEST_WINDOWS = 12, 4
"""How many windows before this one are looked at, and how many it takes to speak of a past."""

BY_CHANCE = 0.00135
"""How rare it is that chance alone brings more than the control limit."""


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
        past_windows, past_alike: how many windows its past has, and how many cases alike there were in them.
        limit: up to so many in a window its own past explains; None where it is too short to say.
    """

    case: int
    category: str | None
    at_least: int
    within_days: int
    alike: tuple[int, ...]
    of_customer: tuple[int, ...]
    of_cause: tuple[int, ...]
    past_windows: int = 0
    past_alike: int = 0
    limit: int | None = None

    @property
    def is_more_than_ever(self) -> bool:
        """Whether there are more than its own past explains."""
        return self.limit is not None and len(self.alike) > self.limit

    @property
    def recurs(self) -> bool:
        """Whether it happens often."""
        often = len(self.alike) >= self.at_least or len(self.of_customer) >= TWICE
        return often or self.is_more_than_ever

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        found = {name: list(getattr(self, name)) for name in ("alike", "of_customer", "of_cause")}
        return {**self._asdict(), **found, "more_than_ever": self.is_more_than_ever, "recurs": self.recurs}


def recurrence(
    case: Case, others: Iterable[Case], now: datetime, often: Often, *, with_past: bool = True
) -> Recurrence:
    """How often the trouble of a case happened.

    Args:
        others: every case that was opened since `since`, and perhaps further ones; this one is among them.
        with_past: they are all those since `past_since`.
    """
    everything = list(others)
    found = list(_alike(case, everything, now, often))
    windows, alike = _past(case, everything, now, often) if with_past else (0, 0)
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
        windows,
        alike,
        control_limit(windows, alike),
    )


def recurs(case: Case, others: Iterable[Case], now: datetime, often: Often) -> bool | None:
    """Whether the trouble of a case happens often; no more cases are looked at than it takes to know.

    Returns:
        None where only its past can tell.
    """
    mine = alike = 0
    for alike, one in enumerate(_alike(case, others, now, often), start=1):
        mine += one.id == case.id or _is_same_customer(case, one)
        if alike >= often.at_least or mine >= TWICE:
            return True
    return None if alike >= FEWEST else False


def control_limit(windows: int, cases: int) -> int | None:
    """Up to how many cases in a window so many in earlier windows explain; None: too few windows to say."""
    if windows < FEWEST_WINDOWS:
        return None
    mean = (cases + 1) / windows
    limit, rest = 0, 1 - exp(-mean)
    while rest >= BY_CHANCE:
        limit += 1
        rest -= exp(limit * log(mean) - mean - lgamma(limit + 1))  # exp(-mean) alone is 0 from 746 on
    return limit


def since(now: datetime, often: Often) -> str:
    """When the window begins (text instant)."""
    return to_text(now - often.within)


def past_since(now: datetime, often: Often) -> str:
    """When the past begins that is looked at (text instant)."""
    return to_text(now - (WINDOWS + 1) * often.within)


def _past(case: Case, others: Iterable[Case], now: datetime, often: Often) -> tuple[int, int]:
    """How many windows before this one have cases of any kind without a gap, and how many alike are there."""
    first = now - often.within

    def window(one: Case) -> int:
        return -((from_text(one.received_at) - first) // often.within) - 1

    earlier = [one for one in others if one.received_at < since(now, often)]
    has_cases = Counter(map(window, earlier))
    windows = sum(1 for _ in takewhile(lambda number: has_cases[number], range(WINDOWS)))
    return windows, sum(window(one) < windows for one in _same(case, earlier))


def _alike(case: Case, others: Iterable[Case], now: datetime, often: Often) -> Iterator[Case]:
    first = since(now, often)
    return _same(case, (one for one in others if one.received_at >= first))


def _same(case: Case, others: Iterable[Case]) -> Iterator[Case]:
    """Those of the same category and, as far as the case knows them, product, place and company."""
    category = case.facts.get(CATEGORY)
    if category is None:
        return
    wanted = {name: value for name in NARROWER if (value := case.facts.get(name)) is not None}
    for one in others:
        if one.step == MERGED or one.facts.get(CATEGORY) != category:
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
