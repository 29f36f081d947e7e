"""Hand-offs: whoever owns the case owns it until somebody else accepts (domain.md §1, step 3)."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.core.events import (
    CaseQuarantined,
    HandOffAccepted,
    HandOffDeclined,
    HandOffOffered,
    MoveForced,
)
from recovery.core.spec import Need
from tests.core.builders import Story, begun, moves_of, step, texts, workflow

SMALL = workflow(step("one", Need("owner")), step("two", Need("a")), facts=texts("a"))


def owned(**more: Any) -> Story:
    return begun(SMALL, facts={"owner": "li"}, **more)


def offered() -> Story:
    story = owned()
    story.do(HandOffOffered, to="bo")
    return story


@pytest.mark.parametrize("by", ["agent:li", "supervisor:eve", "manager"])
def test_the_owner_or_somebody_above_may_offer_the_case(by: str) -> None:
    story = owned()
    decision = story.do(HandOffOffered, to="bo", by=by, reason="holiday")
    assert decision.changes == [["set", "offered_to", "bo"]]
    assert decision.why == ["offered to bo; li owns the case until bo accepts"]
    assert (decision.case.owner, decision.case.offered_to) == ("li", "bo")


@pytest.mark.parametrize("by", ["agent:bo", "agent", "customer", "engine"])
def test_nobody_else_may_offer_it(by: str) -> None:
    refusal = owned().refuse(HandOffOffered, to="bo", by=by)
    assert (refusal.code, refusal.message) == ("not_owner", f"{by} does not own the case.")
    assert refusal.hint == "li or a supervisor may offer it."


def test_the_one_asked_owns_the_case_from_the_moment_of_accepting() -> None:
    story = offered()
    decision = story.do(HandOffAccepted, by="agent:bo")
    assert (decision.case.owner, decision.case.offered_to) == ("bo", None)
    assert decision.why == ["bo accepted and owns the case"]
    fact = decision.case.fact("owner")
    assert fact is not None
    assert (fact.source, fact.by, fact.seq) == ("agent", "agent:bo", 3)


@pytest.mark.parametrize(
    ("reason", "why"), [("on holiday", "bo declined: on holiday"), (None, "bo declined")]
)
def test_when_the_one_asked_declines_the_owner_stays(reason: str | None, why: str) -> None:
    decision = offered().do(HandOffDeclined, by="agent:bo", reason=reason)
    assert (decision.case.owner, decision.case.offered_to) == ("li", None)
    assert decision.changes == [["set", "offered_to", None]]
    assert decision.why == [why]


@pytest.mark.parametrize("answer", [HandOffAccepted, HandOffDeclined])
def test_only_the_one_asked_may_answer_and_only_once(answer: type) -> None:
    story = offered()
    refusal = story.refuse(answer, by="agent:cy")
    assert (refusal.code, refusal.message) == ("not_asked", "The case was offered to bo, not to agent:cy.")
    story.do(answer, by="agent:bo")
    refusal = story.refuse(answer, by="agent:bo")
    assert (refusal.code, refusal.message) == ("nothing_offered", "No hand-off has been offered.")


def test_declined_by_one_the_case_may_be_offered_to_another() -> None:
    story = offered()
    story.do(HandOffDeclined, by="agent:bo")
    story.do(HandOffOffered, to="cy")
    assert story.do(HandOffAccepted, by="agent:cy").case.owner == "cy"


def test_a_second_offer_takes_the_place_of_the_first() -> None:
    story = offered()
    story.do(HandOffOffered, to="cy")
    assert story.refuse(HandOffAccepted, by="agent:bo").code == "not_asked"
    assert story.case.owner == "li"


def test_the_new_owner_may_hand_it_on_and_the_old_one_may_not() -> None:
    story = offered()
    story.do(HandOffAccepted, by="agent:bo")
    assert story.refuse(HandOffOffered, to="cy", by="agent:li").code == "not_owner"
    assert story.do(HandOffOffered, to="cy", by="agent:bo").case.offered_to == "cy"


def test_a_case_is_not_handed_to_its_owner() -> None:
    refusal = owned().refuse(HandOffOffered, to="li")
    assert (refusal.code, refusal.message) == ("same_owner", "li already owns the case.")


@pytest.mark.parametrize("to", ["", "bo and cy", ":bo"])
def test_a_case_is_handed_to_exactly_one_person(to: str) -> None:
    refusal = owned().refuse(HandOffOffered, to=to)
    assert refusal.code == "wrong_value"
    assert refusal.message == (
        f"{to!r} is not one person's name without spaces, such as li or ana@example.org."
    )


def test_without_an_owner_there_is_nobody_to_hand_off_from() -> None:
    refusal = begun(SMALL).refuse(HandOffOffered, to="bo")
    assert (refusal.code, refusal.message) == ("no_owner", "The case has no owner yet.")
    assert refusal.hint == "Record the fact owner."


def test_an_ended_case_is_not_handed_off() -> None:
    story = owned()
    story.record({"a": "x"})
    refusal = story.refuse(HandOffOffered, to="bo")
    assert refusal.code == "case_ended"
    assert refusal.message == "The case is closed; there is nothing to hand off."


def test_a_case_in_quarantine_is_neither_offered_nor_accepted_but_may_be_declined() -> None:
    story = offered()
    story.do(CaseQuarantined, by="engine", reason="it broke")
    assert story.refuse(HandOffOffered, to="cy").code == "quarantined"
    assert story.refuse(HandOffAccepted, by="agent:bo").code == "quarantined"
    assert story.do(HandOffDeclined, by="agent:bo").case.offered_to is None


def test_a_new_owner_may_be_the_fact_a_step_was_waiting_for() -> None:
    picky = workflow(
        step("one", Need("owner", "in", ("bo", "cy"))),
        step("two", Need("owner", "is", "bo")),
        step("three", Need("a")),
        facts=texts("a"),
    )
    story = begun(picky, facts={"owner": "li"})
    story.do(HandOffOffered, to="bo")
    assert moves_of(story.do(HandOffAccepted, by="agent:bo")) == ["two", "three"]
    story.do(HandOffOffered, to="cy", by="agent:bo")
    assert moves_of(story.do(HandOffAccepted, by="agent:cy")) == ["two"]


def test_an_offer_outlives_a_move_between_steps() -> None:
    story = offered()
    story.do(MoveForced, to="one", by="supervisor:eve", reason="x")
    assert story.do(HandOffAccepted, by="agent:bo").case.owner == "bo"
