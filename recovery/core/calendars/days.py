"""Days, weeks, months and years on the wall: they end at 24:00 local, the exclusive instant ."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from recovery.core.calendars.local import MICROSECOND, date_in, end_of, midnight


def end_after_days(zone: ZoneInfo, receipt: datetime, count: int) -> datetime:
    """24:00 of the Nth day after the day of receipt; a date the zone skipped is not counted."""
    last = date_in(zone, receipt) + timedelta(days=count)
    return end_of(zone, last + _skipped(zone, receipt, end_of(zone, last)))


def start_before_days(zone: ZoneInfo, event: datetime, count: int) -> datetime:
    """0:00 of the Nth day before the day of an event: so many whole days lie between."""
    first = date_in(zone, event) - timedelta(days=count)
    return midnight(zone, first - _skipped(zone, midnight(zone, first) - MICROSECOND, event))


def _skipped(zone: ZoneInfo, since: datetime, until: datetime) -> timedelta:
    """The dates a zone leapt over between two instants: its clock was put on by whole days."""
    before, after = (moment.astimezone(zone).utcoffset() or timedelta() for moment in (since, until))
    return timedelta(days=max(0, round((after - before) / timedelta(days=1))))


def end_after_months(zone: ZoneInfo, receipt: datetime, count: int) -> datetime:
    """24:00 of the same day so many months later, or of that month's last day where it has no such day."""
    return end_of(zone, _months_on(date_in(zone, receipt), count))


def start_before_months(zone: ZoneInfo, event: datetime, count: int) -> datetime:
    """0:00 of the same day so many months earlier, or of that month's last day where it has no such day."""
    return midnight(zone, _months_on(date_in(zone, event), -count))


def _months_on(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
