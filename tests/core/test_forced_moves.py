"""The audited forced move: for supervisors and imports, always with a reason, firing no rule."""

from __future__ import annotations

import pytest

from recovery.core.events import CaseMerged, CaseQuarantined, HandOffOffered, MoveForced
from recovery.core.spec import Need, Send, Workflow
from tests.core.builders import Story, begun, moves_of, step, texts, workflow

SMALL = workflow(
    step("one", Need("a")),
    step("two", Need("owner"), on_enter=[Send("in-2")], on_leave=[Send("out-2")]),
    step("three", Need("b"), on_enter=[Send("in-3")]),
    facts=texts("a", "b"),
)


def forced(story: Story, to: str, by: str = "supervisor:eve") -> list[str]:
    return moves_of(story.do(MoveForced, to=to, by=by, reason="known from elsewhere"))


@pytest.mark.parametrize("by", ["supervisor:eve", "manager:max", "import"])
def test_those_above_and_the_import_may_force_a_move(by: str) -> None:
    story = begun(SMALL)
    decision = story.do(MoveForced, to="two", by=by, reason="seen in the shop")
    assert decision.changes == [["move", "one", "two", f"forced by {by}: seen in the shop", False]]
    assert decision.why == [f"one → two: forced by {by}: seen in the shop"]
    assert decision.effects == []


@pytest.mark.parametrize("by", ["agent:li", "customer", "engine"])
def test_nobody_else_may(by: str) -> None:
    refusal = begun(SMALL).refuse(MoveForced, to="two", by=by, reason="please")
    assert (refusal.code, refusal.message) == ("not_allowed", f"{by} may not force a move.")
    assert refusal.hint == "Allowed: supervisor, manager."


def test_where_there_is_one_level_alone_only_the_import_may() -> None:
    flat = workflow(step("one", Need("a")), facts=texts("a"), escalation=("agent",))
    assert begun(flat).refuse(MoveForced, to="one", by="agent:li", reason="x").code == "not_allowed"
    assert forced(begun(flat), "withdrawn", "import") == ["withdrawn"]


@pytest.mark.parametrize("reason", ["", " \n"])
def test_without_a_reason_nothing_is_forced(reason: str) -> None:
    refusal = begun(SMALL).refuse(MoveForced, to="two", by="supervisor:eve", reason=reason)
    assert (refusal.code, refusal.message) == ("no_reason", "A forced move needs a reason.")


@pytest.mark.parametrize("to", ["four", "merged", "same", ""])
def test_a_case_cannot_be_forced_to_where_no_case_can_be(to: str) -> None:
    refusal = begun(SMALL).refuse(MoveForced, to=to, by="supervisor:eve", reason="x")
    assert refusal.code == "unknown_state"
    assert refusal.message == f"{to} is no step or end a case can be put into."
    assert refusal.hint == "One of one, two, three, closed, withdrawn."


def test_beyond_the_step_that_needs_an_owner_there_must_be_one() -> None:
    story = begun(SMALL)
    refusal = story.refuse(MoveForced, to="three", by="supervisor:eve", reason="x")
    assert (refusal.code, refusal.message) == ("no_owner", "three needs an owner.")
    assert refusal.hint == "Record the fact owner first."
    assert [forced(story, to) for to in ("two", "one")] == [["two"], ["one"]]
    story.record({"owner": "li"})
    assert forced(story, "three") == ["three"]


def test_a_workflow_that_never_needs_an_owner_forces_without_one() -> None:
    ownerless: Workflow = workflow(step("one", Need("a")), step("two", Need("a")), facts=texts("a"))
    assert forced(begun(ownerless), "two") == ["two"]


def test_a_forced_move_forgets_nothing_and_does_not_walk_on() -> None:
    story = begun(SMALL, facts={"a": "x", "owner": "li", "b": "x"})
    assert story.case.step == "closed"
    assert forced(story, "one") == ["one"]
    assert story.case.facts.keys() == {"problem.statement", "a", "owner", "b"}
    assert (story.case.step, story.case.closed_at) == ("one", None)
    assert moves_of(story.record({"a": "y"})) == ["two", "three", "closed"]


@pytest.mark.parametrize("to", ["closed", "withdrawn"])
def test_forced_into_an_end_the_case_ends_when_it_happened_and_no_hand_off_stays_open(to: str) -> None:
    story = begun(SMALL, facts={"owner": "li"})
    story.do(HandOffOffered, to="bo")
    forced(story, to)
    assert story.case.closed_at == story.case.updated_at
    assert story.case.offered_to is None


def test_a_merged_case_is_not_forced_out_of_its_merge() -> None:
    story = begun(SMALL)
    story.do(CaseMerged, into=2)
    refusal = story.refuse(MoveForced, to="one", by="supervisor:eve", reason="x")
    assert (refusal.code, refusal.message) == ("merged", "The case is merged into case 2.")
    assert refusal.hint == "Undo the merge, then force the move."


def test_a_case_in_quarantine_may_be_forced_out_of_the_way() -> None:
    story = begun(SMALL)
    story.do(CaseQuarantined, by="engine", reason="it broke")
    assert forced(story, "two") == ["two"]
