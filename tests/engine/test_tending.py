"""Looking after the outbox from Python: pages, bulk acts, pauses, tasks, and what cannot be meant."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from recovery import AsyncEngine, EventRefused, Messages, RecoveryError
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Handed
from recovery.engine import Engine
from recovery.testing import Mailbox
from tests.support import NOT_WANTED, case_of, owned, verified

LI = "agent:li"


def test_the_outbox_is_read_a_page_at_a_time(engine: Engine) -> None:
    for _ in range(3):
        owned(engine)
    page = engine.list_outbox(limit=4)
    rest = engine.list_outbox(cursor=page.cursor, limit=4)
    assert [len(page.messages), len(rest.messages), rest.cursor] == [4, 2, None]
    rows = [(row.case, row.effect) for row in page.messages + rest.messages]
    assert rows == [(row.case, row.effect) for row in engine.store.outbox(engine.tenant)]


def test_many_messages_are_tended_to_in_several_transactions(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.tending.BATCH", 3)
    for _ in range(4):
        owned(engine)
    held = engine.hold(Messages(channel="mail"), by=LI, reason="wait")
    assert (held.found, held.done, held.refused) == (8, 8, [])
    assert engine.release(Messages(status="held"), by=LI).done == 8
    assert engine.cancel(Messages(template="assurance"), by=LI, reason="told").done == 4
    assert deliver_due(engine, Mailbox()).delivered == 4
    assert verified(engine).ok


def test_dead_letters_are_sent_again_with_the_same_words(engine: Engine) -> None:
    case = owned(engine)
    deliver_due(engine, Mailbox(NOT_WANTED))
    before = [row.rendered for row in engine.store.outbox(engine.tenant)]
    assert engine.resend(Messages(case=case), by=LI, dry_run=True).found == 2
    done = engine.resend(Messages(case=case), by=LI)
    assert (done.found, done.done, [row.status for row in done.first]) == (2, 2, ["failed"] * 2)
    assert deliver_due(engine, Mailbox()).delivered == 2
    assert [row.rendered for row in engine.store.outbox(engine.tenant)] == before
    assert case_of(engine, case).tasks == {}


def test_dead_letters_and_handed_messages_are_cancelled_only_when_asked_for(engine: Engine) -> None:
    case = owned(engine)
    deliver_due(engine, Mailbox(Handed("letter")))
    assert engine.cancel(Messages(case=case), by=LI, reason="no").found == 0
    assert engine.cancel(Messages(case=case, status="handed"), by=LI, reason="no").done == 2
    assert case_of(engine, case).tasks == {}
    assert verified(engine).ok


def test_what_a_case_refuses_is_left_and_listed(engine: Engine) -> None:
    case = owned(engine)
    deliver_due(engine, Mailbox(NOT_WANTED))
    done = engine.resend(Messages(case=case), by="nobody:x")
    assert done.done == 0
    assert {(one.case, one.refusal.code) for one in done.refused} == {(case, "unknown_role")}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"status": "lost"}, "is no status"),
        ({"channel": ""}, "is no channel"),
        ({"note": "\ud800"}, "is no note"),
        ({"case": "1"}, "is not a case number"),
        ({"effect": "1"}, "no message of a case"),
        ({"effect": "1.²"}, "no message of a case"),
        ({"asked_before": datetime(2026, 11, 20)}, "no zone"),  # noqa: DTZ001 - that is what is wrong
    ],
)
def test_messages_that_cannot_be_meant_are_refused(engine: Engine, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(RecoveryError, match=words):
        engine.list_outbox(Messages(**wrong))


def test_what_cannot_be_done_is_refused_before_anything_is_done(engine: Engine) -> None:
    owned(engine)
    with pytest.raises(RecoveryError, match="messages that are due"):
        engine.release(Messages(status="due"), by=LI)
    with pytest.raises(EventRefused, match="names nobody"):
        engine.hold(Messages(), by="", reason="x")
    with pytest.raises(RecoveryError, match="is no reason"):
        engine.cancel(Messages(), by=LI, reason=" ")
    with pytest.raises(RecoveryError, match="cannot be paused"):
        engine.pause("case", "1", by=LI, reason="x")
    with pytest.raises(RecoveryError, match="is no tenant"):
        engine.pause("tenant", "another", by=LI, reason="x")
    with pytest.raises(RecoveryError, match="is no channel"):
        engine.resume("channel")
    with pytest.raises(RecoveryError, match="is no owner"):
        engine.tasks(owner="")
    assert engine.store.outbox_counts(engine.tenant) == {"due": 2}


def test_everything_can_be_paused(engine: Engine) -> None:
    owned(engine)
    assert engine.pause("tenant", by=LI, reason="stop")
    assert deliver_due(engine, Mailbox()).delivered == 0
    assert [(pause.kind, pause.name) for pause in engine.pauses()] == [("tenant", engine.tenant)]
    assert engine.resume("tenant")
    assert deliver_due(engine, Mailbox()).delivered == 2


def test_tasks_are_read_a_page_at_a_time_and_done(engine: Engine) -> None:
    first, second = owned(engine), owned(engine, external_id="web-2")
    deliver_due(engine, Mailbox(Handed("phone")))
    page = engine.tasks(limit=1)
    rest = engine.tasks(cursor=page.cursor)
    assert ([task.case for task in page.tasks], rest.cursor) == ([first] * 2, None)
    assert {(task.case, task.external_id, task.owner) for task in rest.tasks} == {(second, "web-2", "li")}
    assert all(task.message.rendered for task in rest.tasks)
    for task in rest.tasks:
        engine.task_done(task.case, task.task, by=LI, note="reached")
    assert {row.status for row in engine.store.outbox(engine.tenant, case=second)} == {"delivered"}
    assert {task.case for task in engine.tasks().tasks} == {first}


def test_all_of_it_can_be_awaited(engine: Engine) -> None:
    case = owned(engine)

    async def tend() -> None:
        on = AsyncEngine(engine)
        assert (await on.hold(Messages(case=case), by=LI, reason="wait")).done == 2
        assert len((await on.list_outbox(Messages(status="held"))).messages) == 2
        assert (await on.release(Messages(case=case), by=LI, reason="go")).done == 2
        assert await on.pause("channel", "mail", by=LI, reason="stop")
        assert len(await on.pauses()) == 1
        assert await on.resume("channel", "mail")
        assert (await on.cancel(Messages(case=case, effect="1.0"), by=LI, reason="no")).done == 1
        await asyncio.to_thread(deliver_due, engine, Mailbox(NOT_WANTED))
        (task,) = (await on.tasks()).tasks
        assert (await on.resend(Messages(case=case), by=LI)).done == 1
        await asyncio.to_thread(deliver_due, engine, Mailbox(NOT_WANTED))
        assert (await on.task_done(case, task.task, by=LI)).case == case
        assert (await on.tasks(owner="li")).tasks == []

    asyncio.run(tend())
