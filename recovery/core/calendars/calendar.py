"""A calendar: when somebody is open, in one time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from recovery.core.calendars.local import EPOCH_DAY, MINUTE, at_wall, exists, instant, micros, zone_of
from recovery.core.calendars.table import Table, made
from recovery.core.errors import Fault, RecoveryError

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Business time is counted within these years."""

Kind = Literal["weekday", "exception", "holiday", "closed", "skipped"]
"""Why a day has the hours it has; `skipped` is a date that the zone never had."""


class Window(NamedTuple):
    """Open hours of a day, in minutes after its local midnight.

    `closes` is more than `opens` and at most 24 hours later; beyond 1,440 it is on the day after, and the
    window still belongs to the day it opens.
    """

    opens: int
    closes: int


class Open(NamedTuple):
    """A stretch of open time, as instants (UTC); `closes` is not in it."""

    opens: datetime
    closes: datetime


class Unreachable(RecoveryError):
    """Business time was asked for where the calendar has none, or does not know its holidays."""

    fault: Fault = "workflow"


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody is open.

    Attributes:
        zone: the name of its time zone, such as `Europe/London`.
        week: the windows of Monday to Sunday, seven tuples.
        exceptions: the windows of single dates; none is closed. They win over weekday and day off.
        holidays: public holidays and their names.
        closed: days on which the house itself is closed, and why.
        known: the first and last year its holidays are known for; None when it has no need of any.

    Raises:
        ValueError: there is no such zone, or a window is reversed, empty or longer than a day.
    """

    name: str
    zone: str
    week: tuple[tuple[Window, ...], ...]
    exceptions: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    holidays: Mapping[date, str] = field(default_factory=dict)
    closed: Mapping[date, str] = field(default_factory=dict)
    known: tuple[int, int] | None = None
    tz: ZoneInfo = field(init=False, compare=False, repr=False)
    bounds: tuple[int, int] = field(init=False, compare=False, repr=False)
    _tables: dict[int, Table] = field(init=False, compare=False, repr=False)
    _elsewhere: dict[str, Calendar] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        for window in (window for day in (*self.week, *self.exceptions.values()) for window in day):
            if not 0 <= window.opens < window.closes <= window.opens + 1440 or window.opens >= 1440:
                raise ValueError(f"{window} is no window of a day")
        set_ = object.__setattr__
        set_(self, "tz", zone_of(self.zone))
        first, last = self.known or (FIRST_YEAR, LAST_YEAR)
        of_year = (micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (first, last + 1))
        set_(self, "bounds", tuple(of_year))
        set_(self, "_tables", {})
        set_(self, "_elsewhere", {})

    def in_zone(self, zone: str) -> Calendar:
        """The same hours on the clocks of another zone: the customer's day, wherever the customer is.

        Raises:
            ValueError: there is no such zone.
        """
        if zone == self.zone:
            return self
        if zone not in self._elsewhere:
            self._elsewhere[zone] = replace(self, zone=zone)
        return self._elsewhere[zone]

    def windows(self, day: date) -> tuple[Window, ...]:
        """The windows that open on a date: its exception's, or none on a day off, or its weekday's."""
        found = self.exceptions.get(day)
        if found is not None:
            return found
        if day in self.holidays or day in self.closed:
            return ()
        return self.week[day.weekday()]

    def kind(self, day: date) -> Kind:
        """Why a date has the windows it has."""
        if not exists(self.tz, day):
            return "skipped"
        if day in self.exceptions:
            return "exception"
        if day in self.holidays:
            return "holiday"
        return "closed" if day in self.closed else "weekday"

    def open_on(self, day: date) -> tuple[Open, ...]:
        """The windows of a date as instants, in order; a window that a clock change swallowed is left out."""
        if not exists(self.tz, day):
            return ()
        ordinal = day.toordinal()
        found = (
            (at_wall(self.tz, ordinal, window.opens), at_wall(self.tz, ordinal, window.closes))
            for window in self.windows(day)
        )
        return tuple(
            Open(instant(opens), instant(closes)) for opens, closes in sorted(found) if opens < closes
        )

    def table(self, decade: int) -> Table:
        """The open time of ten years, made when it is first asked for.

        Args:
            decade: the year divided by ten, such as 202.
        """
        found = self._tables.get(decade)
        if found is None:
            found = self._tables[decade] = made(self.tz, self.windows, decade)
        return found

    def inside(self, at: int) -> int:
        """The moment itself (in microseconds), when the calendar can be asked about it.

        Raises:
            Unreachable: it lies before or after the years the calendar knows.
        """
        if self.bounds[0] <= at < self.bounds[1]:
            return at
        raise self.unreachable()

    def knows(self, year: int) -> None:
        """Make sure that a year is one the calendar can be asked about.

        Raises:
            Unreachable: it is not.
        """
        first, last = self.known or (FIRST_YEAR, LAST_YEAR)
        if not first <= year <= last:
            raise self.unreachable()

    def unreachable(self) -> Unreachable:
        """The error for a moment outside the years it knows, or for open time that it does not have."""
        if self.known is not None:
            first, last = self.known
            return Unreachable(
                f"The calendar {self.name} knows its holidays from {first} to {last}; this leads outside.",
                hint="Shorten the span.",
            )
        return Unreachable(
            f"The calendar {self.name} has no such open time between {FIRST_YEAR} and {LAST_YEAR}.",
            hint="Shorten the span, or give the calendar more hours.",
        )


def decade_of(at: int) -> int:
    """The decade that an instant (in microseconds) lies in."""
    return date.fromordinal(EPOCH_DAY + at // (1440 * MINUTE)).year // 10
