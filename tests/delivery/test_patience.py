"""No flood: a customer gets so many messages that nobody waits for a day, of all their cases together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recovery.clock import ManualClock
from recovery.core.contact import ENOUGH
from recovery.delivery.message import Message
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Delivered, Outcome
from recovery.desk import Desk
from recovery.engine import Engine
from recovery.ticking import fire_due, pass_time
from tests.support import clock, engine, project

__all__ = ["clock", "engine", "project"]

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
DUE = datetime(2026, 11, 25, 18, tzinfo=UTC)  # two business days after Monday
MORNING = datetime(2026, 11, 26, 9, tzinfo=UTC)
LANGUAGES = ("en", "zh", "en-GB", "zh-CN")
"""Letters in different languages do not become one."""


class Mailbox:
    """Takes everything, and remembers what."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []

    def deliver(self, message: Message) -> Outcome:
        self.got.append((message.template, message.case))
        return Delivered("taken")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def with_news(engine: Engine, clock: ManualClock, mailbox: Mailbox, cases: int, address: str) -> list[int]:
    """Cases of one customer, each with news that a holding message tells at one moment."""
    clock.set(MONDAY)
    found = []
    for language in LANGUAGES[:cases]:
        case = engine.open_case("It broke.", customer={"address": address}, language=language).case
        engine.record(case, {"owner": "li", "update.news": "The spare part has been ordered."}, by="agent:li")
        found.append(case)
    pass_time(engine, clock, DUE - timedelta(minutes=1), mailbox)
    mailbox.got.clear()
    return found


@pytest.mark.parametrize("senders", [0, 4])
def test_a_third_holding_message_of_the_day_waits_until_the_morning(
    engine: Engine, clock: ManualClock, mailbox: Mailbox, senders: int
) -> None:
    cases = with_news(engine, clock, mailbox, 4, "ana@example.org")
    clock.set(DUE)
    fire_due(engine)
    done = deliver_due(engine, mailbox, senders=senders)
    assert [template for template, _ in mailbox.got if template == "holding"] == ["holding"] * 2
    assert done.later == 2
    waiting = [row for row in engine.store.outbox(engine.tenant, status="due") if row.template == "holding"]
    assert {(row.note, row.due_at) for row in waiting} == {(ENOUGH, "2026-11-26T09:00:00.000000Z")}
    clock.set(MORNING)
    deliver_due(engine, mailbox, senders=senders)
    told = [case for template, case in mailbox.got if template == "holding"]
    assert sorted(told) == cases, "each once"


def test_another_customer_s_messages_are_not_counted(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    with_news(engine, clock, mailbox, 2, "ana@example.org")
    with_news(engine, clock, mailbox, 2, "bo@example.org")
    clock.set(DUE)
    fire_due(engine)
    assert deliver_due(engine, mailbox).later == 0


def test_an_answer_is_never_kept_waiting_by_a_message_that_was_too_much(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    with_news(engine, clock, mailbox, 3, "ana@example.org")
    clock.set(DUE)
    fire_due(engine)
    deliver_due(engine, mailbox)
    (waiting,) = (one for one in engine.store.outbox(engine.tenant, status="due") if one.note == ENOUGH)
    mailbox.got.clear()
    Desk(engine).say(waiting.case, "The part has come; I fit it today.", by="agent:li", wait=60)
    clock.set(DUE + timedelta(minutes=1))
    deliver_due(engine, mailbox)
    told = [(template, case) for template, case in mailbox.got if template != "news-due"]
    assert told == [("holding", waiting.case), ("written", waiting.case)], "in the order of the case"
