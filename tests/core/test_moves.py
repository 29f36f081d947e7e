"""Transitions: named moves that somebody asks for."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.core.events import HandOffOffered, MoveRequested
from recovery.core.facts import FactType
from recovery.core.guards import Compare, Constant, FactValue
from recovery.core.spec import CountFailure, Escalate, Go, Need, RaiseSeverity, Record, Rule, Send, Workflow
from tests.core.builders import Story, as_read, begun, moves_of, sent_by, step, texts, transition, workflow

FACTS = texts("a", "b", "c", "reason") | {"rating": FactType("rating", "integer", minimum=1, maximum=5)}
A_IS_X = Compare("==", FactValue("a"), Constant("x"))
A_IS_Y = Compare("==", FactValue("a"), Constant("y"))


def small(*transitions: Any, **more: Any) -> Workflow:
    """Three steps, each with one need, and these transitions."""
    return workflow(
        step("one", Need("a"), on_enter=[Send("in-1")]),
        step("two", Need("b"), Need("owner"), on_enter=[Send("in-2", once="always")]),
        step("three", Need("c")),
        facts=FACTS,
        transitions=transitions,
        **more,
    )


def at(name: str, flow: Workflow) -> Story:
    """A story whose case stands in a step, or in the main end."""
    known = {"one": [], "two": ["a"], "three": ["a", "b"], "closed": ["a", "b", "c"]}[name]
    story = begun(flow, facts={"owner": "li", **dict.fromkeys(known, "x")})
    assert story.case.step == name
    return story


@pytest.mark.parametrize("name", ["one", "two", "three"])
def test_a_transition_may_start_from_several_steps(name: str) -> None:
    decision = at(name, small(transition("withdraw", "one two three", "withdrawn"))).ask("withdraw")
    assert decision.changes == [["move", name, "withdrawn", "withdraw", True]]
    assert decision.why == [f"{name} → withdrawn: withdraw"]
    assert decision.case.closed_at is not None


def test_a_transition_that_nobody_declared_is_refused_with_a_suggestion() -> None:
    story = at("one", small(transition("withDraw", "one", "withdrawn"), transition("note", "one", "same")))
    refusal = story.refuse(MoveRequested, transition="withdraw")
    assert (refusal.code, refusal.hint) == ("unknown_transition", "Did you mean withDraw?")
    assert refusal.message == "withdraw is not a transition of workflow small."
    assert story.refuse(MoveRequested, transition="fly").hint == "From one: withDraw, note."


def test_a_transition_from_elsewhere_is_refused_and_what_is_open_here_is_named() -> None:
    flow = small(transition("reopen", "closed", "two"), transition("note", "one", "same"))
    refusal = at("one", flow).refuse(MoveRequested, transition="reopen")
    assert (refusal.code, refusal.message) == ("not_from_here", "reopen does not start from one.")
    assert refusal.hint == "From one: note."
    assert at("two", flow).refuse(MoveRequested, transition="reopen").hint == "Nothing leads from two."


@pytest.mark.parametrize(
    ("by", "allowed"),
    [("agent:li", True), ("supervisor:eve", True), ("manager", True), ("customer", False), ("engine", False)],
)
def test_only_those_named_and_those_above_them_may_ask(by: str, allowed: bool) -> None:
    story = at("one", small(transition("withdraw", "one", "withdrawn", by={"agent"})))
    if allowed:
        assert story.ask("withdraw", by=by).case.step == "withdrawn"
    else:
        refusal = story.refuse(MoveRequested, transition="withdraw", by=by)
        assert (refusal.code, refusal.message) == ("not_allowed", f"{by} may not ask for withdraw.")
        assert refusal.hint == "Allowed: agent."


def test_everybody_allowed_is_named_once() -> None:
    story = at(
        "one",
        small(
            transition("leave", "one", "withdrawn", by={"supervisor", "agent"}, when=A_IS_X),
            transition("leave", "one", "closed", by={"agent"}, when=A_IS_Y),
        ),
    )
    assert story.refuse(MoveRequested, transition="leave", by="customer").hint == (
        "Allowed: agent, supervisor."
    )


def test_of_two_transitions_of_one_name_each_role_gets_its_own() -> None:
    flow = small(
        transition("leave", "one", "withdrawn", by={"customer"}),
        transition("leave", "one", "merged", by={"manager"}),
    )
    assert at("one", flow).ask("leave", by="customer").case.step == "withdrawn"
    assert at("one", flow).ask("leave", by="manager:max").case.step == "merged"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"a": "y"}, 'a == "x" is false (a is "y")'),
        ({}, 'a == "x" is unknown (a is not known)'),
    ],
)
def test_a_closed_or_unknown_guard_refuses_and_says_which_fact_it_hung_on(
    facts: dict[str, str], reason: str
) -> None:
    flow = workflow(
        step("one", Need("b")),
        facts=FACTS,
        transitions=[transition("leave", "one", "withdrawn", when=A_IS_X)],
    )
    refusal = begun(flow, facts=facts).refuse(MoveRequested, transition="leave")
    assert (refusal.code, refusal.message) == ("guard_closed", f"leave is not open: {reason}.")
    assert refusal.hint == "From one: leave."
    assert (refusal.details, refusal.fault) == ((), "caller")


def test_an_open_guard_lets_the_move_through_and_picks_among_several() -> None:
    flow = workflow(
        step("one", Need("b")),
        facts=FACTS,
        transitions=[
            transition("leave", "one", "withdrawn", when=A_IS_X),
            transition("leave", "one", "merged", when=A_IS_Y),
        ],
    )
    assert begun(flow, facts={"a": "x"}).ask("leave").case.step == "withdrawn"
    assert begun(flow, facts={"a": "y"}).ask("leave").case.step == "merged"
    refusal = begun(flow, facts={"a": "z"}).refuse(MoveRequested, transition="leave")
    assert refusal.message == 'leave is not open: a == "x" is false (a is "z").'
    assert refusal.details == ('a == "y" is false (a is "z")',)


def test_two_open_moves_of_one_name_are_a_fault_of_the_workflow() -> None:
    flow = small(transition("leave", "one", "withdrawn"), transition("leave", "one", "merged", when=A_IS_X))
    story = begun(flow)
    assert story.ask("leave").case.step == "withdrawn"
    both = workflow(
        step("one", Need("b")),
        facts=FACTS,
        transitions=flow.transitions,
        ends=("closed", "withdrawn", "merged"),
    )
    refusal = begun(both, facts={"a": "x"}).refuse(MoveRequested, transition="leave")
    assert (refusal.code, refusal.fault) == ("two_open_moves", "workflow")
    assert refusal.message == "leave is open to several places at once: merged, withdrawn."
    assert refusal.hint == "Make the conditions exclude each other."


def test_a_transition_may_need_facts_which_may_come_with_the_request() -> None:
    flow = small(
        transition("leave", "one", "withdrawn", needs=(Need("reason"), Need("rating", "at_least", 2)))
    )
    story = at("one", flow)
    refusal = story.refuse(MoveRequested, transition="leave")
    assert refusal.code == "needs_facts"
    assert refusal.message == "leave needs reason, rating (at least 2)."
    assert refusal.hint == "Give them with the request or record them first."
    story.record({"rating": 3})
    assert story.refuse(MoveRequested, transition="leave").message == "leave needs reason."
    decision = story.ask("leave", facts={"reason": "found it"}, source="customer")
    assert decision.case.step == "withdrawn"
    reason = decision.case.fact("reason")
    assert reason is not None
    assert reason[:3] == ("found it", "customer", "agent:li")


def test_a_wrong_fact_in_a_request_refuses_the_move() -> None:
    story = at("one", small(transition("leave", "one", "withdrawn")))
    refusal = story.refuse(MoveRequested, transition="leave", facts={"rating": 9})
    assert (refusal.code, story.case.step) == ("wrong_value", "one")


@pytest.mark.parametrize("to", ["three", "closed"])
def test_no_step_is_left_forward_without_its_exit_facts(to: str) -> None:
    flow = workflow(
        step("one", Need("a"), Need("b"), on_leave=[Send("left")]),
        step("two", Need("c")),
        step("three", Need("c")),
        facts=FACTS,
        transitions=[transition("skip", "one", to)],
    )
    refusal = begun(flow).refuse(MoveRequested, transition="skip")
    assert (refusal.code, refusal.message) == ("exit_facts_missing", "one cannot be left yet.")
    assert refusal.hint == "Not on record: a, b."
    decision = begun(flow).ask("skip", facts={"a": "x", "b": "x"})
    assert decision.case.step == to


def test_a_move_that_a_transitions_own_rule_asks_for_needs_the_exit_facts_too() -> None:
    flow = small(transition("jump", "one", "same", then=[Go("three")]))
    assert at("one", flow).refuse(MoveRequested, transition="jump").code == "exit_facts_missing"
    back = small(transition("jump", "two", "same", then=[Go("one")]))
    assert moves_of(at("two", back).ask("jump")) == ["one"]


def test_backwards_and_to_a_side_end_a_step_is_left_as_it_is() -> None:
    flow = small(transition("back", "two", "one"), transition("leave", "two", "withdrawn"))
    assert at("two", flow).ask("back").case.step == "one"
    assert at("two", flow).ask("leave").case.step == "withdrawn"


def test_a_side_end_is_a_side_end_whatever_its_name() -> None:
    flow = small(transition("leave", "two", "abandoned"), ends=("closed", "abandoned"))
    assert at("two", flow).ask("leave").case.step == "abandoned"


def test_a_move_backwards_forgets_what_must_be_established_anew_save_the_owner() -> None:
    story = at("three", small(transition("back", "three", "two")))
    decision = story.ask("back")
    assert decision.changes[0] == ["forget", ["b"]]
    assert decision.case.step == "two"
    assert set(decision.case.facts) == {"problem.statement", "owner", "a"}


def test_reopening_forgets_what_the_steps_from_there_to_the_end_needed() -> None:
    story = at("closed", small(transition("reopen", "closed", "two")))
    decision = story.ask("reopen")
    assert decision.changes[:2] == [
        ["forget", ["b", "c"]],
        ["move", "closed", "two", "reopen", False],
    ]
    assert decision.why[0] == "to be established anew: b, c"
    assert (decision.case.closed_at, decision.case.owner) == (None, "li")


def test_a_move_onto_the_same_step_establishes_it_anew() -> None:
    story = begun(small(transition("again", "two", "two")), facts={"a": "x", "b": "x", "c": "x"})
    assert story.ask("again").changes[:2] == [["forget", ["b"]], ["move", "two", "two", "again", False]]
    assert story.case.facts.keys() == {"problem.statement", "a", "c"}


def test_a_transition_may_name_what_is_forgotten_but_never_the_owner() -> None:
    story = at("closed", small(transition("reopen", "closed", "three", forget=("owner", "a", "c"))))
    decision = story.ask("reopen")
    assert decision.changes[0] == ["forget", ["a", "c"]]
    assert decision.case.owner == "li"
    nothing = at("closed", small(transition("reopen", "closed", "three", forget=())))
    assert moves_of(nothing.ask("reopen")) == ["three", "closed"]


def test_facts_given_with_the_request_are_kept() -> None:
    story = at("closed", small(transition("reopen", "closed", "two")))
    decision = story.ask("reopen", facts={"b": "new"})
    assert moves_of(decision) == ["two", "three"]
    assert decision.case.facts["b"] == "new"
    assert "c" not in decision.case.facts


def test_facts_that_the_transitions_own_rules_record_are_kept() -> None:
    story = at("closed", small(transition("reopen", "closed", "two", then=[Record({"b": "redo"})])))
    assert moves_of(story.ask("reopen")) == ["two", "three"]


@pytest.mark.parametrize(("name", "action"), [("level", Escalate(1)), ("severity", RaiseSeverity())])
def test_a_fact_is_kept_for_being_recorded_and_not_for_its_name(name: str, action: Any) -> None:
    flow = workflow(
        step("one", Need(name)),
        facts=texts(name),
        transitions=[transition("reopen", "closed", "one", then=[action])],
    )
    assert begun(flow, facts={name: "x"}).ask("reopen").changes[1] == ["forget", [name]]


def test_the_rules_of_a_transition_fire_before_the_move() -> None:
    then = [RaiseSeverity(), CountFailure(), Rule((Send("sorry"),), when=A_IS_X), Send("again")]
    decision = at("closed", small(transition("reopen", "closed", "two", then=then))).ask("reopen")
    assert sent_by(decision) == ["sorry", "again", "in-2"]
    assert [effect.context["case"]["step"] for effect in decision.effects] == ["closed", "closed", "two"]
    assert (decision.case.severity, decision.case.failures) == (2, 1)


def test_a_rule_of_a_transition_may_choose_another_place_and_what_it_forgets() -> None:
    then = [Rule((Go("one", forget=("c",)),), when=A_IS_X)]
    flow = small(transition("reopen", "closed", "three", then=then))
    decision = at("closed", flow).ask("reopen")
    assert moves_of(decision) == ["one", "two", "three"]
    assert decision.changes[0] == ["forget", ["c"]]
    default = small(transition("reopen", "closed", "three", forget=(), then=[Go("one")]))
    decision = at("closed", default).ask("reopen")
    assert decision.changes[0] == ["forget", ["a", "b", "c"]]


def test_a_rule_may_keep_the_case_where_it_is() -> None:
    flow = small(transition("reopen", "closed", "three", then=[Go(as_read("same"))]))
    decision = at("closed", flow).ask("reopen")
    assert (decision.changes, decision.why) == ([], ["reopen: stays in closed"])


def test_a_transition_that_does_not_move_fires_its_rules_and_walks_on_if_it_can() -> None:
    flow = small(transition("note", "one closed", "same", then=[Send("noted", once="always")]))
    story = at("one", flow)
    decision = story.ask("note")
    assert (moves_of(decision), sent_by(decision)) == ([], ["noted"])
    assert decision.why[-1] == "note: stays in one"
    assert moves_of(story.ask("note", facts={"a": "x"})) == ["two"]
    assert at("closed", flow).ask("note").case.step == "closed"


def test_facts_given_with_such_a_request_may_also_take_the_case_back() -> None:
    flow = workflow(
        step("one", Need("a", "is", "x")),
        step("two", Need("b")),
        facts=FACTS,
        transitions=[transition("note", "two", "same")],
    )
    story = begun(flow, facts={"a": "x"})
    assert moves_of(story.ask("note", facts={"a": "y"})) == ["one"]


def test_a_free_workflow_moves_by_transitions_alone_and_keeps_its_exit_facts() -> None:
    flow = small(
        transition("go", "one", "two"),
        transition("go", "two", "three"),
        transition("close", "three", "closed"),
        transition("back", "closed", "one"),
        order="free",
    )
    story = begun(flow)
    assert story.refuse(MoveRequested, transition="go").code == "exit_facts_missing"
    story.record({"a": "x", "b": "x", "c": "x", "owner": "li"})
    assert story.case.step == "one"
    assert [moves_of(story.ask(name)) for name in ("go", "go", "close")] == [["two"], ["three"], ["closed"]]
    assert story.ask("back").changes[0] == ["forget", ["a", "b", "c"]]


def test_a_hand_off_under_way_ends_when_the_case_does() -> None:
    story = at("two", small(transition("leave", "two", "withdrawn"), transition("back", "two", "one")))
    story.do(HandOffOffered, to="bo")
    assert story.ask("leave").changes[0] == ["set", "offered_to", None]
    story = at("two", small(transition("back", "two", "one")))
    story.do(HandOffOffered, to="bo")
    assert story.ask("back").case.offered_to == "bo"
