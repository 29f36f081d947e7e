"""Messages: asked for once, never for the past, and settled by what delivery tells."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from recovery.core.clocks.model import Anchor, Clock, Limit
from recovery.core.clocks.state import HEARD, MESSAGE
from recovery.core.events import (
    EffectCancelled,
    EffectDelivered,
    EffectFailed,
    EffectHanded,
    EffectRetried,
    FactsRecorded,
    MessageReceived,
    TaskDone,
)
from recovery.core.facts import FactType
from recovery.core.spec import CountFailure, Need, Send, Workflow
from recovery.workflow.clocks import ALWAYS
from recovery.workflow.spans import read_span
from tests.core.builders import Story, as_read, begun, sent_by, step, texts, transition, workflow

APOLOGY = Send("apology", when_delivered={"apology.sent": True})
ENGINE_ONLY = FactType("apology.sent", "boolean", said_by=frozenset({"engine"}))
FACTS = texts("a", "owner.note") | {"apology.sent": ENGINE_ONLY}


def asking(message: Send, **more: Any) -> Workflow:
    """A workflow that asks for a message on entering, and again whenever `again` is asked for."""
    return workflow(
        step("one", Need("a"), on_enter=[message]),
        step("two", Need("apology.sent", "is", True)),
        facts=FACTS,
        transitions=[
            transition("again", "one", "one"),
            transition("fail", "one", "one", then=[CountFailure()]),
        ],
        **more,
    )


@pytest.mark.parametrize(
    ("once", "again", "after_failure", "key"),
    [
        ("cycle", [], ["apology"], "apology@1"),
        ("case", [], [], "apology"),
        ("always", ["apology"], ["apology"], None),
    ],
)
def test_how_often_a_message_may_go_out(
    once: Literal["cycle", "case", "always"], again: list[str], after_failure: list[str], key: str | None
) -> None:
    story = begun(asking(Send("apology", once=once)))
    assert sent_by(story.decisions[0]) == ["apology"]
    assert story.case.sent == ({} if key is None else {key: "1.0"})
    assert sent_by(story.ask("again")) == again
    assert sent_by(story.ask("fail")) == after_failure
    assert sent_by(story.ask("again")) == again


def test_a_message_not_sent_again_says_which_one_was() -> None:
    story = begun(asking(APOLOGY))
    assert story.ask("again").why[-1] == "apology not sent again: already sent as 1.0"


def test_a_case_of_the_past_sends_nothing_and_says_so() -> None:
    story = begun(asking(APOLOGY), mode="history")
    assert story.decisions[0].effects == []
    assert story.decisions[0].why[-1] == "apology not sent: the case is history"
    assert (story.case.sent, story.case.awaiting) == ({}, {})


def test_a_message_may_be_held_back() -> None:
    story = begun(asking(APOLOGY), hold=True)
    (effect,) = story.decisions[0].effects
    assert effect.held is True
    assert story.decisions[0].why[-1] == "send apology to customer (held)"
    (effect,) = begun(asking(APOLOGY)).decisions[0].effects
    assert effect.held is False


def test_messages_of_one_event_are_numbered_within_it() -> None:
    small = workflow(
        step("one", Need("a"), on_enter=[Send("x"), Send("y")], on_leave=[Send("z")]), facts=FACTS
    )
    story = begun(small)
    assert [(effect.key, effect.n) for effect in story.decisions[0].effects] == [("1.0", 0), ("1.1", 1)]
    assert [(effect.key, effect.n) for effect in story.record({"a": "x"}).effects] == [("2.0", 0)]
    assert story.case.awaiting == {"1.0": ("x", {}), "1.1": ("y", {}), "2.0": ("z", {})}


@pytest.mark.parametrize(
    ("to", "address", "channel", "language"),
    [
        ("customer", "ana@example.org", "mail", "zh"),
        ("owner", "li", "desk", "en"),
        ("supervisor", None, "desk", "en"),
    ],
)
def test_a_message_knows_where_it_goes(
    to: Literal["customer", "owner", "supervisor"], address: str | None, channel: str, language: str
) -> None:
    story = begun(
        asking(Send("note", to=as_read(to))),
        customer={"address": "ana@example.org"},
        language="zh",
        facts={"owner": "li"},
    )
    (effect,) = story.decisions[0].effects
    assert (effect.to, effect.address, effect.channel, effect.language) == (to, address, channel, language)
    assert story.decisions[0].why[-1] == f"send note to {to}"


def test_without_an_address_a_message_waits_in_the_portal() -> None:
    (effect,) = begun(asking(APOLOGY)).decisions[0].effects
    assert (effect.address, effect.channel) == (None, "portal")
    (effect,) = begun(asking(Send("note", to="owner"))).decisions[0].effects
    assert effect.address is None


def test_what_a_template_may_say_is_frozen_when_the_message_is_asked_for() -> None:
    story = begun(
        asking(APOLOGY),
        subject="Order 17",
        external_id="17",
        severity=2,
        customer={"name": "Ana"},
        facts={"owner": "li"},
    )
    (effect,) = story.decisions[0].effects
    assert effect.context == {
        "case": {
            "id": 1,
            "external_id": "17",
            "subject": "Order 17",
            "step": "one",
            "severity": 2,
            "cycle": 1,
            "received_at": "2026-11-20T09:00:00.000000Z",
        },
        "customer": {"name": "Ana"},
        "owner": "li",
        "facts": {"problem.statement": "My order never came.", "owner": "li"},
    }
    story.record({"a": "later"})
    assert "a" not in effect.context["facts"]


def test_a_delivery_puts_its_facts_on_record_and_carries_the_case_on() -> None:
    story = begun(asking(APOLOGY))
    story.record({"a": "x"})
    assert story.case.step == "two"
    decision = story.do(EffectDelivered, by="engine", effect="1.0")
    assert decision.case.step == "closed"
    assert decision.case.awaiting == {}
    fact = decision.case.fact("apology.sent")
    assert fact is not None
    assert (fact.value, fact.source, fact.by) == (True, "engine", "engine")
    assert decision.changes[0] == ["settled", "1.0", None]
    assert decision.why[0] == "apology was delivered"


def test_the_desk_cannot_say_that_an_apology_was_sent() -> None:
    story = begun(asking(APOLOGY))
    for source in ("agent", "customer"):
        refusal = story.refuse(FactsRecorded, facts={"apology.sent": True}, source=source)
        assert refusal.code == "wrong_source"
        assert refusal.message == f"apology.sent must come from the engine, not from the {source}."
        assert refusal.fault == "caller"
    assert story.refuse(FactsRecorded, facts={"apology.sent": True}, source="engine").code == "wrong_source"


def test_a_delivery_whose_facts_the_workflow_cannot_take_is_the_workflows_fault() -> None:
    story = begun(asking(Send("note", when_delivered={"a": 5})))
    refusal = story.refuse(EffectDelivered, by="engine", effect="1.0")
    assert (refusal.code, refusal.fault) == ("wrong_value", "workflow")


def test_a_delivery_without_facts_only_settles() -> None:
    story = begun(asking(Send("note")))
    decision = story.do(EffectDelivered, by="engine", effect="1.0")
    assert decision.changes == [["settled", "1.0", None]]
    assert decision.case.undelivered == {}


def test_a_message_that_cannot_be_delivered_is_kept_with_its_reason() -> None:
    story = begun(asking(APOLOGY))
    decision = story.do(EffectFailed, by="engine", effect="1.0", reason="no such mailbox")
    assert decision.case.awaiting == {}
    assert decision.case.undelivered == {"1.0": ("apology", "no such mailbox", {"apology.sent": True})}
    assert "apology.sent" not in decision.case.facts
    assert decision.why == ["apology could not be delivered: no such mailbox"]


@pytest.mark.parametrize(("kind", "more"), [(EffectDelivered, {}), (EffectFailed, {"reason": "x"})])
def test_only_what_is_awaited_can_be_settled_and_only_once(kind: type, more: dict[str, str]) -> None:
    story = begun(asking(APOLOGY))
    refusal = story.refuse(kind, effect="9.9", **more)
    assert refusal.code == "not_awaited"
    assert refusal.message == "No delivery of 9.9 is awaited."
    assert refusal.hint == "Awaited: 1.0."
    story.do(kind, effect="1.0", **more)
    assert story.refuse(kind, effect="1.0", **more).hint == "Awaited: none."


def undeliverable() -> Story:
    story = begun(asking(APOLOGY))
    story.do(EffectFailed, by="engine", effect="1.0", reason="no such mailbox")
    return story


def test_a_message_that_cannot_be_delivered_is_a_task_for_the_owner_until_somebody_sees_to_it() -> None:
    story = undeliverable()
    assert story.case.tasks == {"1.0": ("undelivered", "apology")}
    decision = story.do(TaskDone, by="agent:li", task="1.0", note="told her on the phone")
    assert decision.case.tasks == {}
    assert "apology.sent" not in decision.case.facts
    assert decision.why == ["task done: undelivered, apology (told her on the phone)"]
    assert story.refuse(TaskDone, task="1.0").code == "no_such_task"


def test_a_message_that_failed_may_be_tried_again_and_then_counts_as_any_other() -> None:
    story = undeliverable()
    decision = story.do(EffectRetried, by="agent:li", effect="1.0")
    assert (decision.case.undelivered, decision.case.tasks) == ({}, {})
    assert story.do(EffectDelivered, by="engine", effect="1.0").case.facts["apology.sent"] is True
    assert story.refuse(EffectRetried, effect="1.0").code == "not_undelivered"


@pytest.mark.parametrize("task", ["phone", "letter"])
def test_a_message_given_to_a_person_is_delivered_when_they_say_so(task: str) -> None:
    story = begun(asking(APOLOGY))
    story.do(EffectHanded, by="engine", effect="1.0", task=task)
    assert story.case.tasks == {"1.0": (task, "apology")}
    assert story.refuse(EffectHanded, effect="1.0", task=task).code == "already_handed"
    assert "apology.sent" not in story.case.facts
    decision = story.do(TaskDone, by="agent:li", task="1.0")
    assert decision.case.facts["apology.sent"] is True
    assert (decision.case.tasks, decision.case.awaiting) == ({}, {})


def test_only_calls_and_letters_deliver_a_message_by_hand() -> None:
    assert begun(asking(APOLOGY)).refuse(EffectHanded, effect="1.0", task="pigeon").code == "wrong_task"


def test_a_cancelled_message_is_as_if_it_had_never_been_asked_for() -> None:
    story = begun(asking(APOLOGY))
    assert story.refuse(EffectCancelled, effect="1.0", reason=" ").code == "no_reason"
    decision = story.do(EffectCancelled, by="agent:li", effect="1.0", reason="she rang first")
    assert (decision.case.awaiting, decision.case.sent, decision.case.undelivered) == ({}, {}, {})
    assert story.refuse(EffectDelivered, effect="1.0").code == "not_awaited"


def test_a_failed_message_that_is_cancelled_waits_for_nobody() -> None:
    story = undeliverable()
    decision = story.do(EffectCancelled, by="agent:li", effect="1.0", reason="no longer needed")
    assert (decision.case.tasks, decision.case.undelivered) == ({}, {})


def test_several_awaited_messages_are_all_named() -> None:
    story = begun(workflow(step("one", Need("a"), on_enter=[Send("x"), Send("y")]), facts=FACTS))
    assert story.refuse(EffectDelivered, effect="9.9").hint == "Awaited: 1.0, 1.1."


def test_the_customers_further_messages_are_counted() -> None:
    story = begun(asking(APOLOGY))
    story.do(MessageReceived, by="customer", text="Any news?")
    assert story.do(MessageReceived, by="customer", text="Hello?", channel="chat").case.messages == 2


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_message_is_no_message(text: str) -> None:
    refusal = begun(asking(APOLOGY)).refuse(MessageReceived, by="customer", text=text)
    assert (refusal.code, refusal.message) == ("no_text", "A message needs a text.")


def test_a_message_asked_for_while_a_story_is_read_back_is_the_same() -> None:
    one, other = Story(asking(APOLOGY)), Story(asking(APOLOGY))
    assert one.open().effects == other.open().effects


# --- to whoever waits for an answer -------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["greeting", "marketing", "rating-ask"])
def test_nothing_that_serves_us_goes_to_somebody_who_waits_for_an_answer(purpose: str) -> None:
    answer = Clock(
        "answer",
        ALWAYS,
        starts=Anchor("mark", MESSAGE),
        stops=(Anchor("mark", HEARD),),
        limits=(Limit(read_span("4 hours")),),
    )
    of_ours = Send("news", once="always")
    story = begun(
        workflow(
            step("one", Need("a")),
            facts=FACTS,
            transitions=[transition("tell", "one", "same", then=[of_ours])],
            clocks={"answer": answer},
            purposes={"news": purpose},
        )
    )
    assert sent_by(story.ask("tell")) == ["news"]
    story.do(MessageReceived, by="customer", missed=True)
    assert story.case.unanswered
    told = story.ask("tell")
    assert sent_by(told) == []
    assert "news not sent: the customer has written and waits for an answer" in told.why
    story.do(EffectDelivered, by="engine", effect="2.0")
    assert story.case.unanswered, "what was asked for before they wrote is no answer"


def test_a_call_that_nobody_answered_needs_no_words() -> None:
    story = begun(asking(APOLOGY))
    assert story.refuse(MessageReceived, by="customer").code == "no_text"
    story.do(MessageReceived, by="customer", missed=True)
    assert story.case.messages == 1
