"""Set times on the wall: five fields as in a crontab, in one time zone, or on the days a calendar opens.

`40 8 * * mon-fri` is 08:40 from Monday to Friday: minute, hour, day of the month, month, day of the week. A
field is `*`, a number or name, a range `a-b`, each with `/n` for every nth of it, or several with commas.
Where both the day of the month and the day of the week are given, either will do.

A local time that does not exist on a day is as much later as the clocks go forward; one that exists twice is
meant once, the first time (`recovery.core.calendars.local`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from recovery.core.calendars.calendar import Calendar
from recovery.core.calendars.local import at_wall, date_in, exists, instant, micros, zone_of
from recovery.core.errors import RecoveryError
from recovery.core.facts import shown

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS)}),
)

DAYS_AHEAD = 366 * 8 + 2
"""How far ahead a moment is looked for: from one 29 February to the next it may be eight years."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something is to be done, again and again.

    Attributes:
        text: the five fields.
        zone: the name of the time zone they are read in.
        calendar: where given, days on which it never opens are left out.

    Raises:
        RecoveryError: a field cannot be read, or there is no such zone.
    """

    text: str
    zone: str
    calendar: Calendar | None = None
    _tz: ZoneInfo = field(init=False, compare=False, repr=False)
    _times: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _days: frozenset[int] = field(init=False, compare=False, repr=False)
    _months: frozenset[int] = field(init=False, compare=False, repr=False)
    _weekdays: frozenset[int] = field(init=False, compare=False, repr=False)
    _either: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        fields = self.text.split()
        if len(fields) != len(_FIELDS):
            hint = "Give minute, hour, day, month and weekday, such as 40 8 * * mon-fri."
            raise _unreadable(self.text, hint)
        minutes, hours, days, months, weekdays = (
            _numbers(text, *of) for text, of in zip(fields, _FIELDS, strict=True)
        )
        try:
            tz = zone_of(self.zone)
        except ValueError as error:
            raise RecoveryError(f"{error}.", hint="Such as Europe/London.") from None
        set_ = object.__setattr__
        set_(self, "_tz", tz)
        set_(self, "_times", tuple(sorted(hour * 60 + minute for hour in hours for minute in minutes)))
        set_(self, "_days", days)
        set_(self, "_months", months)
        set_(self, "_weekdays", frozenset(number % 7 for number in weekdays))
        set_(self, "_either", fields[2] != "*" and fields[4] != "*")

    @classmethod
    def of_calendar(cls, text: str, calendar: Calendar) -> Schedule:
        """Times in a calendar's own zone, on days on which it opens.

        Raises:
            RecoveryError: see `Schedule`.
        """
        return cls(text, calendar.zone, calendar)

    def after(self, moment: datetime) -> datetime | None:
        """The first of these moments after another one (aware); None: there is none within eight years."""
        since = micros(moment)
        first = date_in(self._tz, moment)
        for ahead in range(-1, DAYS_AHEAD):
            day = first + timedelta(days=ahead)
            found = [at for at in self._on(day) if at > since]
            if found:  # the next day may have an earlier one, where a clock change moved these over midnight
                return instant(min(*found, *self._on(day + timedelta(days=1)), found[0]))
        return None

    def _on(self, day: date) -> Iterator[int]:
        """The moments of a date, in microseconds, in the order of the clock on the wall."""
        if day.month not in self._months or not self._is_day(day):
            return
        if self.calendar is not None and not self.calendar.open_on(day):
            return
        if exists(self._tz, day):
            for minutes in self._times:
                yield at_wall(self._tz, day.toordinal(), minutes)

    def _is_day(self, day: date) -> bool:
        by_date, by_weekday = day.day in self._days, day.isoweekday() % 7 in self._weekdays
        return by_date or by_weekday if self._either else by_date and by_weekday


def _numbers(text: str, what: str, least: int, most: int, names: dict[str, int]) -> frozenset[int]:
    """The numbers that a field means."""

    def number(word: str) -> int:
        found = names.get(word.lower())
        if found is None and word.isascii() and word.isdigit() and len(word) <= 2:
            found = int(word)
        if found is None or not least <= found <= most:
            raise _unreadable(text, f"The {what} is {least} to {most}" + (" or a name." if names else "."))
        return found

    meant: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        every = 1
        if slash:
            if not (step.isascii() and step.isdigit() and 0 < int(step[:3]) <= most):
                raise _unreadable(text, f"After the stroke of {shown(part)} stands a number.")
            every = int(step)
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = least, most
        else:
            begin = number(first)
            end = number(last) if dash else (most if slash else begin)
            if begin > end == 0 and most == 7:  # to Sunday, which ends the week as well as it begins it
                end = 7
        if begin > end:
            raise _unreadable(text, f"{shown(span)} ends before it begins.")
        meant.update(range(begin, end + 1, every))
    return frozenset(meant)


def _unreadable(text: str, hint: str) -> RecoveryError:
    return RecoveryError(f"{shown(text)} says no set times.", hint=hint)
