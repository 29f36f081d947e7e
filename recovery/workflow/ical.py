"""Whole days from an iCalendar file (RFC 5545): the closing days and holidays that other programs keep.

Read strictly: an event that says more than whole days is a finding, never half understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from recovery.workflow.findings import Finding, shown
from recovery.workflow.reader import decode

DAYS_AT_MOST = 366
"""Of one event."""

_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(?P<value>.*)"
)
_DATE = re.compile(r"[0-9]{8}")
_DURATION = re.compile(r"\+?P(?:([0-9]{1,3})W|([0-9]{1,3})D)")
_ESCAPE = re.compile(r"\\([\\;,nN])")
_REPEATS = ("RRULE", "RDATE", "EXRULE", "RECURRENCE-ID")


@dataclass(slots=True)
class _Event:
    """What an event says, each with its line."""

    line: int
    said: dict[str, tuple[int, str]] = field(default_factory=dict)


def read_ical(data: bytes, file: str) -> tuple[dict[date, str], list[Finding]]:
    """The days of a file's events, each with its event's name; and everything that is wrong with it.

    Args:
        data: the whole file, UTF-8.
        file: its name in findings.
    """
    text, finding = decode(data, file)
    if text is None:
        return {}, [finding] if finding else []
    reader = _Reader(file)
    reader.read(text)
    return reader.days, reader.findings


class _Reader:
    def __init__(self, file: str) -> None:
        self.days: dict[date, str] = {}
        self.findings: list[Finding] = []
        self._file = file

    def read(self, text: str) -> None:
        lines = list(_unfolded(text))
        if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
            hint = "It begins with BEGIN:VCALENDAR."
            return self._say(1, "not_ical", "The file is no iCalendar file.", hint)
        if lines[-1][1].strip().upper() != "END:VCALENDAR":
            hint = "It ends with END:VCALENDAR; the rest may be missing."
            return self._say(lines[-1][0], "not_ical", "The iCalendar file breaks off.", hint)
        inside: list[str] = []
        event: _Event | None = None
        for number, line in lines:
            match = _LINE.fullmatch(line)
            if match is None:
                self._say(number, "not_ical", f"{shown(line)} is no line of an iCalendar file.", "")
                continue
            name, value = match["name"].upper(), match["value"]
            if name == "BEGIN":
                inside.append(value.strip().upper())
                event = _Event(number) if inside[-1] == "VEVENT" else event
            elif name == "END":
                if not inside or inside.pop() != value.strip().upper():
                    return self._say(number, "not_ical", f"{shown(line)} ends what has not begun.", "")
                if event is not None and value.strip().upper() == "VEVENT":
                    self._take(event)
                    event = None
            elif event is not None and inside[-1] == "VEVENT":
                event.said[name] = (number, value.strip())
        return None

    def _take(self, event: _Event) -> None:
        if event.said.get("STATUS", (0, ""))[1].upper() == "CANCELLED":
            return None
        for name in _REPEATS:
            if name in event.said:
                message = f"The event repeats ({name}), and only single events are read."
                hint = "Write each of its days as an event of its own."
                return self._say(event.said[name][0], "ical_repeats", message, hint)
        first = self._date(event, "DTSTART")
        if first is None:
            return None
        days = self._lasts(event, first)
        if days is None:
            return None
        if not 1 <= days <= DAYS_AT_MOST or first.toordinal() + days > date.max.toordinal():
            line, _ = event.said.get("DTEND") or event.said.get("DURATION") or event.said["DTSTART"]
            message = f"The event lasts {days} days from {first}."
            hint = f"DTEND is the day after the last; at most {DAYS_AT_MOST} days, and no later than 9999."
            return self._say(line, "ical_dates", message, hint)
        summary = _ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], _summary(event))
        for number in range(days):
            self.days.setdefault(first + timedelta(days=number), summary)
        return None

    def _date(self, event: _Event, name: str) -> date | None:
        line, value = event.said.get(name, (event.line, ""))
        if _DATE.fullmatch(value):
            try:
                return date(int(value[:4]), int(value[4:6]), int(value[6:]))
            except ValueError:
                pass
        said = f"{name} is {shown(value)}" if value else f"The event has no {name}"
        hint = "Only whole days are read, such as DTSTART;VALUE=DATE:20261224."
        self._say(line, "ical_dates", f"{said}.", hint)
        return None

    def _lasts(self, event: _Event, first: date) -> int | None:
        """How many days: up to its DTEND, for its DURATION, or one."""
        if "DTEND" in event.said:
            after = self._date(event, "DTEND")
            return None if after is None else (after - first).days
        return self._duration(event) if "DURATION" in event.said else 1

    def _duration(self, event: _Event) -> int | None:
        line, value = event.said["DURATION"]
        match = _DURATION.fullmatch(value.upper())
        if match is not None:
            return int(match[1]) * 7 if match[1] else int(match[2])
        hint = "Only whole days are read, such as DURATION:P3D."
        self._say(line, "ical_dates", f"DURATION is {shown(value)}.", hint)
        return None

    def _say(self, line: int, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding(self._file, line, 1, code, message, hint))


def _summary(event: _Event) -> str:
    return event.said.get("SUMMARY", (0, ""))[1] or "closed"


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The lines with what was broken off put back, each with its number; blank lines are left out."""
    held: tuple[int, str] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if held is not None and line[:1] in (" ", "\t"):
            held = (held[0], held[1] + line[1:])
            continue
        if held is not None:
            yield held
        held = (number, line) if line.strip() else None
    if held is not None:
        yield held
