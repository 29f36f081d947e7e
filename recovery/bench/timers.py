"""How fast clocks run out: due ones through `decide` and commit, beside APScheduler's job store in SQLite.

Ours opens cases of the ten steps, moves the clock to where the first answer of each is nearly late, and lets
a worker's batches see to them: each case decides, is written with its log, and asks for a message.
APScheduler runs jobs that do nothing.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from recovery.bench.databases import sqlite_engine
from recovery.bench.stepping import OPENING, open_cases
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.bootstrap import keep_what_is_loaded
from recovery.clock import ManualClock, SystemClock
from recovery.core.instants import from_text
from recovery.engine import Engine
from recovery.ticking import fire_due

JOBS = 1_000
"""How many jobs APScheduler runs in one run; ours are as many as the steps of the ground."""

WAIT_SECONDS = 300

FEW_PENDING, MANY_PENDING = 10_000, 1_000_000
DUE_OF_PENDING = 5_000
"""How many cases wait in all, and of how many something is due."""


def timers_per_second(engine: Engine, cases: int, pending: int = 0) -> float:
    """Open cases of which something is due at one moment, beside others that wait longer, and see to it."""
    clock = engine.clock
    assert isinstance(clock, ManualClock)
    _open(engine, cases)
    due_at = engine.store.next_due(engine.tenant)
    assert due_at is not None
    if pending:
        clock.advance(timedelta(days=3))
        _open(engine, pending)
    clock.set(from_text(due_at))
    keep_what_is_loaded()
    seen, start = 0, time.perf_counter()
    while some := fire_due(engine):
        seen += some
    taken = time.perf_counter() - start
    assert seen == cases, f"{seen} cases were seen to, not {cases}"
    return cases / taken


def _open(engine: Engine, cases: int) -> None:
    for begun in range(0, cases, OPENING):
        open_cases(engine, min(OPENING, cases - begun))
        engine.store.give_way()


def jobs_per_second(file: Path, jobs: int) -> float:
    """The same with APScheduler's own job store: due jobs that do nothing, one run of its scheduler."""
    from apscheduler.events import EVENT_JOB_EXECUTED
    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler: Any = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=f"sqlite:///{file}")},
        executors={"default": DebugExecutor()},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    try:
        due = SystemClock().now() - timedelta(minutes=1)
        for number in range(jobs):
            scheduler.add_job(nothing, "date", run_date=due, id=str(number), misfire_grace_time=None)
        ran, all_ran = count(1), threading.Event()
        scheduler.add_listener(lambda _: all_ran.set() if next(ran) == jobs else None, EVENT_JOB_EXECUTED)
        start = time.perf_counter()
        scheduler.resume()
        assert all_ran.wait(WAIT_SECONDS), "every job runs"
        taken = time.perf_counter() - start
    finally:
        scheduler.shutdown()
    return jobs / taken


def nothing() -> None:
    """What each job does."""


@contextmanager
def _timers(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    def ours() -> float:
        with sqlite_engine() as engine:
            return timers_per_second(engine, ground.steps)

    def theirs() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return jobs_per_second(Path(folder) / "jobs.db", JOBS)

    yield {"timers-sqlite": {"ours": ours, "APScheduler": theirs}}


@contextmanager
def _pending(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - always as many
    def rate(pending: int) -> float:
        with sqlite_engine() as engine:
            return timers_per_second(engine, DUE_OF_PENDING, pending)

    yield {
        "timers-sqlite-1m-pending": {
            "ours": partial(rate, MANY_PENDING),
            "10,000 pending": partial(rate, FEW_PENDING),
        }
    }


TIMERS = Subject("timers-sqlite", {"timers-sqlite": Line("timers/s", {"APScheduler": "≥ 10"})}, _timers)
PENDING = Subject(
    "timers-sqlite-1m-pending",
    {"timers-sqlite-1m-pending": Line("timers/s", {"10,000 pending": "≥ 0.8"})},
    _pending,
    alone=True,
)
