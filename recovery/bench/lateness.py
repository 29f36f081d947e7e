"""How late clocks are seen to when a worker bears half of what it can, in SQLite.

A worker is first given cases in which something is due all at once: how many it sees to in a second, with the
messages that follow, is the most it bears. Then come as many cases again whose clocks run out one after the
other, half as many a second, while its loop runs as it always does. Late is each by the time from when it was
due to when what followed was decided; the 99th of a hundred counts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter

from recovery.bench.databases import sqlite_engine
from recovery.bench.stepping import KNOWN, OPENING, STATEMENT
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.bootstrap import keep_what_is_loaded
from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.events import ComplaintReceived
from recovery.core.instants import from_text
from recovery.delivery.channels.simple import PortalChannel
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.worker.loop import run_until_stopped
from recovery.worker.serving import Worker

MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday, in business hours: clocks that count them run out as far from each other as they started."""

LEAD = timedelta(milliseconds=500)
"""How long the loop runs before the first clock runs out."""

BOUND_MS = 1_000.0
"""A worker looks every second."""


class Passing:
    """A clock that goes on from a moment, as fast as time does."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._began = perf_counter()

    def now(self) -> datetime:
        """The moment it has come to."""
        return self._start + timedelta(seconds=perf_counter() - self._began)


def most_per_second(engine: Engine, cases: int) -> float:
    """How many cases a worker sees to when something is due in all of them, with what follows."""
    _open(engine, cases, timedelta())
    assert isinstance(engine.clock, ManualClock)
    engine.clock.set(_next_due(engine))
    worker = _worker(engine)
    begun = perf_counter()
    worker.tick()
    taken = perf_counter() - begun
    assert worker.pulse.fired == cases, f"{worker.pulse.fired} cases were seen to, not {cases}"
    return cases / taken


def lateness(engine: Engine, cases: int, per_second: float) -> list[float]:
    """By how many milliseconds cases that come due so many a second are seen to late, from least to most."""
    apart = timedelta(seconds=1 / per_second)
    opened = _open(engine, cases, apart)
    first = _next_due(engine)
    engine.clock = Passing(first - LEAD)
    worker = _worker(engine)

    def turn() -> float | None:
        seconds = worker.turn()
        if worker.pulse.fired >= cases:
            worker.stop.set()
        return seconds

    run_until_stopped(turn, worker.stop, _nobody_wakes)
    late = []
    for number, case in enumerate(opened):
        fired = next(one for one in engine.store.log(engine.tenant, case) if one.kind == "TimerFired")
        late.append((from_text(fired.recorded_at) - (first + number * apart)) / timedelta(milliseconds=1))
    return sorted(late)


def _nobody_wakes(_: object, __: threading.Event) -> None:
    """Beside the loop."""


def _worker(engine: Engine) -> Worker:
    worker = Worker(
        engine, PortalChannel(), may_send=lambda: True, seal=lambda: None, tell=lambda *_, **__: None
    )
    engine.current()
    keep_what_is_loaded()
    return worker


def _next_due(engine: Engine) -> datetime:
    due_at = engine.store.next_due(engine.tenant)
    assert due_at is not None
    return from_text(due_at)


def _open(engine: Engine, cases: int, apart: timedelta) -> list[int]:
    """Open cases whose complaints came one after the other; what they ask for at once is sent."""
    opened: list[int] = []
    assert isinstance(engine.clock, ManualClock)
    engine.clock.set(MORNING + cases * apart)
    for begun in range(0, cases, OPENING):
        commands = []
        for number in range(begun, min(begun + OPENING, cases)):
            at = MORNING + number * apart
            event = ComplaintReceived(by="customer", occurred_at=at, text=STATEMENT, facts=KNOWN)
            commands.append(Command(event, recorded_at=at))
        opened += [answer.case for answer in engine.handle_many(commands)]  # type: ignore[union-attr]
        engine.store.give_way()
    deliver_due(engine, PortalChannel())
    return opened


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    def ours() -> float:
        with sqlite_engine() as engine:
            most = most_per_second(engine, ground.steps)
        with sqlite_engine() as engine:
            late = lateness(engine, ground.steps, most / 2)
        return late[len(late) * 99 // 100]

    yield {"lateness": {"ours": ours, "a second": lambda: BOUND_MS}}


LATENESS = Subject("lateness", {"lateness": Line("ms", {"a second": "≤ 1"})}, _programs)
