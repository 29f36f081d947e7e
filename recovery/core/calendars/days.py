"""Days, weeks, months and years on the wall: they end at 24:00 local, the exclusive instant ."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from recovery.core.calendars.local import date_in, end_of, midnight

_ONE = timedelta(days=1)


def end_after_days(zone: ZoneInfo, receipt: datetime, count: int) -> datetime:
    """24:00 of the Nth day after the day of receipt; a date the zone skipped is not counted."""
    first = date_in(zone, receipt)
    last = first + timedelta(days=count)
    last += timedelta(days=_skipped(zone, first, last))
    return end_of(zone, last)


def start_before_days(zone: ZoneInfo, event: datetime, count: int) -> datetime:
    """0:00 of the Nth day before the day of an event: so many whole days lie between."""
    last = date_in(zone, event)
    first = last - timedelta(days=count)
    first -= timedelta(days=_skipped(zone, first, last))
    return midnight(zone, first)


def _skipped(zone: ZoneInfo, first: date, last: date) -> int:
    """How many dates the zone leapt over from one date to the end of another, its clock put on by a day."""
    begins, ends = (
        midnight(zone, day).astimezone(zone).utcoffset() or timedelta() for day in (first, last + _ONE)
    )
    return max(0, round((ends - begins) / _ONE))


def end_after_months(zone: ZoneInfo, receipt: datetime, count: int) -> datetime:
    """24:00 of the same day so many months later, or of that month's last day where it has no such day."""
    return end_of(zone, _months_on(date_in(zone, receipt), count))


def start_before_months(zone: ZoneInfo, event: datetime, count: int) -> datetime:
    """0:00 of the same day so many months earlier, or of that month's last day where it has no such day."""
    return midnight(zone, _months_on(date_in(zone, event), -count))


def _months_on(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
