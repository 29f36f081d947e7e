"""Set times on the wall: which moments five fields mean, also where clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.calendars.schedule import Schedule
from recovery.core.errors import RecoveryError
from tests.calendars.brute import ZONES

HOURS = (Window(540, 1080),)
DESK = Calendar("desk", "Europe/Rome", (HOURS,) * 5 + ((),) * 2, holidays={date(2026, 12, 8): "Immacolata"})


def moments(schedule: Schedule, begin: str, count: int) -> list[str]:
    """The next few, as the clock on the wall shows them there."""
    at: datetime | None = datetime.fromisoformat(begin).astimezone(UTC)
    found = []
    for _ in range(count):
        assert at is not None
        at = schedule.after(at)
        assert at is not None
        found.append(at.astimezone(ZoneInfo(schedule.zone)).isoformat(timespec="minutes"))
    return found


@pytest.mark.parametrize(
    ("text", "begin", "expected"),
    [
        ("40 8 * * mon-fri", "2026-11-27T08:40+01:00", ["2026-11-30T08:40+01:00", "2026-12-01T08:40+01:00"]),
        ("40 8 * * mon-fri", "2026-11-27T08:39+01:00", ["2026-11-27T08:40+01:00"]),
        ("*/20 7,19 * * *", "2026-11-27T07:25+01:00", ["2026-11-27T07:40+01:00", "2026-11-27T19:00+01:00"]),
        ("0 0 1 jan *", "2026-11-27T00:00+01:00", ["2027-01-01T00:00+01:00"]),
        ("0 12 29 2 *", "2026-11-27T00:00+01:00", ["2028-02-29T12:00+01:00"]),
        ("0 12 13 * FRI", "2026-11-09T00:00+01:00", ["2026-11-13T12:00+01:00", "2026-11-20T12:00+01:00"]),
        ("0 9 * * 0", "2026-11-27T00:00+01:00", ["2026-11-29T09:00+01:00"]),
        ("0 9 * * sat-sun", "2026-11-27T00:00+01:00", ["2026-11-28T09:00+01:00", "2026-11-29T09:00+01:00"]),
        ("5/30 9 * * *", "2026-11-27T00:00+01:00", ["2026-11-27T09:05+01:00", "2026-11-27T09:35+01:00"]),
    ],
)
def test_five_fields_mean_these_moments(text: str, begin: str, expected: list[str]) -> None:
    assert moments(Schedule(text, "Europe/Rome"), begin, len(expected)) == expected


def test_a_time_that_clocks_leap_over_comes_later_once_and_one_that_comes_twice_is_meant_once() -> None:
    nightly = Schedule("30 2 * * *", "Europe/Rome")
    assert moments(nightly, "2026-03-28T12:00+01:00", 2) == [
        "2026-03-29T03:30+02:00",
        "2026-03-30T02:30+02:00",
    ]
    assert moments(nightly, "2026-10-24T12:00+02:00", 2) == [
        "2026-10-25T02:30+02:00",
        "2026-10-26T02:30+01:00",
    ]


def test_times_of_a_calendar_leave_out_days_on_which_it_never_opens() -> None:
    shift = Schedule.of_calendar("40 8 * * *", DESK)
    assert moments(shift, "2026-12-04T08:40+01:00", 3) == [
        "2026-12-07T08:40+01:00",
        "2026-12-09T08:40+01:00",
        "2026-12-10T08:40+01:00",
    ]


def test_what_never_comes_has_no_next_moment() -> None:
    assert Schedule("0 0 30 2 *", "UTC").after(datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("0 8 * *", "minute, hour, day"),
        ("60 8 * * *", "minute is 0 to 59"),
        ("0 8 * foo *", "month is 1 to 12 or a name"),
        ("0 8 5-2 * *", "ends before it begins"),
        ("*/0 * * * *", "stands a number"),
        ("*/x * * * *", "stands a number"),
        ("0 8 * * fri-8", "day of the week"),
        ("٣ 8 * * *", "minute is"),
        ("0 6-0 * * *", "ends before it begins"),
    ],
)
def test_what_cannot_be_read_says_what_is_wrong(text: str, hint: str) -> None:
    with pytest.raises(RecoveryError) as caught:
        Schedule(text, "UTC")
    assert hint in caught.value.hint


def test_a_zone_there_is_none_of_is_refused() -> None:
    with pytest.raises(RecoveryError, match="no time zone"):
        Schedule("0 8 * * *", "Atlantis/Centre")


@given(
    st.sampled_from(ZONES),
    st.integers(0, 40 * 365 * 1440),
    st.integers(0, 1439),
)
def test_once_a_day_is_once_on_every_day_that_a_zone_has(zone: str, since: int, minutes: int) -> None:
    schedule = Schedule(f"{minutes % 60} {minutes // 60} * * *", zone)
    at = datetime(1994, 12, 1, tzinfo=UTC) + timedelta(minutes=since)
    seen = []
    for _ in range(4):
        following = schedule.after(at)
        assert following is not None
        assert timedelta() < following - at < timedelta(hours=51)  # clock changes, and a date left out
        at = following
        seen.append((at.astimezone(ZoneInfo(zone)) - timedelta(minutes=minutes)).date())
    assert len(set(seen)) == 4
