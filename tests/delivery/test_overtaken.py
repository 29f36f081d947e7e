"""What had to wait for the customer's morning is not sent when nothing is left to say by then."""

from __future__ import annotations

from datetime import UTC, datetime

from recovery.clock import ManualClock
from recovery.delivery.message import Message
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Delivered, Outcome, RetryLater
from recovery.engine import Engine
from recovery.ticking import pass_time
from tests.support import clock, engine, project

__all__ = ["clock", "engine", "project"]

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
EVENING = datetime(2026, 11, 25, 18, tzinfo=UTC)  # two business days later the silence has to be broken
MORNING = datetime(2026, 11, 26, 1, tzinfo=UTC)  # nine in Shanghai


class Mailbox:
    """Remembers what it was given."""

    def __init__(self, *, takes: bool = True) -> None:
        self.got: list[str] = []
        self.takes = takes

    def deliver(self, message: Message) -> Outcome:
        self.got.append(message.template)
        return Delivered("taken") if self.takes else RetryLater("busy")


def with_news(engine: Engine, clock: ManualClock) -> int:
    """A case whose news waits for the morning."""
    clock.set(MONDAY)
    customer = {"address": "wei@example.org", "zone": "Asia/Shanghai"}
    case = engine.open_case("It broke.", customer=customer).case
    engine.record(case, {"owner": "li", "update.news": "The spare part has been ordered."}, by="agent:li")
    pass_time(engine, clock, EVENING, Mailbox())
    (row,) = engine.store.outbox(engine.tenant, case=case, status="due")
    assert (row.template, row.due_at) == ("holding", "2026-11-26T01:00:00.000000Z")
    return case


def accepted(engine: Engine, case: int) -> None:
    """What the clock that breaks the silence stops by."""
    facts = {"resolution.kind": "repair", "resolution.done_at": EVENING, "resolution.accepted": True}
    engine.record(case, facts, by="customer", source="customer")


def test_a_letter_whose_clock_has_stopped_is_cancelled_and_its_case_says_why(
    engine: Engine, clock: ManualClock
) -> None:
    case = with_news(engine, clock)
    accepted(engine, case)
    clock.set(MORNING)
    mailbox = Mailbox()
    done = deliver_due(engine, mailbox)
    assert done.cancelled == 1
    assert "holding" not in mailbox.got
    (record,) = (one for one in engine.store.log(engine.tenant, case) if one.kind == "EffectCancelled")
    assert record.why == ["holding cancelled: overtaken while it waited: clock silence no longer runs"]


def test_a_letter_whose_clock_runs_on_leaves_in_the_morning(engine: Engine, clock: ManualClock) -> None:
    case = with_news(engine, clock)
    engine.record(case, {"problem.category": "delivery"}, by="agent:li")
    clock.set(MORNING)
    mailbox = Mailbox()
    assert deliver_due(engine, mailbox).cancelled == 0
    assert "holding" in mailbox.got


def test_what_may_have_been_taken_already_is_tried_again_all_the_same(
    engine: Engine, clock: ManualClock
) -> None:
    case = with_news(engine, clock)
    clock.set(MORNING)
    deliver_due(engine, Mailbox(takes=False))
    accepted(engine, case)
    clock.set(MORNING.replace(hour=4))
    mailbox = Mailbox()
    assert deliver_due(engine, mailbox).cancelled == 0
    assert "holding" in mailbox.got
