"""When a clock runs out, and when it warns: counted from its start, without the pauses (design.md §5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from recovery.core.calendars.arithmetic import (
    add_business,
    business_between,
    end_of_business_day,
    is_business_day,
    next_open,
)
from recovery.core.calendars.calendar import Calendar, Unreachable
from recovery.core.calendars.days import end_after_days
from recovery.core.calendars.local import MICROSECOND, date_in, end_of, midnight
from recovery.core.calendars.spans import Span
from recovery.core.clocks.model import Clock
from recovery.core.clocks.state import ClockState
from recovery.core.instants import from_text

DAY = timedelta(days=1)

BEYOND = (Unreachable, OverflowError, ValueError)
"""What counting raises where no calendar reaches: its own years are over, or those of all calendars."""


class Pause(NamedTuple):
    """A stretch in which a clock does not count; an open one is not over yet."""

    start: datetime
    end: datetime | None


def pauses_of(state: ClockState) -> tuple[Pause, ...]:
    """The pauses of a clock as moments."""
    return tuple(Pause(from_text(a), None if b is None else from_text(b)) for a, b in state.pauses)


def start_of(clock: Clock, since: str, said: str | None) -> datetime:
    """What a span counts from.

    Args:
        said: what the fact `counts_from` says, a date or an instant; of a date any moment of the day will do.
    """
    if said is not None and clock.counts_from is not None:
        if len(said) == 10:
            day = date.fromisoformat(said)
            return midnight(clock.calendar.tz, day)
        return from_text(said)
    start = from_text(since)
    if clock.after_hours:
        start = _next_business_day(clock.calendar, start)
    return start


def _next_business_day(calendar: Calendar, start: datetime) -> datetime:
    """The next opening on a later day, when this one has closed or never opened; before opening it counts."""
    today = date_in(calendar.tz, start)
    closes = max((stretch.closes for stretch in calendar.open_on(today)), default=None)
    if closes is not None and start < closes:
        return start
    tomorrow = end_of(calendar.tz, today)
    return next_open(calendar, tomorrow)


def due(span: Span, start: datetime, calendar: Calendar, pauses: Sequence[Pause] = ()) -> datetime | None:
    """When a span that began at `start` runs out; None while a pause holds it.

    A deadline reached at the very instant a pause begins stands; one that would fall into a pause has not
    been reached: it moves to the first end of a day after it. Days move by the whole days that pauses cover,
    the day of receipt never among them (standards.md, readings).

    Raises:
        Unreachable: the calendar has no such time in the years it knows.
    """
    if span.length is not None:
        return _of_time(span.length, span.kind == "business time", start, calendar, pauses)
    found = span.due(start, calendar)
    first = end_of(calendar.tz, date_in(calendar.tz, start))
    shift = 0
    for pause in pauses:
        if found <= pause.start:
            return found
        if pause.end is None:
            return None
        shift += days_covered(span, max(pause.start, first), pause.end, calendar)
        found = _shifted(span, start, calendar, shift)
        while found <= pause.end:
            shift += 1
            found = _shifted(span, start, calendar, shift)
    return found


def _shifted(span: Span, start: datetime, calendar: Calendar, shift: int) -> datetime:
    if span.unit == "business day":
        return end_of_business_day(calendar, start, span.amount + shift)
    found = span.due(start, calendar)
    return end_after_days(calendar.tz, found - MICROSECOND, shift) if shift else found


def _of_time(
    length: timedelta, business: bool, start: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> datetime | None:
    """Hours and minutes: what had passed before a pause is kept."""
    left, at = length, start
    for pause in pauses:
        found = add_business(calendar, at, left) if business else at + left
        if found <= pause.start:
            return found
        if pause.end is None:
            return None
        if pause.start > at:
            left -= business_between(calendar, at, pause.start) if business else pause.start - at
        at = max(at, pause.end)
    return add_business(calendar, at, left) if business else at + left


def days_covered(span: Span, start: datetime, end: datetime, calendar: Calendar) -> int:
    """The whole days, business or calendar ones as the span counts, that a pause covers."""
    zone = calendar.tz
    first, last = date_in(zone, start), date_in(zone, end)
    days = [first + n * DAY for n in range((last - first).days + 1)]
    if span.unit == "business day":
        return sum(1 for day in days if is_business_day(calendar, day) and _covers(calendar, day, start, end))
    return sum(1 for day in days if midnight(zone, day) >= start and end_of(zone, day) <= end)


def _covers(calendar: Calendar, day: date, start: datetime, end: datetime) -> bool:
    stretches = calendar.open_on(day)
    return stretches[0].opens >= start and max(one.closes for one in stretches) <= end


def warn(
    clock: Clock, span: Span | None, start: datetime, due_at: datetime, pauses: Sequence[Pause]
) -> datetime | None:
    """When a clock warns that is due then; None where it does not, or would only do so when it is due.

    Args:
        span: that it counts from `start`; None where the moment is named, or counted back from: a share is
            then one of the real time from `start` on.

    Raises:
        Unreachable: see `due`.
    """
    if clock.warn_before is not None:
        found = max(start, clock.warn_before.before(due_at, clock.calendar))
    elif clock.warn_share is not None:
        found = _share(clock.warn_share, span, start, due_at, clock.calendar, pauses)
    else:
        return None
    return found if found < due_at else None


def _share(
    share: int,
    span: Span | None,
    start: datetime,
    due_at: datetime,
    calendar: Calendar,
    pauses: Sequence[Pause],
) -> datetime:
    business = span is not None and span.kind in ("business time", "business days")
    if span is not None and span.length is not None:
        found = _of_time(span.length * share / 100, business, start, calendar, pauses)
        assert found is not None, "what is due has no pause open before it, and so has a part of it"
        return found
    if business:
        return add_business(calendar, start, business_between(calendar, start, due_at) * share / 100)
    return start + (due_at - start) * share / 100


def accrued(
    span: Span | None, start: datetime, until: datetime, state: ClockState, calendar: Calendar
) -> timedelta:
    """How much of its time has passed: business time where that is what the clock counts, else real time."""
    business = span is not None and span.kind in ("business time", "business days")
    passed, at = timedelta(), start
    for pause in (*pauses_of(state), Pause(until, None)):
        end = min(pause.start, until)
        if end > at:
            passed += business_between(calendar, at, end) if business else end - at
        at = max(at, pause.end or until)
    return passed
