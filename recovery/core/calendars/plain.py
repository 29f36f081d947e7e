"""A calendar as plain data, its holidays as dates: what a bundle keeps, so that the past stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from recovery.core.calendars.calendar import Calendar, Window


def as_data(calendar: Calendar) -> dict[str, Any]:
    """The calendar as texts, numbers, lists and mappings with text keys; `from_data` reads it back."""
    return {
        "name": calendar.name,
        "zone": calendar.zone,
        "week": [_pairs(windows) for windows in calendar.week],
        "exceptions": {
            day.isoformat(): _pairs(calendar.exceptions[day]) for day in sorted(calendar.exceptions)
        },
        "holidays": _named(calendar.holidays),
        "closed": _named(calendar.closed),
        "known": list(calendar.known) if calendar.known else None,
    }


def from_data(data: Mapping[str, Any]) -> Calendar:
    """The calendar that `as_data` wrote.

    Raises:
        KeyError, TypeError, ValueError: the data is not a calendar's.
    """
    known = data["known"]
    return Calendar(
        name=data["name"],
        zone=data["zone"],
        week=tuple(_windows(pairs) for pairs in data["week"]),
        exceptions={date.fromisoformat(day): _windows(pairs) for day, pairs in data["exceptions"].items()},
        holidays={date.fromisoformat(day): name for day, name in data["holidays"].items()},
        closed={date.fromisoformat(day): name for day, name in data["closed"].items()},
        known=(known[0], known[1]) if known else None,
    )


def _pairs(windows: tuple[Window, ...]) -> list[list[int]]:
    return [list(window) for window in windows]


def _windows(pairs: list[list[int]]) -> tuple[Window, ...]:
    return tuple(Window(*pair) for pair in pairs)


def _named(days: Mapping[date, str]) -> dict[str, str]:
    return {day.isoformat(): days[day] for day in sorted(days)}
