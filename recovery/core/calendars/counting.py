"""What a calendar looks like day by day, and which days and hours a span counted: for people who ask why."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from recovery.core.calendars.calendar import Calendar, Kind, Open
from recovery.core.calendars.local import date_in, end_of, midnight
from recovery.core.calendars.spans import Span

_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a calendar.

    Attributes:
        name: of the holiday, or why the house is closed; empty on other days.
        windows: those that open on it.
        lasts: from midnight to midnight; 23 or 25 hours where a clock is changed.
    """

    date: date
    kind: Kind
    name: str
    windows: tuple[Open, ...]
    lasts: timedelta

    @property
    def open_for(self) -> timedelta:
        """The open time that begins on it."""
        return sum((closes - opens for opens, closes in self.windows), _NOTHING)


@dataclass(frozen=True, slots=True)
class Counted:
    """What one date gave to a span.

    Attributes:
        number: which business day it is, from 1; 0 for none, and of open time.
        counted: the open time of it that was counted.
    """

    day: Day
    number: int
    counted: timedelta


def day_of(calendar: Calendar, day: date) -> Day:
    """A date as the calendar has it."""
    kind = calendar.kind(day)
    names = calendar.holidays if kind == "holiday" else calendar.closed if kind == "closed" else {}
    lasts = end_of(calendar.tz, day) - midnight(calendar.tz, day)
    return Day(day, kind, names.get(day, ""), calendar.open_on(day), lasts)


def month_of(calendar: Calendar, year: int, month: int) -> list[Day]:
    """Every date of a month.

    Raises:
        Unreachable: the calendar does not know its holidays in that month.
    """
    _, last = monthrange(year, month)
    calendar.knows(year)
    return [day_of(calendar, date(year, month, number)) for number in range(1, last + 1)]


def counted(span: Span, start: datetime, due: datetime, calendar: Calendar) -> Iterator[Counted]:
    """The dates from a start to when a span of business time or business days ran out; of others, none."""
    if span.kind not in ("business time", "business days"):
        return
    first = date_in(calendar.tz, start)
    last = date_in(calendar.tz, due - timedelta(microseconds=1))
    until, number = start, 0
    for ordinal in range(first.toordinal() - 1, last.toordinal() + 1):
        day = day_of(calendar, date.fromordinal(ordinal))
        if span.kind == "business days":
            counts = bool(day.windows) and first < day.date and number < span.amount
            number += counts
            if day.date >= first:
                yield Counted(day, number if counts else 0, _NOTHING)
            continue
        taken = _NOTHING
        for opens, closes in day.windows:
            taken += max(min(closes, due) - max(opens, until), _NOTHING)
            until = max(until, min(closes, due))
        if day.date >= first or taken:
            yield Counted(day, 0, taken)
