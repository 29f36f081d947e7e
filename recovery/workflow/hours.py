"""Reading hours and days as people write them: `09:00-18:00`, `22:00-06:00 next day`, `mon-fri`, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from recovery.core.calendars.calendar import Window
from recovery.workflow.findings import Finding, one_of, shown
from recovery.workflow.reader import Document, Path

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED = "closed"
DAYS_AT_MOST = 366
"""Of one `DATE to DATE`."""

_WINDOW = re.compile(
    r"([0-9]{1,2}):([0-9]{2}) ?(?:-|–|to) ?([0-9]{1,2}):([0-9]{2})(?P<next> ?,? next day)?", re.IGNORECASE
)
_NIGHT = "Hours over midnight are written `22:00-06:00 next day`."
_DATES = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: to ([0-9]{4}-[0-9]{2}-[0-9]{2}))?")


class HoursReader:
    """Turns parts of one document into windows, weekdays and dates, and keeps what is wrong."""

    def __init__(self, document: Document, findings: list[Finding]) -> None:
        self._document, self._findings = document, findings

    def windows(self, path: Path, texts: Sequence[str]) -> tuple[Window, ...]:
        """The windows of one day, in order; `closed` alone is none."""
        if list(texts) == [CLOSED]:
            return ()
        places = [
            (window, self._item(path, number))
            for number, text in enumerate(texts)
            if (window := self._window(self._item(path, number), text)) is not None
        ]
        places.sort(key=lambda found: found[0])
        for (one, _), (other, place) in pairwise(places):
            if other.opens < one.closes:
                self.overlap(place, other, one)
        return tuple(window for window, _ in places)

    def overlap(self, path: Path, one: Window, other: Window) -> None:
        """Say that two windows overlap."""
        message = f"{said(one)} overlaps {said(other)}."
        self._say(path, "overlapping_hours", message, "Make one window of them, or change one.")

    def _item(self, path: Path, number: int) -> Path:
        """The place of one window: an item of a list, or the value that stands alone."""
        return (*path, number) if isinstance(self._document.get(path), list) else path

    def _window(self, path: Path, text: str) -> Window | None:
        match = _WINDOW.fullmatch(text.strip())
        if match is None:
            hint = "Such as 09:00-18:00, 22:00-06:00 next day, or closed alone."
            self._say(path, "wrong_hours", f"{shown(text)} is no opening hours.", hint)
            return None
        hours, minutes = (int(match[1]), int(match[3])), (int(match[2]), int(match[4]))
        opens, closes = (hour * 60 + minute for hour, minute in zip(hours, minutes, strict=True))
        if max(minutes) > 59 or opens >= 1440 or closes > 1440:
            message = f"{shown(text)} holds a time that no clock shows."
            self._say(path, "wrong_hours", message, "From 00:00 to 23:59; a day ends at 24:00.")
            return None
        closes += 1440 if match["next"] else 0
        if closes == opens:
            self._say(
                path, "reversed_hours", f"{shown(text)} is no time at all.", "A whole day is 00:00-24:00."
            )
        elif closes < opens:
            self._say(path, "reversed_hours", f"{shown(text)} ends before it starts.", _NIGHT)
        elif closes > opens + 1440:
            self._say(path, "reversed_hours", f"{shown(text)} is longer than a day.", "At most 24 hours.")
        else:
            return Window(opens, closes)
        return None

    def weekdays(self, path: Path) -> tuple[int, ...]:
        """The weekdays that the key at a path names, 0 for Monday; a range may go over Sunday: `sat-mon`."""
        name = str(path[-1])
        parts = [part.strip() for part in re.split("[-–]", name)]
        for part in parts:
            if part not in WEEKDAYS or len(parts) > 2:
                near = part[:3].lower()
                hint = f"Did you mean {near}?" if near in WEEKDAYS and near != part else one_of(WEEKDAYS)
                self._say(path, "wrong_day", f"{shown(name)} is no weekday.", hint, key=True)
                return ()
        first, last = WEEKDAYS.index(parts[0]), WEEKDAYS.index(parts[-1])
        return tuple((first + number) % 7 for number in range((last - first) % 7 + 1))

    def dates(self, path: Path) -> Iterator[date]:
        """The dates that the key at a path names: `2026-12-24`, or `2026-12-24 to 2027-01-01`."""
        name = str(path[-1])
        match = _DATES.fullmatch(name.strip())
        try:
            if match is None:
                raise ValueError
            first, last = (date.fromisoformat(text) for text in (match[1], match[2] or match[1]))
        except ValueError:
            hint = "Such as 2026-12-24, or 2026-12-24 to 2027-01-01."
            self._say(path, "wrong_date", f"{shown(name)} is no date.", hint, key=True)
            return
        count = (last - first).days + 1
        if not 1 <= count <= DAYS_AT_MOST:
            message = f"{shown(name)} ends before it starts." if count < 1 else f"{shown(name)} is too long."
            self._say(path, "wrong_date", message, f"From 1 to {DAYS_AT_MOST} days.", key=True)
            return
        yield from (first + timedelta(days=number) for number in range(count))

    def _say(self, path: Path, code: str, message: str, hint: str, *, key: bool = False) -> None:
        self._findings.append(self._document.finding(path, code, message, hint, key=key))


def said(window: Window) -> str:
    """A window as it is written: `09:00-18:00`."""
    closes = window.closes - 1440 if window.closes > 1440 else window.closes
    after = " next day" if window.closes > 1440 else ""
    return f"{_time(window.opens)}-{_time(closes)}{after}"


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
