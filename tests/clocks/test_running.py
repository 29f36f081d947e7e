"""Clocks start, are paused, go on, stop and start anew by what happens in a case."""

from __future__ import annotations

from recovery.core import events as ev
from recovery.core.clocks.model import Anchor, Open
from recovery.core.spec import Send
from tests.clocks.builders import (
    ANSWERED,
    WAITING,
    WATCHED,
    Tale,
    at,
    case_is,
    clock,
    guard,
    local,
    told,
)

MESSAGE, HEARD, FIRST = Anchor("mark", "message"), Anchor("mark", "heard"), Anchor("mark", "first_answer")

# --- starting -----------------------------------------------------------------------------------------------


def test_a_clock_starts_with_the_complaint_at_the_moment_it_was_made() -> None:
    tale = Tale(clock(within="4 hours")).begin()
    assert (tale.status(), tale.due()) == ("running", "2026-11-20 14:00")
    tale = Tale(clock(within="4 hours"))
    tale.now = at("2026-11-20 12:00")
    tale.open(occurred_at=at("2026-11-20 10:00"))
    assert tale.due() == "2026-11-20 14:00", "not when we learnt of it"


def test_a_clock_starts_by_a_fact_a_step_a_message_or_a_condition() -> None:
    tale = Tale(
        clock("fact", "1 hour", starts=Anchor("fact", "note")),
        clock("step", "1 hour", starts=Anchor("mark", "step two")),
        clock("message", "1 hour", starts=MESSAGE),
        clock("condition", "1 hour", starts=guard("watched")),
    ).begin()
    assert tale.case.clocks == {}
    tale.then("2026-11-20 11:00", note="a word", done=True, watched=False)
    assert list(tale.case.clocks) == ["fact", "step"]
    tale.then("2026-11-20 11:30", watched=True)
    tale.do(ev.MessageReceived, by="customer", text="Hello?")
    dues = {name: tale.due(name) for name in tale.case.clocks}
    assert dues == {
        "fact": "2026-11-20 12:00",
        "step": "2026-11-20 12:00",
        "message": "2026-11-20 12:30",
        "condition": "2026-11-20 12:30",
    }


def test_a_clock_runs_only_in_cases_it_is_meant_for_and_is_off_where_that_is_not_known() -> None:
    tale = Tale(clock(within="4 hours", when=WATCHED)).begin()
    assert tale.case.clocks == {}
    tale.then("2026-11-20 12:00", watched=True)
    assert tale.due() == "2026-11-20 14:00", "it counts from the complaint all the same"
    tale.record({"watched": False})
    assert (tale.status(), tale.case.due_at) == ("off", None)
    tale.then("2026-11-20 13:00", watched=True)
    assert tale.due() == "2026-11-20 14:00"


def test_a_case_of_the_past_has_no_clocks() -> None:
    tale = Tale(clock(within="4 hours")).begin(mode="history")
    assert tale.case.clocks == {}
    assert tale.case.due_at is None


def test_a_clock_created_in_a_paused_state_does_not_run() -> None:
    one = clock(within="4 business hours", pause_while=WAITING)
    tale = Tale(one).begin(facts={"waiting": True})
    assert (tale.status(), tale.case.due_at) == ("paused", None)
    assert tale.until("2026-12-20 10:00") == []
    tale.record({"waiting": False})
    assert tale.due() == "2026-12-21 13:00", "the four hours are all still there: the 20th is a Sunday"


# --- stopping -----------------------------------------------------------------------------------------------


def test_a_clock_stops_by_any_of_what_stops_it_and_is_never_due_then() -> None:
    one = clock(within="4 hours", stops=(ANSWERED, guard("note", "no")), breach=[told()])
    for facts in ({"answered": True}, {"note": "no"}):
        tale = Tale(one).begin().then("2026-11-20 12:00", **facts)
        assert (tale.status(), local(tale.state().stopped_at)) == ("stopped", "2026-11-20 12:00")
        assert tale.until("2026-11-30 12:00") == []


def test_what_was_told_late_but_happened_in_time_is_in_time() -> None:
    one = clock(within="4 hours", stops=(ANSWERED,), breach=[told()])
    tale = Tale(one).begin()
    assert tale.until("2026-11-20 15:00") == ["late 2026-11-20 14:00"]
    tale.do(ev.FactsRecorded, facts={"answered": True}, occurred_at=at("2026-11-20 13:00"))
    assert (tale.status(), tale.state().breached_at) == ("stopped", None)


def test_what_happened_late_stops_a_clock_that_has_run_out_and_it_stays_so() -> None:
    tale = Tale(clock(within="4 hours", stops=(ANSWERED,))).begin().then("2026-11-20 15:00", answered=True)
    assert (tale.status(), local(tale.state().breached_at)) == ("stopped", "2026-11-20 14:00")
    assert local(tale.state().stopped_at) == "2026-11-20 15:00"


def test_an_acknowledgement_is_no_answer_and_what_the_start_itself_asked_for_neither() -> None:
    tale = Tale(
        clock("answer", "4 hours", stops=(FIRST,)),
        clock("word", "4 hours", starts=MESSAGE, stops=(HEARD,)),
        on_enter=[Send("acknowledgement"), Send("letter", once="always")],
        on_message=(),
    ).begin()
    tale.do(ev.MessageReceived, by="customer", text="And another thing.")
    tale.hear()
    assert (tale.status("answer"), tale.status("word")) == ("running", "running")
    tale.do(ev.MessageWritten, text="We are looking into it.", wait=0)
    tale.hear()
    assert (tale.status("answer"), tale.status("word")) == ("stopped", "stopped")


def test_an_end_stops_every_clock_but_the_side_end_not_the_legal_ones() -> None:
    clocks = (
        clock("house", "5 days"),
        clock("law", "5 days", legal=True),
        clock("everywhere", "5 days", in_ends=True),
    )
    tale = Tale(*clocks).begin()
    tale.ask("drop")
    assert [tale.status(one.name) for one in clocks] == ["stopped", "running", "running"]
    tale = Tale(*clocks).begin()
    tale.record({"done": True, "never": True})
    assert tale.case.step == "closed"
    assert [tale.status(one.name) for one in clocks] == ["stopped", "stopped", "running"]


def test_a_clock_that_runs_while_a_case_is_open_is_stopped_by_the_end() -> None:
    tale = Tale(clock(within="5 days", while_=Open())).begin()
    tale.ask("drop")
    assert tale.status() == "stopped"


# --- taken back ---------------------------------------------------------------------------------------------


def test_a_clock_whose_start_is_taken_back_is_off() -> None:
    tale = Tale(clock(within="4 hours", starts=Anchor("fact", "note"))).begin()
    tale.record({"note": "x"})
    tale.retract("note")
    assert (tale.status(), tale.case.due_at) == ("off", None)
    tale.then("2026-11-20 12:00", note="again")
    assert tale.due() == "2026-11-20 16:00", "what is said anew starts it anew"


def test_a_clock_whose_stop_is_taken_back_runs_on_as_if_it_had_never_stopped() -> None:
    tale = Tale(clock(within="4 hours", stops=(ANSWERED,), breach=[told()])).begin()
    tale.then("2026-11-20 11:00", answered=True)
    tale.now = at("2026-11-20 12:00")
    tale.retract("answered")
    assert (tale.status(), tale.due(), tale.state().stopped_at) == ("running", "2026-11-20 14:00", None)
    assert tale.until("2026-11-20 18:00") == ["late 2026-11-20 14:00"]


def test_a_stop_told_late_and_taken_back_does_not_let_a_clock_run_out_twice() -> None:
    tale = Tale(clock(within="4 hours", stops=(ANSWERED,), breach=[told()])).begin()
    assert tale.until("2026-11-20 15:00") == ["late 2026-11-20 14:00"]
    tale.do(ev.FactsRecorded, facts={"answered": True}, occurred_at=at("2026-11-20 13:00"))
    tale.retract("answered")
    assert tale.until("2026-11-30 15:00") == []
    assert (tale.status(), local(tale.state().breached_at)) == ("breached", "2026-11-20 14:00")


def test_a_clock_that_was_off_for_a_while_does_not_run_out_a_second_time() -> None:
    tale = Tale(clock(within="4 hours", when=WATCHED, breach=[told()])).begin(facts={"watched": True})
    assert tale.until("2026-11-20 15:00") == ["late 2026-11-20 14:00"]
    tale.record({"watched": False})
    tale.record({"watched": True})
    assert tale.until("2026-11-30 15:00") == []
    assert tale.status() == "breached"


def test_time_outside_of_what_a_clock_runs_by_does_not_count() -> None:
    tale = Tale(clock(within="4 hours", while_=case_is("step", "one"))).begin()
    tale.until("2026-11-20 11:00")
    tale.record({"done": True})
    assert tale.status() == "off"
    tale.until("2026-11-20 20:00")
    tale.retract("done")
    assert (tale.case.step, tale.due()) == ("one", "2026-11-20 23:00")


def test_a_clock_that_goes_off_while_it_is_paused_has_its_pause_ended_and_goes_on_from_there() -> None:
    one = clock(within="4 hours", when=WATCHED, pause_while=WAITING)
    tale = Tale(one).begin(facts={"watched": True}).then("2026-11-20 11:00", waiting=True)
    tale.then("2026-11-20 12:00", watched=False, waiting=False)
    assert tale.status() == "off"
    tale.then("2026-11-20 13:00", watched=True)
    assert tale.due() == "2026-11-20 15:00"


def test_a_clock_stays_stopped_and_does_not_start_while_what_stops_it_holds() -> None:
    one = clock(within="4 hours", when=WATCHED, stops=(ANSWERED,))
    tale = Tale(one).begin(facts={"watched": True}).then("2026-11-20 11:00", answered=True)
    tale.record({"watched": False})
    tale.record({"watched": True})
    assert tale.status() == "stopped"
    tale = Tale(one).begin(facts={"answered": True})
    tale.record({"watched": True})
    assert tale.case.clocks == {}


def test_the_complaint_itself_stops_nothing() -> None:
    assert Tale(clock(within="4 hours", stops=(Anchor("received"),))).begin().status() == "running"


# --- pausing ------------------------------------------------------------------------------------------------


def test_hours_keep_what_had_passed_through_every_pause() -> None:
    tale = Tale(clock(within="4 business hours", pause_while=WAITING)).begin()
    tale.then("2026-11-20 11:00", waiting=True)
    assert (tale.status(), tale.standing().accrued_seconds) == ("paused", 3600)
    tale.then("2026-11-24 10:00", waiting=False)
    assert tale.due() == "2026-11-24 13:00"
    tale.then("2026-11-24 12:30", waiting=True).then("2026-11-25 16:30", waiting=False)
    assert tale.due() == "2026-11-25 17:00"
    assert tale.standing().accrued_seconds == int(3.5 * 3600)


def test_days_move_by_the_whole_days_of_a_pause() -> None:
    tale = Tale(clock(within="3 business days", pause_while=WAITING)).begin()
    tale.then("2026-11-23 08:00", waiting=True).then("2026-11-24 18:00", waiting=False)
    assert tale.due() == "2026-11-27 17:00"


def test_a_deadline_reached_at_the_very_instant_a_pause_begins_stands() -> None:
    tale = Tale(clock(within="4 hours", pause_while=WAITING, breach=[told()])).begin()
    tale.now = at("2026-11-20 14:00")
    tale.record({"waiting": True})
    assert tale.until("2026-11-20 14:00") == ["late 2026-11-20 14:00"]


def test_a_repeating_clock_that_ran_out_at_the_instant_a_pause_begins_is_paused_from_then_on() -> None:
    tale = Tale(clock(every="4 hours", pause_while=WAITING, breach=[told()])).begin()
    tale.now = at("2026-11-20 14:00")
    tale.record({"waiting": True})
    assert tale.until("2026-12-20 14:00") == ["late 2026-11-20 14:00"]
    assert tale.status() == "paused"


def test_a_legal_clock_never_pauses() -> None:
    tale = Tale(clock(within="5 days", legal=True, pause_while=WAITING)).begin(facts={"waiting": True})
    assert (tale.status(), tale.due()) == ("running", "2026-11-26 00:00")


def test_a_pause_goes_on_when_the_case_is_closed_and_the_clock_runs_in_ends() -> None:
    tale = Tale(clock(within="4 hours", in_ends=True, pause_while=WAITING)).begin(facts={"waiting": True})
    tale.ask("drop")
    assert tale.status() == "paused"
