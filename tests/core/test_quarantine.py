"""Quarantine: a poison case is set aside; nothing that arrives for it is lost."""

from __future__ import annotations

import pytest

from recovery.core.events import (
    CaseQuarantined,
    EffectDelivered,
    FactRetracted,
    FactsRecorded,
    MessageReceived,
    MoveRequested,
    QuarantineLifted,
)
from recovery.core.spec import Need, Send
from tests.core.builders import Story, begun, moves_of, step, texts, transition, workflow

SMALL = workflow(
    step("one", Need("a"), on_enter=[Send("hello")]),
    step("two", Need("b")),
    facts=texts("a", "b"),
    transitions=[transition("withdraw", "one", "withdrawn")],
)


def quarantined() -> Story:
    story = begun(SMALL)
    story.do(CaseQuarantined, by="engine", reason="KeyError: 'x'")
    return story


def test_a_case_set_aside_says_why() -> None:
    story = begun(SMALL)
    decision = story.do(CaseQuarantined, by="engine", reason="KeyError: 'x'")
    assert decision.changes == [["set", "quarantine", "KeyError: 'x'"]]
    assert decision.why == ["set aside: KeyError: 'x'"]
    assert decision.case.quarantine == "KeyError: 'x'"


def test_nobody_moves_it_but_facts_messages_and_deliveries_are_kept() -> None:
    story = quarantined()
    refusal = story.refuse(MoveRequested, transition="withdraw")
    assert (refusal.code, refusal.message) == ("quarantined", "The case is in quarantine: KeyError: 'x'.")
    assert refusal.hint == "Mend the cause and lift the quarantine."
    assert moves_of(story.record({"a": "x"})) == []
    assert story.do(MessageReceived, by="customer", text="Hello?").case.messages == 1
    assert story.do(EffectDelivered, by="engine", effect="1.0").case.awaiting == {}
    assert (story.case.step, story.case.facts["a"]) == ("one", "x")


def test_lifted_the_case_takes_part_again_and_walks_on() -> None:
    story = quarantined()
    story.record({"a": "x"})
    decision = story.do(QuarantineLifted, by="supervisor:eve", reason="mended")
    assert decision.case.quarantine is None
    assert moves_of(decision) == ["two"]
    assert decision.why[0] == "takes part again: mended"
    assert story.record({"b": "x"}).case.step == "closed"


def test_a_second_failure_gives_the_newer_reason() -> None:
    story = quarantined()
    assert story.do(CaseQuarantined, by="engine", reason="later").case.quarantine == "later"


@pytest.mark.parametrize("reason", ["", "x"])
def test_a_quarantine_without_words_is_a_quarantine(reason: str) -> None:
    story = begun(SMALL)
    story.do(CaseQuarantined, by="engine", reason=reason)
    assert story.refuse(MoveRequested, transition="withdraw").code == "quarantined"
    assert moves_of(story.record({"a": "x"})) == []


def test_what_is_not_set_aside_is_not_lifted() -> None:
    refusal = begun(SMALL).refuse(QuarantineLifted, by="supervisor:eve", reason="x")
    assert (refusal.code, refusal.message) == ("not_quarantined", "The case is not in quarantine.")


def test_a_case_set_aside_does_not_go_back_when_a_passed_step_loses_its_fact() -> None:
    story = begun(SMALL)
    story.do(FactsRecorded, facts={"a": "x"})
    assert story.case.step == "two"
    story.do(CaseQuarantined, by="engine", reason="KeyError: 'x'")
    refusal = story.refuse(FactRetracted, fact="a", reason="a slip")
    assert refusal.code == "quarantined"
    assert refusal.message == "Without a the case would go back to one, and it is in quarantine."
    assert refusal.hint == "Mend the cause and lift the quarantine first."
    assert story.case.step == "two"


def test_nothing_takes_a_case_back_while_it_is_set_aside() -> None:
    flow = workflow(
        step("one", Need("a")),
        step("two", Need("a", "is", "x")),
        step("three", Need("b")),
        facts=texts("a", "b"),
    )
    story = begun(flow, facts={"a": "x"})
    story.do(CaseQuarantined, by="engine", reason="it broke")
    refusal = story.refuse(FactRetracted, fact="a", reason="wrong")
    assert refusal.code == "quarantined"
    assert refusal.message == "Without a the case would go back to one, and it is in quarantine."
    assert (story.case.step, story.case.facts["a"]) == ("three", "x")
