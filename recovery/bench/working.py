"""What two workers do on one PostgreSQL: clocks that have run out, and messages to a channel that takes all.

Clocks stand beside raw batched writes; messages beside Procrastinate, whose tasks do nothing, on a queue with
nothing else in it and on one with many rows that are due later. The same of ours with half a million of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial

from recovery.bench.crew import Prepared, rate_of
from recovery.bench.databases import NOW, copies, engine_on, libpq, postgres_database
from recovery.bench.queueing import Queue
from recovery.bench.reference import reference
from recovery.bench.reference import steps_per_second as theirs
from recovery.bench.stepping import OPENING, STATEMENT, open_cases, server
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.events import ComplaintReceived
from recovery.core.instants import from_text
from recovery.delivery.channels.simple import PortalChannel
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.ticking import fire_due
from recovery.worker.serving import SENDERS

FUTURE, FAR_MORE = 100_000, 500_000
"""How many rows are due later."""

JOBS_PART = 10
"""Procrastinate is given one task for so many messages of ours: it takes that much longer."""


def complain(engine: Engine, cases: int) -> None:
    """Open cases of customers with addresses; each asks for one message, due at once."""
    for begun in range(0, cases, OPENING):
        complaints = [
            ComplaintReceived(
                by="customer",
                occurred_at=NOW,
                text=STATEMENT,
                customer={"name": "Ana", "address": f"customer-{number}@example.org"},
            )
            for number in range(begun, min(begun + OPENING, cases))
        ]
        engine.handle_many([Command(one) for one in complaints])
        engine.store.give_way()


def sender(url: str, stack: ExitStack) -> Prepared:
    """A worker that sends what is due; by sending one of another tenant it has read all it needs."""
    engine = stack.enter_context(engine_on(url))
    other = Engine(engine.store, engine.clock, tenant=f"worker {os.getpid()}")
    complain(other, 1)
    deliver_due(other, PortalChannel())
    engine.current()

    def work() -> int:
        return deliver_due(engine, PortalChannel(), senders=SENDERS).delivered

    return work


def timekeeper(url: str, now: datetime, stack: ExitStack) -> Prepared:
    """A worker that lets clocks run out."""
    engine = stack.enter_context(engine_on(url))
    assert isinstance(engine.clock, ManualClock)
    engine.clock.set(now)
    engine.current()

    def work() -> int:
        seen = 0
        while some := fire_due(engine):
            seen += some
        return seen

    return work


def effects_per_second(url: str, messages: int) -> float:
    """Ask for messages, then let two workers send them."""
    with engine_on(url) as engine:
        complain(engine, messages)
    return rate_of(partial(sender, url), messages)


def timers_per_second(url: str, cases: int) -> float:
    """Open cases, then let two workers see to them when something is due in all of them."""
    with engine_on(url) as engine:
        for begun in range(0, cases, OPENING):
            open_cases(engine, min(OPENING, cases - begun))
        due_at = engine.store.next_due(engine.tenant)
    assert due_at is not None
    return rate_of(partial(timekeeper, url, from_text(due_at)), cases)


@contextmanager
def _timers(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    where, file = server(ground), reference()

    def ours() -> float:
        with postgres_database(where) as url:
            return timers_per_second(url, ground.steps)

    def raw() -> float:
        with postgres_database(where) as url:
            at = ("--dsn", libpq(url), "--url", url)
            return theirs(file, "postgres", "raw", *at, "--steps", str(ground.steps), "--batch", "100")

    yield {"timers-postgres": {"ours": ours, "raw": raw}}


@contextmanager
def _effects(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    where = server(ground)
    tasks = max(1, ground.steps // JOBS_PART)
    with ExitStack() as stack:

        def house(future: int) -> partial[float]:
            url = stack.enter_context(postgres_database(where))
            with engine_on(url) as engine:
                complain(engine, 1)
                copies(url, engine.tenant, future, timedelta(days=30))
                deliver_due(engine, PortalChannel())
            return partial(effects_per_second, url, ground.steps)

        def queue(future: int) -> partial[float]:
            made = Queue(stack.enter_context(postgres_database(where)))
            made.fill(future)
            return partial(made.tasks_per_second, tasks)

        clean = house(0)
        yield {
            "effects-postgres": {"ours": clean, QUEUE: queue(0)},
            "effects-postgres-future": {"ours": house(FUTURE), QUEUE: queue(FUTURE)},
            "effects-postgres-far-more": {"ours": house(FAR_MORE), NOTHING_ELSE: clean},
        }


QUEUE = "Procrastinate"
NOTHING_ELSE = "none due later"

TIMERS_POSTGRES = Subject(
    "timers-postgres", {"timers-postgres": Line("timers/s", {"raw": "≥ 0.25"})}, _timers
)
EFFECTS_POSTGRES = Subject(
    "effects-postgres",
    {
        "effects-postgres": Line("messages/s", {QUEUE: "≥ 3"}),
        "effects-postgres-future": Line("messages/s", {QUEUE: "≥ 10"}),
        "effects-postgres-far-more": Line("messages/s", {NOTHING_ELSE: "≥ 0.9"}),
    },
    _effects,
)
