"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from recovery.scenarios.moments import NoMoment, read_moment, written

LONDON = ZoneInfo("Europe/London")
FRIDAY = datetime(2026, 11, 20, 17, 55, tzinfo=UTC)


def at(text: str, before: datetime | None = None) -> str:
    return read_moment(text, LONDON, before).isoformat()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Fri 2026-11-20 17:55", "2026-11-20T17:55:00+00:00"),
        ("2026-11-20 17:55", "2026-11-20T17:55:00+00:00"),
        ("2026-07-20 17:55:30", "2026-07-20T16:55:30+00:00"),
        ("2026-11-20T17:55Z", "2026-11-20T17:55:00+00:00"),
        ("Fri 2026-11-20T17:55+08:00", "2026-11-20T09:55:00+00:00"),
        ("Fri 2026-11-20 24:00", "2026-11-21T00:00:00+00:00"),
        ("2026-11-20T24:00+08:00", "2026-11-20T16:00:00+00:00"),
        ("Sun 2026-03-29 01:30", "2026-03-29T01:30:00+00:00"),  # skipped: read with the offset before
        ("Sun 2026-10-25 01:30", "2026-10-25T00:30:00+00:00"),  # twice: the first
    ],
)
def test_a_moment_is_read_on_the_storys_clock_or_by_its_offset(text: str, instant: str) -> None:
    assert at(text) == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("+2 hours", "2026-11-20T19:55:00+00:00"),
        ("+1 minute", "2026-11-20T17:56:00+00:00"),
        ("+3 days", "2026-11-23T17:55:00+00:00"),
        ("+1 week, 2 hours 30 minutes", "2026-11-27T20:25:00+00:00"),
    ],
)
def test_a_moment_may_follow_the_one_before(text: str, instant: str) -> None:
    assert at(text, FRIDAY) == instant


def test_a_day_later_is_the_same_time_of_day_whatever_the_clocks_do() -> None:
    evening = datetime(2026, 10, 24, 17, 0, tzinfo=UTC)
    assert at("+1 day", evening) == "2026-10-25T18:00:00+00:00"
    assert at("+24 hours", evening) == "2026-10-25T17:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Thu 2026-11-20 17:55", "2026-11-20 is not a Thu. | It is a Fri."),
        ("2026-11-31 17:55", "There is no day 2026-11-31. | "),
        ("2026-11-20 24:01", "`2026-11-20 24:01` has no time of day. | From 00:00 to 24:00."),
        ("2026-11-20 17:60", "`2026-11-20 17:60` has no time of day. | From 00:00 to 24:00."),
        ("9999-12-31 24:00", "`9999-12-31 24:00` is out of reach. | From 1900 to 2200."),
        ("1899-12-31 12:00", "`1899-12-31 12:00` is out of reach. | From 1900 to 2200."),
        ("+3 fortnights", "`+3 fortnights` is no span of time. | Such as `+2 hours`"),
        ("+999999 weeks", "`+999999 weeks` is out of reach. | "),
        ("Friday", "`Friday` is no moment. | Such as `Fri 2026-11-20 17:55`"),
        ("2026-11-20", "`2026-11-20` is no moment. | "),
        ("2026-11-20T17:55+99:00", "`2026-11-20T17:55+99:00` has no such offset. | "),
    ],
)
def test_what_is_no_moment_is_said_with_what_would_be(text: str, message: str) -> None:
    with pytest.raises(NoMoment) as caught:
        read_moment(text, LONDON, FRIDAY)
    assert f"{caught.value} | {caught.value.hint}".startswith(message)


def test_the_first_moment_cannot_follow_another() -> None:
    with pytest.raises(NoMoment, match="follows no moment"):
        read_moment("+2 hours", LONDON)


def test_a_moment_is_written_as_it_is_read_and_a_midnight_ends_the_day_before() -> None:
    assert written(FRIDAY, LONDON) == "Fri 2026-11-20 17:55"
    assert written(datetime(2026, 11, 21, tzinfo=UTC), LONDON) == "Fri 2026-11-20 24:00"
    assert written(datetime(2026, 11, 21, 0, 0, 5, tzinfo=UTC), LONDON) == "Sat 2026-11-21 00:00:05"
