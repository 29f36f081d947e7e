"""What happens when a clock warns or runs out: at its moment, in order, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.core import events as ev
from recovery.core.clocks.model import Anchor
from recovery.core.contact import hours_of
from recovery.core.spec import CountFailure, Escalate, Forget, Go, Record, Rule, Send
from recovery.workflow.spans import read_span
from tests.clocks.builders import ANSWERED, DESK, WAITING, WATCHED, Tale, at, clock, desk, guard, told


def test_a_clock_warns_then_runs_out_each_once_and_at_its_moment() -> None:
    tale = Tale(
        clock(within="4 hours", warn_share=75, warn=[told("soon")], breach=[told(), Escalate(1)])
    ).begin()
    assert tale.until("2026-12-20 14:00") == ["soon 2026-11-20 13:00", "late 2026-11-20 14:00"]
    assert (tale.case.level, tale.status(), tale.case.due_at) == (1, "breached", None)


def test_two_clocks_due_at_once_fire_in_the_order_they_are_declared() -> None:
    tale = Tale(
        clock("b", "4 hours", breach=[told("first")]), clock("a", "4 hours", breach=[told("second")])
    ).begin()
    tale.now = at("2026-11-20 14:00")
    assert [effect.template for effect in tale.fire().effects] == ["first", "second"]


def test_what_was_missed_happens_once_in_the_order_of_its_due_times() -> None:
    clocks = [
        clock("long", "8 hours", breach=[told("third")]),
        clock("short", "2 hours", breach=[told("first")]),
        clock("between", "4 hours", breach=[told("second")]),
    ]
    tale = Tale(*clocks).begin()
    tale.now = at("2026-11-23 10:00")
    decision = tale.do(ev.TimerFired, by="engine", due_at=tale.now)
    assert [effect.template for effect in decision.effects] == ["first", "second", "third"]
    assert "clock short ran out at 2026-11-20T12:00:00Z, late by 2 days, 22:00:00" in decision.why


def test_what_is_noticed_within_a_minute_is_not_called_late() -> None:
    tale = Tale(clock(within="2 hours")).begin()
    tale.now = at("2026-11-20 12:00") + timedelta(seconds=59)
    assert not any("late by" in line for line in tale.fire().why)


def test_nothing_fires_before_its_time_and_nothing_twice() -> None:
    tale = Tale(clock(within="2 hours", breach=[told()])).begin()
    for claimed in ("2026-11-20 11:59", "2026-11-20 12:00", "2030-01-01 12:00"):
        assert tale.refuse(ev.TimerFired, by="engine", due_at=at(claimed)).code == "nothing_due"
    tale.now = at("2026-11-20 12:00")
    assert tale.refuse(ev.TimerFired, by="engine", due_at=at("2026-11-20 11:59")).code == "nothing_due"
    tale.fire()
    assert tale.refuse(ev.TimerFired, by="engine", due_at=tale.now).code == "nothing_due"


def test_a_clock_that_another_ones_rule_stops_does_not_fire_although_it_was_due() -> None:
    first = clock("first", "2 hours", breach=[Record({"answered": True})])
    tale = Tale(first, clock("second", "3 hours", stops=(ANSWERED,), breach=[told()])).begin()
    tale.now = at("2026-11-20 18:00")
    assert tale.fire().effects == []


# --- again and again ----------------------------------------------------------------------------------------


def test_a_clock_runs_out_every_so_often_until_it_is_stopped() -> None:
    one = clock(every="2 hours", warn_share=50, warn=[told("soon")], breach=[told()], stops=(ANSWERED,))
    tale = Tale(one).begin()
    assert tale.until("2026-11-20 15:00") == [
        "soon 2026-11-20 11:00",
        "late 2026-11-20 12:00",
        "soon 2026-11-20 13:00",
        "late 2026-11-20 14:00",
        "soon 2026-11-20 15:00",
    ]
    tale.record({"answered": True})
    assert tale.until("2026-11-22 15:00") == []
    assert tale.state().runs == 2


def test_after_so_many_times_it_says_so_at_last_and_stops() -> None:
    one = clock(every="2 hours", times=3, breach=[told()], last=[told("enough")])
    tale = Tale(one).begin()
    assert tale.until("2026-11-22 15:00") == [
        "late 2026-11-20 12:00",
        "late 2026-11-20 14:00",
        "late 2026-11-20 16:00",
        "enough 2026-11-20 16:00",
    ]
    assert (tale.status(), tale.state().runs) == ("stopped", 3)
    tale.record({"note": "x"})
    assert tale.case.due_at is None


def test_a_clock_that_ran_its_times_stays_stopped_whatever_is_taken_back() -> None:
    one = clock(every="2 hours", times=1, when=WATCHED, breach=[told()])
    tale = Tale(one).begin(facts={"watched": True})
    tale.until("2026-11-20 13:00")
    tale.record({"watched": False})
    tale.record({"watched": True})
    assert tale.until("2026-11-30 13:00") == []


def test_whoever_was_away_for_days_does_not_make_up_for_each_time() -> None:
    tale = Tale(clock(every="2 hours", breach=[told()])).begin()
    tale.now = at("2026-11-23 10:30")
    assert len(tale.fire().effects) == 1
    assert tale.due() == "2026-11-23 12:30"


def test_a_repeating_clock_keeps_its_pauses_and_its_business_hours() -> None:
    one = clock(every="4 business hours", pause_while=WAITING, breach=[told()])
    tale = Tale(one).begin()
    assert tale.until("2026-11-20 16:00") == ["late 2026-11-20 14:00"]
    tale.record({"waiting": True})
    tale.then("2026-11-24 09:00", waiting=False)
    assert tale.until("2026-11-24 17:00") == ["late 2026-11-24 11:00", "late 2026-11-24 15:00"]


# --- what a clock does --------------------------------------------------------------------------------------


def test_a_clock_may_put_facts_on_record_move_the_case_and_begin_a_cycle() -> None:
    tale = Tale(
        clock("yes", "1 hour", starts=guard("note", "sent"), breach=[Record({"done": True})]),
        clock("back", "3 hours", starts=Anchor("mark", "step two"), breach=[Go("one", ("done",))]),
        clock("fail", "10 hours", breach=[CountFailure(), Forget(("note",))]),
    ).begin()
    tale.then("2026-11-20 11:00", note="sent")
    tale.until("2026-11-20 12:00")
    assert (tale.case.step, tale.case.fact("done").source) == ("two", "engine")  # type: ignore[union-attr]
    tale.until("2026-11-20 15:00")
    assert (tale.case.step, tale.case.facts.get("done")) == ("one", None)
    tale.until("2026-11-20 20:00")
    assert (tale.case.cycle, tale.case.facts.get("note")) == (2, None)


def test_a_rule_of_a_clock_fires_only_when_its_condition_holds_and_says_why() -> None:
    one = clock(within="1 hour", breach=[Rule((told(),), WATCHED)])
    tale = Tale(one).begin()
    tale.now = at("2026-11-20 11:00")
    decision = tale.fire()
    assert decision.effects == []
    assert any("not fired, watched == true is unknown" in line for line in decision.why)


def test_a_clock_that_runs_out_without_end_is_the_workflows_fault() -> None:
    again = clock(every="1 hour", counts_from="moment", breach=[told()])  # the language refuses it
    tale = Tale(again).begin(facts={"moment": "2026-11-20T11:00:00Z"})
    tale.now = at("2026-11-20 12:00")
    refusal = tale.refuse(ev.TimerFired, by="engine", due_at=tale.now)
    assert (refusal.code, refusal.fault) == ("endless_clocks", "workflow")


def test_a_clock_that_this_version_does_not_have_is_off_when_its_time_comes() -> None:
    tale = Tale(clock("old", "1 hour"), clock("new", "2 hours", breach=[told()])).begin()
    tale.workflow.clocks = {"new": tale.workflow.clocks["new"]}
    assert tale.until("2026-11-20 14:00") == ["late 2026-11-20 12:00"]
    assert tale.state("old").status == "off"


# --- contact hours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "leaves"),
    [
        ({}, "2026-11-23T09:00:00.000000Z"),
        ({"zone": "America/New_York"}, "2026-11-20T23:00:00.000000Z"),
        ({"zone": "Asia/Shanghai"}, "2026-11-23T01:00:00.000000Z"),
    ],
)
def test_what_a_clock_asks_for_reaches_the_customer_in_the_daytime_where_they_are(
    customer: dict[str, str], leaves: str
) -> None:
    letter = Send("letter", once="always")
    tale = Tale(
        clock(within="2 hours", breach=[letter, told("inside")]),
        contact_hours=desk(closes=20),
        on_enter=[Send("acknowledgement")],
    )
    opened = tale.begin("2026-11-20 21:00", customer=customer).decisions[0]
    assert [effect.due_at for effect in opened.effects] == [None], "whoever has just written is awake"
    tale.now = at("2026-11-20 23:00")
    asked, inside = tale.fire().effects
    assert inside.due_at is None, "whoever works at night is told at night"
    assert (asked.due_at or "2026-11-20T23:00:00.000000Z") == leaves


def test_a_zone_that_nobody_knows_any_more_is_read_as_the_houses() -> None:
    assert hours_of(DESK, {"zone": "Europe/Atlantis"}) is DESK
    assert hours_of(DESK, {"zone": "Asia/Shanghai"}).zone == "Asia/Shanghai"


def test_a_letter_leaves_at_once_where_nobody_can_say_when_it_is_day() -> None:
    from recovery.core.calendars.calendar import Calendar

    never = Calendar("never", "Europe/London", ((),) * 7)
    one = clock(within="2 hours", breach=[Send("letter")])
    tale = Tale(one, contact_hours=never).begin()
    tale.now = at("2026-11-20 12:00")
    assert tale.fire().effects[0].due_at is None


def test_a_case_opened_silently_keeps_what_its_clocks_send_held() -> None:
    tale = Tale(clock(within="2 hours", breach=[Send("letter"), told()])).begin(hold=True)
    tale.until("2026-11-20 13:00")
    (held,) = [one for one in tale.decisions if one.effects]
    assert [effect.held for effect in held.effects] == [True, True]
    tale.do(ev.MessageWritten, text="Hello.", wait=0)
    assert not tale.decisions[-1].effects[0].held, "what a person writes leaves"


# --- as people see it ---------------------------------------------------------------------------------------


def test_how_a_clock_stands_says_everything_as_plain_data() -> None:
    one = clock(
        within="4 business hours",
        warn_before=read_span("1 business hour"),
        pause_while=WAITING,
        file="workflows/small.yaml",
        line=7,
        source="DISP 1.6.2",
    )
    tale = Tale(one, clock("later", "1 hour", starts=ANSWERED)).begin()
    tale.then("2026-11-20 11:00", waiting=True).then("2026-11-20 12:00", waiting=False)
    tale.until("2026-11-20 12:30")
    told_ = tale.standing().as_dict()
    assert told_ == {
        "name": "due",
        "status": "running",
        "starts_by": "received",
        "starts_at": "2026-11-20T10:00:00.000000Z",
        "limit": "4 business hours",
        "due_at": "2026-11-20T15:00:00.000000Z",
        "warn_at": "2026-11-20T14:00:00.000000Z",
        "warned_at": None,
        "breached_at": None,
        "stopped_at": None,
        "runs": 0,
        "pauses": [["2026-11-20T11:00:00.000000Z", "2026-11-20T12:00:00.000000Z"]],
        "accrued_seconds": 5400,
        "calendar": "desk",
        "zone": "Europe/London",
        "legal": False,
        "rule": "workflows/small.yaml:7",
        "source": "DISP 1.6.2",
    }
    tale.until("2026-11-20 16:00")
    assert (tale.status(), tale.standing().due_at) == ("breached", "2026-11-20T15:00:00.000000Z")


def test_what_has_passed_of_a_clock_that_counts_from_the_far_future_is_nothing() -> None:
    one = clock(within="3 business days", starts=Anchor("fact", "day"), counts_from="day")
    tale = Tale(one).begin(facts={"day": "9999-12-31"})
    assert tale.standing().accrued_seconds == 0


def test_an_anchor_says_what_it_is() -> None:
    assert [
        str(one) for one in (Anchor("received"), ANSWERED, Anchor("mark", "step two"), guard("note", "x"))
    ] == [
        "received",
        "answered",
        "step two",
        'note == "x"',
    ]
