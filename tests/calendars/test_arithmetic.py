"""Open time to the microsecond: what is added can be counted again; edges are where design.md §5 has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.calendars.arithmetic import (
    add_business,
    business_between,
    business_day,
    business_days_between,
    end_of_business_day,
    is_open,
    next_open,
    start_of_business_day,
)
from recovery.core.calendars.calendar import Calendar, Unreachable, Window
from recovery.core.calendars.plain import as_data, from_data

HOUR = timedelta(hours=1)
NINE_TO_SIX = (Window(540, 1080),)
CLOSED: tuple[Window, ...] = ()


def office(zone: str = "Europe/London", **more: object) -> Calendar:
    return Calendar("office", zone, (NINE_TO_SIX,) * 5 + (CLOSED,) * 2, **more)  # type: ignore[arg-type]


def nights(zone: str = "Europe/London", **more: object) -> Calendar:
    return Calendar("nights", zone, ((Window(1320, 1320 + 480),),) * 7, **more)  # type: ignore[arg-type]


def always(zone: str = "UTC") -> Calendar:
    return Calendar("always", zone, ((Window(0, 1440),),) * 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SPANS = st.timedeltas(timedelta(microseconds=1), timedelta(hours=5000))
CALENDARS = st.sampled_from(
    [office(), nights("America/New_York"), always("Pacific/Apia"), office("Asia/Tokyo")]
)


@given(CALENDARS, MOMENTS, SPANS)
def test_what_is_added_is_what_lies_between_to_the_microsecond(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    due = add_business(calendar, start, span)
    assert business_between(calendar, start, due) == span
    assert business_between(calendar, due, start) == -span
    assert business_between(calendar, start, due - timedelta(microseconds=1)) < span
    back = add_business(calendar, start, -span)
    assert business_between(calendar, back, start) == span
    assert business_between(calendar, back + timedelta(microseconds=1), start) < span


@given(CALENDARS, MOMENTS, SPANS, SPANS)
def test_a_span_in_two_parts_ends_where_the_whole_does(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    in_parts = add_business(calendar, add_business(calendar, start, one), other)
    assert in_parts == add_business(calendar, start, one + other)


def test_a_duration_that_runs_out_exactly_at_closing_is_due_at_closing() -> None:
    assert add_business(office(), at("2026-11-20T14:00"), 4 * HOUR) == at("2026-11-20T18:00")
    assert add_business(office(), at("2026-11-20T18:00"), HOUR) == at("2026-11-23T10:00")


def test_counted_back_a_duration_that_runs_out_exactly_at_opening_ends_at_opening() -> None:
    assert add_business(office(), at("2026-11-23T13:00"), -4 * HOUR) == at("2026-11-23T09:00")
    assert add_business(office(), at("2026-11-23T09:00"), -HOUR) == at("2026-11-20T17:00")


def test_no_time_ends_where_it_starts() -> None:
    assert add_business(office(), at("2026-11-21T12:00"), timedelta()) == at("2026-11-21T12:00")


def test_at_opening_it_is_open_and_at_closing_no_longer() -> None:
    assert is_open(office(), at("2026-11-20T09:00"))
    assert is_open(office(), at("2026-11-20T17:59:59.999999"))
    assert not is_open(office(), at("2026-11-20T18:00"))


def test_the_next_open_moment_is_now_or_the_next_opening() -> None:
    assert next_open(office(), at("2026-11-20T12:00")) == at("2026-11-20T12:00")
    assert next_open(office(), at("2026-11-20T18:00")) == at("2026-11-23T09:00")


def test_the_customers_day_is_the_same_hours_on_the_customers_clock() -> None:
    day = office("Europe/London").in_zone("Asia/Shanghai")
    assert next_open(day, at("2026-11-20T12:00")) == at("2026-11-23T01:00")
    assert day.in_zone("Asia/Shanghai") is day
    assert office().in_zone("Asia/Shanghai").in_zone("Europe/London") == office()


def test_business_days_end_at_the_close_of_the_nth_day_after_the_day_of_receipt() -> None:
    assert end_of_business_day(office(), at("2026-11-20T17:55"), 3) == at("2026-11-25T18:00")
    assert end_of_business_day(office(), at("2026-11-20T00:05"), 1) == at("2026-11-23T18:00")


def test_a_receipt_on_a_day_off_or_after_hours_counts_from_that_day_all_the_same() -> None:
    assert end_of_business_day(office(), at("2026-11-21T12:00"), 1) == at("2026-11-23T18:00")
    assert end_of_business_day(office(), at("2026-11-19T23:00"), 1) == at("2026-11-20T18:00")


def test_the_day_of_receipt_is_the_date_on_the_wall_in_the_calendars_zone() -> None:
    assert end_of_business_day(office("Asia/Tokyo"), at("2026-11-18T20:00"), 1) == at("2026-11-20T09:00")


def test_business_days_counted_back_begin_at_the_opening_of_the_nth_day_before() -> None:
    assert start_of_business_day(office(), at("2026-11-25T12:00"), 3) == at("2026-11-20T09:00")


def test_a_holiday_and_a_closing_day_are_no_business_days_and_an_exception_wins_over_both() -> None:
    calendar = office(
        holidays={date(2026, 11, 23): "Feast", date(2026, 11, 24): "Fair"},
        closed={date(2026, 11, 25): "Stocktaking"},
        exceptions={date(2026, 11, 24): (Window(600, 660),), date(2026, 11, 26): ()},
    )
    assert end_of_business_day(calendar, at("2026-11-20T12:00"), 1) == at("2026-11-24T11:00")
    assert end_of_business_day(calendar, at("2026-11-20T12:00"), 2) == at("2026-11-27T18:00")
    assert [calendar.kind(date(2026, 11, day)) for day in range(22, 28)] == [
        *("weekday", "holiday", "exception", "closed", "exception", "weekday")
    ]


def test_business_days_between_dates_are_those_after_the_first_up_to_the_last() -> None:
    assert business_days_between(office(), date(2026, 11, 20), date(2026, 11, 24)) == 2
    assert business_days_between(office(), date(2026, 11, 24), date(2026, 11, 20)) == -2
    assert business_days_between(office(), date(2009, 12, 31), date(2020, 1, 1)) == 2609


def test_an_overnight_window_belongs_to_the_day_it_opens() -> None:
    friday = Calendar("friday", "UTC", (CLOSED,) * 4 + ((Window(1320, 1800),),) + (CLOSED,) * 2)
    assert end_of_business_day(friday, at("2026-11-16T12:00"), 1) == at("2026-11-21T06:00")
    assert business_day(friday, date(2026, 11, 20), 1) == date(2026, 11, 27)
    assert is_open(friday, at("2026-11-21T05:00"))


def test_a_holiday_does_not_cut_the_night_before() -> None:
    calendar = nights("UTC", holidays={date(2026, 12, 25): "Christmas Day"})
    assert add_business(calendar, at("2026-12-24T22:00"), 8 * HOUR) == at("2026-12-25T06:00")
    assert next_open(calendar, at("2026-12-25T06:00")) == at("2026-12-26T22:00")


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-20", 8)])
def test_hours_count_time_that_really_passes_also_in_the_night_of_a_clock_change(
    evening: str, hours: int
) -> None:
    begin = at(f"{evening}T12:00")
    assert business_between(nights(), begin, begin + 24 * HOUR) == hours * HOUR


def test_a_local_time_that_does_not_exist_is_read_with_the_offset_before_the_gap() -> None:
    early = Calendar("early", "Europe/London", ((Window(90, 180),),) * 7)  # 01:30 to 03:00
    [night] = early.open_on(date(2026, 3, 29))
    assert night == (at("2026-03-29T01:30"), at("2026-03-29T02:00"))


def test_a_local_time_that_exists_twice_means_its_first_occurrence() -> None:
    early = Calendar("early", "Europe/London", ((Window(90, 180),),) * 7)
    [night] = early.open_on(date(2026, 10, 25))
    assert night == (at("2026-10-25T00:30"), at("2026-10-25T03:00"))


def test_a_window_that_lies_in_the_gap_may_end_before_it_begins_and_is_no_time_at_all() -> None:
    swallowed = Calendar("swallowed", "Europe/London", ((Window(90, 120),),) * 7)  # 01:30 to 02:00
    assert swallowed.open_on(date(2026, 3, 29)) == ()
    assert business_day(swallowed, date(2026, 3, 28), 1) == date(2026, 3, 30)


def test_a_day_that_the_zone_skipped_is_no_day() -> None:
    apia = always("Pacific/Apia")
    assert apia.kind(date(2011, 12, 30)) == "skipped"
    assert apia.open_on(date(2011, 12, 30)) == ()
    assert business_day(apia, date(2011, 12, 29), 1) == date(2011, 12, 31)


def test_windows_that_overlap_after_all_are_counted_once() -> None:
    calendar = nights("UTC", exceptions={date(2026, 11, 21): (Window(0, 720),)})
    assert business_between(calendar, at("2026-11-20T22:00"), at("2026-11-21T22:00")) == 14 * HOUR


def test_time_beyond_the_years_a_calendar_knows_is_an_error_that_says_so() -> None:
    calendar = office(known=(2020, 2027))
    with pytest.raises(Unreachable, match="office knows its holidays from 2020 to 2027"):
        add_business(calendar, at("2026-11-20T12:00"), 10_000 * HOUR)
    for ask in (
        lambda: add_business(calendar, at("2020-01-02T12:00"), -1000 * HOUR),
        lambda: is_open(calendar, at("2028-01-03T10:00")),
        lambda: business_between(calendar, at("2026-01-03T10:00"), at("2028-01-03T10:00")),
        lambda: next_open(calendar, at("2027-12-31T20:00")),
        lambda: end_of_business_day(calendar, at("2027-12-31T20:00"), 1),
        lambda: start_of_business_day(calendar, at("2020-01-01T20:00"), 1),
        lambda: business_days_between(calendar, date(2020, 1, 1), date(2028, 1, 1)),
    ):
        with pytest.raises(Unreachable):
            ask()


def test_a_calendar_that_never_opens_again_is_an_error_and_no_endless_search() -> None:
    once = Calendar("once", "UTC", (CLOSED,) * 7, exceptions={date(2026, 11, 20): NINE_TO_SIX})
    assert add_business(once, at("2026-11-01T00:00"), 9 * HOUR) == at("2026-11-20T18:00")
    for ask in (
        lambda: add_business(once, at("2026-11-01T00:00"), 10 * HOUR),
        lambda: next_open(once, at("2026-11-21T00:00")),
        lambda: end_of_business_day(once, at("2026-11-20T00:00"), 1),
        lambda: start_of_business_day(once, at("2026-11-20T00:00"), 1),
    ):
        with pytest.raises(Unreachable, match="no such open time between 1900 and 2199"):
            ask()


def test_a_calendar_kept_as_plain_data_is_the_same_calendar() -> None:
    calendar = office(
        holidays={date(2026, 12, 25): "Christmas Day"},
        closed={date(2026, 12, 24): "Christmas Eve"},
        exceptions={date(2026, 12, 31): (Window(540, 780),)},
        known=(2000, 2050),
    )
    assert from_data(as_data(calendar)) == calendar
    assert from_data(as_data(always())) == always()


@pytest.mark.parametrize(
    "windows", [(Window(600, 600),), (Window(600, 540),), (Window(0, 1441),), (Window(1440, 1500),)]
)
def test_a_window_that_is_none_is_refused(windows: tuple[Window, ...]) -> None:
    with pytest.raises(ValueError, match="no window"):
        Calendar("wrong", "UTC", (windows,) + (CLOSED,) * 6)


def test_an_unknown_zone_and_a_short_week_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        office("Europe/Lodnon")
    with pytest.raises(ValueError, match="seven"):
        Calendar("wrong", "UTC", (CLOSED,) * 6)
    with pytest.raises(ValueError, match="no time zone"):
        office().in_zone("Mars/Base")


def test_a_naive_moment_and_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        is_open(office(), datetime(2026, 11, 20))  # noqa: DTZ001
    for ask in (end_of_business_day, start_of_business_day):
        with pytest.raises(ValueError, match="at least one"):
            ask(office(), at("2026-11-20T00:00"), 0)
    with pytest.raises(ValueError, match="after itself"):
        business_day(office(), date(2026, 11, 20), 0)
