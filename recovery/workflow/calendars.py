"""Reading `config/calendars.yaml`: every calendar of a project, its holidays as dates (design.md §5)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.calendars.local import zone_of, zones
from recovery.core.calendars.plain import as_data, from_data
from recovery.workflow.basics import Line, Shape, StateId, Word
from recovery.workflow.days_off import YEARS, DaysOff, Reads
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import BadFile, Finding, errors, guess, shown
from recovery.workflow.hours import HoursReader
from recovery.workflow.reader import Document, read_yaml
from recovery.workflow.reader import Path as Place
from recovery.workflow.rest import rest_of

FILE = "config/calendars.yaml"
"""Where a project's calendars stand, from its root."""


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


Hours = Annotated[
    list[Word],
    Field(min_length=1, max_length=24),
    BeforeValidator(_one_or_many, json_schema_input_type=Word | list[Word]),
]


class HolidaysShape(Shape):
    """Where holidays come from: a country, or a file."""

    country: Word | None = Field(None, description="A country by its two letters, such as GB.")
    region: Word | None = Field(
        None, description="A part of the country, such as ENG; left out, what all share."
    )
    file: Word | None = Field(None, description="An iCalendar file of whole days, beside this file.")


class CalendarShape(Shape):
    """One calendar."""

    zone: Word = Field(description="Its time zone, such as Europe/London.")
    hours: dict[Word, Hours] = Field(
        description="Weekday (`mon`, `mon-fri`) to its hours: `09:00-18:00`, a list of such, or `closed`. "
        "Hours over midnight say `next day` and belong to the day they begin. A weekday left out is closed."
    )
    holidays: list[HolidaysShape] = Field([], description="Public holidays; closed.")
    make_up_days: Hours | None = Field(
        None,
        description="The hours on weekend days that a country makes working days; left out, they are none.",
    )
    closed: dict[Word, Line] = Field(
        {}, description="Own closing days: a date, or `DATE to DATE`, and the reason."
    )
    exceptions: dict[Word, Hours] = Field(
        {}, description="Dates with hours of their own. They win over weekdays, holidays and closing days."
    )


class CalendarsShape(Shape):
    """A file of calendars."""

    calendars: Annotated[dict[StateId, CalendarShape], Field(min_length=1, max_length=200)] = Field(
        description="Each calendar by its name."
    )


def read_calendars(data: bytes, file: str, reads: Reads) -> tuple[dict[str, Calendar], list[Finding]]:
    """Read a file of calendars.

    Args:
        data: the whole file, UTF-8.
        file: its name in findings.
        reads: reads the iCalendar files it names.

    Returns:
        The sound calendars by name, their holidays as dates; and everything that is wrong, with its place.
    """
    document, findings = read_yaml(data, file)
    if document is None:
        return {}, findings
    rest = rest_of(document, CalendarsShape)
    findings += rest.findings
    if rest.shape is None:
        return {}, findings
    unsound = {path[1] for path in rest.paths if len(path) > 1}
    made = {}
    for name, one in rest.shape.calendars.items():
        reader = _Reader(document, ("calendars", name), reads)
        calendar = reader.read(name, one)
        findings += reader.findings
        if calendar is not None and name not in unsound:
            made[name] = calendar
    return made, findings


def check_calendars(root: Path) -> tuple[dict[str, Calendar], list[Finding]]:
    """A project's calendars, and everything that is wrong with them; none where it has no such file."""
    path = root / FILE
    if not path.is_file():
        return {}, []
    data, unreadable = read_file(root, path)
    if data is None:
        return {}, [unreadable] if unreadable else []

    def reads(name: str) -> tuple[bytes | None, str]:
        beside = path.parent / name
        return (read_file(root, beside)[0] if beside.is_file() else None), name_of(root, beside)

    return _LAST.read(data, name_of(root, path), reads)


def calendars_of(root: Path) -> dict[str, Calendar]:
    """A project's calendars by name.

    Raises:
        BadFile: the file is wrong; its findings say where.
    """
    made, findings = check_calendars(root)
    if errors(findings):
        raise BadFile(errors(findings))
    return made


def expanded(calendars: Iterable[Calendar]) -> str:
    """Calendars as a bundle keeps them: JSON, every holiday a date, whatever the library says later."""
    return json.dumps({one.name: as_data(one) for one in calendars}, ensure_ascii=False, indent=1) + "\n"


@lru_cache(maxsize=50)
def read_expanded(text: str) -> dict[str, Calendar]:
    """The calendars that `expanded` wrote; the same text gives the same objects, with what they counted."""
    return {name: from_data(data) for name, data in json.loads(text).items()}


@dataclass(frozen=True, slots=True)
class _Read:
    """A file of calendars that was read, the files beside it that it named, and what came of it."""

    data: bytes
    file: str
    beside: dict[str, tuple[bytes | None, str]]
    made: dict[str, Calendar]
    findings: list[Finding]

    def is_of(self, data: bytes, file: str, reads: Reads) -> bool:
        """Whether all that was read is still the same."""
        same = (data, file) == (self.data, self.file)
        return same and all(reads(name) == found for name, found in self.beside.items())


class _Last:
    """The file that was read last: every workflow of a project asks for it, and has the same calendars."""

    def __init__(self) -> None:
        self._read: _Read | None = None

    def read(self, data: bytes, file: str, reads: Reads) -> tuple[dict[str, Calendar], list[Finding]]:
        """As `read_calendars`."""
        found = self._read
        if found is None or not found.is_of(data, file, reads):
            beside: dict[str, tuple[bytes | None, str]] = {}

            def remembered(name: str) -> tuple[bytes | None, str]:
                beside[name] = reads(name)
                return beside[name]

            made, findings = read_calendars(data, file, remembered)
            found = self._read = _Read(data, file, beside, made, findings)
        return dict(found.made), list(found.findings)


_LAST = _Last()


class _Reader:
    """Makes one calendar of its shape, and keeps what is wrong."""

    def __init__(self, document: Document, path: Place, reads: Reads) -> None:
        self.findings: list[Finding] = []
        self._document, self._path, self._reads = document, path, reads
        self._hours = HoursReader(document, self.findings)

    def read(self, name: str, shape: CalendarShape) -> Calendar | None:
        path = self._path
        try:
            zone_of(shape.zone)
        except ValueError:
            hint = guess(shape.zone, zones())
            self._say((*path, "zone"), "unknown_zone", f"{shown(shape.zone)} is not a time zone.", hint)
        week = self._week(shape)
        off = DaysOff(self._document, path, self._reads, self.findings)
        holidays, made_up = off.read([(one.country, one.region, one.file) for one in shape.holidays])
        exceptions = {}
        if shape.make_up_days is not None:
            windows = self._hours.windows((*path, "make_up_days"), shape.make_up_days)
            exceptions = dict.fromkeys(made_up, windows)
        exceptions |= self._exceptions(shape)
        closed = {
            day: reason.strip()
            for key, reason in shape.closed.items()
            for day in self._hours.dates((*path, "closed", key))
        }
        if not any(week) and not any(exceptions.values()) and not self.findings:
            self._say(
                (*path, "hours"),
                "never_open",
                f"The calendar {name} never opens.",
                "Give it hours.",
                key=True,
            )
        if errors(self.findings):
            return None
        by_country = any(one.country is not None for one in shape.holidays)
        known = (YEARS[0], YEARS[-1]) if by_country else None
        return Calendar(name, shape.zone, week, exceptions, holidays, closed, known)

    def _exceptions(self, shape: CalendarShape) -> dict[date, tuple[Window, ...]]:
        found: dict[date, tuple[Window, ...]] = {}
        said: dict[date, Place] = {}
        for key, texts in shape.exceptions.items():
            here = (*self._path, "exceptions", key)
            windows = self._hours.windows(here, texts)
            days = list(self._hours.dates(here))
            before = next((said[day] for day in days if day in said), None)
            if before is not None:
                self._doubled(here, before)
            found |= dict.fromkeys(days, windows)
            said |= dict.fromkeys(days, here)
        return found

    def _week(self, shape: CalendarShape) -> tuple[tuple[Window, ...], ...]:
        week: list[tuple[Window, ...]] = [()] * 7
        said: dict[int, Place] = {}
        for key, texts in shape.hours.items():
            here = (*self._path, "hours", key)
            windows = self._hours.windows(here, texts)
            for day in self._hours.weekdays(here):
                if day in said:
                    self._doubled(here, said[day])
                    break
                said[day], week[day] = here, windows
        for day, windows in enumerate(week):
            before = week[day - 1]
            if windows and before and windows[0].opens < before[-1].closes - 1440:
                self._hours.overlap(said[day], windows[0], before[-1])
                break
        return tuple(week)

    def _doubled(self, path: Place, before: Place) -> None:
        message = f"{shown(path[-1])} gives hours to a day that {shown(before[-1])} has given some."
        self._say(path, "doubled_day", message, "Name each day once.", key=True)

    def _say(self, path: Place, code: str, message: str, hint: str, *, key: bool = False) -> None:
        self.findings.append(self._document.finding(path, code, message, hint, key=key))
