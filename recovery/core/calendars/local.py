"""Between clocks on walls and instants, in whole microseconds since 1970 (UTC).

A local time that does not exist is read with the offset before the gap; one that exists twice means its first
occurrence; a date that a zone skipped (Apia, 2011-12-30) is no day (design.md §5).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from recovery.core.instants import utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE

_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""What some systems keep beside their time zones: whoever set the machine up decides what they mean."""

_OTHER_COPIES = ("posix/", "right/")
"""Folders in which some systems keep all zones again, the second time with leap seconds."""


def micros(moment: datetime) -> int:
    """Microseconds from 1970 to an instant.

    Raises:
        ValueError: the datetime is naive.
    """
    return (utc(moment) - EPOCH) // MICROSECOND


def instant(at: int) -> datetime:
    """The instant (UTC) so many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=at)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name, such as `Europe/London`.

    Raises:
        ValueError: there is none, or what it means is not the same on every machine.
    """
    if name.startswith(_OTHER_COPIES) or name in _OF_THE_MACHINE:
        raise ValueError(f"{name} is no time zone that is the same everywhere")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name} is no time zone") from None


def zones() -> list[str]:
    """The names of all time zones, in order."""
    return sorted(available_timezones() - _OF_THE_MACHINE)


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    try:
        zone_of(name)
    except ValueError:
        return False
    return True


def at_wall(zone: ZoneInfo, day: int, minutes: int) -> int:
    """The instant at which a clock on the wall shows so many minutes after the midnight that begins a day.

    Args:
        day: the date's ordinal; minutes from 24:00 on are on the days after it.
    """
    wall = datetime.combine(date.fromordinal(day), time(), zone) + timedelta(minutes=minutes)
    return (wall.astimezone(UTC) - EPOCH) // MICROSECOND


def midnight(zone: ZoneInfo, day: date) -> datetime:
    """The instant at which a date begins: 24:00 of the date before."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(zone: ZoneInfo, day: date) -> datetime:
    """24:00 of a date: the instant at which the next one begins."""
    return midnight(zone, day + timedelta(days=1))


def exists(zone: ZoneInfo, day: date) -> bool:
    """Whether a zone has this date at all."""
    return midnight(zone, day).astimezone(zone).date() == day


def date_in(zone: ZoneInfo, moment: datetime) -> date:
    """The date on the wall at an instant."""
    return utc(moment).astimezone(zone).date()
