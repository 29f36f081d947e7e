"""A month of a calendar as people see it, and as data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from recovery.core.calendars.calendar import Calendar, Open
from recovery.core.calendars.counting import Day
from recovery.core.calendars.local import at_wall, end_of, instant
from recovery.core.instants import to_text

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
OPEN, PART, SHUT, NEVER = "█", "▄", "·", " "
"""An hour that is open, open in part, closed; and one that the day does not have."""

_DAY = timedelta(days=1)
_SCALE = "0     6     12    18    "


def drawn(calendar: Calendar, clock: ZoneInfo, days: Sequence[Day]) -> str:
    """A month, a line a day: its hours from 0 to 24, the windows that open on it, and what is special."""
    first = days[0].date
    head = f"{calendar.name}, {MONTHS[first.month - 1]} {first.year}, {calendar.zone}"
    if clock.key != calendar.zone:
        head += f", on the clock of {clock.key}"
    stretches = [window for day in days for window in day.windows]
    stretches += [*calendar.open_on(first - _DAY), *calendar.open_on(days[-1].date + _DAY)]
    lines = [
        f"{weekday(day.date)} {day.date.day:2}  {_bar(day.date, clock, stretches)}  {hours(day, clock)}"
        for day in days
    ]
    total = length(sum((day.open_for for day in days), timedelta()))
    foot = f"Open for {total} on {sum(bool(day.windows) for day in days)} days."
    return "\n".join([head, "", f"        {_SCALE}", *lines, "", foot])


def _bar(day: date, clock: ZoneInfo, stretches: Sequence[Open]) -> str:
    return "".join(_hour(clock, day.toordinal(), hour, stretches) for hour in range(24))


def _hour(clock: ZoneInfo, day: int, hour: int, stretches: Sequence[Open]) -> str:
    begins, ends = instant(at_wall(clock, day, hour * 60)), instant(at_wall(clock, day, hour * 60 + 60))
    shows = begins.astimezone(clock)
    if ends <= begins or (shows.toordinal(), shows.hour) != (day, hour):
        return NEVER
    taken = sum(
        (max(min(closes, ends) - max(opens, begins), timedelta()) for opens, closes in stretches), timedelta()
    )
    return OPEN if taken >= ends - begins else PART if taken else SHUT


def hours(day: Day, clock: ZoneInfo) -> str:
    """A day's windows on a clock, and what is special about it: `09:00–13:00, exception`."""
    parts = (
        [", ".join(_window(window, day.date, clock) for window in day.windows)] if day.windows else ["closed"]
    )
    parts += [part for part in (_why(day), _change(day)) if part]
    return ", ".join(parts)


def _why(day: Day) -> str:
    if day.kind == "skipped":
        return "a day that this zone skipped"
    if day.kind == "exception":
        return "exception"
    return day.name


def _change(day: Day) -> str:
    if day.lasts == _DAY or day.kind == "skipped":
        return ""
    way = "forward" if day.lasts < _DAY else "back"
    return f"clocks go {way}: the day has {length(day.lasts)}"


def _window(window: Open, day: date, clock: ZoneInfo) -> str:
    return f"{_time(window.opens, day, clock)}–{_time(window.closes, day, clock, closing=True)}"


def _time(moment: datetime, day: date, clock: ZoneInfo, *, closing: bool = False) -> str:
    """A time of day, with `+1` where it is on the day after; midnight at closing is 24:00."""
    if closing and moment == end_of(clock, day):
        return "24:00"
    local = moment.astimezone(clock)
    days = (local.date() - day).days
    text = f"{local:%H:%M}"
    if closing and text == "00:00":
        text, days = "24:00", days - 1
    return text + (f" {days:+d}" if days else "")


def wall(moment: datetime, clock: ZoneInfo, *, closing: bool = False) -> str:
    """A moment on a clock: `Fri 2026-11-20 17:55`; as a deadline, midnight is 24:00 of the day before."""
    local = moment.astimezone(clock)
    day, text = local.date(), f"{local:%H:%M:%S}".removesuffix(":00")
    if closing and text == "00:00":
        day, text = day - _DAY, "24:00"
    return f"{weekday(day)} {day} {text}"


def weekday(day: date) -> str:
    """`Mon` to `Sun`."""
    return WEEKDAYS[day.weekday()]


def length(span: timedelta) -> str:
    """A length of time: `189 hours`, `4 hours 30 minutes`."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    whole, minutes = divmod(minutes, 60)
    parts = ((whole, "hour"), (minutes, "minute"), (seconds, "second"))
    said = [f"{count:,} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(said) or "0 hours"


def day_data(day: Day) -> dict[str, Any]:
    """A day for programs; instants in UTC."""
    return {
        "date": day.date.isoformat(),
        "kind": day.kind,
        "name": day.name,
        "windows": [{"opens": to_text(opens), "closes": to_text(closes)} for opens, closes in day.windows],
        "open_seconds": day.open_for.total_seconds(),
        "lasts_seconds": day.lasts.total_seconds(),
    }


def month_data(calendar: Calendar, clock: ZoneInfo, days: Sequence[Day]) -> dict[str, Any]:
    """A month for programs."""
    return {
        "calendar": calendar.name,
        "zone": calendar.zone,
        "shown_in": clock.key,
        "month": f"{days[0].date:%Y-%m}",
        "open_seconds": sum(day.open_for.total_seconds() for day in days),
        "business_days": sum(bool(day.windows) for day in days),
        "days": [day_data(day) for day in days],
    }
