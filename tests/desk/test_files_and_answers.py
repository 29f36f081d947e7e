"""Files, answers, and the whole conversation."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

import pytest

from recovery import AsyncDesk, AsyncEngine
from recovery.clock import ManualClock
from recovery.core.errors import EventRefused, NotFound
from recovery.core.events import AttachmentAdded, CaseMerged
from recovery.delivery.outbox import deliver_due
from recovery.desk import Desk
from recovery.engine import Engine
from recovery.store.sqlite import SqliteStore
from recovery.testing import Mailbox, run_until
from tests.support import START, case_of, owned, verified

PHOTO = b"\xff\xd8\xff\xe0 a scratch"
SHA = sha256(PHOTO).hexdigest()


def kept(engine: Engine) -> int:
    assert isinstance(engine.store, SqliteStore)
    with closing(sqlite3.connect(engine.store.path)) as other:
        return int(other.execute("select count(*) from recovery_attachment").fetchone()[0])


def test_a_file_is_kept_outside_the_log_and_once_for_all_cases(desk: Desk, engine: Engine, case: int) -> None:
    desk.attach(case, "pictures/photo.jpg", PHOTO, by="customer")
    desk.attach(case, "again.jpg", PHOTO, by="customer")
    other = owned(engine)
    desk.attach(other, "photo.jpg", PHOTO, by="customer")
    assert kept(engine) == 1
    assert engine.store.log(engine.tenant, other)[-1].event == {
        "name": "photo.jpg",
        "type": "image/jpeg",
        "size": len(PHOTO),
        "sha256": SHA,
    }
    assert desk.attachment(case, SHA) == ("photo.jpg", "image/jpeg", SHA, PHOTO)
    assert verified(engine).ok


def test_the_file_of_another_case_is_not_to_be_had(desk: Desk, engine: Engine, case: int) -> None:
    desk.attach(owned(engine), "photo.jpg", PHOTO, by="customer")
    with pytest.raises(NotFound, match=f"Case {case} has no file"):
        desk.attachment(case, SHA)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("photo.exe", PHOTO, "wrong_attachment"),
        ("photo.png", PHOTO, "wrong_attachment"),
        ("letter.txt", b"PK\x03\x04\x00", "wrong_attachment"),
        ("letter.docx", b"MZ\x90", "wrong_attachment"),
        ("photo.jpg", b"", "wrong_attachment"),
        ("photo.jpg", b"\xff\xd8\xff" + bytes(10_000_000), "wrong_attachment"),
    ],
)
def test_a_file_that_is_not_accepted_leaves_nothing_behind(
    desk: Desk, engine: Engine, case: int, name: str, content: bytes, code: str
) -> None:
    before = case_of(engine, case).seq
    with pytest.raises(EventRefused) as caught:
        desk.attach(case, name, content, by="customer")
    assert caught.value.refusal.code == code
    assert caught.value.refusal.hint
    assert (case_of(engine, case).seq, kept(engine)) == (before, 0)


def test_a_file_without_its_content_is_refused(engine: Engine, case: int) -> None:
    event = AttachmentAdded(
        by="customer", occurred_at=START, name="photo.jpg", type="image/jpeg", size=len(PHOTO), sha256=SHA
    )
    with pytest.raises(EventRefused, match="did not come with it"):
        engine.handle(event, case)


def test_an_answer_is_on_record_with_its_files_whatever_becomes_of_some(
    desk: Desk, engine: Engine, case: int
) -> None:
    received = desk.receive(
        case,
        "Here it is.",
        subject="Re: your parcel",
        message_id="<1@example.org>",
        attachments=[("photo.jpg", PHOTO), ("virus.exe", b"MZ")],
    )
    assert [(name, refusal.code) for name, refusal in received.refused] == [("virus.exe", "wrong_attachment")]
    assert engine.store.log(engine.tenant, case)[-1].event == {
        "text": "Here it is.",
        "subject": "Re: your parcel",
        "message_id": "<1@example.org>",
        "attachments": {SHA: "photo.jpg"},
    }
    assert case_of(engine, case).messages == 1


def test_the_same_mail_is_taken_in_once(desk: Desk, engine: Engine, case: int) -> None:
    for repeated in (False, True):
        received = desk.receive(case, "Hello?", message_id="<1@example.org>")
        assert received.outcome.repeated is repeated
    assert case_of(engine, case).messages == 1


def test_what_a_machine_answered_is_kept_and_nothing_moves_by_it(
    desk: Desk, engine: Engine, case: int
) -> None:
    before = case_of(engine, case)
    desk.receive(case, "I am away until Monday.", message_id="<2@example.org>", auto=True)
    after = case_of(engine, case)
    assert (after.messages, after.clocks, after.due_at) == (before.messages, before.clocks, before.due_at)
    assert [(said.kind, said.text) for said in desk.conversation(case)][-1] == (
        "auto",
        "I am away until Monday.",
    )
    desk.say(case, "We found it.", by="agent:li")
    assert "in_reply_to" not in engine.store.log(engine.tenant, case)[-1].event


def test_a_missed_call_is_on_record_and_waits_for_an_answer(desk: Desk, engine: Engine, case: int) -> None:
    desk.receive(case, missed=True, channel="phone")
    assert case_of(engine, case).unanswered
    last = desk.conversation(case)[-1]
    assert (last.kind, last.text, last.channel) == ("missed", "", "phone")


def test_what_comes_for_a_merged_case_is_for_the_one_it_goes_on_in(
    desk: Desk, engine: Engine, case: int
) -> None:
    other = owned(engine)
    engine.handle(CaseMerged(by="agent:li", occurred_at=START, into=other), case)
    received = desk.receive(case, "And?", attachments=[("photo.jpg", PHOTO)])
    assert received.outcome.case == other
    assert case_of(engine, other).attachments.keys() == {SHA}


def test_the_whole_conversation_is_told_in_order(desk: Desk, engine: Engine, clock: ManualClock) -> None:
    case = engine.open_case("It broke.", customer={"name": "Ana", "address": "ana@example.org"}).case
    run_until(engine, START + timedelta(minutes=1))
    desk.receive(case, "A photo.", message_id="<1@example.org>", attachments=[("photo.jpg", PHOTO)])
    clock.advance(timedelta(minutes=1))
    desk.note(case, "She sounds tired.", by="agent:li")
    clock.advance(timedelta(minutes=1))
    desk.say(case, "I am looking at it now.", by="agent:li")
    told = desk.conversation(case)
    assert [(said.direction, said.kind, said.by, said.status) for said in told] == [
        ("in", "complaint", "customer", None),
        ("out", "message", "engine", "delivered"),
        ("in", "file", "customer", None),
        ("in", "message", "customer", None),
        ("internal", "note", "agent:li", None),
        ("out", "message", "agent:li", "due"),
    ]
    assert (told[0].text, told[3].files, told[5].text) == (
        "It broke.",
        ["photo.jpg"],
        "I am looking at it now.",
    )
    assert told[5].answers == "<1@example.org>"
    assert told[5].due_at == "2026-11-20T09:04:00.000000Z"
    assert told[1].text is not None
    assert told[1].text.startswith("Dear Ana,")
    assert told[0].as_dict()["text"] == "It broke."


def test_an_answer_to_somebody_elses_mail_names_that(desk: Desk, engine: Engine, case: int) -> None:
    made_up = "<case-1.1.0.00000000000000000000@example.org>"
    desk.receive(case, "Hello?", in_reply_to=made_up)
    assert desk.conversation(case)[-1].answers == made_up


def test_everything_can_be_awaited(engine: Engine, case: int) -> None:
    async def story() -> None:
        desk = AsyncDesk(AsyncEngine(engine))
        assert (await desk.sayable(case))[0].template == "restatement"
        draft = await desk.draft(case, by="agent:li", text="I have it.")
        (effect,) = (await desk.say(case, draft.text, by="agent:li")).effects
        await desk.cancel(case, effect, "too early", by="agent:li")
        await desk.note(case, "Later.", by="agent:li")
        await desk.attach(case, "photo.jpg", PHOTO, by="customer")
        assert (await desk.attachment(case, SHA)).content == PHOTO
        await desk.receive(case, "And?", attachments=[("photo.jpg", PHOTO)])
        assert (await desk.conversation(case))[-1].text == "And?"

    asyncio.run(story())
    deliver_due(engine, Mailbox())
