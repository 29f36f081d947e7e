"""Instants as text: fixed width, UTC, ordered as time is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.instants import from_text, to_text, utc

SHANGHAI = timezone(timedelta(hours=8))


@pytest.mark.parametrize("folds", [(0, 1), (1, 0)])
def test_the_hour_that_comes_twice_is_two_instants_in_whatever_order_they_are_written(
    folds: tuple[int, int],
) -> None:
    half_past_one = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"))
    written = {fold: to_text(half_past_one.replace(fold=fold)) for fold in folds}
    assert written == {0: "2026-10-25T00:30:00.000000Z", 1: "2026-10-25T01:30:00.000000Z"}


class Nowhere(tzinfo):
    """A zone that does not know its offset."""

    def utcoffset(self, _: datetime | None) -> timedelta | None:
        return None

    def tzname(self, _: datetime | None) -> str:
        return "nowhere"

    def dst(self, _: datetime | None) -> timedelta | None:
        return None


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    assert to_text(datetime(2026, 11, 22, 17, 0, tzinfo=SHANGHAI)) == "2026-11-22T09:00:00.000000Z"
    assert to_text(datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)) == "2026-01-02T03:04:05.000678Z"
    assert to_text(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"


@pytest.mark.parametrize("text", ["2026-11-22T17:00:00+08:00", "2026-11-22T09:00:00Z", "20261122T090000Z"])
def test_an_instant_is_read_with_any_offset(text: str) -> None:
    assert from_text(text) == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert from_text(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["2026-11-22T09:00:00", "2026-11-22", "soon"])
def test_a_text_without_a_zone_or_a_date_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"has no time zone|Invalid isoformat"):
        from_text(text)


@pytest.mark.parametrize("zone", [None, Nowhere()])
def test_a_moment_without_an_offset_is_refused_and_never_read_as_local_time(zone: tzinfo | None) -> None:
    with pytest.raises(
        ValueError, match="2026-11-22T09:00:00 has no time zone: an instant must say its zone"
    ):
        utc(datetime(2026, 11, 22, 9, tzinfo=zone))


@given(*[st.datetimes(timezones=st.just(UTC))] * 2)
def test_text_order_is_time_order_and_reading_gives_back_what_was_written(
    one: datetime, other: datetime
) -> None:
    assert len(to_text(one)) == 27
    assert (to_text(one) < to_text(other)) is (one < other)
    assert from_text(to_text(one)) == one
