"""The desk reacts to what a case waits for, through the same events people use; it fills nothing blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from recovery.core import events as ev
from recovery.core.explain import explain
from recovery.core.facts import FactType
from recovery.core.spec import Need
from recovery.demo.answers import next_answer
from recovery.demo.complaints import built_in
from recovery.demo.hours import at_work, awake, next_at_work, next_awake, promised_hour
from recovery.demo.incidents import next_incident
from recovery.demo.people import Act, Mind, View, Wait
from recovery.demo.quotas import Character
from tests.content.reading import workflow
from tests.core.builders import step
from tests.core.builders import workflow as small
from tests.insight.logs import Log

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Office:
    """Knows one case that may be the same trouble, and that nothing recurs."""

    def host_for(self, mind: Mind) -> int | None:
        return 7

    def recurs(self, category: str) -> bool:
        return False


def view(log: Log, *done: str, **character: Any) -> View:
    """A case as it lies before the desk; it has been there a while."""
    (complaint,) = built_in(1).complaints
    mind = Mind(0, complaint, Character(**character), Random(1), "ana", case=1, done=set(done))
    mind.arrived = (log.case.step, log.case.cycle)
    told = explain(log.workflow, log.case)
    return View(log.workflow, log.case, told, mind, MONDAY, Office())


def opened(**more: Any) -> Log:
    complaint = {"customer": {"name": "Maya", "address": "maya@example.org"}, **more}
    return Log(workflow("ten-step"), **complaint).deliver()


def at_own(**more: Any) -> Log:
    facts = {"problem.category": "delivery", "problem.driver": "execution", "expectation.wanted": "it"}
    log = opened(facts={**facts, **more}).note(problem__restated="A sofa.")
    log.note("customer", "customer", problem__confirmed=True)
    return log.note(expectation__feasible="not_at_all", expectation__reasonable=True)


def at_resolve() -> Log:
    log = at_own().note(owner="ana", policy__refs=["returns-4"], alternatives=["another"])
    return log.note(resolved_on_contact=True).note(emotion__level=2, emotion__heard=True).deliver()


def facts_of(turn: Act | Wait) -> dict[str, Any]:
    assert isinstance(turn, Act)
    assert isinstance(turn.event, ev.FactsRecorded)
    return dict(turn.event.facts)


def test_an_agent_writes_down_what_belongs_together_and_leaves_what_is_known() -> None:
    turn = next_answer(view(opened(facts={"problem.category": "delivery"})))
    assert set(facts_of(turn)) == {"problem.restated", "problem.driver"}
    assert turn.event.by == "agent:ana"  # type: ignore[union-attr]


def test_only_the_customer_says_what_only_the_customer_knows() -> None:
    log = opened().note(
        problem__restated="A sofa.", problem__category="delivery", problem__driver="execution"
    )
    turn = next_answer(view(log))
    assert facts_of(turn) == {"problem.confirmed": True}
    assert (turn.event.by, turn.event.source) == ("customer", "customer")  # type: ignore[union-attr]


def test_a_misread_problem_is_said_back_again_once_the_customer_has_said_no() -> None:
    log = opened().note(problem__restated="x", problem__category="delivery", problem__driver="execution")
    assert facts_of(next_answer(view(log, misread="once"))) == {"problem.confirmed": False}
    log.note("customer", "customer", problem__confirmed=False)
    assert set(facts_of(next_answer(view(log, misread="once")))) == {"problem.restated"}
    log.note(problem__restated="better")
    assert facts_of(next_answer(view(log, "said again", misread="once"))) == {"problem.confirmed": True}


def test_alternatives_are_prepared_only_where_the_step_asks_for_them() -> None:
    assert set(facts_of(next_answer(view(at_own())))) == {"owner", "policy.refs", "alternatives"}
    log = opened(
        facts={"problem.category": "delivery", "problem.driver": "execution", "expectation.wanted": "it"}
    )
    log.note(problem__restated="A sofa.").note("customer", "customer", problem__confirmed=True)
    log.note(expectation__feasible="fully", expectation__reasonable=True)
    assert set(facts_of(next_answer(view(log)))) == {"owner", "policy.refs"}


def test_what_is_on_its_way_is_waited_for() -> None:
    log = at_own().note(owner="ana", policy__refs=["returns-4"], alternatives=["another"])
    log.note(resolved_on_contact=True).note(emotion__level=2, emotion__heard=True)
    assert log.case.step == "stay_positive"
    assert isinstance(next_answer(view(log)), Wait)


def test_an_apology_that_could_not_be_delivered_is_made_in_person() -> None:
    log = at_own().note(owner="ana", policy__refs=["returns-4"], alternatives=["another"])
    log.note(resolved_on_contact=True).note(emotion__level=2, emotion__heard=True)
    (effect,) = [key for key, row in log.case.awaiting.items() if row[0] == "apology"]
    log.let(ev.EffectFailed, "engine", effect=effect, reason="no such mailbox")
    assert facts_of(next_answer(view(log))) == {"apology.in_person": True}


def test_an_account_is_given_with_the_resolution_where_the_wish_cannot_be_met() -> None:
    assert set(facts_of(next_answer(view(at_resolve(), feasible="not_at_all")))) == {
        "resolution.kind",
        "account_given",
    }


def test_a_resolution_that_was_refused_leads_to_a_better_alternative() -> None:
    log = at_resolve().note(resolution__kind="alternative", account_given="a", resolution__done_at=MONDAY)
    log.note("customer", "customer", resolution__accepted=False)
    turn = next_answer(view(log))
    assert isinstance(turn, Act)
    assert isinstance(turn.event, ev.MoveRequested)
    assert turn.event.transition == "offer_alternative"


def test_an_offered_case_is_declined_first_and_accepted_by_the_next_who_is_asked() -> None:
    log = at_resolve().let(ev.HandOffOffered, "agent:ana", to="ben")
    kind = {"hand_off": "declined_then_accepted"}
    first = next_incident(view(log, **kind))
    assert isinstance(first, Act)
    assert isinstance(first.event, ev.HandOffDeclined)
    log.let(ev.HandOffDeclined, "agent:ben")
    asked = next_incident(view(log, "declined", "declined by ben", **kind))
    assert isinstance(asked, Act)
    assert isinstance(asked.event, ev.HandOffOffered)
    assert asked.event.to not in ("ana", "ben")
    log.let(ev.HandOffOffered, "agent:ana", to="dora")
    last = next_incident(view(log, "declined", "declined by ben", **kind))
    assert isinstance(last, Act)
    assert isinstance(last.event, ev.HandOffAccepted)
    assert last.event.by == "agent:dora"


@pytest.mark.parametrize(
    ("character", "done", "event"),
    [
        ({"fate": "withdrawn", "turning": "identify"}, (), ev.MessageReceived),
        ({"fate": "withdrawn", "turning": "identify"}, ("dropped",), ev.MoveRequested),
        ({"fate": "merged"}, (), ev.CaseMerged),
        ({"fate": "ended", "turning": "identify"}, ("insulted",), ev.MoveRequested),
        ({"escalates": "once", "turning": "identify"}, (), ev.MessageReceived),
    ],
)
def test_a_sudden_turn_comes_when_its_time_has_come(
    character: dict[str, Any], done: tuple[str, ...], event: type[ev.Event]
) -> None:
    turn = next_incident(view(opened(), *done, **character))
    assert isinstance(turn, Act)
    assert type(turn.event) is event


def test_who_says_no_says_why_once() -> None:
    log = opened().note("customer", "customer", problem__confirmed=False)
    turn = next_incident(view(log))
    assert isinstance(turn, Act)
    assert isinstance(turn.event, ev.MessageReceived)
    assert next_incident(view(log, turn.done)) is None


def test_an_ordinary_case_has_no_sudden_turn() -> None:
    assert next_incident(view(opened())) is None


def test_nobody_ends_the_service_before_the_dignity_sentence_has_arrived() -> None:
    log = opened().do("dignity", "agent:li")
    turn = next_incident(view(log, "insulted", "dignity", fate="ended", turning="identify"))
    assert isinstance(turn, Wait)


def test_a_workflow_of_somebodys_own_is_answered_by_the_type_of_its_facts() -> None:
    kinds = {
        "colour": FactType("colour", "choice", choices=("red", "blue")),
        "mark": FactType("mark", "integer", minimum=3, maximum=5),
        "price": FactType("price", "money"),
        "day": FactType("day", "date"),
        "names": FactType("names", "list"),
        "agreed": FactType("agreed", "boolean"),
    }
    needs = [Need(name) for name in kinds if name not in ("agreed", "names")]
    flow = small(step("ask", *needs, Need("agreed", "is", False), Need("names", "at_least", 2)), facts=kinds)
    log = Log(flow)
    for _ in kinds:
        log.note(**facts_of(next_answer(view(log))))
    assert log.case.step == "closed"


def test_facts_that_a_changed_workflow_has_no_place_for_are_left_out() -> None:
    flow = workflow("ten-step")
    fewer = replace(flow, facts={name: kind for name, kind in flow.facts.items() if name != "followup.gap"})
    seen = view(at_resolve())
    seen.workflow = fewer
    turn = seen.answer({"followup.satisfaction": 2, "followup.gap": "late"})
    assert facts_of(turn) == {"followup.satisfaction": 2}


def test_the_desk_is_staffed_on_working_days_and_promises_are_made_for_then() -> None:
    friday = datetime(2026, 3, 6, 17, 40, tzinfo=UTC)
    assert at_work(friday)
    assert not at_work(datetime(2026, 3, 7, 10, tzinfo=UTC))
    assert next_at_work(datetime(2026, 3, 6, 18, tzinfo=UTC), Random(1)).weekday() == 0
    due = promised_hour(friday, 4, Random(1))
    assert at_work(due)
    assert (due.minute, due.second) == (0, 0)
    assert due > friday


def test_customers_sleep_at_night() -> None:
    night = datetime(2026, 3, 6, 23, 10, tzinfo=UTC)
    assert not awake(night)
    assert awake(next_awake(night, Random(1)))
    assert next_awake(datetime(2026, 3, 6, 3, tzinfo=UTC), Random(1)).day == 6
