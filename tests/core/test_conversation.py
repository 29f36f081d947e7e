"""What is said in a case: messages in a person's own words, notes, files, and what the customer answers."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.core.attachments import BYTES_AT_MOST, KINDS
from recovery.core.conversation import WAIT_AT_MOST, WORDS_AT_MOST, sayable
from recovery.core.events import (
    AttachmentAdded,
    CaseMerged,
    EffectCancelled,
    EffectDelivered,
    MessageReceived,
    MessageWritten,
    NoteAdded,
)
from recovery.core.facts import FactType
from recovery.core.spec import CountFailure, Coupon, Need, Send, Workflow
from tests.core.builders import Story, begun, sent_by, step, texts, transition, workflow

ENGINE_ONLY = FactType("apology.sent", "boolean", said_by=frozenset({"engine"}))
FACTS = texts("a") | {"apology.sent": ENGINE_ONLY}
SHA = "ab" * 32
PHOTO: dict[str, Any] = {"name": "photo.jpg", "type": "image/jpeg", "size": 10, "sha256": SHA}


def desk(**more: Any) -> Workflow:
    """A case in `one` sends an apology when it comes to `two`, and again after a failure."""
    apology = Send("apology", {"apology.sent": True})
    return workflow(
        step("one", Need("a")),
        step("two", Need("apology.sent", "is", True), on_enter=[apology]),
        facts=FACTS,
        transitions=[
            transition("fail", "one two", "one", then=[CountFailure()]),
            transition("tell", "one", "same", then=[Send("brief", to="owner"), Send("hello", once="always")]),
            transition("give", "one", "same", then=[Send("coupon-note", coupon=Coupon("gift", "5 USD", 60))]),
        ],
        say=("restatement",),
        **more,
    )


def at_the_desk(**more: Any) -> Story:
    """A case of Ana's, who writes mail."""
    return begun(desk(), customer={"address": "ana@example.org", "name": "Ana"}, **more)


def test_a_message_in_a_persons_own_words_waits_a_moment_before_it_leaves() -> None:
    decision = at_the_desk().do(MessageWritten, text="We found it.", subject="Your parcel")
    (effect,) = decision.effects
    assert (effect.template, effect.to, effect.address) == ("written", "customer", "ana@example.org")
    assert (effect.channel, effect.language, effect.held) == ("mail", "en", False)
    assert effect.due_at == "2026-11-20T09:02:00.000000Z"
    assert effect.context["written"] == {
        "subject": "Your parcel",
        "text": "We found it.",
        "by": "agent:li",
        "free": True,
        "in_reply_to": None,
    }
    assert effect.context["facts"] == {}
    assert decision.case.awaiting == {"2.0": ("written", {})}
    assert decision.case.sent == {}


def test_it_leaves_at_once_when_nobody_wants_to_wait() -> None:
    (effect,) = at_the_desk().do(MessageWritten, text="We found it.", wait=0).effects
    assert effect.due_at is None


def test_it_may_go_another_way_and_in_another_language() -> None:
    (effect,) = at_the_desk().do(MessageWritten, text="找到了。", language="zh", channel="phone").effects
    assert (effect.language, effect.channel) == ("zh", "phone")


def test_it_may_go_to_the_owner() -> None:
    story = at_the_desk()
    story.record({"owner": "bo"})
    (effect,) = story.do(MessageWritten, text="Call her today.", to="owner").effects
    assert (effect.to, effect.address, effect.channel, effect.language) == ("owner", "bo", "desk", "en")


def test_an_apology_written_by_hand_is_an_apology() -> None:
    story = at_the_desk()
    story.do(MessageWritten, text="I am sorry.", template="apology")
    assert story.case.sent == {"apology@1": "2.0"}
    arrived = story.record({"a": "x"})
    assert sent_by(arrived) == []
    assert arrived.why[-1] == "apology not sent again: already sent as 2.0"
    story.do(EffectDelivered, by="engine", effect="2.0")
    sent = story.case.fact("apology.sent")
    assert sent is not None
    assert sent[:2] == (True, "engine")
    assert story.case.step == "closed"


def test_a_second_one_in_the_same_cycle_is_refused() -> None:
    story = at_the_desk()
    story.do(MessageWritten, text="I am sorry.", template="apology")
    refusal = story.refuse(MessageWritten, text="I am so sorry.", template="apology")
    assert (refusal.code, refusal.message) == ("already_sent", "apology has been sent already, as 2.0.")
    story.do(EffectCancelled, effect="2.0", reason="it sounds cold")
    story.do(MessageWritten, text="I am so sorry.", template="apology")
    story.ask("fail")
    assert story.do(MessageWritten, text="I am sorry again.", template="apology").case.sent.keys() == {
        "apology@1",
        "apology@2",
    }


def test_what_a_rule_sends_always_and_what_only_people_say_may_be_said_again() -> None:
    story = at_the_desk()
    for template in ("hello", "restatement"):
        for _ in range(2):
            story.do(MessageWritten, text="Hello.", template=template)
    assert story.case.sent == {}


def test_a_template_meant_for_somebody_else_does_not_stand_for_it() -> None:
    story = at_the_desk()
    story.do(MessageWritten, text="A brief.", template="brief", to="supervisor")
    assert story.case.sent == {}


def test_what_can_be_said_is_what_people_say_and_what_rules_send() -> None:
    assert sayable(desk()) == ("restatement", "apology", "brief", "hello")
    refusal = at_the_desk().refuse(MessageWritten, text="Hello.", template="apologi")
    assert (refusal.code, refusal.hint) == ("unknown_template", "Did you mean apology?")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": " \n"}, "no_text"),
        ({"text": "x" * (WORDS_AT_MOST + 1)}, "too_long"),
        ({"wait": WAIT_AT_MOST + 1}, "too_long_a_wait"),
        ({"to": "everybody"}, "wrong_recipient"),
        ({"by": "customer"}, "not_allowed"),
        ({"by": "import"}, "not_allowed"),
        ({"despite": "it is her wish"}, "not_allowed"),
        ({"by": "supervisor:eve", "despite": " "}, "no_reason"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused(fields: dict[str, Any], code: str) -> None:
    assert at_the_desk().refuse(MessageWritten, **{"text": "We found it.", **fields}).code == code


def test_a_case_of_the_past_sends_nothing_by_hand_either() -> None:
    assert at_the_desk(mode="history").refuse(MessageWritten, text="We found it.").code == "history"


def test_what_the_guard_found_and_who_overruled_it_is_on_record() -> None:
    decision = at_the_desk().do(
        MessageWritten,
        by="supervisor:eve",
        text="It happens.",
        despite="a quotation of hers",
        doubts={"normalising": "It happens"},
    )
    assert decision.why[-2:] == [
        "the phrase guard on normalising: It happens",
        "sent despite the phrase guard: a quotation of hers",
    ]


def test_a_note_stays_in_the_house_and_moves_nothing() -> None:
    story = at_the_desk()
    decision = story.do(NoteAdded, text="She sounded tired.")
    assert (decision.effects, decision.changes, decision.why) == ([], [], ["a note by agent:li"])
    assert story.refuse(NoteAdded, by="customer", text="Hello?").code == "not_allowed"
    assert story.refuse(NoteAdded, text=" ").code == "no_text"


def test_whoever_wrote_to_a_merged_case_is_told_where_it_goes_on() -> None:
    story = at_the_desk()
    story.do(CaseMerged, into=2)
    for kind in (MessageWritten, NoteAdded):
        assert story.refuse(kind, text="x").hint == "Write it in case 2."


def test_a_file_belongs_to_the_case_once() -> None:
    story = at_the_desk()
    story.do(AttachmentAdded, by="customer", **PHOTO)
    assert story.case.attachments == {SHA: ("photo.jpg", "image/jpeg", 10)}
    again = story.do(AttachmentAdded, **PHOTO | {"name": "again.jpg"})
    assert again.why == ["again.jpg is attached already, as photo.jpg"]
    assert story.case.attachments == {SHA: ("photo.jpg", "image/jpeg", 10)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "../photo.jpg"},
        {"name": "a\nb.jpg"},
        {"name": "\u202egpj.exe.jpg"},
        {"name": ".jpg"},
        {"name": "photo"},
        {"name": "photo.svg"},
        {"name": "page.html", "type": "text/html"},
        {"name": "photo.png"},
        {"type": "text/html"},
        {"size": 0},
        {"size": BYTES_AT_MOST + 1},
        {"sha256": "AB" * 32},
    ],
)
def test_a_file_of_a_kind_that_is_not_accepted_is_refused(wrong: dict[str, Any]) -> None:
    refusal = at_the_desk().refuse(AttachmentAdded, **PHOTO | wrong)
    assert refusal.code == "wrong_attachment"
    assert refusal.hint


def test_every_kind_of_file_can_be_attached() -> None:
    for ending, kind in KINDS.items():
        at_the_desk().do(AttachmentAdded, **PHOTO | {"name": f"Ihr Beleg 1.{ending.upper()}", "type": kind})


def test_the_files_of_a_case_are_not_too_large_together() -> None:
    story = at_the_desk()
    for digit in "12345":
        story.do(AttachmentAdded, **PHOTO | {"size": BYTES_AT_MOST, "sha256": digit * 64})
    assert story.refuse(AttachmentAdded, **PHOTO).code == "too_much_attached"


def test_an_answer_names_the_files_that_came_with_it() -> None:
    story = at_the_desk()
    said: dict[str, Any] = {"by": "customer", "text": "", "attachments": {SHA: "photo.jpg"}}
    assert story.refuse(MessageReceived, **said).code == "not_attached"
    story.do(AttachmentAdded, by="customer", **PHOTO)
    story.do(MessageReceived, **said)
    assert story.case.messages == 1
    assert story.refuse(MessageReceived, by="customer", text=" ").code == "no_text"
