"""The open time of ten years as sorted columns of numbers, so that a long span costs what a short one does.

Opening and closing moments are found by halving; the time open up to each closing is summed up beforehand.
Ten years at once, because the years that a long span crosses would otherwise each have to be made.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from recovery.core.calendars.local import DAY, EPOCH_DAY, MICROSECOND, MINUTE, at_wall, exists, micros

_AROUND = 3
"""Days before and after that may reach into the ten years: windows of up to 24 hours, zones up to 15 away."""


@dataclass(frozen=True, slots=True)
class Table:
    """Open time from `start` to `end`, in microseconds since 1970; an instant at closing is not open.

    Attributes:
        opens, closes: stretches of open time, in order, none touching another.
        sums: the open time from `start` to each closing.
        days: the ordinals of the local dates of these years on which a window opens.
    """

    start: int
    end: int
    opens: array[int]
    closes: array[int]
    sums: array[int]
    days: array[int]

    @property
    def total(self) -> int:
        """All open time in it."""
        return self.sums[-1] if self.sums else 0

    def before(self, at: int) -> int:
        """The open time from the start to a moment."""
        at_or_before = bisect_right(self.opens, at) - 1
        if at_or_before < 0:
            return 0
        return self.sums[at_or_before] - max(0, self.closes[at_or_before] - at)

    def first_after(self, amount: int) -> int:
        """The first moment with so much open time before it (1 to `total`); at closing, the closing."""
        place = bisect_left(self.sums, amount)
        return self.closes[place] - (self.sums[place] - amount)

    def last_after(self, amount: int) -> int:
        """The last moment with so much open time before it (less than `total`); at opening, the opening."""
        place = bisect_right(self.sums, amount)
        return self.closes[place] - (self.sums[place] - amount)

    def open_from(self, at: int) -> int | None:
        """The moment itself when it is open, else the next opening; None when there is none."""
        place = bisect_right(self.closes, at)
        return max(at, self.opens[place]) if place < len(self.opens) else None


def made(zone: ZoneInfo, windows: Callable[[date], Iterable[tuple[int, int]]], decade: int) -> Table:
    """The table of a decade.

    Args:
        windows: the windows of a date, in minutes after its local midnight.
        decade: the year divided by ten.
    """
    first, after = date(decade * 10, 1, 1), date(decade * 10 + 10, 1, 1)
    start, end = (micros(datetime(day.year, 1, 1, tzinfo=UTC)) for day in (first, after))
    found: list[tuple[int, int]] = []
    days = array("q")
    begin = first.toordinal() - _AROUND
    dates = [date.fromordinal(ordinal) for ordinal in range(begin, after.toordinal() + _AROUND)]
    offsets = _offsets(zone, [*dates, *(dates[-1] + timedelta(days=more) for more in (1, 2))])
    for number, day in enumerate(dates):
        own = windows(day)
        if not own:
            continue
        offset = offsets[number]
        if offset == offsets[number + 1] == offsets[number + 2]:  # no clock changes while they are open
            midnight = (begin + number - EPOCH_DAY) * DAY - offset
            stretches = [(midnight + opens * MINUTE, midnight + closes * MINUTE) for opens, closes in own]
        else:
            stretches = _resolved(zone, day, own)
        found += stretches
        if stretches and first <= day < after:
            days.append(begin + number)
    return Table(start, end, *_columns(found, start, end), days)


def _offsets(zone: ZoneInfo, days: Iterable[date]) -> list[int]:
    """The zone's offset at the midnight that begins each date, in microseconds."""
    midnights = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in days)
    return [(moment.utcoffset() or timedelta()) // MICROSECOND for moment in midnights]


def _resolved(zone: ZoneInfo, day: date, windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """A date's windows as instants; those that a clock change swallowed are left out."""
    if not exists(zone, day):
        return []
    ordinal = day.toordinal()
    found = [(at_wall(zone, ordinal, opens), at_wall(zone, ordinal, closes)) for opens, closes in windows]
    return [(opens, closes) for opens, closes in found if opens < closes]


def _columns(found: list[tuple[int, int]], start: int, end: int) -> tuple[array[int], array[int], array[int]]:
    """Stretches in order, without overlaps, cut to the ten years; and the sums."""
    opens, closes, sums = array("q"), array("q"), array("q")
    total = 0
    for opened, closed in sorted(found):
        opened, closed = max(opened, start), min(closed, end)
        if closes and opened <= closes[-1]:
            more = closed - closes[-1]
            if more > 0:
                total += more
                closes[-1], sums[-1] = closed, total
        elif opened < closed:
            total += closed - opened
            opens.append(opened)
            closes.append(closed)
            sums.append(total)
    return opens, closes, sums
