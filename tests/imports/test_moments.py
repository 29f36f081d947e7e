"""Dates as files write them become the instants they mean."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from recovery.core.instants import to_text
from recovery.imports.moments import Moments, unusable_format

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("format", "zone", "text", "instant"),
    [
        ("%Y-%m-%d", NEW_YORK, "2021-03-14", "2021-03-14T05:00:00"),
        ("%Y-%m-%d", NEW_YORK, "2021-03-15", "2021-03-15T04:00:00"),
        ("%d.%m.%Y %H:%M", ZoneInfo("Asia/Shanghai"), "05.01.2021 00:30", "2021-01-04T16:30:00"),
        ("%Y-%m-%dT%H:%M:%S%z", None, "2021-01-05T00:30:00+0200", "2021-01-04T22:30:00"),
        (None, None, "2010-01-13 08:40:25+00:00", "2010-01-13T08:40:25"),
        (None, NEW_YORK, "2010-01-13T08:40:25", "2010-01-13T13:40:25"),
        (None, NEW_YORK, "2010-01-13T08:40:25Z", "2010-01-13T08:40:25"),
    ],
)
def test_a_date_is_read_in_its_zone(
    format: str | None, zone: ZoneInfo | None, text: str, instant: str
) -> None:
    moments = Moments(format, zone)
    assert to_text(moments.read(text)) == f"{instant}.000000Z"
    assert moments.read(f" {text} ") == moments.read(text)


def test_a_time_that_the_clock_change_skipped_is_read_with_the_offset_before_it() -> None:
    found = Moments("%Y-%m-%d %H:%M", NEW_YORK).read("2021-03-14 02:30")
    assert to_text(found) == "2021-03-14T07:30:00.000000Z"


def test_a_time_that_comes_twice_means_its_first_occurrence() -> None:
    found = Moments("%Y-%m-%d %H:%M", NEW_YORK).read("2021-11-07 01:30")
    assert to_text(found) == "2021-11-07T05:30:00.000000Z"


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("%Y-%m-%d", "2021-02-30", "is not a date such as 2026-11-22"),
        ("%Y-%m-%d", "", "is not a date such as 2026-11-22"),
        (None, "yesterday", r"is not a date such as 2026-11-22T15:30:00\+00:00"),
        (None, "2021-02-03T10:00", "does not say its zone"),
    ],
)
def test_what_is_no_date_is_refused_with_an_example(format: str | None, text: str, message: str) -> None:
    zone = NEW_YORK if format else None
    with pytest.raises(ValueError, match=message):
        Moments(format, zone).read(text)


def test_a_date_at_the_edge_of_time_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        Moments("%Y-%m-%d", ZoneInfo("Asia/Shanghai")).read("0001-01-01")


def test_a_day_is_the_day_that_was_written_whatever_the_zone() -> None:
    assert Moments("%d.%m.%Y", None).day("05.01.2021") == date(2021, 1, 5)


def test_dates_are_remembered_but_not_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recovery.imports.moments._REMEMBERED", 3)
    moments = Moments("%Y-%m-%d", NEW_YORK)
    days = [moments.read(f"2021-01-{day:02}") for day in range(1, 11)]
    assert days == [moments.read(f"2021-01-{day:02}") for day in range(1, 11)]
    assert len(moments._known) <= 3


@pytest.mark.parametrize("format", ["%Y-%m-%d", "%d/%m/%y %H:%M", "%B %d, %Y", "%Y-%m-%dT%H:%M:%S%z"])
def test_a_format_that_says_the_day_is_usable(format: str) -> None:
    assert unusable_format(format) == ""


@pytest.mark.parametrize("format", ["%m/%d", "%H:%M", "Y-M-D", "%Q", "%Y-%m-%d %"])
def test_a_format_that_does_not_say_the_day_is_not(format: str) -> None:
    assert unusable_format(format)
