"""Spans as people write them: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.calendars.spans import UNITS, Span
from recovery.workflow.findings import Finding
from recovery.workflow.reader import read_yaml
from recovery.workflow.spans import EXAMPLES, SpanProblem, check_reach, read_span, span_at
from tests.calendars.test_arithmetic import always, at, office


def due(text: str, start: str, zone: str = "UTC") -> datetime:
    return read_span(text).due(at(start), office(zone))


def problem(text: str) -> str:
    with pytest.raises(SpanProblem) as raised:
        read_span(text)
    return f"{raised.value.at}: {raised.value.message} {raised.value.hint}".strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4 business hours", "2026-11-23T12:55"),
        ("90 business minutes", "2026-11-23T10:25"),
        ("3 business days", "2026-11-25T18:00"),
        ("1 day", "2026-11-22T00:00"),
        ("15 days", "2026-12-06T00:00"),
        ("8 weeks", "2027-01-16T00:00"),
        ("2 months", "2027-01-21T00:00"),
        ("1 year", "2027-11-21T00:00"),
        ("30 minutes", "2026-11-20T18:25"),
        ("24 hours", "2026-11-21T17:55"),
        ("2 real hours", "2026-11-20T19:55"),
        ("2 real days", "2026-11-22T17:55"),
    ],
)
def test_each_unit_means_what_it_says(text: str, expected: str) -> None:
    assert due(text, "2026-11-20T17:55") == at(expected)


def test_calendar_days_end_at_midnight_local_the_exclusive_instant() -> None:
    assert due("15 days", "2026-11-20T17:55", "Asia/Shanghai") == at("2026-12-06T16:00")
    assert due("15 days", "2026-11-20T17:55", "America/New_York") == at("2026-12-06T05:00")


def test_eight_weeks_are_not_two_months() -> None:
    assert due("8 weeks", "2026-07-01T12:00") == at("2026-08-27T00:00")
    assert due("2 months", "2026-07-01T12:00") == at("2026-09-02T00:00")


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("1 month", "2026-01-31T12:00", "2026-03-01T00:00"),
        ("1 month", "2028-01-31T12:00", "2028-03-01T00:00"),
        ("3 months", "2026-11-30T12:00", "2027-03-01T00:00"),
        ("1 year", "2028-02-29T12:00", "2029-03-01T00:00"),
    ],
)
def test_months_and_years_clamp_to_the_last_day(text: str, start: str, expected: str) -> None:
    assert due(text, start) == at(expected)


def test_a_due_date_does_not_roll_to_a_business_day() -> None:
    assert due("1 day", "2026-11-20T12:00") == at("2026-11-22T00:00")


def test_a_day_across_a_clock_change_is_still_a_day_and_its_hours_are_those_that_pass() -> None:
    start = "2026-03-28T20:00"
    assert due("1 day", start, "Europe/London") == at("2026-03-29T23:00")
    assert due("24 hours", start, "Europe/London") == at("2026-03-29T20:00")


def test_where_midnight_does_not_exist_or_exists_twice_the_day_ends_at_the_first_instant_after_it() -> None:
    assert due("1 day", "2018-11-02T12:00", "America/Sao_Paulo") == at("2018-11-04T03:00")
    assert due("1 day", "2026-10-30T12:00", "America/Havana") == at("2026-11-01T04:00")


def test_a_day_that_the_zone_skipped_is_not_counted() -> None:
    received = "2011-12-30T05:00"  # in Apia, the evening of the 29th; the next day there was the 31st
    assert due("1 day", received, "Pacific/Apia") == at("2011-12-31T10:00")
    assert due("1 week", received, "Pacific/Apia") == at("2012-01-06T10:00")
    assert due("1 month", "2011-11-30T22:00", "Pacific/Apia") == at("2011-12-30T10:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4 business hours", "2026-11-20T17:00"),
        ("2 business days", "2026-11-19T09:00"),
        ("3 days", "2026-11-20T00:00"),
        ("1 week", "2026-11-16T00:00"),
        ("1 month", "2026-10-23T00:00"),
        ("2 hours", "2026-11-23T10:00"),
    ],
)
def test_counted_back_from_an_event_spans_are_mirrored(text: str, expected: str) -> None:
    assert read_span(text).before(at("2026-11-23T12:00"), office("UTC")) == at(expected)


def test_counted_back_a_skipped_day_is_not_counted_either() -> None:
    apia = always("Pacific/Apia")
    assert read_span("1 day").before(at("2011-12-31T00:00"), apia) == at("2011-12-29T10:00")


@pytest.mark.parametrize("unit", UNITS)
def test_a_span_says_itself_as_it_is_read(unit: str) -> None:
    for amount in (1, 2, 10):
        span = read_span(f"{amount} {unit}" + ("s" if amount > 1 else ""))
        assert read_span(str(span)) == span
        assert (span.amount, span.unit) == (amount, unit)


def test_open_time_and_real_time_have_a_length_and_days_have_none() -> None:
    assert read_span("90 business minutes").length == timedelta(minutes=90)
    assert read_span("2 real days").length == timedelta(days=2)
    assert read_span("2 days").length is None
    assert {read_span(text).kind for text in EXAMPLES} == {
        *("business time", "business days", "calendar days", "real time")
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0: No span of time is given."),
        ("soon", "0: `soon` is no whole number. One of 4 business hours,"),
        ("-3 days", "0: `-3` is no whole number."),
        ("1.5 hours", "0: `1.5` is no whole number. Take a smaller unit"),
        ("9999999999 days", "0: `9999999999` is no whole number."),
        ("0 days", "0: The span is empty: it would be over when it begins. At least 1."),
        ("3", "1: The span has no unit."),
        ("3 business", "2: `business` is no unit of time."),
        ("1 business fortnight", "11: `business fortnight` is no unit. Did you mean 10 business days?"),
        ("2 business weeks", "11: `business weeks` is no unit. Did you mean 10 business days?"),
        ("2 fortnights", "2: `fortnights` is no unit. Did you mean 4 weeks?"),
        ("2 working days", "10: `working days` is no unit. Did you mean 2 business days?"),
        ("3 business month", "11: `month` is no unit of business time. One of minutes"),
        ("3 dyas", "2: `dyas` is no unit of time. Did you mean days?"),
        ("3 real weeks", "7: `weeks` is no unit of real time. One of minutes, hours, days."),
        ("1 hour 30 minutes", "7: `30` is too much: a span is one number and one unit."),
        ("500 years", "0: `500 years` is longer than 100 years."),
        ("900000 business hours", "0: `900000 business hours` is longer than 100 years."),
    ],
)
def test_what_is_no_span_is_said_at_its_character_with_what_would_be_accepted(text: str, said: str) -> None:
    assert problem(text).startswith(said)


def test_a_span_in_a_file_is_a_finding_at_its_place() -> None:
    document, _ = read_yaml(b"clock:\n  within: 1 business fortnight\n", "w.yaml")
    assert document is not None
    findings: list[Finding] = []
    assert span_at(document, ("clock", "within"), "3 days", findings) == Span(3, "day")
    assert span_at(document, ("clock", "within"), "1 business fortnight", findings) is None
    assert list(map(str, findings)) == [
        "w.yaml:2:11: `business fortnight` is no unit. In `1 business fortnight`, at character 12. "
        "Did you mean 10 business days?"
    ]


def test_a_span_that_no_calendar_can_reach_is_a_finding() -> None:
    document, _ = read_yaml(b"within: 200 business hours\n", "w.yaml")
    assert document is not None
    findings: list[Finding] = []
    once = Calendar("once", "UTC", ((),) * 7, {datetime(2026, 11, 20, tzinfo=UTC).date(): (Window(0, 60),)})
    check_reach(document, ("within",), read_span("200 business hours"), office(), findings)
    assert findings == []
    check_reach(document, ("within",), read_span("200 business hours"), once, findings)
    [finding] = findings
    assert str(finding).startswith(
        "w.yaml:1:9: 200 business hours can never be over. The calendar once has no such"
    )


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Bahrain"])
def test_a_calendar_that_knows_its_holidays_reaches_every_span_east_and_west(zone: str) -> None:
    document, _ = read_yaml(b"within: 3 business days\n", "w.yaml")
    assert document is not None
    findings: list[Finding] = []
    check_reach(
        document, ("within",), read_span("3 business days"), office(zone, known=(2000, 2050)), findings
    )
    assert findings == []


@pytest.mark.parametrize(
    ("amount", "unit"), [(0, "day"), (-1, "day"), (101, "year"), (10**9, "business minute")]
)
def test_a_span_of_no_length_or_beyond_a_century_cannot_be_made(amount: int, unit: str) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(amount, unit)  # type: ignore[arg-type]
