"""Walking on by itself: through every step whose exit facts are on record, firing rules on the way."""

from __future__ import annotations

import pytest

from recovery.core.errors import Refusal
from recovery.core.events import FactsRecorded
from recovery.core.facts import FactType
from recovery.core.guards import CaseValue, Compare, Constant, FactValue
from recovery.core.spec import (
    CountFailure,
    Escalate,
    Go,
    Need,
    RaiseSeverity,
    Record,
    Rule,
    Send,
)
from tests.core.builders import as_read, begun, moves_of, sent_by, step, texts, transition, workflow

FACTS = texts("a", "b", "c") | {"sure": FactType("sure", "boolean")}
A_IS_X = Compare("==", FactValue("a"), Constant("x"))


def test_one_fact_carries_a_case_through_every_step_already_known() -> None:
    story = begun(
        workflow(step("one", Need("a")), step("two", Need("b")), step("three", Need("c")), facts=FACTS)
    )
    assert moves_of(story.record({"c": "x"})) == []
    assert moves_of(story.record({"b": "x"})) == []
    last = story.record({"a": "x"})
    assert last.changes[1:] == [
        ["move", "one", "two", "exit facts on record", False],
        ["move", "two", "three", "exit facts on record", False],
        ["move", "three", "closed", "exit facts on record", True],
    ]
    assert last.why == [
        "one → two: exit facts on record",
        "two → three: exit facts on record",
        "three → closed: exit facts on record",
    ]
    fact = last.case.fact("a")
    assert fact is not None
    assert last.case.closed_at == fact.occurred_at


def test_rules_fire_on_leaving_then_on_entering_in_the_order_written() -> None:
    small = workflow(
        step("one", Need("a"), on_enter=[Send("hello")], on_leave=[Send("bye-1"), Send("bye-2")]),
        step("two", Need("b"), on_enter=[Send("in-2")]),
        facts=FACTS,
    )
    story = begun(small)
    assert sent_by(story.decisions[0]) == ["hello"]
    assert sent_by(story.record({"a": "x"})) == ["bye-1", "bye-2", "in-2"]


@pytest.mark.parametrize(
    ("facts", "sent", "line"),
    [
        ({"a": "x"}, ["yes"], 'line 12: fired, a == "x" is true (a is "x")'),
        ({"a": "y"}, [], 'line 12: not fired, a == "x" is false (a is "y")'),
        ({}, [], 'line 12: not fired, a == "x" is unknown (a is not known)'),
    ],
)
def test_a_rule_fires_only_when_its_condition_is_true(
    facts: dict[str, str], sent: list[str], line: str
) -> None:
    small = workflow(
        step("one", Need("b"), on_leave=[Rule((Send("yes"),), when=A_IS_X, line=12)]),
        step("two", Need("c")),
        facts=FACTS,
    )
    decision = begun(small).record({"b": "x", **facts})
    assert sent_by(decision) == sent
    assert decision.why[0] == line


def test_a_rule_that_does_not_fire_does_not_stop_the_next() -> None:
    first, second = Rule((Send("no"),), when=A_IS_X), Rule((Send("yes"),))
    decision = begun(workflow(step("one", Need("c"), on_enter=[first, second]), facts=FACTS)).decisions[0]
    assert sent_by(decision) == ["yes"]


def test_a_rule_may_send_the_case_elsewhere_on_leaving() -> None:
    small = workflow(
        step("one", Need("a"), on_leave=[Rule((Go("three"),), when=A_IS_X)]),
        step("two", Need("b")),
        step("three", Need("c"), on_enter=[Send("in-3")]),
        facts=FACTS,
    )
    gone = begun(small).record({"a": "x"})
    assert (moves_of(gone), sent_by(gone)) == (["three"], ["in-3"])
    assert gone.changes[1] == ["move", "one", "three", "rule on leaving one", False]
    assert moves_of(begun(small).record({"a": "y"})) == ["two"]


def test_a_rule_may_send_the_case_elsewhere_on_entering() -> None:
    small = workflow(
        step("one", Need("a")),
        step("two", Need("b"), on_enter=[Rule((Go("three"),), when=A_IS_X)]),
        step("three", on_enter=[Send("in-3")]),
        step("four", Need("c")),
        facts=FACTS,
    )
    decision = begun(small).record({"a": "x"})
    assert decision.changes[1:3] == [
        ["move", "one", "two", "exit facts on record", False],
        ["move", "two", "three", "rule on entering two", False],
    ]
    assert moves_of(decision) == ["two", "three", "four"]
    assert sent_by(decision) == ["in-3"]


def test_entry_rules_of_the_first_step_may_move_the_case_at_once() -> None:
    small = workflow(step("one", on_enter=[Go("two")]), step("two", on_enter=[Go("closed")]), facts=FACTS)
    assert moves_of(begun(small).decisions[0]) == ["two", "closed"]


def test_a_rule_that_leads_back_forgets_what_must_be_established_anew() -> None:
    small = workflow(
        step("one", Need("a")),
        step("two", Need("b"), Need("owner")),
        step("three", Need("c"), on_leave=[Go("two")]),
        facts=FACTS,
    )
    story = begun(small, facts={"a": "x", "b": "x", "owner": "li"})
    decision = story.record({"c": "x"})
    assert decision.case.step == "two"
    assert sorted(decision.case.facts) == ["a", "owner", "problem.statement"]
    assert decision.changes[1] == ["forget", ["b", "c"]]
    assert decision.why[0] == "to be established anew: b, c"


def test_a_rule_on_leaving_cannot_take_away_what_the_step_needs() -> None:
    small = workflow(
        step("one", Need("sure", "is", True), Need("a"), on_leave=[Record({"sure": False})]), facts=FACTS
    )
    refusal = begun(small, facts={"a": "x"}).refuse(FactsRecorded, facts={"sure": True})
    assert (refusal.code, refusal.fault) == ("exit_facts_lost", "workflow")
    assert refusal.message == "The rules on leaving one take away what it needs: sure = true."
    assert refusal.hint == "Record there what the step does not need."


def test_a_rule_may_name_what_is_forgotten() -> None:
    small = workflow(
        step("one", Need("a")), step("two", Need("b"), on_leave=[Go("one", forget=("a",))]), facts=FACTS
    )
    decision = begun(small, facts={"a": "x"}).record({"b": "x"})
    assert decision.case.step == "one"
    assert sorted(decision.case.facts) == ["b", "problem.statement"]


@pytest.mark.parametrize(("first", "second"), [("two", "three"), ("three", "two")])
def test_two_rules_that_lead_to_different_places_refuse_the_event(first: str, second: str) -> None:
    small = workflow(
        step("one", Need("a"), on_leave=[Go(first), Rule((Go(second),), when=A_IS_X)]),
        step("two", Need("b")),
        step("three", Need("b")),
        facts=FACTS,
    )
    refusal = begun(small).refuse(FactsRecorded, facts={"a": "x"})
    assert (refusal.code, refusal.fault) == ("two_open_moves", "workflow")
    assert refusal.message == (
        f"Two rules of workflow small are open at once: one goes to {first}, one to {second}."
    )
    assert refusal.hint == "Make their conditions exclude each other."
    assert begun(small).record({"a": "y"}).case.step == first


def test_two_rules_that_lead_to_the_same_place_agree() -> None:
    small = workflow(
        step("one", Need("a"), on_leave=[Go("three"), Go(as_read("three"))]),
        step("two", Need("b")),
        step("three", Need("b")),
        facts=FACTS,
    )
    assert begun(small).record({"a": "x"}).case.step == "three"


@pytest.mark.parametrize("size", [1, 2, 400])
def test_a_workflow_that_walks_in_a_circle_refuses_the_event_and_does_not_hang(size: int) -> None:
    names = [f"s{n}" for n in range(size)]
    last = step(names[-1], Need("a"), on_leave=[Go(names[0], forget=())])
    refusal = begun(workflow(*(step(name) for name in names[:-1]), last, facts=FACTS)).refuse(
        FactsRecorded, facts={"a": "x"}
    )
    assert (refusal.code, refusal.fault) == ("endless_walk", "workflow")
    assert refusal.message == f"Workflow small walks in a circle: {4 * size + 5} moves in one event."
    assert refusal.hint == "Let the way back forget a fact that its steps need."


def test_entry_rules_that_lead_in_a_circle_refuse_the_event_however_many_they_are() -> None:
    size = 400
    circle = [step(f"s{n}", on_enter=[Go(f"s{(n + 1) % size}")]) for n in range(size)]
    entry = step("begin", Need("a"), on_leave=[Go("s0")])
    refusal = begun(workflow(entry, *circle, facts=FACTS)).refuse(FactsRecorded, facts={"a": "x"})
    assert refusal.code == "endless_walk"


def test_as_many_moves_as_a_workflow_may_make_are_made() -> None:
    back = Rule((Go("one", forget=()),), when=Compare("<", CaseValue("failures"), Constant(4)))
    small = workflow(
        step("one", Need("a"), on_leave=[CountFailure(), back]), step("two", Need("b")), facts=FACTS
    )
    assert moves_of(begun(small).record({"a": "x"})) == ["one", "one", "one", "two"]
    most = Rule((Go("one", forget=()),), when=Compare("<", CaseValue("failures"), Constant(12)))
    small = workflow(
        step("one", Need("a"), on_leave=[CountFailure(), Escalate(1), most]),
        step("two", Need("b")),
        facts=FACTS,
    )
    assert len(moves_of(begun(small).record({"a": "x"}))) == 12
    over = Rule((Go("one", forget=()),), when=Compare("<", CaseValue("failures"), Constant(13)))
    small = workflow(
        step("one", Need("a"), on_leave=[CountFailure(), over]), step("two", Need("b")), facts=FACTS
    )
    assert begun(small).refuse(FactsRecorded, facts={"a": "x"}).code == "endless_walk"


def test_escalation_rises_to_the_top_and_no_further() -> None:
    small = workflow(step("one"), transitions=[transition("up", "closed", "same", then=[Escalate(1)])])
    story = begun(small)
    assert story.case.level == 0
    raised = story.ask("up")
    assert raised.changes == [["set", "level", 1]]
    assert raised.why == ["escalated to supervisor", "up: stays in closed"]
    assert story.ask("up").case.level == 2
    assert story.ask("up").changes == []
    jump = step("one", on_enter=[Escalate(9)])
    assert begun(workflow(jump)).case.level == 2
    assert begun(workflow(jump, escalation=("agent", "supervisor"))).case.level == 1


def test_severity_rises_to_the_workflows_highest_and_no_further() -> None:
    small = workflow(
        step("one"), transitions=[transition("worse", "closed", "same", then=[RaiseSeverity()])], severities=2
    )
    story = begun(small)
    raised = story.ask("worse")
    assert (raised.changes, raised.why[0]) == ([["count", "severity"]], "severity raised to 2")
    assert story.case.severity == 2
    assert story.ask("worse").changes == []
    assert story.case.severity == 2


def test_a_failure_begins_a_new_cycle() -> None:
    small = workflow(step("one"), transitions=[transition("fail", "closed", "same", then=[CountFailure()])])
    story = begun(small)
    assert story.ask("fail").why[0] == "a failure counted: cycle 2 begins"
    assert (story.case.failures, story.case.cycle) == (1, 2)


def test_facts_a_rule_records_come_from_the_engine_and_carry_the_case_on() -> None:
    small = workflow(
        step("one", Need("a"), on_enter=[Record({"a": "x", "sure": True})]),
        step("two", Need("sure", "is", True)),
        facts=FACTS,
    )
    case = begun(small).case
    assert case.step == "closed"
    fact = case.fact("a")
    assert fact is not None
    assert (fact.value, fact.source, fact.by, fact.seq) == ("x", "engine", "customer", 1)


def test_a_free_workflow_fires_entry_rules_but_does_not_walk() -> None:
    free = workflow(step("one", on_enter=[Send("hello")]), step("two"), order="free")
    story = begun(free)
    assert (story.case.step, sent_by(story.decisions[0])) == ("one", ["hello"])


def test_a_refused_walk_leaves_nothing_behind() -> None:
    small = workflow(step("one", Need("a"), on_leave=[Send("x"), Go("one", forget=())]), facts=FACTS)
    story = begun(small)
    answer = story.handle(FactsRecorded(by="agent:li", occurred_at=story.now, facts={"a": "x"}))
    assert isinstance(answer, Refusal)
    assert story.case.facts.keys() == {"problem.statement"}
    assert story.case.awaiting == {}
