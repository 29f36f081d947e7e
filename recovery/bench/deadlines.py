"""What a deadline in business hours costs: beside pandas, and a long one beside a short one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.calendars.spans import Span
from recovery.core.errors import NotFound
from recovery.workflow.days_off import of_country

SHORT, LONG = Span(10, "business hour"), Span(10_000, "business hour")
SECONDS = 0.5
"""How long one run lasts at least."""


def desk() -> Calendar:
    """Monday to Friday 09:00 to 18:00 in Rome, with Italy's holidays; nothing of it has been counted yet."""
    holidays, _ = of_country("IT", None)
    hours = (Window(540, 1080),)
    return Calendar("desk", "Europe/Rome", (hours,) * 5 + ((),) * 2, holidays=holidays, known=(2000, 2050))


def starts() -> list[datetime]:
    """Moments of two years, by day and by night, also on days off."""
    return [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=1237 * number) for number in range(800)]


def deadline_rates() -> dict[str, Callable[[], float]]:
    """Deadlines per second ten business hours away: `ours`, and `pandas` with CustomBusinessHour.

    Raises:
        NotFound: pandas is not installed.
    """
    calendar = desk()
    hours, walls = pandas_hours(calendar)
    return {
        "ours": partial(_rate, starts(), lambda start: SHORT.due(start, calendar)),
        "pandas": partial(_rate, walls, lambda wall: wall + hours),
    }


def pandas_hours(calendar: Calendar) -> tuple[Any, list[Any]]:
    """pandas' offset of ten business hours on the desk's calendar, and the moments on the wall to add it to.

    Times without a zone are what pandas adds business hours to fastest.

    Raises:
        NotFound: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise NotFound("pandas is not installed.", hint="`make setup` installs it.") from None
    off = sorted(day for day in calendar.holidays if 2025 <= day.year <= 2029)
    hours = pandas.offsets.CustomBusinessHour(SHORT.amount, start="09:00", end="18:00", holidays=off)
    local = [pandas.Timestamp(start).tz_convert(calendar.zone) for start in starts()]
    return hours, [moment.tz_localize(None) for moment in local]


def _rate(moments: Sequence[Any], due: Callable[[Any], object]) -> float:
    count, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < SECONDS:
        for moment in moments:
            due(moment)
        count += len(moments)
    return count / taken


def long_rates() -> dict[str, Callable[[], float]]:
    """Deadlines per second 10,000 business hours away, `ours`, and ten, `10 hours`."""
    calendar = desk()
    return {
        "ours": partial(_rate, starts(), lambda start: LONG.due(start, calendar)),
        "10 hours": partial(_rate, starts(), lambda start: SHORT.due(start, calendar)),
    }


def cold_rates() -> dict[str, Callable[[], float]]:
    """The same with a calendar of which nothing has been counted yet, as in a process that has just begun."""
    few = starts()[:5]
    return {
        "ours": partial(_rate, few, lambda start: LONG.due(start, desk())),
        "10 hours": partial(_rate, few, lambda start: SHORT.due(start, desk())),
    }


@contextmanager
def _deadline(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - always the same moments
    yield {"deadline": deadline_rates()}


@contextmanager
def _long(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - always the same moments
    yield {"deadline-long": long_rates(), "deadline-long-cold": cold_rates()}


DEADLINE = Subject("deadline", {"deadline": Line("deadlines/s", {"pandas": "≥ 10"})}, _deadline)
DEADLINE_LONG = Subject(
    "deadline-long",
    {name: Line("deadlines/s", {"10 hours": "≥ 0.2"}) for name in ("deadline-long", "deadline-long-cold")},
    _long,
)
