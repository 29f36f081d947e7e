"""A channel's limits: never too many in any span, in the order they came, and nobody waits for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from recovery.clock import ManualClock
from recovery.delivery.channels import Message, limiting
from recovery.delivery.channels.limiting import Limited, Rate
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Outcome
from recovery.engine import Engine
from recovery.testing import Mailbox
from recovery.ticking import next_moment
from tests.support import clock, engine, project, verified

__all__ = ["clock", "engine", "project"]

MINUTE = timedelta(minutes=1)


class Stamped(Mailbox):
    """Keeps the moments of what it takes as well."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock
        self.at: list[datetime] = []

    def deliver(self, message: Message) -> Outcome:
        self.at.append(self.clock.now())
        return super().deliver(message)


def complain(engine: Engine, domains: list[str]) -> None:
    for domain in domains:
        engine.open_case("It never came.", customer={"address": f"ana@{domain}"})


def run(engine: Engine, clock: ManualClock, channel: Limited) -> int:
    """Deliver until nothing waits; gives how many times something was put off."""
    put_off = 0
    for _ in range(1_000):
        put_off += deliver_due(engine, channel).later
        if not engine.store.outbox_counts(engine.tenant).get("due"):
            return put_off
        at = next_moment(engine, clock.now())
        assert at is not None
        clock.set(max(at, clock.now()))
    pytest.fail("it never ended")


def test_what_is_too_much_is_put_off_each_to_its_turn_and_in_order(
    engine: Engine, clock: ManualClock
) -> None:
    complain(engine, ["example.org"] * 25)
    mailbox = Stamped(clock)
    began = clock.now()
    put_off = run(engine, clock, Limited(mailbox, Rate(10, MINUTE), None, clock.now))
    assert [message.case for message in mailbox.messages] == list(range(1, 26))
    assert [(at - began) // MINUTE for at in mailbox.at] == [0] * 10 + [1] * 10 + [2] * 5
    assert put_off == 15
    assert verified(engine).ok


def test_no_span_of_that_length_has_more_whenever_it_begins(engine: Engine, clock: ManualClock) -> None:
    mailbox = Stamped(clock)
    channel = Limited(mailbox, Rate(5, MINUTE), None, clock.now)
    for seconds in (0, 20, 25, 50, 10, 7):
        clock.advance(timedelta(seconds=seconds))
        complain(engine, ["example.org"] * 3)
        deliver_due(engine, channel)
    run(engine, clock, channel)
    assert len(mailbox.at) == 18
    assert all(later - first >= MINUTE for first, later in zip(mailbox.at, mailbox.at[5:], strict=False))
    assert all(one <= other for one, other in pairwise(mailbox.at))


def test_a_newcomer_does_not_take_the_turn_of_one_who_waits(engine: Engine, clock: ManualClock) -> None:
    mailbox = Stamped(clock)
    channel = Limited(mailbox, Rate(1, MINUTE), None, clock.now)
    complain(engine, ["example.org"] * 3)
    deliver_due(engine, channel)
    clock.advance(timedelta(seconds=59))
    complain(engine, ["example.org"])
    run(engine, clock, channel)
    assert [message.case for message in mailbox.messages] == [1, 2, 3, 4]


def test_one_domain_that_is_full_delays_no_other(engine: Engine, clock: ManualClock) -> None:
    complain(engine, ["slow.example", "SLOW.example", "slow.example", "quick.example"])
    mailbox = Stamped(clock)
    channel = Limited(mailbox, None, Rate(1, MINUTE), clock.now)
    deliver_due(engine, channel)
    assert [message.case for message in mailbox.messages] == [1, 4]
    run(engine, clock, channel)
    assert [message.case for message in mailbox.messages] == [1, 4, 2, 3]


def test_waiting_counts_as_no_attempt(engine: Engine, clock: ManualClock) -> None:
    complain(engine, ["example.org"] * 2)
    deliver_due(engine, Limited(Mailbox(), Rate(1, MINUTE), None, clock.now))
    (row,) = engine.store.outbox(engine.tenant, status="due")
    assert row.attempts == 0
    assert "at_most" in (row.note or "")


def test_more_than_can_be_kept_in_mind_leave_all_the_same(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "TURNS_KEPT", 3)
    complain(engine, ["example.org"] * 12)
    mailbox = Stamped(clock)
    run(engine, clock, Limited(mailbox, Rate(2, MINUTE), None, clock.now))
    assert len(mailbox.at) == 12
    assert all(later - first >= MINUTE for first, later in zip(mailbox.at, mailbox.at[2:], strict=False))


def test_domains_of_long_ago_are_forgotten(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "DOMAINS_KEPT", 2)
    channel = Limited(Mailbox(), None, Rate(1, MINUTE), clock.now)
    for n in range(6):
        complain(engine, [f"d{n}.example"])
        deliver_due(engine, channel)
        clock.advance(2 * MINUTE)
    assert len(channel._domains) <= 2
