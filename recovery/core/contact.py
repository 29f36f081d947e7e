"""When a message may reach a customer: in the contact hours, on the customer's own clock (design.md §5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from recovery.core.calendars.arithmetic import is_open, next_open
from recovery.core.calendars.calendar import Calendar, Unreachable

RATING = "rating-ask"
"""The purpose of a message that asks for a public rating."""

UNASKED = frozenset({"greeting", "marketing", RATING})
"""Purposes of messages that serve us and not the case: only these say how to get no more of them, and none of
them goes to somebody who waits for an answer (domain.md §3)."""

CAPPED = UNASKED | {"holding", "follow-up"}
"""Purposes of messages of which a customer gets only so many a day, of all cases together (`contact_cap`)."""

ENOUGH = "the customer has heard enough from us today"
"""Why one of these waits until tomorrow."""

AT_ONCE = timedelta(minutes=15)
"""For so long after it was asked for a message still answers somebody who is there; later it must not wake
anybody."""


def hours_of(hours: Calendar, customer: Mapping[str, str]) -> Calendar:
    """The contact hours where a customer is; on the calendar's own clock where nobody knows."""
    zone = customer.get("zone")
    try:
        return hours if zone is None else hours.in_zone(zone)
    except ValueError:
        return hours


def may_leave(hours: Calendar, customer: Mapping[str, str], now: datetime) -> datetime | None:
    """The next moment at which a message may reach a customer; None: now."""
    calendar = hours_of(hours, customer)
    try:
        return None if is_open(calendar, now) else next_open(calendar, now)
    except Unreachable:
        return None
