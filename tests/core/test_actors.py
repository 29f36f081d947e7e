"""Who does something: `role:name`, of a role the workflow knows; and what only some may do."""

from __future__ import annotations

import pytest

from recovery.core.events import (
    CaseQuarantined,
    FactRetracted,
    FactsRecorded,
    HandOffAccepted,
    HandOffOffered,
    MoveForced,
    MoveRequested,
    QuarantineLifted,
)
from recovery.core.facts import FactType
from recovery.core.spec import Need
from tests.core.builders import begun, step, texts, transition, workflow

MARK = FactType("mark", "integer", said_by=frozenset({"customer"}))
FLOW = workflow(
    step("one", Need("a")),
    step("own", Need("owner")),
    step("three", Need("mark"), Need("b")),
    facts={**texts("a", "b"), "mark": MARK},
    transitions=[transition("reopen", "closed", "three"), transition("skip", "one", "three", needs=[])],
)


@pytest.mark.parametrize("by", ["", "agent:", "agent: ", ":li", "Agent:li", "an agent"])
def test_an_author_that_names_nobody_is_refused(by: str) -> None:
    refusal = begun(FLOW).refuse(FactsRecorded, facts={"a": "x"}, by=by)
    assert refusal.code == "wrong_actor"
    assert refusal.hint == "Write role:name, such as agent:li."


def test_a_role_the_workflow_does_not_know_is_refused() -> None:
    refusal = begun(FLOW).refuse(FactsRecorded, facts={"a": "x"}, by="wizard:li")
    assert (refusal.code, refusal.message) == ("unknown_role", "wizard:li has no role in workflow small.")
    assert refusal.hint == "Roles: customer, agent, supervisor, manager, engine, import."


def test_what_the_customer_said_is_taken_back_by_the_customer_or_a_supervisor() -> None:
    story = begun(FLOW, facts={"mark": 3})
    refusal = story.refuse(FactRetracted, fact="mark", reason="too low", by="agent:li")
    assert refusal.code == "not_allowed"
    assert refusal.message == "agent:li may not take back mark, which only the customer says."
    assert refusal.hint == "Whoever said it may, and a supervisor."
    assert "mark" not in story.do(FactRetracted, fact="mark", reason="a slip", by="supervisor:eve").case.facts


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_retraction_and_a_lifting_need_a_reason(reason: str) -> None:
    story = begun(FLOW, facts={"a": "x"})
    refusal = story.refuse(FactRetracted, fact="a", reason=reason, by="agent:li")
    assert (refusal.code, refusal.message) == ("no_reason", "A retraction needs a reason.")
    story.do(CaseQuarantined, by="engine", reason="KeyError")
    refusal = story.refuse(QuarantineLifted, reason=reason, by="supervisor:eve")
    assert (refusal.code, refusal.message) == ("no_reason", "Lifting a quarantine needs a reason.")


@pytest.mark.parametrize("by", ["customer", "agent:li"])
def test_a_quarantine_is_lifted_by_a_supervisor(by: str) -> None:
    story = begun(FLOW)
    story.do(CaseQuarantined, by="engine", reason="KeyError")
    refusal = story.refuse(QuarantineLifted, reason="mended", by=by)
    assert (refusal.code, refusal.message) == ("not_allowed", f"{by} may not lift a quarantine.")
    assert refusal.hint == "A supervisor may."


@pytest.mark.parametrize("to", ["three", "closed"])
def test_no_case_is_forced_past_the_step_of_its_owner_without_one(to: str) -> None:
    refusal = begun(FLOW).refuse(MoveForced, to=to, reason="now", by="supervisor:eve")
    assert (refusal.code, refusal.message) == ("no_owner", f"{to} needs an owner.")
    assert refusal.hint == "Record the fact owner first."


def test_a_named_move_does_not_jump_over_the_step_of_the_owner_either() -> None:
    story = begun(FLOW)
    story.do(FactsRecorded, facts={"b": "x"})
    refusal = story.refuse(MoveRequested, transition="skip", facts={"a": "x"}, by="agent:li")
    assert refusal.code == "no_owner"
    assert story.case.step == "one"


def test_a_customer_of_the_same_name_does_not_accept_a_hand_off() -> None:
    story = begun(FLOW, facts={"a": "x"})
    story.do(FactsRecorded, facts={"owner": "li"}, by="agent:li")
    story.do(HandOffOffered, to="ana", by="agent:li")
    assert story.refuse(HandOffAccepted, by="customer:ana").code == "not_asked"
    assert story.do(HandOffAccepted, by="agent:ana").case.owner == "ana"
