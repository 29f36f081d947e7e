"""A complaint opens a case (domain.md §1: only a text and a way to answer are asked)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recovery.core.events import ComplaintReceived
from recovery.core.facts import FactType
from recovery.core.spec import Need, Send
from tests.core.builders import START, Story, begun, moves_of, sent_by, step, texts, workflow

SMALL = workflow(
    step("one", Need("problem.statement"), Need("a")),
    step("two", Need("b")),
    facts=texts("a", "b") | {"rating": FactType("rating", "integer", said_by=frozenset({"customer"}))},
)


def test_a_text_is_all_a_complaint_needs() -> None:
    story = Story(SMALL)
    decision = story.open("It broke.", occurred_at=START - timedelta(hours=2))
    case = decision.case
    assert (case.tenant, case.id, case.workflow, case.bundle) == ("default", 1, "small", "bundle-1")
    assert (case.step, case.mode, case.channel, case.language) == ("one", "live", "portal", "en")
    assert (case.severity, case.level, case.failures, case.cycle, case.owner) == (1, 0, 0, 1, None)
    assert case.received_at == "2026-11-20T07:00:00.000000Z"
    assert case.opened_at == case.updated_at == "2026-11-20T09:00:00.000000Z"
    assert (case.seq, case.closed_at) == (1, None)
    assert case.facts == {"problem.statement": "It broke."}
    assert case.said == {"1 customer customer": (case.received_at, case.opened_at, case.facts)}
    assert decision.why == ["a complaint opens the case in one"]
    assert decision.changes[0][:3] == ["open", "small", "bundle-1"]


def test_what_the_intake_already_knows_carries_the_case_on() -> None:
    decision = begun(SMALL, facts={"a": "known", "b": "known"}, source="import", by="import")
    assert decision.case.step == "closed"
    assert moves_of(decision.decisions[0]) == ["two", "closed"]
    statement = decision.case.fact("problem.statement")
    assert statement is not None
    assert (statement.source, statement.by) == ("import", "import")


@pytest.mark.parametrize(
    ("customer", "channel", "expected"),
    [
        ({}, None, "portal"),
        ({"name": "Ana"}, None, "portal"),
        ({"address": ""}, None, "portal"),
        ({"address": "ana@example.org"}, None, "mail"),
        ({"address": "ana@example.org"}, "chat", "chat"),
    ],
)
def test_answers_go_by_the_channel_named_else_by_mail_else_to_the_portal(
    customer: dict[str, str], channel: str | None, expected: str
) -> None:
    case = begun(SMALL, customer=customer, channel=channel).case
    assert case.channel == expected
    assert case.customer == customer


def test_the_case_keeps_what_the_complaint_says_of_itself() -> None:
    case = begun(SMALL, language="zh", subject="订单 17", external_id="7", severity=3, mode="history").case
    assert (case.language, case.subject, case.external_id) == ("zh", "订单 17", "7")
    assert (case.severity, case.mode) == (3, "history")


@pytest.mark.parametrize("text", [None, "", " \n", "\u200b", " \u200d\u00a0\ufeff"])
def test_a_live_complaint_without_a_text_is_refused(text: str | None) -> None:
    refusal = Story(SMALL).refuse(ComplaintReceived, text=text, mode="live")
    assert refusal.code == "no_text"
    assert str(refusal.message) == "A complaint needs a text."
    assert refusal.hint == "Say what happened, in any words."


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_a_case_of_the_past_may_have_no_text(text: str | None) -> None:
    assert begun(SMALL, text=text, mode="history").case.facts == {}


@pytest.mark.parametrize("severity", [0, 4])
def test_a_severity_the_workflow_does_not_have_is_refused(severity: int) -> None:
    refusal = Story(SMALL).refuse(ComplaintReceived, text="x", severity=severity)
    assert refusal.code == "wrong_severity"
    assert refusal.message == f"Severity {severity} is not within 1 to 3."


@pytest.mark.parametrize(
    ("facts", "code", "says"),
    [
        ({"c": "x"}, "unknown_fact", "c is not a fact of workflow small."),
        ({"a": 5}, "wrong_value", "a: 5 is not a text of at least one character."),
        ({"rating": 5}, "wrong_source", "rating must come from the customer, not from the agent."),
    ],
)
def test_a_complaint_with_a_wrong_fact_opens_nothing(facts: dict[str, Any], code: str, says: str) -> None:
    refusal = Story(SMALL).refuse(ComplaintReceived, text="x", facts=facts, source="agent")
    assert (refusal.code, refusal.message) == (code, says)


def test_a_case_is_opened_only_once() -> None:
    refusal = begun(SMALL).refuse(ComplaintReceived, text="It broke again.")
    assert refusal.code == "already_open"
    assert refusal.message == "Case 1 is already open."
    assert refusal.hint == "Send a message or record facts."


def test_a_signal_opens_a_case_and_nobody_is_thanked_for_a_complaint() -> None:
    flow = workflow(step("one", Need("a"), on_enter=[Send("acknowledgement")]), facts=texts("a"))
    story = begun(flow, by="agent:li", source="agent", signal=True, text="The parcel is overdue.")
    assert (story.case.signal, sent_by(story.decisions[0])) == (True, [])
    assert "acknowledgement not sent: nobody has complained" in story.decisions[0].why
    fact = story.case.fact("problem.statement")
    assert fact is not None
    assert fact.source == "agent"
    refusal = Story(flow).refuse(ComplaintReceived, by="agent:li", signal=True, text="It is overdue.")
    assert refusal.code == "wrong_source"
