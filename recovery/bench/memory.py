"""How much memory a worker needs that sees to a million clocks, one after the other, with what follows.

Cases of the ten steps in which nobody does anything: their clocks run out, warn, and begin again. Whenever
something is due a clock is set to it, and the worker, a process of its own, ticks as it always does. Beside
the most that it had at any time stands the most that it had in the first tenth.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from recovery.bench.databases import engine_on, in_folder
from recovery.bench.stepping import OPENING, open_cases
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.bootstrap import keep_what_is_loaded
from recovery.clock import ManualClock
from recovery.core.errors import NotFound
from recovery.core.instants import from_text
from recovery.delivery.channels.simple import PortalChannel
from recovery.worker.serving import Worker

TIMERS = 1_000_000
CASES = 10_000

STATUS = Path("/proc/self/status")


def worker_megabytes(url: str, timers: int, cases: int) -> tuple[float, float]:
    """The most memory of a worker that sees to so many clocks: in all, and in the first tenth (MB)."""
    with engine_on(url, "NORMAL") as engine:
        for begun in range(0, cases, OPENING):
            open_cases(engine, min(OPENING, cases - begun))
            engine.store.give_way()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peaks, url, timers).result()


def _peaks(url: str, timers: int) -> tuple[float, float]:
    most = in_first = 0.0
    with engine_on(url, "NORMAL") as engine:
        assert isinstance(engine.clock, ManualClock)
        worker = Worker(
            engine, PortalChannel(), may_send=lambda: True, seal=lambda: None, tell=lambda *_, **__: None
        )
        keep_what_is_loaded()
        while worker.pulse.fired < timers:
            due_at = engine.store.next_due(engine.tenant)
            assert due_at is not None, "clocks go on"
            engine.clock.set(from_text(due_at))
            worker.tick()
            most = max(most, resident())
            if worker.pulse.fired <= timers // 10 or not in_first:
                in_first = most
    return most, in_first


def resident() -> float:
    """The memory that this process has just now (MB)."""
    (line,) = (one for one in STATUS.read_text(encoding="ascii").splitlines() if one.startswith("VmRSS:"))
    return int(line.split()[1]) / 2**10


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - always as many
    if not STATUS.exists():
        raise NotFound("This system does not say how much memory a process has.", hint="Linux does.")
    firsts: list[float] = []

    def ours() -> float:
        with tempfile.TemporaryDirectory() as folder:
            most, in_first = worker_megabytes(in_folder(folder), TIMERS, CASES)
        firsts.append(in_first)
        return most

    yield {"timers-memory": {"ours": ours, FIRST: lambda: firsts[-1]}}


FIRST = "first tenth"
MEMORY = Subject(
    "timers-memory", {"timers-memory": Line("MB", {FIRST: "≤ 1.1; ours < 150 MB"})}, _programs, alone=True
)
