"""A world of processes in one process: each piece of work is a greenlet, and one hand decides which goes on.

Nothing happens at the same time here. A task works until it reaches a *point* (a boundary such as
`after-claim`), and is then left standing until it is its turn again, or its process is killed right
there. Time is a number that moves when the world says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

from greenlet import getcurrent, greenlet

from tests.simulation.place import START

STEP = 0.001
"""Seconds that each piece of work takes."""

LATE = 12.0
"""A process that was left standing for longer has *slept*: by then it may have lost what it had leased. A
lease is renewed with 40 seconds left, and two locks may have to be waited for before that."""

NEVER = float("inf")

WAITING = "waiting-to-write"


class Killed(BaseException):
    """The process of this task is gone."""


class Violation(Exception):
    """Something happened that must never happen."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Task:
    """A piece of work of a process: its main loop, or one of its senders.

    Attributes:
        at: the point it stands at.
        ready_when: what it waits for; None: nothing.
        until: when it goes on in any case.
        since: since when it has been able to go on; None where that is not known.
        soft: whether it only looks if there is something to do: while nothing happens, it need not.
        naps: whether, when something has happened, it first looks whether that concerns it.
        seen: how much had happened in the world when it looked last.
        wakes_at: when it looks again although nothing has happened.
        slept_at: when it was last found to have been left standing for too long.
        fresh_at: when it last began something new.
        job: what it has in hand.
        version: that of the lease under which it sends.
        leased_at: when it last asked what time it is for leases, by the database's clock.
    """

    def __init__(self, process: Process, name: str, work: Callable[[], None]) -> None:
        self.process = process
        self.name = name
        self.at = "begin"
        self.ready_when: Callable[[], bool] | None = None
        self.until: float | None = None
        self.since: float | None = process.world.elapsed
        self.soft = False
        self.naps = False
        self.seen = -1
        self.wakes_at = 0.0
        self.slept_at = -1.0
        self.fresh_at = process.world.elapsed
        self.job: Any = None
        self.version = 0
        self.leased_at = START
        self.own: Any = None
        self._work = work
        self.greenlet: Any = greenlet(self._run, process.world.hub)
        self.greenlet.task = self

    def _run(self) -> None:
        try:
            self._work()
        except Killed:
            pass
        except Exception as error:
            if not self.process.is_dead:
                self.process.world.failed(self, error)

    def goes_on_at(self) -> float | None:
        """When it goes on, as far as time alone decides."""
        happened = self.process.world.happened
        if self.naps and self.seen != happened:
            self.seen = happened
            assert self.until is not None
            self.wakes_at = max(self.until, self.process.wanted_at())
        if self.soft and self.seen == happened:
            return self.wakes_at
        return self.until

    def is_ready(self) -> bool:
        """Whether it can go on."""
        if self.ready_when is not None and self.ready_when():
            return True
        at = self.goes_on_at()
        if at is None:
            return self.ready_when is None
        return at <= self.process.world.elapsed

    def waited(self) -> float:
        """For how long it has been able to go on."""
        world = self.process.world
        since = self.since
        if self.at == WAITING:
            since = world.freed_at
        elif self.soft and since is not None:
            since = min(
                self.wakes_at, NEVER if self.seen == world.happened else max(since, world.happened_at)
            )
        return 0.0 if since is None else max(0.0, world.elapsed - since)


class Process:
    """One process of the world; `kill` ends it as `kill -9` does.

    Attributes:
        stalled_until: it does nothing before: a machine that sleeps, a process that is swapped out.
        offset: by how much its clock is wrong.
        slept_at: when it was last found to have stood still for too long.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.is_dead = False
        self.tasks: list[Task] = []
        self.stalled_until = 0.0
        self.offset = timedelta()
        self.slept_at = -1.0

    def now(self) -> datetime:
        """The present moment by its clock."""
        offset = self.world.offset if self.world.one_machine else self.offset
        return START + timedelta(seconds=self.world.elapsed) + offset

    def begin(self, name: str, work: Callable[[], None]) -> Task:
        """Begin another piece of work."""
        task = Task(self, name, work)
        self.tasks.append(task)
        return task

    def ready(self) -> list[Task]:
        """The tasks that can go on."""
        if self.world.elapsed < self.stalled_until:
            return []
        return [task for task in self.tasks if task.is_ready()]

    def wanted_at(self) -> float:
        """When there is something to do for one that naps (in seconds of `elapsed`)."""
        return 0.0

    def sleeps(self) -> bool:
        """Whether it has been left standing for too long."""
        return any(task.waited() > LATE for task in self.tasks)

    def close(self) -> None:
        """Let go of files and connections, as the operating system does for whoever dies."""

    def kill(self) -> None:
        """It is gone, wherever it stands."""
        self.is_dead = True
        self.close()
        for task in self.tasks:
            if task.greenlet:
                task.greenlet.throw(Killed)
        self.tasks.clear()


class World:
    """Time, processes, and whose turn it is.

    Attributes:
        elapsed: seconds since the beginning.
        one_machine: all have one clock, leases too; else each process has its own, and the database another.
        offset: by how much the machine's clock is wrong.
        happened: how often something was written, or a clock was set; `happened_at` when, last.
        writer: the task that has the database to write, since `writing_since`; `freed_at` when one last gave
            it back.
        doomed: process → the point at which it is killed (`kills`) when one of its tasks comes there.
        is_peaceful: nobody is to be left standing any more: a point is passed at once.
        trace: what happened, for people, while `is_told`.
    """

    def __init__(self, *, one_machine: bool, is_told: bool = False) -> None:
        self.hub = getcurrent()
        self.elapsed = 0.0
        self.steps = 0
        self.one_machine = one_machine
        self.offset = timedelta()
        self.happened = 0
        self.happened_at = 0.0
        self.processes: dict[str, Process] = {}
        self.writer: Task | None = None
        self.writing_since = 0.0
        self.freed_at = 0.0
        self.doomed: dict[str, str] = {}
        self.is_peaceful = False
        self.is_told = is_told
        self.trace: list[str] = []
        self.found: Violation | None = None

    def next_event(self, process: Process) -> float:
        """When something is due next by a process's clock, or a lease ends (in seconds of `elapsed`)."""
        return NEVER

    def kills(self, process: Process) -> None:
        """A process has come where it is to be killed."""

    def violated(self, code: str, message: str) -> Violation:
        """Something happened that must never happen: the run ends, whatever becomes of this error."""
        self.found = self.found or Violation(code, message)
        return self.found

    def failed(self, task: Task, error: Exception) -> None:
        """A task ended with an error that nobody expected."""
        trace = "".join(format_exception(error))
        self.violated("error", f"{task.name} ended with {type(error).__name__}: {error}\n{trace}")

    def tell(self, text: str) -> None:
        """Note what happened."""
        if self.is_told:
            self.trace.append(f"{self.elapsed:12.3f}  {text}")

    def happens(self) -> None:
        """Something is not as it was before: whoever only looks now and then looks again."""
        self.happened += 1
        self.happened_at = self.elapsed

    def lease_now(self) -> datetime:
        """The moment by the database's clock."""
        return START + timedelta(seconds=self.elapsed) + (self.offset if self.one_machine else timedelta())

    # --- inside a task --------------------------------------------------------------------------------------

    def point(self, at: str) -> None:
        """A task has come to a boundary: others may go on first, or it may not go on at all."""
        if self.is_peaceful:
            self.elapsed += STEP
        else:
            self.block(at)

    def block(
        self,
        at: str,
        ready_when: Callable[[], bool] | None = None,
        until: float | None = None,
        *,
        looks_until: float | None = None,
        naps: bool = False,
    ) -> None:
        """A task waits for something, or for a moment.

        Args:
            looks_until: it only looks: while nothing happens, it need not before this moment.
            naps: nor when what happens is nothing to it (`Process.wanted_at`).
        """
        task = current()
        if task is None:
            return
        if task.process.is_dead:
            raise Killed
        task.at, task.ready_when, task.until = at, ready_when, until
        task.since = until if until is not None else None if ready_when is not None else self.elapsed
        task.soft, task.naps = looks_until is not None, naps
        if looks_until is not None and until is not None and task.seen == self.happened:
            task.wakes_at = max(until, min(looks_until, self.next_event(task.process)))
        else:
            task.wakes_at = until or 0.0
        self.hub.switch()
        if task.process.is_dead:
            raise Killed

    # --- the hand -------------------------------------------------------------------------------------------

    def step(self, process: Process, choice: int = 0) -> bool:
        """Let one task of a process go on to its next point; False when none can.

        Raises:
            Violation: what must never happen has happened.
        """
        ready = process.ready()
        if not ready:
            return False
        task = ready[choice % len(ready)]
        if task.waited() > LATE:
            process.slept_at = task.slept_at = self.elapsed
        self.elapsed += STEP
        self.steps += 1
        task.greenlet.switch()
        if task.greenlet.dead and task in process.tasks:
            process.tasks.remove(task)
        if self.found is not None:
            raise self.found
        if self.doomed.get(process.name) == task.at:
            self.kills(process)
        return True

    def pass_time(self, seconds: float, *, most: int = 20_000) -> None:
        """Let everybody work for a while, each at its time.

        Raises:
            Violation: `endless`: there is no end of work although hardly any time passes.
        """
        target = self.elapsed + seconds
        budget = self.steps + most
        while self.elapsed < target:
            went_on = False
            for process in list(self.processes.values()):
                went_on |= self.step(process, self.steps)
            if self.steps > budget:
                raise Violation("endless", f"more than {most:,} steps in {seconds:,.0f} seconds")
            if not went_on:
                self.elapsed = max(self.elapsed, min(self._next_moment(), target))

    def _next_moment(self) -> float:
        """When somebody goes on."""
        moments = [NEVER]
        for process in self.processes.values():
            if process.stalled_until > self.elapsed:
                moments.append(process.stalled_until)
            else:
                moments += [at for task in process.tasks if (at := task.goes_on_at()) is not None]
        return min(moments)


def current() -> Task | None:
    """The task that works just now; None: whoever looks on from outside."""
    return getattr(getcurrent(), "task", None)


_worlds: list[World] = []


def world() -> World:
    """The world of this run."""
    return _worlds[-1]


@contextmanager
def living_in(one: World) -> Iterator[World]:
    """Meanwhile this is the world; at its end every process is gone."""
    _worlds.append(one)
    try:
        yield one
    finally:
        for process in one.processes.values():
            process.kill()
        _worlds.pop()


def monotonic() -> float:
    """Seconds that have passed, for what measures spans."""
    return world().elapsed
