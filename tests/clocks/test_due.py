"""When a span runs out that was paused, and when a clock warns: the pure count."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from recovery.core.clocks.due import Pause, accrued, days_covered, due, start_of, warn
from recovery.core.clocks.state import ClockState
from recovery.core.instants import to_text
from recovery.workflow.spans import read_span
from tests.clocks.builders import DESK, at, clock, desk, local

FRIDAY = "2026-11-20 10:00"


def runs_out(span: str, start: str, *pauses: tuple[str, str | None]) -> str | None:
    held = [Pause(at(begin), None if end is None else at(end)) for begin, end in pauses]
    found = due(read_span(span), at(start), DESK, held)
    return None if found is None else local(to_text(found))


# --- without a pause ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "runs"),
    [
        ("30 minutes", "2026-11-20 10:30"),
        ("4 hours", "2026-11-20 14:00"),
        ("24 hours", "2026-11-21 10:00"),
        ("4 business hours", "2026-11-20 14:00"),
        ("7 business hours", "2026-11-20 17:00"),
        ("8 business hours", "2026-11-23 10:00"),
        ("1 business day", "2026-11-23 17:00"),
        ("3 business days", "2026-11-25 17:00"),
        ("1 day", "2026-11-22 00:00"),
        ("2 weeks", "2026-12-05 00:00"),
        ("3 months", "2027-02-21 00:00"),
        ("1 year", "2027-11-21 00:00"),
    ],
)
def test_each_kind_of_span_runs_out_as_the_house_counts_it(span: str, runs: str) -> None:
    assert runs_out(span, FRIDAY) == runs


@pytest.mark.parametrize(
    ("start", "runs"),
    [("2027-01-31 09:00", "2027-03-01 00:00"), ("2028-01-31 09:00", "2028-03-01 00:00")],
)
def test_months_clamp_to_the_last_day(start: str, runs: str) -> None:
    assert runs_out("1 month", start) == runs


def test_an_hour_is_an_hour_across_a_change_of_clocks_and_a_day_ends_at_midnight() -> None:
    assert runs_out("24 hours", "2026-10-24 12:00") == "2026-10-25 11:00"
    assert runs_out("1 day", "2026-10-24 12:00") == "2026-10-26 00:00"
    assert runs_out("24 hours", "2026-03-28 12:00") == "2026-03-29 13:00"


@pytest.mark.parametrize(
    ("zone", "start", "runs"),
    [
        ("America/New_York", "2026-03-06 16:00", "2026-03-09 10:00"),
        ("Australia/Lord_Howe", "2026-04-03 16:00", "2026-04-06 10:00"),
        ("America/Sao_Paulo", "2018-11-02 16:00", "2018-11-05 10:00"),
    ],
)
def test_a_change_of_clocks_on_a_weekend_moves_no_business_hour(zone: str, start: str, runs: str) -> None:
    tz = ZoneInfo(zone)
    found = due(read_span("2 business hours"), at(start, tz), desk(zone))
    assert found is not None
    assert local(to_text(found), tz) == runs


# --- with pauses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "pauses", "runs"),
    [
        # Hours and minutes keep what had passed.
        ("4 hours", [("2026-11-20 12:00", "2026-11-20 15:00")], "2026-11-20 17:00"),
        ("4 hours", [("2026-11-20 12:00", "2026-11-23 12:00")], "2026-11-23 14:00"),
        ("4 business hours", [("2026-11-20 12:00", "2026-11-23 11:00")], "2026-11-23 13:00"),
        ("4 business hours", [("2026-11-20 12:00", "2026-11-21 12:00")], "2026-11-23 11:00"),
        (
            "4 business hours",
            [("2026-11-20 11:00", "2026-11-20 12:00"), ("2026-11-20 13:00", "2026-11-20 16:00")],
            "2026-11-23 10:00",
        ),
        # Days move by the whole days that a pause covered, not by a part of one.
        ("3 business days", [("2026-11-23 12:00", "2026-11-23 16:00")], "2026-11-25 17:00"),
        ("3 business days", [("2026-11-23 12:00", "2026-11-25 12:00")], "2026-11-26 17:00"),
        ("3 business days", [("2026-11-23 09:00", "2026-11-23 17:00")], "2026-11-26 17:00"),
        ("3 business days", [("2026-11-21 00:00", "2026-11-23 00:00")], "2026-11-25 17:00"),
        ("3 business days", [("2026-11-24 08:00", "2026-11-28 12:00")], "2026-12-01 17:00"),
        (
            "3 business days",
            [("2026-11-23 08:00", "2026-11-23 18:00"), ("2026-11-25 08:00", "2026-11-25 18:00")],
            "2026-11-27 17:00",
        ),
        ("3 days", [("2026-11-21 00:00", "2026-11-22 00:00")], "2026-11-25 00:00"),
        ("3 days", [("2026-11-21 00:01", "2026-11-22 23:59")], "2026-11-24 00:00"),
        ("1 month", [("2026-12-01 09:00", "2026-12-04 09:00")], "2026-12-23 00:00"),
    ],
)
def test_what_passes_in_a_pause_does_not_count(
    span: str, pauses: list[tuple[str, str | None]], runs: str
) -> None:
    assert runs_out(span, FRIDAY, *pauses) == runs


@pytest.mark.parametrize("span", ["4 hours", "4 business hours", "3 business days", "3 days", "1 month"])
def test_an_open_pause_holds_a_clock_and_a_deadline_before_it_stands(span: str) -> None:
    assert runs_out(span, FRIDAY, ("2026-11-20 11:00", None)) is None
    runs = runs_out(span, FRIDAY)
    assert runs_out(span, FRIDAY, ("2027-11-20 11:00", None)) == runs


@pytest.mark.parametrize("span", ["4 hours", "4 business hours", "3 business days", "3 days", "1 month"])
def test_a_deadline_reached_at_the_very_instant_a_pause_begins_stands(span: str) -> None:
    runs = runs_out(span, FRIDAY)
    assert runs is not None
    assert runs_out(span, FRIDAY, (runs, None)) == runs
    assert runs_out(span, FRIDAY, (runs, "2027-06-01 12:00")) == runs


@pytest.mark.parametrize(
    ("span", "pause", "runs"),
    [
        ("3 business days", ("2026-11-25 10:00", "2026-11-26 12:00"), "2026-11-26 17:00"),
        ("3 business days", ("2026-11-25 10:00", "2026-11-26 18:00"), "2026-11-27 17:00"),
        ("3 business days", ("2026-11-25 10:00", "2026-11-25 18:00"), "2026-11-26 17:00"),
        ("3 days", ("2026-11-23 10:00", "2026-11-24 10:00"), "2026-11-25 00:00"),
    ],
)
def test_a_clock_that_stood_still_at_its_deadline_has_not_run_out(
    span: str, pause: tuple[str, str], runs: str
) -> None:
    """The pause covered no whole day, or too few: the first end of a day after it counts."""
    assert runs_out(span, FRIDAY, pause) == runs


@pytest.mark.parametrize("span", ["2 business days", "2 days", "4 hours", "4 business hours"])
def test_a_pause_before_a_clock_counts_takes_nothing_out_of_it(span: str) -> None:
    start = "2026-11-24 09:00"
    assert runs_out(span, start, ("2026-11-20 10:00", "2026-11-24 09:00")) == runs_out(span, start)


def test_the_day_of_receipt_never_counts_so_a_pause_over_it_takes_nothing_out() -> None:
    start = "2026-11-24 00:00"
    assert runs_out("2 days", start, ("2026-11-23 10:00", "2026-11-25 10:00")) == runs_out("2 days", start)
    assert runs_out("2 business days", "2026-11-24 09:00", ("2026-11-23 18:00", "2026-11-24 18:00")) == (
        "2026-11-26 17:00"
    )


def test_days_covered_are_whole_ones() -> None:
    days, business = read_span("1 day"), read_span("1 business day")
    begin, end = at("2026-11-20 09:00"), at("2026-11-24 17:00")
    assert days_covered(business, begin, end, DESK) == 3
    assert days_covered(days, begin, end, DESK) == 3
    assert days_covered(business, begin, begin, DESK) == days_covered(days, begin, begin, DESK) == 0


# --- where it begins ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "counts_from"),
    [
        ("2026-11-20 16:59", "2026-11-20 16:59"),
        ("2026-11-20 17:00", "2026-11-23 09:00"),
        ("2026-11-21 12:00", "2026-11-23 09:00"),
        ("2026-11-23 06:00", "2026-11-23 06:00"),
    ],
)
def test_receipt_at_or_after_close_counts_as_the_next_business_day(received: str, counts_from: str) -> None:
    late = clock(after_hours=True)
    assert local(to_text(start_of(late, to_text(at(received)), None))) == counts_from
    assert start_of(clock(), to_text(at(received)), None) == at(received)


def test_a_clock_counts_from_the_day_or_the_instant_that_a_fact_names() -> None:
    counting = clock(counts_from="day")
    assert start_of(counting, to_text(at(FRIDAY)), "2026-12-01") == at("2026-12-01 00:00")
    assert start_of(counting, to_text(at(FRIDAY)), "2026-12-01T12:30:00Z") == at("2026-12-01 12:30")


# --- warning ------------------------------------------------------------------------------------------------


def warned(span: str, *, share: int | None = None, before: str | None = None) -> str | None:
    one = clock(within=span, warn_share=share, warn_before=None if before is None else read_span(before))
    start, length = at(FRIDAY), read_span(span)
    ends = due(length, start, DESK)
    assert ends is not None
    found = warn(one, length, start, ends, ())
    return None if found is None else local(to_text(found))


@pytest.mark.parametrize(
    ("span", "share", "warns"),
    [
        ("4 hours", 75, "2026-11-20 13:00"),
        ("4 business hours", 75, "2026-11-20 13:00"),
        ("8 business hours", 50, "2026-11-20 14:00"),
        ("14 business hours", 75, "2026-11-23 12:30"),
        ("1 business day", 50, "2026-11-23 09:30"),
        ("2 days", 50, "2026-11-21 17:00"),
    ],
)
def test_a_share_of_business_time_is_business_time(span: str, share: int, warns: str) -> None:
    assert warned(span, share=share) == warns


@pytest.mark.parametrize(
    ("span", "before", "warns"),
    [
        ("3 business days", "1 business day", "2026-11-24 09:00"),
        ("3 business days", "2 business hours", "2026-11-25 15:00"),
        ("4 hours", "30 minutes", "2026-11-20 13:30"),
        ("4 hours", "1 day", FRIDAY),
    ],
)
def test_a_warning_comes_a_span_before_but_never_before_the_clock_begins(
    span: str, before: str, warns: str
) -> None:
    assert warned(span, before=before) == warns


def test_a_clock_without_a_warning_never_warns() -> None:
    assert warned("3 business days") is None


# --- what has passed ----------------------------------------------------------------------------------------


def test_what_has_passed_leaves_out_pauses_and_closed_hours() -> None:
    paused = (to_text(at("2026-11-20 12:00")), to_text(at("2026-11-20 14:00")))
    state = ClockState("running", to_text(at(FRIDAY)), 1, 1, "", pauses=(paused,))

    def passed(span: str, until: str) -> timedelta:
        return accrued(read_span(span), at(FRIDAY), at(until), state, DESK)

    assert passed("4 business hours", "2026-11-20 11:00") == timedelta(hours=1)
    assert passed("4 business hours", "2026-11-20 13:00") == timedelta(hours=2)
    assert passed("4 business hours", "2026-11-23 10:00") == timedelta(hours=6)
    assert passed("4 hours", "2026-11-20 16:00") == timedelta(hours=4)
