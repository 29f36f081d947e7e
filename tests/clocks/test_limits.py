"""How long a clock runs in a case, and what it counts from."""

from __future__ import annotations

from datetime import date

import pytest

from recovery.core.calendars.calendar import Calendar
from recovery.core.clocks.model import Anchor, Limit
from recovery.workflow.spans import read_span
from tests.clocks.builders import (
    WAITING,
    WATCHED,
    Tale,
    clock,
    desk,
    local,
    told,
)

HEARD = Anchor("mark", "heard")


def test_a_change_of_severity_counts_anew_when_it_is_due_and_keeps_what_has_passed() -> None:
    tale = Tale(clock(within={1: "8 business hours", 2: "4 business hours"}, pause_while=WAITING))
    tale.begin().then("2026-11-20 11:00", waiting=True).then("2026-11-20 15:00", waiting=False)
    assert tale.due() == "2026-11-23 14:00"
    tale.ask("worsen")
    assert (tale.due(), tale.state().limit) == ("2026-11-23 10:00", "4 business hours")


def test_the_first_row_that_fits_counts_by_the_date_of_receipt_in_the_clocks_zone() -> None:
    rows = [
        Limit(read_span("5 days"), received_from=date(2026, 12, 1)),
        Limit(read_span("10 days"), received_before=date(2026, 12, 1), when=WATCHED),
        Limit(read_span("15 days"), received_before=date(2026, 12, 1)),
    ]
    sydney = clock(within=rows, calendar=desk("Australia/Sydney"))

    def limit(moment: str, one: object = None, **facts: object) -> str:
        tale = Tale(sydney if one is None else clock(within=rows)).begin(moment, facts=facts)
        return tale.state().limit

    assert limit("2026-11-30 12:59") == "15 days"
    assert limit("2026-11-30 13:00") == "5 days", "it is December in Sydney"
    assert limit("2026-11-30 13:00", "London") == "15 days"
    assert limit("2026-11-30 12:59", watched=True) == "10 days"


def test_a_row_for_cases_received_later_does_not_fit_one_received_before() -> None:
    rows = [Limit(read_span("5 days"), received_from=date(2026, 12, 1))]
    assert Tale(clock(within=rows)).begin("2026-11-30 10:00").case.clocks == {}
    rows = [Limit(read_span("5 days"), received_before=date(2026, 12, 1))]
    assert Tale(clock(within=rows)).begin("2026-12-01 10:00").case.clocks == {}


def test_a_case_keeps_the_rule_of_its_day_of_receipt_however_long_it_takes() -> None:
    rows = [
        Limit(read_span("3 days"), received_from=date(2026, 11, 23)),
        Limit(read_span("8 weeks"), received_before=date(2026, 11, 23)),
    ]
    tale = Tale(clock(within=rows, pause_while=WAITING)).begin("2026-11-22 23:59")
    tale.then("2026-12-01 10:00", waiting=True).then("2026-12-01 11:00", waiting=False)
    assert tale.state().limit == "8 weeks"


def test_a_clock_without_a_row_for_a_case_does_not_run_in_it() -> None:
    tale = Tale(clock(within={2: "4 hours"})).begin(severity=1)
    assert tale.case.clocks == {}
    assert Tale(clock(within={2: "4 hours"})).begin(severity=2).due() == "2026-11-20 14:00"


def test_a_deadline_that_no_calendar_reaches_is_never_due_and_holds_up_no_other() -> None:
    tale = Tale(
        clock("far", "30 business days", calendar=desk(known=(2026, 2026))),
        clock("shut", "1 business hour", calendar=Calendar("shut", "Europe/London", ((),) * 7)),
        clock(within="4 hours"),
    ).begin("2026-12-20 10:00")
    assert (tale.status("far"), tale.due("far"), tale.due("shut")) == ("running", None, None)
    assert local(tale.case.due_at) == "2026-12-20 14:00"


# --- counting from facts ------------------------------------------------------------------------------------


def test_a_clock_counts_from_a_fact_and_moves_with_it() -> None:
    one = clock(within="2 days", starts=Anchor("fact", "day"), counts_from="day")
    tale = Tale(one).begin(facts={"day": "2026-12-01"})
    assert tale.due() == "2026-12-04 00:00"
    tale.record({"day": "2026-12-03"})
    assert tale.due() == "2026-12-06 00:00"
    tale.retract("day")
    assert tale.status() == "off"


def test_a_clock_counts_back_from_an_event_and_warns_before_it_is_due() -> None:
    one = clock(
        within="10 days",
        starts=Anchor("fact", "day"),
        counts_from="day",
        counts_back=True,
        warn_before=read_span("2 days"),
        warn=[told("soon")],
        breach=[told()],
    )
    tale = Tale(one).begin(facts={"day": "2026-12-24"})
    assert tale.until("2026-12-30 10:00") == ["soon 2026-12-12 00:00", "late 2026-12-14 00:00"]


def test_a_share_of_a_clock_that_counts_back_is_one_of_the_time_it_has() -> None:
    one = clock(
        within="24 hours",
        starts=Anchor("fact", "moment"),
        counts_from="moment",
        counts_back=True,
        warn_share=50,
        warn=[told("soon")],
    )
    tale = Tale(one).begin(facts={"moment": "2026-11-22T10:00:00Z"})
    assert tale.until("2026-11-30 10:00") == ["soon 2026-11-20 22:00"]


def test_a_clock_counted_back_to_before_it_began_is_due_at_once_and_does_not_warn() -> None:
    one = clock(
        within="10 days",
        starts=Anchor("fact", "day"),
        counts_from="day",
        counts_back=True,
        warn_share=75,
        warn=[told("soon")],
        breach=[told()],
    )
    tale = Tale(one).begin(facts={"day": "2026-11-24"})
    assert tale.until("2026-11-20 10:00") == ["late 2026-11-20 10:00"]


def test_a_pause_moves_no_event_but_nothing_happens_in_it() -> None:
    back = clock(
        within="10 days",
        starts=Anchor("fact", "day"),
        counts_from="day",
        counts_back=True,
        pause_while=WAITING,
        breach=[told()],
    )
    tale = Tale(back).begin(facts={"day": "2026-12-24", "waiting": True})
    assert (tale.status(), tale.due(), tale.until("2026-12-20 10:00")) == ("paused", None, [])
    tale.record({"waiting": False})
    assert tale.until("2026-12-20 10:00") == ["late 2026-12-20 10:00"]


def test_a_promise_is_due_at_the_moment_that_a_fact_names_and_each_promise_anew() -> None:
    promise = clock(starts=Anchor("fact", "moment"), due_by="moment", stops=(HEARD,), breach=[told("broken")])
    tale = Tale(promise).begin()
    tale.record({"moment": "2026-11-20T15:00:00Z"})
    assert tale.due() == "2026-11-20 15:00"
    tale.record({"moment": "2026-11-20T16:00:00Z"})
    assert tale.until("2026-11-20 18:00") == ["broken 2026-11-20 16:00"]
    tale.record({"moment": "2026-11-23T12:00:00Z"})
    assert tale.until("2026-11-30 18:00") == ["broken 2026-11-23 12:00"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31", "2200-01-01"])
@pytest.mark.parametrize("span", ["3 business days", "3 days", "2 months", "4 hours", "4 business hours"])
@pytest.mark.parametrize("back", [True, False])
def test_a_day_no_calendar_reaches_leaves_a_clock_without_a_deadline(day: str, span: str, back: bool) -> None:
    one = clock(
        within=span,
        starts=Anchor("fact", "day"),
        counts_from="day",
        counts_back=back,
        warn_before=read_span("1 year"),
    )
    tale = Tale(one, clock("other", within="4 hours")).begin()
    tale.record({"day": day})
    assert tale.due("other") == "2026-11-20 14:00"
    assert tale.standing().limit == span


def test_a_warning_no_calendar_reaches_is_left_out_and_the_deadline_stays() -> None:
    known = desk(known=(2026, 2030))
    one = clock(
        within="2 business days",
        starts=Anchor("fact", "day"),
        counts_from="day",
        warn_before=read_span("60 business days"),
        calendar=known,
    )
    tale = Tale(one).begin("2026-01-05 10:00", facts={"day": "2026-01-05"})
    assert tale.due() == "2026-01-07 17:00"
