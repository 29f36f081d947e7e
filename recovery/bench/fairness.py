"""How long one message of a tenant takes while another tenant of the same database has a storm.

A hundred thousand messages of the loud one are due, and a worker of its own sends them. Meanwhile the quiet
one asks for a message, again and again, and its worker sends it: the longest of these counts. Beside it
stands the time that the loud worker takes for two batches while nobody disturbs it.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from recovery.bench.databases import copies, engine_on, in_folder, postgres_database
from recovery.bench.stepping import server
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.bench.working import complain
from recovery.delivery.channels.simple import PortalChannel
from recovery.delivery.outbox import BATCH, deliver_due
from recovery.engine import Engine
from recovery.worker.serving import SENDERS

STORM = 100_000
CALM = 20 * BATCH
"""How many messages of the storm are timed before anybody disturbs it."""

ASKED = 10
SECONDS = 120

LOUD, QUIET = "loud", "quiet"
TWO = "two batches"


class Storm:
    """A database with two tenants, and a process that sends the messages of the loud one.

    Attributes:
        two_batches: how long that takes for two batches, in milliseconds.
    """

    def __init__(self, url: str, messages: int, calm: int) -> None:
        with engine_on(url) as engine:
            for tenant in (LOUD, QUIET):
                _settled(engine, tenant)
            complain(_of(engine, LOUD), 1)
            copies(url, LOUD, messages - 1)
        processes = multiprocessing.get_context("spawn")
        self._url = url
        self._count = processes.Value("q", 0)
        self._process = processes.Process(target=_rage, args=(url, self._count))
        self._process.start()
        begun, before = self._when(1)
        ended, after = self._when(before + calm)
        self.two_batches = 2 * BATCH * (ended - begun) / (after - before) * 1e3

    def _when(self, count: int) -> tuple[float, int]:
        """When so many have left, and how many that really were then."""
        until = time.perf_counter() + SECONDS
        while (seen := self._count.value) < count:
            assert self._process.is_alive(), "the storm goes on"
            assert time.perf_counter() < until, "the storm goes on"
            self._process.join(0.001)
        return time.perf_counter(), seen

    def delay(self, asked: int) -> float:
        """The longest that one message of the quiet tenant took, in milliseconds, of so many."""
        with engine_on(self._url) as shared:
            engine = _of(shared, QUIET)
            _taken(engine)  # what a worker reads once, at its start, is not the storm's doing
            longest = max(_taken(engine) for _ in range(asked))
        assert self._process.is_alive(), "there is more of the storm than was needed"
        return longest * 1e3

    def end(self) -> None:
        """End the process that sends."""
        self._process.terminate()
        self._process.join()


def _taken(engine: Engine) -> float:
    """How long one message takes from when it is due, in seconds."""
    complain(engine, 1)
    begun = time.perf_counter()
    assert deliver_due(engine, PortalChannel()).delivered == 1
    return time.perf_counter() - begun


def _rage(url: str, count: Any) -> None:
    def progress(settled: int) -> None:
        count.value += settled

    with engine_on(url) as shared:
        deliver_due(_of(shared, LOUD), PortalChannel(), senders=SENDERS, progress=progress)


def _of(shared: Engine, tenant: str) -> Engine:
    return Engine(shared.store, shared.clock, tenant=tenant)


def _settled(shared: Engine, tenant: str) -> None:
    """Let a tenant run the same workflow."""
    bundle = shared.bundle(shared.current().bundle)
    shared.store.publish(tenant, bundle.hash, bundle.workflow_id, bundle.files)


@contextmanager
def storm(url: str, messages: int = STORM, calm: int = CALM) -> Iterator[Storm]:
    """A storm on a new database, for as long as it is needed."""
    made = Storm(url, messages, calm)
    try:
        yield made
    finally:
        made.end()


def delays(url: str) -> tuple[float, float]:
    """How long the quiet tenant's message took at most, and the loud one's two batches, in milliseconds."""
    with storm(url) as raging:
        return raging.delay(ASKED), raging.two_batches


def _programs_on(found: Callable[[], tuple[float, float]]) -> Programs:
    """Both figures are of one storm."""
    batches: list[float] = []

    def ours() -> float:
        delay, two_batches = found()
        batches.append(two_batches)
        return delay

    return {"ours": ours, TWO: lambda: batches[-1]}


@contextmanager
def _on_sqlite(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - always as many
    def found() -> tuple[float, float]:
        with tempfile.TemporaryDirectory() as folder:
            return delays(in_folder(folder))

    yield {"storm-sqlite": _programs_on(found)}


@contextmanager
def _on_postgres(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    where = server(ground)

    def found() -> tuple[float, float]:
        with postgres_database(where) as url:
            return delays(url)

    yield {"storm-postgres": _programs_on(found)}


WANTED = Line("ms", {TWO: "≤ 1"})
STORM_SQLITE = Subject("storm-sqlite", {"storm-sqlite": WANTED}, _on_sqlite)
STORM_POSTGRES = Subject("storm-postgres", {"storm-postgres": WANTED}, _on_postgres)
