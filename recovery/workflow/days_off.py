"""Public holidays: from the library `holidays` by country and region, or from iCalendar files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath

from recovery.workflow.findings import Finding, guess, shown
from recovery.workflow.ical import read_ical
from recovery.workflow.reader import Document, Path

YEARS = range(2000, 2051)
"""The years that are worked out. Fixed, so that a file that did not change is the same calendar next year."""

Reads = Callable[[str], tuple[bytes | None, str]]
"""Reads a file beside the calendars: its name there → its bytes (None: not there), its name in findings."""

Source = tuple[str | None, str | None, str | None]
"""A country, a region of it, and a file."""


class DaysOff:
    """Gathers the holidays of one calendar, and keeps what is wrong.

    Args:
        path: the calendar's in the document.
    """

    def __init__(self, document: Document, path: Path, reads: Reads, findings: list[Finding]) -> None:
        self._document, self._path, self._reads, self._findings = document, path, reads, findings

    def read(self, sources: Iterable[Source]) -> tuple[dict[date, str], set[date]]:
        """Public holidays with their names, and the weekend days that are worked in exchange."""
        found: dict[date, str] = {}
        made_up: set[date] = set()
        for number, (country, region, file) in enumerate(sources):
            path = (*self._path, "holidays", number)
            if (country is None) == (file is None) or (file is not None and region is not None):
                message = "Holidays come from a country, with a region or without, or from a file."
                self._say(
                    path, "wrong_holidays", message, "Such as `country: GB` or `file: closing-days.ics`."
                )
            elif country is not None and self._is_known(path, country, region):
                days, worked = of_country(country, region)
                found = {**days, **found}
                made_up |= worked
            elif file is not None:
                found = {**self._from_file((*path, "file"), file), **found}
        return found, made_up - found.keys()

    def _is_known(self, path: Path, country: str, region: str | None) -> bool:
        import holidays
        from holidays.registry import COUNTRIES, EntityLoader

        known = set(EntityLoader.get_country_codes(include_aliases=False))
        if country not in known:
            named = COUNTRIES.get(country.strip().lower().replace(" ", "_"))
            hint = f"Did you mean {named[1]}?" if named else guess(country.upper(), sorted(known))
            message = f"{shown(country)} is no country whose holidays are known."
            self._say((*path, "country"), "unknown_country", message, hint)
            return False
        regions = getattr(holidays, country).subdivisions  # loads this one; a list of all loads all 250
        if region is not None and region not in regions:
            hint = guess(region, regions) or f"{country} has no regions here; leave it out."
            message = f"{shown(region)} is no region of {country}."
            self._say((*path, "region"), "unknown_region", message, hint)
            return False
        return True

    def _from_file(self, path: Path, name: str) -> dict[date, str]:
        parts = PurePosixPath(name).parts
        if "\0" in name or "\\" in name or PurePosixPath(name).is_absolute() or ".." in parts:
            message = f"{shown(name)} does not lie beside the calendars."
            self._say(
                path, "unreadable", message, "Name a file in the same folder, such as closing-days.ics."
            )
            return {}
        data, file = self._reads(name)
        if data is None:
            self._say(
                path, "unreadable", f"There is no file {shown(name)} that can be read.", f"Put it at {file}."
            )
            return {}
        days, findings = read_ical(data, file)
        self._findings += findings
        if not days and not findings:
            message = f"{shown(name)} has no event."
            self._say(path, "not_ical", message, "An event (VEVENT) for each day is wanted.")
        return days

    def _say(self, path: Path, code: str, message: str, hint: str) -> None:
        self._findings.append(self._document.finding(path, code, message, hint))


@lru_cache(maxsize=64)
def of_country(country: str, region: str | None) -> tuple[dict[date, str], frozenset[date]]:
    """A country's public holidays with their names in its own language, and the weekend days it works.

    Args:
        country, region: ones that the library `holidays` knows.
    """
    import holidays

    language = holidays.country_holidays(country).default_language
    found = holidays.country_holidays(country, subdiv=region, years=YEARS, language=language)
    return {day: found[day] for day in sorted(found)}, frozenset(found.weekend_workdays)
