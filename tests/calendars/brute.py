"""The same questions answered the slow way: every minute of some weeks, each marked open or not.

Nothing here is shared with what is tested: local times are found by trying every offset that is in force
around them, windows are marked on a tape of minutes, and counting is counting.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from recovery.core.calendars.calendar import Calendar, Window

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

ZONES = (
    *("UTC", "Europe/London", "Europe/Rome", "America/New_York", "Australia/Sydney", "Asia/Shanghai"),
    "Australia/Lord_Howe",  # half an hour
    "Africa/Casablanca",  # back for one month of the year
    "America/Sao_Paulo",  # until 2019 at midnight, which then did not exist
    "America/Havana",  # midnight exists twice
    "America/Nuuk",  # the hour before midnight does not exist
    "Antarctica/Troll",  # two hours
    "Asia/Kathmandu",  # 5:45
    "Pacific/Apia",  # left out 2011-12-30
    "Pacific/Kiritimati",  # left out 1994-12-31
    "Pacific/Chatham",
)


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """The hours of 1994 to 2035 in which a clock of the zone is changed."""
    found = []
    tz = ZoneInfo(zone)
    moment, end = datetime(1994, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
    while moment < end:
        if moment.astimezone(tz).utcoffset() != (moment + DAY).astimezone(tz).utcoffset():
            found.append(moment)
        moment += DAY
    return tuple(found)


def random_calendar(chance: random.Random, zone: str, around: date) -> Calendar:
    """Any calendar, with exceptions, holidays and closing days near a date."""
    near = [around + DAY * number for number in range(-12, 13)]
    return Calendar(
        "random",
        zone,
        tuple(random_windows(chance, chance.choice((0, 1, 1, 1, 2, 3))) for _ in range(7)),
        exceptions={day: random_windows(chance, chance.randrange(3)) for day in chance.sample(near, 3)},
        holidays=dict.fromkeys(chance.sample(near, chance.randrange(4)), "holiday"),
        closed=dict.fromkeys(chance.sample(near, chance.randrange(3)), "closed"),
    )


def random_windows(chance: random.Random, count: int) -> tuple[Window, ...]:
    """Windows as nobody would write them: overlapping, over midnight, in the hours that do not exist."""
    made = []
    for _ in range(count):
        opens = chance.choice((0, 60, 120, 150, 540, chance.randrange(1440)))
        longest = chance.choice((30, 60, 240, 540, 1440))
        made.append(Window(opens, opens + chance.randint(1, longest)))
    return tuple(made)


@dataclass
class Minutes:
    """Every minute from a moment on, 1 where it is open; and the dates on which something opened."""

    begin: datetime
    marks: bytearray
    closings: dict[date, datetime]
    openings: dict[date, datetime]

    def open_from(self, moment: datetime) -> Iterator[datetime]:
        """Each open minute from a moment on."""
        place = (moment - self.begin) // MINUTE
        while (place := self.marks.find(1, place)) >= 0:
            yield self.begin + place * MINUTE
            place += 1

    def due(self, start: datetime, count: int) -> datetime | None:
        """The end of the Nth open minute from a start."""
        for number, minute in enumerate(self.open_from(start), start=1):
            if number == count:
                return minute + MINUTE
        return None

    def back(self, event: datetime, count: int) -> datetime | None:
        """The beginning of the Nth open minute before an event."""
        place = (event - self.begin) // MINUTE
        for _ in range(count):
            place = self.marks.rfind(1, 0, place)
            if place < 0:
                return None
        return self.begin + place * MINUTE

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How many open minutes lie between two moments."""
        return self.marks.count(1, (start - self.begin) // MINUTE, (end - self.begin) // MINUTE) * MINUTE


def minutes(calendar: Calendar, begin: datetime, days: int) -> Minutes:
    """Mark the minutes of so many days; `begin` is a whole minute."""
    tz = ZoneInfo(calendar.zone)
    length = days * 1440
    made = Minutes(begin, bytearray(length), {}, {})
    day = begin.astimezone(tz).date() - DAY * 4
    while (day := day + DAY) < begin.date() + DAY * (days + 4):
        if not _exists(tz, day):
            continue
        stretches = [_stretch(tz, day, window) for window in _own(calendar, day)]
        stretches = [(opens, closes) for opens, closes in stretches if opens < closes]
        for opens, closes in stretches:
            first, last = (opens - begin) // MINUTE, (closes - begin) // MINUTE
            first, last = max(first, 0), max(min(last, length), 0)
            made.marks[first:last] = b"\1" * max(last - first, 0)
        if stretches:
            made.closings[day] = max(closes for _, closes in stretches)
            made.openings[day] = min(opens for opens, _ in stretches)
    return made


def _own(calendar: Calendar, day: date) -> Sequence[Window]:
    if day in calendar.exceptions:
        return calendar.exceptions[day]
    off = day in calendar.holidays or day in calendar.closed
    return () if off else calendar.week[day.isoweekday() - 1]


def _stretch(tz: ZoneInfo, day: date, window: Window) -> tuple[datetime, datetime]:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall
    opens, closes = (local(tz, midnight + number * MINUTE) for number in window)
    return opens, closes


def local(tz: ZoneInfo, wall: datetime) -> datetime:
    """The instant of a local time: the first that shows it, else by the offset before the gap."""
    around = wall.replace(tzinfo=UTC)
    offsets = _offsets(tz.key, around.replace(hour=0, minute=0))
    shows = [
        around - offset for offset in offsets if (around - offset).astimezone(tz).replace(tzinfo=None) == wall
    ]
    if shows:
        return min(shows)
    before = max(around - offset for offset in offsets)  # the smaller offset was in force before the gap
    assert before.astimezone(tz).replace(tzinfo=None) > wall
    return before


@cache
def _offsets(zone: str, around: datetime) -> frozenset[timedelta]:
    """Every offset in force within two days of a date."""
    tz = ZoneInfo(zone)
    moments = (around + timedelta(hours=hour) for hour in range(-42, 67, 6))  # none is in force for less
    return frozenset(moment.astimezone(tz).utcoffset() or timedelta() for moment in moments)


@cache
def _exists(tz: ZoneInfo, day: date) -> bool:
    """Whether any hour of some days is on this date."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    near = sorted(range(-80, 81), key=abs)
    return any((noon + timedelta(minutes=30 * n)).astimezone(tz).date() == day for n in near)
