"""The moments of a story: read as people write them, and written as people read them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from recovery.core.calendars.local import at_wall, instant
from recovery.core.instants import utc

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FIRST_YEAR, LAST_YEAR = 1900, 2200
EXAMPLES = "Such as `Fri 2026-11-20 17:55`, `2026-11-20T17:55Z`, `+2 hours` or `+3 days`."

_MOMENT = re.compile(
    r"(?:(?P<weekday>[A-Z][a-z]{2}) )?(?P<date>\d{4}-\d\d-\d\d)[ T](?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d))?(?P<offset>Z|[+-]\d\d:\d\d)?"
)
_PART = r"(\d{1,6}) (minute|hour|day|week)s?"
_LATER = re.compile(rf"\+({_PART}(?:,? {_PART})*)")


class NoMoment(ValueError):
    """A text is no moment; `hint` says what would be."""

    def __init__(self, message: str, hint: str = EXAMPLES) -> None:
        super().__init__(message)
        self.hint = hint


def read_moment(text: str, zone: ZoneInfo, before: datetime | None = None) -> datetime:
    """The instant (UTC) that a text means.

    Args:
        zone: whose clock is meant where no offset is given. A time that the clock skips is read with the
            offset before the gap; one that it shows twice means the first (design.md §5).
        before: the moment that `+2 hours` counts from; days are days on the clock, hours really pass.

    Raises:
        NoMoment: it means none.
    """
    try:
        found = _later(text, zone, before) if text.startswith("+") else _moment(text, zone)
    except NoMoment:
        raise
    except (OverflowError, ValueError):
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise NoMoment(f"`{text}` is out of reach.", f"From {FIRST_YEAR} to {LAST_YEAR}.")
    return found


def _moment(text: str, zone: ZoneInfo) -> datetime:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise NoMoment(f"`{text}` is no moment.")
    try:
        day = date.fromisoformat(found["date"])
    except ValueError:
        raise NoMoment(f"There is no day {found['date']}.", "") from None
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if (hour, minute, second) > (24, 0, 0) or minute > 59 or second > 59:
        raise NoMoment(f"`{text}` has no time of day.", "From 00:00 to 24:00.")
    weekday = DAYS[day.weekday()]
    if found["weekday"] not in (None, weekday):
        raise NoMoment(f"{found['date']} is not a {found['weekday']}.", f"It is a {weekday}.")
    past = timedelta(seconds=second)
    if found["offset"] is None:
        return instant(at_wall(zone, day.toordinal(), 60 * hour + minute)) + past
    try:
        midnight = datetime.fromisoformat(f"{day}T00:00:00{found['offset']}")
    except ValueError:
        raise NoMoment(f"`{text}` has no such offset.", "Such as Z or +01:00.") from None
    return utc(midnight) + timedelta(hours=hour, minutes=minute) + past


def _later(text: str, zone: ZoneInfo, before: datetime | None) -> datetime:
    found = _LATER.fullmatch(text)
    if found is None:
        raise NoMoment(
            f"`{text}` is no span of time.", "Such as `+2 hours`, `+3 days` or `+1 day 30 minutes`."
        )
    if before is None:
        raise NoMoment(f"`{text}` follows no moment.", "Such as `Fri 2026-11-20 17:55`.")
    spans = {"minute": 0, "hour": 0, "day": 0, "week": 0}
    for amount, unit in re.findall(_PART, found[1]):
        spans[unit] += int(amount)
    wall = before.astimezone(zone)
    days = spans["day"] + 7 * spans["week"]
    if days:
        clock = at_wall(zone, wall.toordinal() + days, 60 * wall.hour + wall.minute)
        before = instant(clock) + timedelta(seconds=wall.second, microseconds=wall.microsecond)
    return before + timedelta(hours=spans["hour"], minutes=spans["minute"])


def written(moment: datetime, zone: ZoneInfo) -> str:
    """`Fri 2026-11-20 17:55` on a zone's clock; a midnight is the 24:00 of the day before."""
    wall = moment.astimezone(zone)
    if (wall.hour, wall.minute, wall.second, wall.microsecond) == (0, 0, 0, 0):
        day = wall.date() - timedelta(days=1)
        return f"{DAYS[day.weekday()]} {day} 24:00"
    seconds = f":{wall:%S}" if wall.second else ""
    return f"{DAYS[wall.weekday()]} {wall:%Y-%m-%d %H:%M}{seconds}"
