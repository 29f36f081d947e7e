"""Clocks begin anew in a new cycle, by what starts or restarts them; merged and set aside they rest."""

from __future__ import annotations

from recovery.core import events as ev
from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.clocks.model import Anchor
from recovery.core.guards import Known, Not
from tests.clocks.builders import (
    ANSWERED,
    WAITING,
    Tale,
    at,
    case_is,
    clock,
    guard,
    local,
    told,
)

MESSAGE, HEARD = Anchor("mark", "message"), Anchor("mark", "heard")


def test_a_reopened_case_has_its_clocks_anew_save_the_legal_ones() -> None:
    tale = Tale(
        clock("house", "2 days", breach=[told()]), clock("law", "30 days", legal=True), facts={}
    ).begin()
    assert tale.until("2026-11-23 12:00") == ["late 2026-11-23 00:00"]
    tale.record({"done": True})
    tale.record({"never": True})
    tale.until("2026-11-25 10:00")
    tale.ask("reopen")
    assert (tale.due("house"), tale.due("law")) == ("2026-11-28 00:00", "2026-12-21 00:00")
    assert tale.until("2026-11-30 10:00") == ["late 2026-11-28 00:00"]


def test_a_new_cycle_counts_anew_also_where_a_clock_still_ran_or_had_run_out() -> None:
    tale = Tale(clock("house", "2 days", breach=[told()]), clock("law", "30 days", legal=True)).begin()
    tale.until("2026-11-21 10:00")
    tale.ask("fail")
    assert (tale.due("house"), tale.due("law")) == ("2026-11-24 00:00", "2026-12-21 00:00")
    assert tale.until("2026-11-25 10:00") == ["late 2026-11-24 00:00"]
    tale.ask("fail")
    assert tale.until("2026-11-29 10:00") == ["late 2026-11-28 00:00"]


def test_coming_back_from_a_side_end_a_clock_goes_on_and_the_time_out_there_does_not_count() -> None:
    tale = Tale(clock(within="4 hours"), clock("law", "4 hours", legal=True)).begin()
    tale.until("2026-11-20 11:00")
    tale.ask("drop")
    tale.now = at("2026-11-20 13:00")
    tale.ask("resume")
    assert (tale.due(), tale.due("law")) == ("2026-11-20 16:00", "2026-11-20 14:00")


def test_a_condition_that_becomes_true_again_starts_its_clock_anew() -> None:
    one = clock(
        within="4 hours", starts=guard("watched"), stops=(guard("watched", value=False),), breach=[told()]
    )
    tale = Tale(one).begin(facts={"watched": True})
    tale.then("2026-11-20 11:00", watched=False)
    assert tale.status() == "stopped"
    tale.then("2026-11-23 10:00", watched=True)
    assert (tale.due(), tale.until("2026-11-24 10:00")) == ("2026-11-23 14:00", ["late 2026-11-23 14:00"])


def test_a_condition_that_stayed_true_lets_its_clock_run_on_when_the_stop_is_taken_back() -> None:
    one = clock(within="4 hours", starts=guard("watched"), stops=(ANSWERED,))
    tale = Tale(one).begin(facts={"watched": True}).then("2026-11-20 11:00", answered=True)
    tale.retract("answered")
    assert tale.due() == "2026-11-20 14:00"


def test_each_message_of_the_customer_starts_the_clock_once_it_has_been_answered() -> None:
    tale = Tale(clock(within="4 hours", starts=MESSAGE, stops=(HEARD,))).begin()
    tale.do(ev.MessageReceived, by="customer", text="Hello?")
    tale.until("2026-11-20 11:00")
    tale.do(ev.MessageReceived, by="customer", text="Anybody there?")
    assert tale.due() == "2026-11-20 14:00", "the first one is still unanswered"
    tale.do(ev.MessageWritten, text="Yes.", wait=0)
    tale.hear()
    assert tale.status() == "stopped"
    tale.until("2026-11-20 12:00")
    tale.do(ev.MessageReceived, by="customer", text="Good.")
    assert tale.due() == "2026-11-20 16:00"


def test_what_restarts_a_clock_lets_it_count_anew_also_after_it_ran_out() -> None:
    one = clock(within="4 hours", restarts=HEARD, breach=[told("silent")])
    tale = Tale(one).begin()
    tale.until("2026-11-20 13:00")
    tale.do(ev.MessageWritten, text="We are at it.", wait=0)
    tale.hear()
    assert tale.due() == "2026-11-20 17:00"
    assert tale.until("2026-11-20 18:00") == ["silent 2026-11-20 17:00"]
    tale.do(ev.MessageWritten, text="Still at it.", wait=0)
    tale.do(ev.EffectDelivered, by="engine", effect=list(tale.case.awaiting)[-1])
    assert tale.due() == "2026-11-20 22:00"


def test_a_clock_that_restarts_while_it_is_paused_begins_with_all_its_time() -> None:
    one = clock(within="4 hours", restarts=HEARD, pause_while=WAITING)
    tale = Tale(one).begin().then("2026-11-20 11:00", waiting=True)
    tale.until("2026-11-20 12:00")
    tale.do(ev.MessageWritten, text="We wait for you.", wait=0)
    tale.hear()
    assert tale.status() == "paused"
    tale.then("2026-11-20 15:00", waiting=False)
    assert tale.due() == "2026-11-20 19:00"


# --- merging and quarantine ---------------------------------------------------------------------------------


def test_a_merged_case_has_no_clock_running_and_has_them_again_when_the_merge_is_undone() -> None:
    tale = Tale(clock(within="4 hours"), clock("law", "4 hours", legal=True)).begin()
    tale.until("2026-11-20 11:00")
    tale.do(ev.CaseMerged, into=7)
    assert tale.case.due_at is None
    tale.now = at("2026-11-20 12:00")
    tale.do(ev.MergeUndone)
    assert (tale.due(), tale.due("law")) == ("2026-11-20 15:00", "2026-11-20 14:00")


def test_a_case_in_quarantine_is_never_due_and_when_it_takes_part_again_it_is() -> None:
    tale = Tale(clock(within="4 hours", breach=[told()])).begin()
    tale.do(ev.CaseQuarantined, by="engine", reason="it broke")
    assert tale.case.due_at is None
    assert tale.until("2026-11-21 10:00") == []
    assert tale.refuse(ev.TimerFired, by="engine", due_at=tale.now).code == "nothing_due"
    tale.do(ev.QuarantineLifted, by="supervisor:kim", reason="mended")
    assert tale.until("2026-11-21 10:00") == ["late 2026-11-21 10:00"]
    assert local(tale.state().breached_at) == "2026-11-20 14:00"


def test_a_condition_may_ask_the_case_itself() -> None:
    tale = Tale(
        clock("unanswered", "1 hour", starts=Anchor("guard", guard=case_is("unanswered", value=True))),
        clock("severe", "1 hour", when=case_is("severity", 2)),
        clock("lost", "1 hour", when=Not(Known("note"))),
        clock("word", "1 hour", starts=MESSAGE, stops=(HEARD,)),
    ).begin(severity=2)
    assert list(tale.case.clocks) == ["severe", "lost"]
    tale.do(ev.MessageReceived, by="customer", text="Hello?")
    assert tale.status("unanswered") == "running"


def test_several_windows_a_day_leave_the_break_between_them_out() -> None:
    lunch = (Window(9 * 60, 12 * 60), Window(13 * 60, 17 * 60))
    shop = Calendar("shop", "Europe/London", (lunch,) * 7)
    assert Tale(clock(within="4 business hours", calendar=shop)).begin().due() == "2026-11-20 15:00"
