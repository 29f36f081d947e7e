"""Counting open time and business days, forwards and back."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta

from recovery.core.calendars.calendar import FIRST_YEAR, LAST_YEAR, Calendar, decade_of
from recovery.core.calendars.local import MICROSECOND, date_in, instant, micros


def is_open(calendar: Calendar, moment: datetime) -> bool:
    """Whether it is open at an instant; at opening it is, at closing no longer.

    Raises:
        Unreachable: the instant lies outside the years the calendar knows.
    """
    at = calendar.inside(micros(moment))
    return calendar.table(decade_of(at)).open_from(at) == at


def next_open(calendar: Calendar, moment: datetime) -> datetime:
    """The instant itself when it is open, else the next opening: the next moment a message may go out.

    Raises:
        Unreachable: it never opens again in the years the calendar knows.
    """
    at = calendar.inside(micros(moment))
    decade = decade_of(at)
    while True:
        table = calendar.table(decade)
        found = table.open_from(at)
        if found is not None:
            return instant(calendar.inside(found))
        calendar.inside(table.end)
        decade += 1


def add_business(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """The instant at which so much open time has passed since a start.

    A span that runs out exactly at closing ends *at closing*; counted back (a negative span), one that runs
    out at opening ends at opening. An empty span ends where it starts.

    Raises:
        Unreachable: that instant lies outside the years the calendar knows.
    """
    at = calendar.inside(micros(start))
    amount = span // MICROSECOND
    if amount == 0:
        return instant(at)
    decade = decade_of(at)
    table = calendar.table(decade)
    wanted = table.before(at) + amount
    if amount > 0:
        while wanted > table.total:
            calendar.inside(table.end)
            wanted -= table.total
            decade += 1
            table = calendar.table(decade)
        return instant(_on_or_before_end(calendar, table.first_after(wanted)))
    while wanted < 0:
        calendar.inside(table.start - 1)
        decade -= 1
        table = calendar.table(decade)
        wanted += table.total
    return instant(calendar.inside(table.last_after(wanted)))


def _on_or_before_end(calendar: Calendar, at: int) -> int:
    """A closing may be the very end of the years that are known."""
    return at if at == calendar.bounds[1] else calendar.inside(at)


def business_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The open time from one instant to another; negative when the second is earlier.

    Raises:
        Unreachable: one of them lies outside the years the calendar knows.
    """
    first, last = calendar.inside(micros(start)), calendar.inside(micros(end))
    if first > last:
        return -business_between(calendar, end, start)
    one, other = decade_of(first), decade_of(last)
    passed = calendar.table(other).before(last) - calendar.table(one).before(first)
    passed += sum(calendar.table(decade).total for decade in range(one, other))
    return timedelta(microseconds=passed)


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether a window opens on a date."""
    return bool(calendar.open_on(day))


def business_day(calendar: Calendar, day: date, count: int) -> date:
    """The Nth business day after a date, which itself never counts; when negative, before it.

    Raises:
        Unreachable: there are not so many in the years the calendar knows.
        ValueError: `count` is 0.
    """
    if count == 0:
        raise ValueError("the day of receipt is no business day after itself")
    ordinal = day.toordinal()
    decade = day.year // 10
    days = _days(calendar, decade)
    if count > 0:
        place = bisect_right(days, ordinal) + count - 1
        while place >= len(days):
            place -= len(days)
            decade += 1
            days = _days(calendar, decade)
    else:
        place = bisect_left(days, ordinal) + count
        while place < 0:
            decade -= 1
            days = _days(calendar, decade)
            place += len(days)
    found = date.fromordinal(days[place])
    calendar.knows(found.year)
    return found


def business_days_between(calendar: Calendar, first: date, last: date) -> int:
    """How many business days come after the first date, up to and with the last; negative when reversed.

    Raises:
        Unreachable: one of the dates lies outside the years the calendar knows.
    """
    calendar.knows(first.year)
    calendar.knows(last.year)
    if first > last:
        return -business_days_between(calendar, last, first)
    one, other = first.year // 10, last.year // 10
    count = bisect_right(_days(calendar, other), last.toordinal())
    count -= bisect_right(_days(calendar, one), first.toordinal())
    return count + sum(len(_days(calendar, decade)) for decade in range(one, other))


def _days(calendar: Calendar, decade: int) -> array[int]:
    first, last = calendar.known or (FIRST_YEAR, LAST_YEAR)
    if not first // 10 <= decade <= last // 10:
        raise calendar.unreachable()
    return calendar.table(decade).days


def end_of_business_day(calendar: Calendar, receipt: datetime, count: int) -> datetime:
    """The close of the Nth business day following the day of receipt (DISP 1.6.2; standards.md).

    The day of receipt is the date on the wall in the calendar's zone, whether it was open or not.

    Raises:
        Unreachable: see `business_day`.
        ValueError: `count` is not positive.
    """
    if count < 1:
        raise ValueError("at least one business day")
    day = business_day(calendar, date_in(calendar.tz, receipt), count)
    return max(stretch.closes for stretch in calendar.open_on(day))


def start_of_business_day(calendar: Calendar, event: datetime, count: int) -> datetime:
    """The opening of the Nth business day before the day of an event: a deadline counted back.

    Raises:
        Unreachable: see `business_day`.
        ValueError: `count` is not positive.
    """
    if count < 1:
        raise ValueError("at least one business day")
    day = business_day(calendar, date_in(calendar.tz, event), -count)
    return calendar.open_on(day)[0].opens
