"""Spans of time as people write them: `4 business hours`, `3 business days`, `8 weeks`, `30 minutes`.

What each means is design.md §5: business time passes while the calendar is open; the Nth business day and the
Nth calendar day end at their close and at 24:00; plain hours and minutes really pass, whatever the hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from recovery.core.calendars.arithmetic import add_business, end_of_business_day, start_of_business_day
from recovery.core.calendars.calendar import Calendar
from recovery.core.calendars.days import (
    end_after_days,
    end_after_months,
    start_before_days,
    start_before_months,
)
from recovery.core.instants import utc

Unit = Literal[
    "business minute", "business hour", "business day", "minute", "hour", "day", "week", "month", "year"
]
UNITS: tuple[Unit, ...] = get_args(Unit)

Kind = Literal["business time", "business days", "calendar days", "real time"]
"""What a span counts, and so what a pause takes out of it."""

KINDS: dict[Unit, Kind] = {
    "business minute": "business time",
    "business hour": "business time",
    "business day": "business days",
    "minute": "real time",
    "hour": "real time",
    "day": "calendar days",
    "week": "calendar days",
    "month": "calendar days",
    "year": "calendar days",
}

YEARS_AT_MOST = 100
"""No span is longer. Nobody waits for more, and most who write more have missed the key they wanted."""

_MINUTES: dict[Unit, int] = {"business minute": 1, "business hour": 60, "minute": 1, "hour": 60}
_DAYS: dict[Unit, int] = {"day": 1, "week": 7}
_MONTHS: dict[Unit, int] = {"month": 1, "year": 12}
_MINUTES_AT_LEAST: dict[Unit, int] = {
    **_MINUTES,
    "business day": 1440,
    "day": 1440,
    "week": 7 * 1440,
    "month": 28 * 1440,
    "year": 365 * 1440,
}


@dataclass(frozen=True, slots=True)
class Span:
    """So many of a unit.

    Raises:
        ValueError: the amount is not positive, or the span is longer than `YEARS_AT_MOST`.
    """

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError("a span has an amount of at least 1")
        if self.amount * _MINUTES_AT_LEAST[self.unit] > YEARS_AT_MOST * 366 * 1440:
            raise ValueError(f"a span is not longer than {YEARS_AT_MOST} years")

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}" + ("s" if self.amount > 1 else "")

    @property
    def kind(self) -> Kind:
        """What it counts."""
        return KINDS[self.unit]

    @property
    def length(self) -> timedelta | None:
        """How long it lasts, of business time and real time; None of days, which have no fixed length."""
        minutes = _MINUTES.get(self.unit)
        return None if minutes is None else timedelta(minutes=self.amount * minutes)

    def due(self, start: datetime, calendar: Calendar) -> datetime:
        """The instant (UTC) at which it runs out.

        Args:
            start: when it begins; of days, any moment of the day of receipt.
            calendar: of real time not needed; of calendar days only its zone matters.

        Raises:
            Unreachable: the calendar has no such time in the years it knows.
        """
        if self.length is not None:
            if self.kind == "real time":
                return utc(start) + self.length
            return add_business(calendar, start, self.length)
        if self.unit == "business day":
            return end_of_business_day(calendar, start, self.amount)
        if self.unit in _DAYS:
            return end_after_days(calendar.tz, start, self.amount * _DAYS[self.unit])
        return end_after_months(calendar.tz, start, self.amount * _MONTHS[self.unit])

    def before(self, event: datetime, calendar: Calendar) -> datetime:
        """The instant (UTC) by which something must have been done, counted back from an event.

        It is the mirror of `due`: business time that runs out at opening ends at opening; the Nth business
        day before begins at its opening and the Nth calendar day at 0:00, so that whole days lie between.

        Raises:
            Unreachable: the calendar has no such time in the years it knows.
        """
        if self.length is not None:
            if self.kind == "real time":
                return utc(event) - self.length
            return add_business(calendar, event, -self.length)
        if self.unit == "business day":
            return start_of_business_day(calendar, event, self.amount)
        if self.unit in _DAYS:
            return start_before_days(calendar.tz, event, self.amount * _DAYS[self.unit])
        return start_before_months(calendar.tz, event, self.amount * _MONTHS[self.unit])
