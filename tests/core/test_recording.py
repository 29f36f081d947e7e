"""Recording facts, taking a wrong one back, and where the case then stands."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.core.events import FactRetracted, FactsRecorded, MoveForced
from recovery.core.facts import FactType
from recovery.core.guards import Compare, Constant, FactValue
from recovery.core.spec import Need, Record, Send
from tests.core.builders import begun, moves_of, sent_by, step, texts, transition, workflow

CUSTOMER = frozenset({"customer"})
FACTS = texts("a", "b", "c", "orderNo") | {
    "sure": FactType("sure", "boolean"),
    "rating": FactType(
        "rating", "integer", minimum=1, maximum=5, said_by=CUSTOMER, ask={"en": "How was it?"}
    ),
    "both": FactType("both", "text", said_by=frozenset({"customer", "agent"})),
}
SMALL = workflow(
    step("one", Need("a"), Need("sure", "is", True)),
    step("two", Need("b"), on_enter=[Send("in-2")]),
    step("three", Need("c"), Need("b", when=Compare("==", FactValue("a"), Constant("x")))),
    facts=FACTS,
    transitions=[transition("withdraw", "one two three", "withdrawn")],
)
AT_THREE = {"a": "x", "sure": True, "b": "x"}


def test_a_fact_keeps_its_value_its_source_who_wrote_it_down_and_both_times() -> None:
    story = begun(SMALL)
    occurred = story.now.replace(hour=8, minute=0)
    story.record({"rating": 5}, by="agent:li", source="customer", occurred_at=occurred)
    assert story.case.fact("rating") == (
        5,
        "customer",
        "agent:li",
        "2026-11-20T08:00:00.000000Z",
        "2026-11-20T09:01:00.000000Z",
        2,
    )
    assert story.case.fact("a") is None


def test_a_fact_may_be_said_anew() -> None:
    story = begun(SMALL)
    story.record({"a": "x"})
    assert story.record({"a": "y"}).case.facts["a"] == "y"


def test_recording_nothing_is_refused() -> None:
    refusal = begun(SMALL).refuse(FactsRecorded, facts={})
    assert (refusal.code, refusal.message) == ("no_facts", "No fact was given.")
    assert refusal.hint == "Name at least one fact and its value."


@pytest.mark.parametrize(
    ("facts", "source", "code", "message", "hint"),
    [
        (
            {"orderno": "7"},
            "agent",
            "unknown_fact",
            "orderno is not a fact of workflow small.",
            "Did you mean orderNo?",
        ),
        (
            {"weather": "7"},
            "agent",
            "unknown_fact",
            "weather is not a fact of workflow small.",
            "Its facts: problem.statement, owner, a, b, c, orderNo, sure, rating, both.",
        ),
        ({"rating": 6}, "customer", "wrong_value", "rating: 6 is not within from 1 to 5.", "How was it?"),
        ({"sure": 1}, "agent", "wrong_value", "sure: 1 is not true or false.", ""),
        (
            {"rating": 5},
            "agent",
            "wrong_source",
            "rating must come from the customer, not from the agent.",
            "",
        ),
        (
            {"both": "x"},
            "import",
            "wrong_source",
            "both must come from the agent or customer, not from the import.",
            "",
        ),
    ],
)
def test_a_fact_that_cannot_be_recorded_is_refused_with_what_would_be(
    facts: dict[str, Any], source: str, code: str, message: str, hint: str
) -> None:
    refusal = begun(SMALL).refuse(FactsRecorded, facts=facts, source=source)
    assert (refusal.code, refusal.message, refusal.hint) == (code, message, hint)
    assert (refusal.fault, refusal.details) == ("caller", ())


def test_one_wrong_fact_of_several_keeps_all_out_and_all_wrong_ones_are_named() -> None:
    story = begun(SMALL)
    refusal = story.refuse(FactsRecorded, facts={"a": "x", "weather": 1, "sure": "yes", "rating": 9})
    assert refusal.code == "unknown_fact"
    assert refusal.details == (
        "sure: 'yes' is not true or false.",
        "rating must come from the customer, not from the agent.",
    )
    assert "a" not in story.case.facts


def test_the_details_carry_the_hints_of_the_further_problems() -> None:
    refusal = begun(SMALL).refuse(FactsRecorded, facts={"a": 1, "rating": 9}, source="customer")
    assert refusal.details == ("rating: 9 is not within from 1 to 5. How was it?",)


@pytest.mark.parametrize("name", ["bo", "li"])
@pytest.mark.parametrize("by", ["agent:bo", "supervisor:eve", "engine", "import"])
def test_an_owner_is_recorded_once_and_changes_only_by_a_hand_off(name: str, by: str) -> None:
    story = begun(SMALL)
    story.record({"owner": "li"})
    refusal = story.refuse(FactsRecorded, facts={"owner": name}, by=by)
    assert (refusal.code, refusal.message) == ("has_owner", "The case is owned by li.")
    assert refusal.hint == "Offer a hand-off; the owner changes when it is accepted."
    assert story.case.owner == "li"


def test_a_rule_cannot_replace_the_owner_either() -> None:
    small = workflow(step("one", Need("a"), on_leave=[Record({"owner": "bo"})]), facts=FACTS)
    story = begun(small)
    story.record({"owner": "li"})
    refusal = story.refuse(FactsRecorded, facts={"a": "x"})
    assert (refusal.code, refusal.fault) == ("has_owner", "workflow")


# --- falling back ---


def test_a_retracted_fact_takes_the_case_back_to_the_first_step_that_needs_it() -> None:
    story = begun(SMALL, facts=AT_THREE)
    decision = story.do(FactRetracted, fact="sure", reason="they were joking")
    assert decision.case.step == "one"
    assert decision.changes == [
        ["forget", ["sure"]],
        ["move", "three", "one", "no longer on record: sure = true", False],
    ]
    assert decision.why == [
        "sure retracted: they were joking",
        "three → one: no longer on record: sure = true",
    ]


def test_every_missing_need_of_the_step_gone_back_to_is_named() -> None:
    both = workflow(step("one", Need("a"), Need("a", "is", "x")), step("two", Need("b")), facts=FACTS)
    decision = begun(both, facts={"a": "x"}).do(FactRetracted, fact="a", reason="wrong")
    assert decision.changes[1] == ["move", "two", "one", "no longer on record: a, a = x", False]


def test_a_case_gone_back_walks_on_again_when_the_right_value_is_known() -> None:
    story = begun(SMALL, facts=AT_THREE)
    story.do(FactRetracted, fact="sure", reason="wrong")
    decision = story.record({"sure": True})
    assert moves_of(decision) == ["two", "three"]


def test_a_wrong_value_takes_the_case_back_as_a_retraction_does() -> None:
    decision = begun(SMALL, facts=AT_THREE).record({"sure": False})
    assert moves_of(decision) == ["one"]
    assert decision.case.facts["sure"] is False


def test_of_several_steps_that_lost_their_facts_the_first_is_gone_back_to() -> None:
    decision = begun(SMALL, facts=AT_THREE).do(FactRetracted, fact="b", reason="wrong")
    assert moves_of(decision) == ["two"]
    decision = begun(SMALL, facts={**AT_THREE, "b": "x"}).record({"a": "y", "sure": False})
    assert moves_of(decision) == ["one"]


def test_entry_rules_of_the_step_gone_back_to_fire_and_messages_stay_once_a_cycle() -> None:
    again = workflow(
        step("one", Need("a")),
        step("two", Need("b"), on_enter=[Send("in-2"), Send("always", once="always")]),
        step("three", Need("c")),
        facts=FACTS,
    )
    story = begun(again, facts={"a": "x", "b": "x"})
    assert sent_by(story.do(FactRetracted, fact="b", reason="wrong")) == ["always"]


@pytest.mark.parametrize("fact", ["c", "orderNo"])
def test_a_fact_no_passed_step_needs_is_retracted_without_a_move(fact: str) -> None:
    story = begun(SMALL, facts={"a": "x", "sure": True, "c": "x", "orderNo": "7"})
    decision = story.do(FactRetracted, fact=fact, reason="wrong")
    assert (decision.case.step, moves_of(decision)) == ("two", [])


def test_where_several_steps_need_the_fact_the_first_of_them_is_gone_back_to() -> None:
    flow = workflow(
        step("one", Need("a")), step("two", Need("a", "is", "x")), step("three", Need("c")), facts=FACTS
    )
    assert moves_of(begun(flow, facts={"a": "x"}).do(FactRetracted, fact="a", reason="wrong")) == ["one"]


@pytest.mark.parametrize(("known", "stands"), [({"c": "x"}, "one"), ({"a": "x", "c": "x"}, "two")])
def test_a_step_ahead_that_loses_its_facts_does_not_draw_the_case_on(
    known: dict[str, str], stands: str
) -> None:
    flow = workflow(step("one", Need("a")), step("two", Need("b")), step("three", Need("c")), facts=FACTS)
    decision = begun(flow, facts=known).do(FactRetracted, fact="c", reason="wrong")
    assert (decision.case.step, moves_of(decision)) == (stands, [])


def test_a_step_stood_in_by_force_that_loses_its_facts_is_not_entered_anew() -> None:
    story = begun(SMALL, facts=AT_THREE)
    for to, fact in (("two", "b"), ("one", "sure")):
        story.do(MoveForced, to=to, by="supervisor:eve", reason="once more")
        assert story.do(FactRetracted, fact=fact, reason="wrong").changes == [["forget", [fact]]]


def test_a_fact_the_present_step_needs_is_retracted_without_a_move() -> None:
    small = workflow(step("one", Need("a"), Need("b")), step("two"), facts=FACTS)
    decision = begun(small, facts={"a": "x"}).do(FactRetracted, fact="a", reason="wrong")
    assert moves_of(decision) == []


def test_a_passed_step_that_never_had_its_facts_does_not_call_the_case_back() -> None:
    story = begun(SMALL)
    story.do(MoveForced, to="three", by="supervisor:eve", reason="known from the helpdesk")
    assert moves_of(story.record({"a": "x"})) == []
    assert story.do(FactRetracted, fact="a", reason="wrong").case.step == "three"


def test_in_an_end_no_fact_can_go_that_a_passed_step_needed() -> None:
    story = begun(SMALL, facts={**AT_THREE, "c": "x"})
    assert story.case.step == "closed"
    refusal = story.refuse(FactRetracted, fact="sure", reason="wrong")
    assert refusal.code == "case_ended"
    assert (
        refusal.message
        == "The case is closed, and without sure = true its step one would not have been left."
    )
    assert refusal.hint == "Record the right value instead, or reopen the case first."
    assert story.refuse(FactsRecorded, facts={"sure": False}).code == "case_ended"
    assert story.record({"orderNo": "7"}).case.step == "closed"
    assert story.do(FactRetracted, fact="orderNo", reason="wrong").case.step == "closed"


def test_in_an_end_the_first_step_that_needed_the_fact_is_named() -> None:
    flow = workflow(step("one", Need("a")), step("two", Need("a", "is", "x")), facts=FACTS)
    refusal = begun(flow, facts={"a": "x"}).refuse(FactRetracted, fact="a", reason="wrong")
    assert "without a its step one would not" in refusal.message


def test_in_a_free_workflow_no_fact_takes_the_case_back() -> None:
    free = workflow(
        step("one", Need("a")),
        step("two"),
        facts=FACTS,
        order="free",
        transitions=[transition("next", "one", "two")],
    )
    story = begun(free, facts={"a": "x"})
    story.ask("next")
    assert moves_of(story.do(FactRetracted, fact="a", reason="wrong")) == []


def test_the_owner_cannot_be_retracted() -> None:
    story = begun(SMALL)
    for _ in range(2):
        refusal = story.refuse(FactRetracted, fact="owner", reason="wrong")
        assert (refusal.code, refusal.message) == ("owner_stays", "An owner cannot be retracted.")
        assert refusal.hint == "Offer a hand-off instead."
        if story.case.owner is None:
            story.record({"owner": "li"})


def test_a_fact_not_on_record_cannot_be_retracted_and_what_is_on_record_is_named() -> None:
    refusal = begun(SMALL, facts={"b": "x", "a": "x"}).refuse(FactRetracted, fact="c", reason="wrong")
    assert (refusal.code, refusal.message) == ("not_on_record", "c is not on record.")
    assert refusal.hint == "On record: a, b, problem.statement."
    empty = begun(SMALL, text=None, mode="history").refuse(FactRetracted, fact="c", reason="wrong")
    assert empty.hint == "On record: nothing."
