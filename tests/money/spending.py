"""Processes full of threads that spend, cancel, let offers run out and ask for approvals, all at once.

`python -m tests.money.spending URL FOLDER PROCESSES THREADS STEPS KILLS SEED FIRST` forks the processes,
kills some with -9 in the middle of their work and starts them again where their journals end. Each thread has
a clock of its own that goes through a day and a half, so that midnight passes in three zones. What was
acknowledged stands in a journal. `FIRST` is the number of the first case.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from recovery.bootstrap import open_engine
from recovery.clock import Clock
from recovery.commands import Command
from recovery.core.empowerment import events as money
from recovery.core.errors import EnvironmentFault, EventRefused, Refusal
from recovery.engine import Engine
from recovery.project import Project, starter_root
from recovery.standing import Limits, Member
from recovery.store.faults import LostRace

BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SPAN = timedelta(hours=36)
ZONES = {"li": "Asia/Shanghai", "bo": "Europe/London", "kim": "America/New_York", "ana": "Asia/Shanghai"}
SUPERVISORS = ("eva", "max")
CASES = 60
OFTEN = {
    "offer": 6,
    "spend": 5,
    "batch": 2,
    "accept": 3,
    "decline": 2,
    "revoke": 2,
    "approve": 4,
    "refuse": 1,
    "fulfil": 3,
    "tick": 1,
}
"""What a step is, and how often."""


class ThreadClock(threading.local):
    """A clock of each thread's own."""

    moment = BEGIN

    def now(self) -> datetime:
        return self.moment


def member(name: str) -> Member:
    return Member(ZONES.get(name))


def engine_on(url: str, clock: Clock) -> Engine:
    engine = open_engine(Project(starter_root(), url), clock=clock, synchronous="NORMAL")
    engine.limits = Limits(members=member, rates=engine.limits.rates)
    return engine


class Toll:
    """Counts the steps of a process and, at one of them, has it killed while the others go on.

    Attributes:
        dies_after: so many steps; None: never.
        pipe: where it is said who is to be killed.
    """

    def __init__(self, number: int, dies_after: int | None, pipe: int) -> None:
        self.number, self.dies_after, self.pipe = number, dies_after, pipe
        self.steps = count(1)

    def step(self) -> None:
        if next(self.steps) == self.dies_after:
            os.write(self.pipe, bytes([self.number]))
            threading.Event().wait()


class Spender:
    """One thread: a stream of steps that repeats with its seed, and a line in the journal of its process for
    each that was answered.

    Args:
        done: how many have been, before the process was killed.
    """

    def __init__(self, crowd: Crowd, name: str, toll: Toll, journal: int, done: int) -> None:
        self.engine, self.clock, self.steps, self.first = crowd.engine, crowd.clock, crowd.steps, crowd.first
        self.name, self.toll = name, toll
        self.rng = random.Random(f"{crowd.seed} {name}")
        self.journal, self.done, self.parent = journal, done, crowd.parent
        self.met: Counter[str] = Counter()

    def run(self) -> None:
        for number in range(self.steps):
            plan = self._plan(number)
            if number >= self.done:
                self.clock.moment = BEGIN + SPAN * (number + plan["late"]) / self.steps
                os.write(self.journal, f"{self.name} {self._attempt(plan)}\n".encode())
                self.toll.step()

    def _plan(self, number: int) -> dict[str, Any]:
        """What this step is to be; the same at every start."""
        rng = self.rng
        return {
            "what": rng.choices(list(OFTEN), OFTEN.values())[0],
            "case": rng.randrange(CASES),
            "pick": rng.random(),
            "who": rng.choice(list(ZONES)),
            "amount": rng.choice([5, 40, 250, 700, 1500, 1999, 2000, 2400]),
            "hours": rng.randint(1, 8),
            "late": rng.random(),
            "key": f"{self.name}-{number}",
        }

    def _attempt(self, plan: dict[str, Any]) -> str:
        """Do it until it is answered; whatever came of it, as a line of the journal."""
        while True:
            try:
                return " ".join(str(part) for part in self._do(plan))
            except EventRefused as refused:
                return f"refused {refused.refusal.code}"
            except LostRace as race:
                self.met["deadlock" if "each other" in str(race) else "race"] += 1
            except EnvironmentFault:  # somebody waited too long, or the test was broken off
                if os.getppid() != self.parent:
                    os._exit(1)
                self.met["busy"] += 1

    def _do(self, plan: dict[str, Any]) -> Iterator[Any]:
        engine, case, key = self.engine, self.first + plan["case"], plan["key"]
        by, amount = f"agent:{plan['who']}", f"{plan['amount']} USD"
        now = self.clock.now()
        match plan["what"]:
            case "offer":
                later = now + timedelta(hours=plan["hours"])
                found = engine.offer_compensation(
                    case, "refund", amount, by=by, offer=key, expires_at=later, key=key
                )
            case "spend":
                found = engine.spend(case, "gift", amount, by=by, offer=key, key=key)
            case "batch":
                others = [self.first + (plan["case"] + n * 7) % CASES for n in range(3)]
                names = [*ZONES, *ZONES][list(ZONES).index(plan["who"]) :]
                commands = []
                for n, (other, name) in enumerate(zip(others, names, strict=False)):
                    given = {"kind": "gift", "amount": amount, "offer": f"{key}-{n}"}
                    event = money.CompensationSpent(by=f"agent:{name}", occurred_at=now, **given)
                    commands.append(Command(event, other, f"{key}-{n}"))
                answers = [one for one in engine.handle_many(commands) if not isinstance(one, Refusal)]
                yield from ("batch", *(f"{one.case}:{one.seq}" for one in answers))
                return
            case "tick":
                engine.see_to_due(20)
                yield "tick"
                return
            case what:
                wanted = {"approve": "asked", "refuse": "asked", "fulfil": "due", "revoke": "offered"}
                state = wanted.get(what, "offered")
                known = [n for n, one in engine.case(case).compensations.items() if one.status == state]
                number = known[int(plan["pick"] * len(known))] if known else "1"
                eva = f"supervisor:{SUPERVISORS[int(plan['pick'] * 2)]}"
                work: Any = {
                    "accept": lambda: engine.accept_compensation(case, number, key=key),
                    "decline": lambda: engine.decline_compensation(case, number, key=key),
                    "revoke": lambda: engine.revoke_compensation(case, number, "slip", by=eva, key=key),
                    "approve": lambda: engine.approve(case, number, by=eva, key=key),
                    "refuse": lambda: engine.refuse_approval(case, number, "no", by=eva, key=key),
                    "fulfil": lambda: engine.fulfil_compensation(
                        case, number, by="agent:zoe", receipt=key, key=key
                    ),
                }[what]
                found = work()
        yield from (plan["what"], f"{found.case}:{found.seq}")


class Crowd:
    """What each process is forked with: an engine that has read the workflow, as that of a server has."""

    def __init__(self, url: str, folder: Path, threads: int, steps: int, seed: int, first: int) -> None:
        self.folder, self.threads, self.steps, self.seed, self.first = folder, threads, steps, seed, first
        self.clock, self.parent = ThreadClock(), os.getpid()
        self.engine = engine_on(url, self.clock)
        self.engine.current()
        self.engine.limits.policy()
        self.engine.store.close()

    def work(self, number: int, toll: Toll) -> Counter[str]:
        """All the threads of one process."""
        file = self.folder / f"{number}.journal"
        names = [f"{number}-{n}" for n in range(self.threads)]
        done = Counter(line.split()[0] for line in file.read_text().splitlines()) if file.exists() else {}
        journal = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        spenders = [Spender(self, name, toll, journal, done.get(name, 0)) for name in names]
        running = [threading.Thread(target=spender.run) for spender in spenders]
        for one in running:
            one.start()
        for one in running:
            one.join()
        self.engine.store.close()
        return sum((spender.met for spender in spenders), Counter())

    def fork(self, number: int, dies_after: int | None = None, pipe: int = -1) -> int:
        """A process that does its steps, from where its journals end; gives its id."""
        child = os.fork()
        if child:
            return child
        status = 1
        try:
            met = self.work(number, Toll(number, dies_after, pipe))
            (self.folder / f"{number}.met").write_text(json.dumps(met))
            status = 0
        finally:
            os._exit(status)


def main(
    url: str, place: str, processes: int, threads: int, steps: int, kills: int, seed: int, first: int
) -> int:
    folder, rng = Path(place), random.Random(seed)
    crowd = Crowd(url, folder, threads, steps, seed, first)
    reading, writing = os.pipe()
    victims = {n: rng.randint(1, threads * steps * 4 // 5) for n in rng.sample(range(processes), kills)}
    running = {n: crowd.fork(n, victims.get(n), writing) for n in range(processes)}
    os.close(writing)
    while victims and (said := os.read(reading, 1)):
        (number,) = said
        os.kill(running[number], signal.SIGKILL)
        os.waitpid(running[number], 0)
        with (folder / "killed").open("a") as file:
            file.write(f"{number} after {victims.pop(number)} steps\n")
        running[number] = crowd.fork(number)
    statuses = [os.waitpid(child, 0)[1] for child in running.values()]
    return 1 if victims or any(statuses) else 0


if __name__ == "__main__":
    place, *rest = sys.argv[1:3], *sys.argv[3:]
    sys.exit(main(place[0], place[1], *map(int, rest)))
