"""Writing to a customer: drafts, the guard at the door, the time to undo, and what leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.errors import EventRefused, NotFound, RecoveryError, Refusal
from recovery.core.events import MessageWritten
from recovery.delivery.mail import as_mail, message_id
from recovery.delivery.message import Sender
from recovery.delivery.outbox import deliver_due
from recovery.desk import Desk
from recovery.engine import Engine
from recovery.testing import Mailbox, run_until
from tests.support import START, case_of, verified

SORRY = "I looked into it myself, and I am sorry."
BLAME = "It was the warehouse's fault. This happens a lot."
REFUNDED = "We have refunded you."
SENDER = Sender("care@example.org")


def sent(engine: Engine, clock: ManualClock) -> Mailbox:
    """What leaves in the next hour."""
    mailbox = Mailbox()
    run_until(engine, clock.now() + timedelta(hours=1), mailbox)
    return mailbox


def refused(desk: Desk, case: int, text: str, **more: Any) -> Refusal:
    with pytest.raises(EventRefused) as caught:
        desk.say(case, text, **{"by": "agent:li", **more})
    return caught.value.refusal


def test_a_message_waits_for_a_minute_and_then_leaves_signed(
    desk: Desk, engine: Engine, clock: ManualClock, case: int
) -> None:
    deliver_due(engine, Mailbox())
    outcome = desk.say(case, SORRY, by="agent:li", subject="Your parcel")
    mailbox = Mailbox()
    run_until(engine, START + timedelta(seconds=59), mailbox)
    assert mailbox.messages == []
    run_until(engine, START + timedelta(seconds=60), mailbox)
    (message,) = mailbox.messages
    assert (message.effect, message.template, message.purpose) == (outcome.effects[0], "written", "message")
    assert (message.address, message.subject) == ("ana@example.org", "Your parcel")
    assert message.text == f"Dear Ana,\n\n{SORRY}\n\nWith kind regards,\nLi\n"
    assert message.by_hand
    assert b"Auto-Submitted" not in as_mail(message, SENDER)
    assert verified(engine).ok


def test_messages_of_a_case_keep_their_order_also_behind_one_that_waits(
    desk: Desk, engine: Engine, clock: ManualClock, case: int
) -> None:
    deliver_due(engine, Mailbox())
    desk.say(case, "First.", by="agent:li")
    desk.say(case, "Second.", by="agent:li", wait=0)
    assert deliver_due(engine, Mailbox()).delivered == 0
    texts = [message.text for message in sent(engine, clock).messages]
    assert ["First." in text for text in texts] == [True, False]


def test_what_waits_can_be_taken_back(desk: Desk, engine: Engine, clock: ManualClock, case: int) -> None:
    deliver_due(engine, Mailbox())
    (effect,) = desk.say(case, SORRY, by="agent:li").effects
    desk.cancel(case, effect, "it was for somebody else", by="agent:li")
    assert sent(engine, clock).messages == []
    assert verified(engine).ok


def test_the_same_key_says_it_once(desk: Desk, case: int) -> None:
    first = desk.say(case, SORRY, by="agent:li", key="click-1")
    again = desk.say(case, SORRY, by="agent:li", key="click-1")
    assert (again.effects, again.repeated) == (first.effects, True)


# --- the guard at the door ----------------------------------------------------------------------------------


def test_what_the_guard_blocks_is_refused_with_every_place_why_and_a_better_sentence(
    desk: Desk, engine: Engine, case: int
) -> None:
    before = case_of(engine, case).seq
    refusal = refused(desk, case, BLAME, subject="Your parcel")
    assert refusal.code == "phrase_blocked"
    assert refusal.message.startswith('"It was the warehouse\'s fault" is blame: ')
    assert "Say, for example: " in refusal.message
    assert [line.split(":")[0] for line in refusal.details] == ["'This happens a lot' is normalising"]
    assert refusal.hint == "Change it, or let a supervisor send it, who says why."
    assert case_of(engine, case).seq == before


def test_a_subject_is_guarded_too(desk: Desk, case: int) -> None:
    assert refused(desk, case, SORRY, subject="It was the warehouse's fault").code == "phrase_blocked"


def test_nothing_gets_round_the_guard_through_the_engines_own_door(engine: Engine, case: int) -> None:
    event = MessageWritten(by="agent:li", occurred_at=START, text=BLAME)
    with pytest.raises(EventRefused, match="is blame"):
        engine.handle(event, case)


def test_chinese_words_are_held_to_the_chinese_rules_in_any_case(desk: Desk, case: int) -> None:
    assert refused(desk, case, "这不是我们的责任，这种事经常发生。").code == "phrase_blocked"


def test_a_supervisor_may_let_it_pass_on_record(desk: Desk, engine: Engine, case: int) -> None:
    assert refused(desk, case, BLAME, despite="her own words").code == "not_allowed"
    outcome = desk.say(case, BLAME, by="supervisor:eve", despite="she asked for the cause, in these words")
    assert outcome.why[-3:] == (
        "the phrase guard on blame/others: It was the warehouse's fault",
        "the phrase guard on normalising: This happens a lot",
        "sent despite the phrase guard: she asked for the cause, in these words",
    )
    assert engine.store.log(engine.tenant, case)[-1].event["doubts"].keys() == {
        "blame/others",
        "normalising",
    }


def test_nobody_lets_an_untruth_pass(desk: Desk, engine: Engine, case: int) -> None:
    for by in ("agent:li", "supervisor:eve"):
        refusal = refused(desk, case, REFUNDED, by=by, despite="she will be glad")
        assert refusal.code == "phrase_blocked"
        assert "is untruth" in refusal.message
        assert refusal.hint == "Change it and send it again."


def test_what_is_on_record_may_be_said(desk: Desk, engine: Engine, case: int) -> None:
    engine.record(
        case, {"resolution.kind": "refund", "resolution.done_at": "2026-11-20T08:00:00Z"}, by="agent:li"
    )
    desk.say(case, REFUNDED, by="agent:li")


def test_a_template_that_states_what_the_case_does_not_know_is_an_untruth(desk: Desk, case: int) -> None:
    refusal = refused(desk, case, "It is done.", template="resolution")
    assert (refusal.code, refusal.fault) == ("untruth", "caller")
    assert "resolution.done_at" in refusal.message


def test_what_the_customer_said_may_be_repeated(desk: Desk, engine: Engine) -> None:
    words = "This happens a lot with you."
    opened = engine.open_case(words, customer={"address": "ana@example.org"})
    desk.say(opened.case, f"{words} I read that twice.", by="agent:li")


def test_what_is_doubtful_is_sent_and_on_record(desk: Desk, engine: Engine, case: int) -> None:
    draft = desk.draft(case, by="agent:li", text="I have called you, and I try again at noon.")
    doubtful = [hit for hit in draft.hits if hit.level == "warn"]
    assert doubtful
    assert draft.refusal is None
    outcome = desk.say(case, draft.text, by="agent:li")
    assert outcome.why[-1].startswith(f"the phrase guard on {doubtful[0].rule}: ")


def test_a_note_is_for_colleagues_and_held_to_their_rules(desk: Desk, engine: Engine, case: int) -> None:
    desk.note(case, f"{BLAME} Ask them.", by="agent:li")
    assert engine.store.log(engine.tenant, case)[-1].event == {"text": f"{BLAME} Ask them."}


# --- drafts -------------------------------------------------------------------------------------------------


def test_what_can_be_said_is_listed_with_its_purpose(desk: Desk, case: int) -> None:
    found = {one.template: one for one in desk.sayable(case)}
    assert (found["restatement"].to, found["brief"].to) == ("customer", "owner")
    assert found["acknowledgement"].sent_as == "1.0"
    assert found["apology"].sent_as is None
    assert found["holding"].purpose == "holding"


def test_a_draft_is_the_template_with_what_the_case_knows(desk: Desk, engine: Engine, case: int) -> None:
    before = case_of(engine, case).seq
    draft = desk.draft(case, "restatement", by="agent:li")
    assert (draft.to, draft.address, draft.channel, draft.language) == (
        "customer",
        "ana@example.org",
        "mail",
        "en",
    )
    assert draft.text.startswith("Dear Ana,\n")
    assert draft.letter.text == draft.text
    assert draft.letter.subject == draft.subject
    assert (draft.hits, draft.refusal) == ([], None)
    assert "Ana，您好：" in desk.draft(case, "restatement", by="agent:li", language="zh").text
    assert case_of(engine, case).seq == before


def test_a_draft_says_what_would_be_refused(desk: Desk, case: int) -> None:
    blocked = desk.draft(case, by="agent:li", text=BLAME)
    assert blocked.refusal is not None
    assert (blocked.refusal.code, [hit.cls for hit in blocked.hits]) == (
        "phrase_blocked",
        ["blame", "normalising"],
    )
    twice = desk.draft(case, "acknowledgement", by="agent:li")
    assert twice.refusal is not None
    assert twice.refusal.code == "already_sent"


def test_an_edited_draft_keeps_what_was_edited(desk: Desk, case: int) -> None:
    draft = desk.draft(case, "restatement", by="agent:li", text="Dear Ana,\n\nI have it.\n\nLi")
    assert draft.text == "Dear Ana,\n\nI have it.\n\nLi"
    assert draft.subject == desk.draft(case, "restatement", by="agent:li").subject


def test_what_is_for_colleagues_goes_to_them(desk: Desk, engine: Engine, case: int) -> None:
    draft = desk.draft(case, "brief", by="agent:li")
    assert (draft.to, draft.address, draft.channel) == ("owner", "li", "desk")
    with pytest.raises(RecoveryError, match="brief is for colleagues"):
        desk.draft(case, "brief", by="agent:li", to="customer")


def test_what_cannot_be_drafted_says_why(desk: Desk, case: int) -> None:
    with pytest.raises(RecoveryError, match="There is nothing to say"):
        desk.draft(case, by="agent:li")
    with pytest.raises(NotFound, match="Did you mean restatement"):
        desk.draft(case, "restatemnt", by="agent:li")
    with pytest.raises(RecoveryError, match=r"resolution cannot be filled: .* which the case does not know"):
        desk.draft(case, "resolution", by="agent:li")
    with pytest.raises(NotFound, match="There is no case 99"):
        desk.draft(99, "restatement", by="agent:li")


def test_an_apology_written_by_hand_is_the_apology_of_this_cycle(
    desk: Desk, engine: Engine, clock: ManualClock
) -> None:
    opened = engine.open_case("It broke.", customer={"name": "Ana", "address": "ana@example.org"})
    draft = desk.draft(opened.case, "apology", by="agent:li", text=SORRY)
    desk.say(opened.case, draft.text, by="agent:li", subject=draft.subject, template="apology")
    mailbox = sent(engine, clock)
    assert mailbox.templates == ["acknowledgement", "apology"]
    assert (mailbox.messages[1].text, mailbox.messages[1].purpose) == (f"{SORRY}\n", "apology")
    assert case_of(engine, opened.case).facts["apology.sent"] is True
    assert refused(desk, opened.case, SORRY, template="apology").code == "already_sent"


def test_an_answer_is_threaded_to_the_mail_it_answers(
    desk: Desk, engine: Engine, clock: ManualClock, case: int
) -> None:
    deliver_due(engine, Mailbox())
    desk.receive(case, "Where is it?", message_id="<1@example.org>")
    desk.receive(case, "Hello?", message_id="<2@example.org>")
    desk.say(case, SORRY, by="agent:li")
    (message,) = sent(engine, clock).messages
    assert message.in_reply_to == "<2@example.org>"
    assert b"In-Reply-To: <2@example.org>" in as_mail(message, SENDER)
    desk.receive(case, "Thank you.", in_reply_to=message_id(message, SENDER), message_id="<3@example.org>")
    assert desk.conversation(case)[-1].answers == message.effect
