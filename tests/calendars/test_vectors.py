"""Calls recorded from another project's business-time test-suite: ours agrees with the results.

What is adapted is the form of arguments and results, nothing else: they give open time in whole seconds,
halves away from zero, and start a count of days from a worked day, so one that is not is moved there first.
`ON_AN_EDGE` names the results that differ because they lie on the edge of a window, each with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from recovery.core.calendars.arithmetic import (
    add_business,
    business_between,
    business_day,
    business_days_between,
    is_business_day,
    is_open,
    next_open,
)
from recovery.core.calendars.calendar import Calendar, Open, Window

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SECOND = timedelta(seconds=1)
LEAST = timedelta(microseconds=1)


def windows(hours: dict[str, str]) -> tuple[Window, ...]:
    return tuple(Window(minutes(opens), minutes(closes)) for opens, closes in sorted(hours.items()))


def minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def calendar_of(vector: dict[str, Any]) -> Calendar:
    return Calendar(
        "theirs",
        vector["tz"],
        tuple(windows(vector["hours"].get(name, {})) for name in NAMES),
        exceptions={date.fromisoformat(day): windows(own) for day, own in vector["holiday_hours"].items()},
        holidays={date.fromisoformat(day): "holiday" for day in vector["holidays"]},
    )


def read(value: Any) -> Any:
    """An argument or a result, to the microsecond."""
    if isinstance(value, str):
        return int(value)
    if not isinstance(value, dict):
        return value
    if value["t"] == "date":
        return date.fromisoformat(value["v"])
    return datetime.fromisoformat(value["v"][:26]).replace(tzinfo=UTC)


def seconds_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    passed = business_between(calendar, start, end)
    whole = (abs(passed) + SECOND / 2) // SECOND
    return whole if passed > timedelta() else -whole


def stretch(calendar: Calendar, fits: Callable[[Open], bool], since: datetime) -> Open:
    """The first stretch of open time that fits."""
    day = since.astimezone(calendar.tz).date() - timedelta(days=1)
    while True:
        for found in calendar.open_on(day):
            if fits(found):
                return found
        day += timedelta(days=1)


def days_after(calendar: Calendar, start: date | datetime, count: int) -> date | datetime:
    if not isinstance(start, datetime):
        origin = start if is_business_day(calendar, start) else business_day(calendar, start, 1)
        return business_day(calendar, origin, count)
    local = start.astimezone(calendar.tz)
    day = business_day(calendar, local.date(), count)
    return datetime.combine(day, local.time(), calendar.tz).astimezone(UTC)


METHODS: dict[str, Callable[..., Any]] = {
    "working_days_between": business_days_between,
    "working_day?": is_business_day,
    "in_working_hours?": is_open,
    "working_time_between": seconds_between,
    "add_seconds": lambda calendar, at, count: add_business(calendar, at, count * SECOND),
    "add_minutes": lambda calendar, at, count: add_business(calendar, at, count * 60 * SECOND),
    "add_days": days_after,
    "advance_to_working_time": next_open,
    "next_working_time": lambda calendar, at: stretch(calendar, lambda one: one.opens > at, at).opens,
    "advance_to_closing_time": lambda calendar, at: stretch(calendar, lambda one: one.closes > at, at).closes,
    # The last moment that was open or closing: what a microsecond of open time, counted back, ends before.
    "return_to_working_time": lambda calendar, at: add_business(calendar, at, -LEAST) + LEAST,
}

ON_AN_EDGE = {
    "advance_to_closing_time supporting midnight moves from midnight to end of next slot": (
        datetime(2014, 4, 8, tzinfo=UTC),
        "A microsecond before midnight Monday is still open and closes at midnight. They round the moment to "
        "midnight, which is closing already, and go on to Tuesday's closing.",
    ),
}


def test_the_88_recorded_results_are_ours_but_for_one_on_the_edge_of_a_window(real_data: Path) -> None:
    vectors = json.loads((real_data / "business-hours-vectors.json").read_text(encoding="utf-8"))
    assert len(vectors) == 88
    wrong = []
    seen = [vector["ex"].partition("#")[2] for vector in vectors]
    for vector in vectors:
        assert not vector["k"]
        found = METHODS[vector["m"]](calendar_of(vector), *map(read, vector["a"]))
        expected, _ = ON_AN_EDGE.get(vector["ex"].partition("#")[2], (read(vector["r"]), ""))
        if found != expected:
            wrong.append(f"{vector['ex']}: {found}, theirs {vector['r']}")
    assert wrong == []
    assert all(seen.count(case) == 1 for case in ON_AN_EDGE)


def test_the_windows_of_a_day_start_at_midnight_local() -> None:
    own = calendar_of(
        {"tz": "Asia/Tokyo", "hours": {"mon": {"09:00": "24:00"}}, "holiday_hours": {}, "holidays": []}
    )
    [found] = own.open_on(date(2026, 11, 23))
    assert found.opens == datetime.combine(date(2026, 11, 23), time(9), own.tz)
    assert found.closes == datetime.combine(date(2026, 11, 24), time(0), own.tz)
