"""Plays a plan: the actions, one after the other, then peace, in which all that is due must be done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from unittest.mock import patch

from recovery.core.instants import from_text, to_text
from tests.simulation import checks
from tests.simulation.actors import Desk, Receiver, Working
from tests.simulation.book import Book, Counts
from tests.simulation.orders import Order
from tests.simulation.place import Place
from tests.simulation.plan import DESKS, Action, Plan, in_words
from tests.simulation.purse import Fate, Purse
from tests.simulation.world import NEVER, Process, Violation, World, living_in

PEACE_DAYS = 20
"""After how many quiet days everything must have been done."""

PEACE_SEAL_SECONDS = 5 * 86_400.0
"""How often a worker seals then."""

PEACE_ROUNDS = 50
"""For how many rounds of a hundred seconds people may go on asking for what they were about to."""

FAR_STEPS = 80
"""For how many steps a worker goes on to reach a boundary."""

DOZE_SECONDS = 61.0
"""Just longer than a lease."""

DOZE_STEPS = 12


@dataclass
class Result:
    """How a run ended; `violation` is None where everything held."""

    plan: Plan
    violation: Violation | None
    counts: Counts
    trace: list[str]


class RunWorld(World):
    """The world of a run, which looks into the database to see when something is due next."""

    def __init__(self, place: Place, *, one_machine: bool, is_told: bool) -> None:
        super().__init__(one_machine=one_machine, is_told=is_told)
        self.looking = place.looking
        self.crash: Callable[[str], None] = lambda name: None

    def kills(self, process: Process) -> None:
        """See `World.kills`."""
        del self.doomed[process.name]
        self.crash(process.name)

    def next_event(self, process: Process) -> float:
        """When something is due next by a process's clock, or a lease ends."""
        now, lease_now = process.now(), self.lease_now()
        found = self.looking.execute(_NEXT, (to_text(now), to_text(now), to_text(lease_now))).fetchone()
        moments = [self._at(at, now) for at in found[:2] if at is not None]
        if found[2] is not None:
            moments.append(self._at(found[2], lease_now))
        if isinstance(process, Working):
            moments += [self._at(until, now) for until, _ in process.worker._out.values() if until > now]
        return min(moments, default=NEVER)

    def _at(self, moment: str | datetime, now: datetime) -> float:
        moment = from_text(moment) if isinstance(moment, str) else moment
        return self.elapsed + (moment - now).total_seconds() + 0.001


_NEXT = """
select (select min(due_at) from recovery_case where due_at > ?),
    (select min(due_at) from recovery_effect where status = 'due' and due_at > ?),
    (select min(lease_until) from recovery_effect where status = 'due' and lease_until > ?)
"""


class Run:
    """One run of a plan."""

    def __init__(self, place: Place, plan: Plan, *, is_told: bool = False) -> None:
        self.plan = plan
        self.place = place
        place.empty()
        self.world = RunWorld(place, one_machine=plan.one_machine, is_told=is_told)
        self.world.crash = self._crash
        self.book = Book(self.world)
        self.purse = Purse(self.world, place.workflow)
        self.receiver = Receiver(self.book, self.purse)
        self.orders: dict[str, deque[Order]] = {name: deque() for name in DESKS}
        self.done: list[Order] = []
        self.asked = 0
        self.lives = 0
        for name in (*DESKS, *(f"worker-{n}" for n in range(1, plan.workers + 1))):
            self._begin(name)

    def result(self) -> Result:
        """Play it, and see whether everything held."""
        violation = None
        with living_in(self.world), ExitStack() as stack:
            stack.enter_context(patch("recovery.worker.serving.SENDERS", self.plan.senders))
            stack.enter_context(patch("recovery.delivery.outbox.BATCH", self.plan.batch))
            try:
                for action in self.plan.actions:
                    self.world.tell(f"- {in_words(action)}")
                    self._act(action)
                stack.enter_context(patch("recovery.worker.serving.SEAL_SECONDS", PEACE_SEAL_SECONDS))
                self._peace()
                checks.in_the_end(self)
            except Violation as found:
                violation = found
        figures = self.book.counts.figures
        figures["runs"] += 1
        figures["actions"] += len(self.plan.actions)
        figures["steps"] += self.world.steps
        return Result(self.plan, violation, self.book.counts, self.world.trace)

    # --- what happens ---------------------------------------------------------------------------------------

    def _act(self, action: Action) -> None:
        what, *values = action
        getattr(self, f"_{what.replace('-', '_')}")(*values)
        for process in list(self.world.processes.values()):
            if isinstance(process, Working) and process.has_ended:
                self._end(process)

    def _ask(self, desk: str, what: str, case: int, steps: int) -> None:
        self.asked += 1
        self.orders[desk].append(Order(what, case, self.asked))
        process = self.world.processes[desk]
        for _ in range(steps or FAR_STEPS):
            if not self.world.step(process):
                break

    def _go(self, name: str, steps: int, choice: int) -> None:
        process = self._awake(name)
        for n in range(steps):
            if not self.world.step(process, choice + n * (choice % 7)):
                break

    def _to(self, name: str, boundary: str, choice: int) -> bool:
        process = self._awake(name)
        for n in range(FAR_STEPS):
            if not self.world.step(process, choice + n * (choice % 7)):
                break
            if any(task.at == boundary for task in process.tasks):
                return True
        return False

    def _awake(self, name: str) -> Process:
        """A process; where all of it sleeps for a second at most, that second has passed."""
        process = self.world.processes[name]
        if not process.ready():
            moments = [at for task in process.tasks if (at := task.goes_on_at()) is not None]
            if min(moments, default=NEVER) <= self.world.elapsed + 1.0:
                self.world.elapsed = max(self.world.elapsed, min(moments))
        return process

    def _crash(self, name: str) -> None:
        process = self.world.processes[name]
        for task in process.tasks:
            self.book.counts.crashes[f"{'desk' if name in DESKS else 'worker'}: {task.at}"] += 1
        self.world.tell(f"{name} stood at {', '.join(f'{task.at} ({task.name})' for task in process.tasks)}")
        self.book.counts.figures["crashes"] += 1
        self._end(process)

    def _crash_at(self, name: str, boundary: str, choice: int) -> None:
        if self._to(name, boundary, choice):
            self._crash(name)

    def _doom(self, name: str, boundary: str) -> None:
        self.world.doomed[name] = boundary

    def _end(self, process: Process) -> None:
        """A process is gone; another one takes its place."""
        self.book.died(process)
        process.kill()
        self._begin(process.name, process.offset)

    def _begin(self, name: str, offset: timedelta = timedelta()) -> None:
        self.lives += 1
        seed = self.plan.seed * 1000 + self.lives
        given = (self.world, name, self.place, seed, self.book, self.purse, self.receiver)
        is_desk = name in DESKS
        process = Desk(*given, self.orders[name], self.done) if is_desk else Working(*given)
        process.offset = offset
        self.world.processes[name] = process

    def _next(self, fate: str, seconds: float) -> None:
        self.receiver.fates.append(Fate(fate, seconds))

    def _pass(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    def _stall(self, name: str, seconds: float) -> None:
        self.world.processes[name].stalled_until = self.world.elapsed + seconds
        self.book.counts.figures["stalls"] += 1

    def _stall_at(self, name: str, boundary: str, choice: int, seconds: float) -> None:
        if self._to(name, boundary, choice):
            self._stall(name, seconds)
            self._pass(seconds)

    def _doze(self, name: str, boundary: str, other: str, where: str, choice: int) -> None:
        if self._to(name, boundary, choice):
            self.world.elapsed += DOZE_SECONDS
            self._to(other, where, choice)
            self._go(name, DOZE_STEPS, choice)

    def _jump(self, name: str, seconds: float) -> None:
        self.book.counts.figures["jumps of a clock"] += 1
        by = timedelta(seconds=seconds)
        if self.plan.one_machine:
            self.world.offset += by
            self.book.jumped_at = self.world.elapsed
        else:
            self.world.processes[name].offset += by
        self.world.happens()

    def _stop(self, name: str) -> None:
        process = self.world.processes[name]
        assert isinstance(process, Working)
        process.worker.stop.set()
        self.book.counts.figures["workers stopped"] += 1

    # --- peace ----------------------------------------------------------------------------------------------

    def _peace(self) -> None:
        """Nothing goes wrong any more: all that is due is done, or never will be."""
        self.world.tell("- peace")
        self.receiver.fates.clear()
        self.world.doomed.clear()
        for process in self.world.processes.values():
            process.stalled_until = 0.0
        until = self.world.elapsed + timedelta(days=PEACE_DAYS).total_seconds()
        for last in (False, True):
            if last:
                self.orders["desk-1"].append(Order("resume", 0, 0))
            for _ in range(PEACE_ROUNDS):
                self._act(("pass", 100.0))
                if not any(self.orders.values()):
                    break
        for name in [name for name in self.world.processes if name not in ("worker-1", "desk-1")]:
            self.book.died(self.world.processes[name])
            self.world.processes.pop(name).kill()
        self.world.is_peaceful = True
        self._act(("pass", until - self.world.elapsed))
