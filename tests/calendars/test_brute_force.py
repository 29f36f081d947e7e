"""Random calendars and spans against a count of minutes: 200 of them, 500 with the thorough parts.

RECOVERY_LONG=1 tries 10,000.
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime

import pytest

from recovery.core.calendars.arithmetic import (
    add_business,
    business_between,
    business_days_between,
    end_of_business_day,
    is_open,
    next_open,
    start_of_business_day,
)
from recovery.core.calendars.calendar import Calendar
from tests.calendars.brute import DAY, MINUTE, ZONES, Minutes, changes, local, minutes, random_calendar

PARTS = 5
CASES = 10_000 if os.environ.get("RECOVERY_LONG") == "1" else 500
DAYS = 40
"""How many days are counted minute by minute: 20 before a case begins, 20 after."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [part if part < 2 else pytest.param(part, marks=pytest.mark.thorough) for part in range(PARTS)]
)
def test_open_time_is_what_a_count_of_minutes_says(part: int) -> None:
    for case in range(part, CASES, PARTS):
        wrong = list(differences(case))
        assert wrong == [], f"case {case}"


def differences(case: int) -> list[str]:
    """What a random case's calendar answers otherwise than its minutes."""
    chance = random.Random(case)
    zone = ZONES[case % len(ZONES)]
    start = random_start(chance, zone)
    calendar = random_calendar(chance, zone, start.date())
    counted = minutes(calendar, start - DAY * (DAYS // 2), DAYS)
    count = chance.choice((1, chance.randint(1, 60), chance.randint(1, 600), chance.randint(1, 3000)))
    other = start + chance.randint(0, 20 * 1440) * MINUTE
    pairs = {
        f"{count} minutes from {start}": (counted.due(start, count), lambda: add(calendar, start, count)),
        f"{count} minutes before {start}": (counted.back(start, count), lambda: add(calendar, start, -count)),
        f"from {start} to {other}": (
            counted.between(start, other),
            lambda: business_between(calendar, start, other),
        ),
        f"open at {start}": (bool(counted.between(start, start + MINUTE)), lambda: is_open(calendar, start)),
        f"opening after {start}": (next(counted.open_from(start), None), lambda: next_open(calendar, start)),
        **by_days(chance, calendar, counted, start),
    }
    answers = {what: (slow, ask()) for what, (slow, ask) in pairs.items() if slow is not None}
    return [f"{what}: {slow}, not {quick}" for what, (slow, quick) in answers.items() if slow != quick]


def random_start(chance: random.Random, zone: str) -> datetime:
    """Any minute of 1995 to 2034, half of them within days of a clock change."""
    if changes(zone) and chance.random() < 0.5:
        begin = chance.choice(changes(zone)) - DAY * 3
        return begin + chance.randint(0, 7 * 1440) * MINUTE
    return datetime(1995, 2, 1, tzinfo=UTC) + chance.randint(0, 39 * 365 * 1440) * MINUTE


def add(calendar: Calendar, start: datetime, count: int) -> datetime:
    return add_business(calendar, start, count * MINUTE)


def by_days(chance: random.Random, calendar: Calendar, counted: Minutes, start: datetime) -> dict:
    count = chance.randint(1, 6)
    today = start.astimezone(calendar.tz).date()
    after = sorted(day for day in counted.closings if day > today)
    before = sorted((day for day in counted.openings if day < today), reverse=True)
    until = today + DAY * chance.randint(0, 15)
    due = counted.closings[after[count - 1]] if len(after) >= count else None
    begins = counted.openings[before[count - 1]] if len(before) >= count else None
    return {
        f"{count} days from {start}": (due, lambda: end_of_business_day(calendar, start, count)),
        f"{count} days before {start}": (begins, lambda: start_of_business_day(calendar, start, count)),
        f"days from {today} to {until}": (
            sum(day <= until for day in after),
            lambda: business_days_between(calendar, today, until),
        ),
    }


def test_the_count_of_minutes_reads_local_times_as_the_conventions_say() -> None:
    london = Calendar("l", "Europe/London", ((),) * 7).tz
    gap = local(london, datetime(2026, 3, 29, 1, 30))  # noqa: DTZ001 - a wall
    twice = local(london, datetime(2026, 10, 25, 1, 30))  # noqa: DTZ001 - a wall
    assert gap == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
