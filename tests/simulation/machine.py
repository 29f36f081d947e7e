"""A process of the simulation: the real engine and the real store, on connections that stop at boundaries.

What is replaced is what a machine gives: threads, monotonic time, waiting for a lock, the clock that leases
are measured by. Statements, transactions and locks are SQLite's own.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from recovery.core.spec import Workflow
from recovery.delivery import attempt as attempts
from recovery.delivery.render import Beside, Rendered
from recovery.engine import Engine
from recovery.store import ledger_statements
from recovery.store import outbox_statements as sql
from recovery.store.compiling import Statement
from recovery.store.records import OutboxRow
from recovery.store.sqlite import TRY_SECONDS, SqliteStore
from recovery.store.sqlite_dialect import SqliteDialect
from recovery.workflow.bundle import Bundle
from tests.simulation.place import Place
from tests.simulation.world import NEVER, WAITING, Killed, Process, Task, World, current, monotonic, world

LOOK_SECONDS = 5.0
"""How seldom a worker that waits for slow senders looks up while nothing happens at all."""

SEAL_SECONDS = 300.0
"""How often a worker seals while things go wrong: less often than in life, for it costs a fifth of a run."""

TOLD = "told"
"""Under what a letter says what it tells of other cases."""

LOCK_SECONDS = 11.0
"""Longer than a writer waits for another one before it gives up."""


class _Dialect(SqliteDialect):
    """SQLite whose leases are measured by the world's clock."""

    def lease_now(self, cursor: Any) -> datetime:
        now, task = world().lease_now(), current()
        if task is not None:
            task.leased_at = now
        return now


DIALECT = _Dialect()

NOTED = {
    DIALECT.texts[statement]: name
    for name, statement in {
        "lease": sql.LEASE_EFFECT,
        "renew": sql.RENEW_LEASE,
        "settle": sql.SETTLE_EFFECT,
        "postpone": sql.POSTPONE_EFFECT,
        "release": sql.RELEASE_EFFECT,
        "hold": sql.HOLD_EFFECT,
        "let-go": sql.LET_GO,
        "close": sql.CLOSE_EFFECT,
        "retry": sql.RETRY_EFFECT,
        "ledger": ledger_statements.INSERT_LINE,
    }.items()
}
"""Statements whose rows are told to `Machine.committed`."""

Row = tuple[str, tuple[Any, ...]]


class _Cut:
    """A cursor of a transaction, which may be left standing before and after its commit."""

    __slots__ = ("_cursor", "_machine", "_noted", "_writes")

    def __init__(self, cursor: Any, machine: Machine) -> None:
        self._cursor = cursor
        self._machine = machine
        self._noted: list[Row] = []
        self._writes = False

    @property
    def rowcount(self) -> int:
        return int(self._cursor.rowcount)

    def execute(self, text: str, values: Any = ()) -> Any:
        if text == "COMMIT":
            return self._commit()
        self._writes |= not text.startswith("SELECT")
        return self._cursor.execute(text, values)

    def executemany(self, text: str, rows: list[tuple[Any, ...]]) -> Any:
        name = NOTED.get(text)
        if name is not None:
            self._noted += [(name, row) for row in rows]
        self._writes = True
        return self._cursor.executemany(text, rows)

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        return list(self._cursor.fetchall())

    def close(self) -> None:
        self._cursor.close()

    def _commit(self) -> None:
        machine = self._machine
        if self._writes:
            machine.world.point("mid-commit")
        self._cursor.execute("COMMIT")
        machine.world.writer = None
        machine.world.freed_at = machine.world.elapsed
        if self._writes:
            machine.world.happens()
            machine.committed(self._noted)
            is_claim = any(name == "lease" for name, _ in self._noted)
            machine.world.point("after-claim" if is_claim else "after-commit")


class _NoTurn:
    """Tasks of a process wait for the writer as those of other processes do."""

    def acquire(self, *, timeout: float) -> bool:
        return True

    def release(self) -> None:
        pass


class _Store(SqliteStore):
    """The real store; each of its reads and transactions is a point."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(
            machine.place.path,
            clock=machine.now,
            entropy=machine.entropy,
            synchronous="NORMAL",
            wait=machine.wait,
        )
        self.dialect = DIALECT
        self._machine = machine
        self._readers = SimpleNamespace(reader=None)
        self._is_checked = True

    def _unlock(self) -> None:
        super()._unlock()
        self._turn = _NoTurn()

    def _mine(self) -> Any:
        """Threads are tasks here: each writes through a connection of its own."""
        task = current()
        owner: Any = self._readers if task is None else task
        if self._machine.is_dead:
            raise Killed
        if getattr(owner, "own", None) is None:
            owner.own = SimpleNamespace(process=0, writer=None, reader=self._readers.reader, is_writing=False)
        return owner.own

    def _reader(self) -> Any:
        found = self._readers.reader = super()._reader()
        return found

    def _connect_to_write(self) -> Any:
        return self._used("write", self._machine.place.take("write") or super()._connect_to_write())

    def _connect_to_read(self) -> Any:
        return self._used("read", self._machine.place.take("read") or super()._connect_to_read())

    def _used(self, kind: str, connection: Any) -> Any:
        self._machine.connections.append((kind, connection))
        return connection

    def _keep(self, connection: Any) -> Any:
        return connection

    def rows(self, statement: Statement, *values: Any) -> list[Any]:
        self._machine.world.point("before-reading")
        return super().rows(statement, *values)

    def _begin(self) -> Any:
        self._machine.world.point("before-writing")
        connection, cursor = super()._begin()
        self._machine.world.writer = current()
        self._machine.world.writing_since = self._machine.world.elapsed
        return connection, _Cut(cursor, self._machine)

    def _rollback(self, connection: Any) -> None:
        if not self._machine.is_dead:
            super()._rollback(connection)
            self._machine.world.writer = None
            self._machine.world.freed_at = self._machine.world.elapsed


class Looking(SqliteStore):
    """The real store, for whoever looks at how things stand in the end, on connections used before."""

    def __init__(self, place: Place, clock: Callable[[], datetime]) -> None:
        super().__init__(
            place.path, clock=clock, entropy=os.urandom, synchronous="NORMAL", wait=lambda seconds: None
        )
        self._place = place
        self._is_checked = True

    def _connect(self, mode: str, seconds: float) -> Any:
        return _Lent(self._place, self._place.take("look") or super()._connect(mode, seconds))


class _Lent:
    """A connection that is given back when it is closed."""

    def __init__(self, place: Place, connection: sqlite3.Connection) -> None:
        self._place = place
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def close(self) -> None:
        self._connection.text_factory = str
        self._place.give_back("look", self._connection)


class MachineEngine(Engine):
    """The real engine, whose versions of workflows are read once for all runs."""

    machine: Any

    def __init__(self, machine: Machine) -> None:
        super().__init__(_Store(machine), machine, default_workflow="small")
        self.machine = machine

    def bundle(self, hash: str) -> Bundle:
        """The one version there is; it is not read again by each process of each run."""
        found: Bundle = self.machine.place.bundle
        return found if hash == found.hash else super().bundle(hash)

    def workflow(self, hash: str) -> Workflow:
        """The workflow of that version."""
        found: Workflow = self.machine.place.workflow
        return found if hash == found.bundle else super().workflow(hash)


class Machine(Process):
    """A process with an engine on the database."""

    kind: type[MachineEngine] = MachineEngine

    def __init__(self, world: World, name: str, place: Place, seed: int) -> None:
        super().__init__(world, name)
        self.place = place
        self.connections: list[tuple[str, Any]] = []
        self.entropy = random.Random(seed).randbytes
        self.engine = self.kind(self)

    def wait(self, seconds: float) -> None:
        """Wait for a turn to write, or leave one to others."""
        world = self.world
        if seconds == TRY_SECONDS:
            world.block(WAITING, lambda: world.writer is None, world.elapsed + LOCK_SECONDS)
        else:
            world.block("giving-way", None, world.elapsed + seconds)

    def committed(self, noted: list[Row]) -> None:
        """Told of each transaction right after its commit, before anybody else can do anything."""

    def close(self) -> None:
        """Its connections end, and what it had not committed is undone."""
        for kind, connection in self.connections:
            self.place.give_back(kind, connection)
        self.connections.clear()
        if self.world.writer is not None and self.world.writer.process is self:
            self.world.writer = None
            self.world.freed_at = self.world.elapsed


# --- instead of threads -------------------------------------------------------------------------------------


class _Pool(Executor):
    """Each piece of work becomes a task of its process, as many at once as there were threads."""

    def __init__(self, workers: int, name: str) -> None:
        self._workers = workers
        self._name = name
        self._busy = 0
        self._given = 0

    def submit(self, work: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        task = current()
        assert task is not None
        self._given += 1

        def run() -> None:
            try:
                if self._busy >= self._workers:
                    world().block("waiting-for-a-sender", lambda: self._busy < self._workers)
                self._busy += 1
                try:
                    future.set_result(work(*values, **named))
                finally:
                    self._busy -= 1
            except Exception as error:
                future.set_exception(error)

        task.process.begin(f"{task.process.name}/{self._given}", run)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


def _wait(futures: Any, seconds: float | None = None, return_when: str = "ALL_COMPLETED") -> tuple[Any, Any]:
    """As `concurrent.futures.wait`, for tasks."""
    waiting = list(futures)
    enough = any if return_when == "FIRST_COMPLETED" else all

    def is_enough() -> bool:
        return enough(future.done() for future in waiting)

    here, task = world(), current()
    if not is_enough():
        if seconds is None:
            here.block("waiting-for-senders", is_enough)
        else:
            here.block("looking", is_enough, here.elapsed + seconds, looks_until=here.elapsed + LOOK_SECONDS)
    if task is not None:
        task.seen = here.happened
    done = {future for future in waiting if future.done()}
    return done, set(waiting) - done


def _attempt(engine: Any, channel: Any, sender: str, row: OutboxRow, *more: Any) -> attempts.Attempt:
    """As the outbox tries to deliver; its task knows under which lease."""
    task = current()
    assert task is not None
    task.version = row.version
    return attempts.attempt(engine, channel, sender, row, *more)


def _words(
    bundle: Bundle, template: str, language: str, context: dict[str, Any], beside: Sequence[Beside] = ()
) -> Rendered:
    """What a message says is all that it could say: every attempt must show the same."""
    said = context if not beside else {**context, TOLD: [other.context for other in beside]}
    return Rendered(template, json.dumps(said, sort_keys=True, default=str), "", language)


@contextmanager
def simulated() -> Iterator[None]:
    """Meanwhile threads are tasks of the world, and time is the world's."""
    with ExitStack() as stack:
        for name, instead in {
            "recovery.delivery.outbox.ThreadPoolExecutor": _Pool,
            "recovery.delivery.outbox.wait": _wait,
            "recovery.delivery.outbox.attempt": _attempt,
            "recovery.delivery.outbox.monotonic": monotonic,
            "recovery.worker.serving.monotonic": monotonic,
            "recovery.worker.serving.SEAL_SECONDS": SEAL_SECONDS,
            "recovery.store.sqlite.time": SimpleNamespace(monotonic=monotonic),
            "recovery.delivery.wording.render": _words,
        }.items():
            stack.enter_context(patch(name, instead))
        yield


def idle(task: Task, seconds: float | None, is_stopped: Callable[[], bool]) -> None:
    """Wait for the next tick of a worker, in a second or less; while nothing happens, none is needed."""
    here = task.process.world
    until = here.elapsed + min(1.0 if seconds is None else seconds, 1.0)
    here.block("asleep", is_stopped, until, looks_until=NEVER, naps=True)
