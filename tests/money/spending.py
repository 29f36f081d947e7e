"""Processes full of threads that spend, cancel, let offers run out and ask for approvals, all at once.

`python -m tests.money.spending URL FOLDER PROCESSES THREADS STEPS KILLS SEED FIRST` forks the processes,
kills some with -9 in between and starts them again where their journals end. Each thread has a clock of its
own that goes through a day and a half, so that midnight passes in three zones. What was acknowledged stands
in a journal. `FIRST` is the number of the first case.
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
from contextlib import suppress
from datetime import UTC, datetime, timedelta
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
CASES = 30
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


class Spender:
    """One thread: a stream of steps that repeats with its seed, and a journal of what was acknowledged."""

    def __init__(
        self,
        engine: Engine,
        clock: ThreadClock,
        folder: Path,
        name: str,
        steps: int,
        seed: int,
        first: int,
    ) -> None:
        self.first = first
        self.engine, self.clock, self.name, self.steps = engine, clock, name, steps
        self.rng = random.Random(f"{seed} {name}")
        self.journal = folder / f"{name}.journal"
        self.met: Counter[str] = Counter()

    def run(self) -> None:
        done = len(self.journal.read_text().splitlines()) if self.journal.exists() else 0
        with self.journal.open("a") as journal:
            for number in range(self.steps):
                plan = self._plan(number)
                if number >= done:
                    self.clock.moment = BEGIN + SPAN * number / self.steps
                    journal.write(f"{self._attempt(plan)}\n")
                    journal.flush()

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
            except EnvironmentFault:  # SQLite: so many writers that one waited too long
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


def process(
    url: str, folder: Path, number: int, threads: int, steps: int, seed: int, first: int
) -> Counter[str]:
    """All the threads of one process."""
    clock = ThreadClock()
    engine = engine_on(url, clock)
    spenders = [Spender(engine, clock, folder, f"{number}-{n}", steps, seed, first) for n in range(threads)]
    running = [threading.Thread(target=spender.run) for spender in spenders]
    for one in running:
        one.start()
    for one in running:
        one.join()
    engine.store.close()
    return sum((spender.met for spender in spenders), Counter())


def _forked(url: str, folder: Path, number: int, threads: int, steps: int, seed: int, first: int) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        met = process(url, folder, number, threads, steps, seed, first)
        (folder / f"{number}.met").write_text(json.dumps(met))
        complete = all(
            len((folder / f"{number}-{n}.journal").read_text().splitlines()) == steps for n in range(threads)
        )
        status = 0 if complete else 1
    finally:
        os._exit(status)


def main(
    url: str, place: str, processes: int, threads: int, steps: int, kills: int, seed: int, first: int
) -> int:
    folder, rng, pause = Path(place), random.Random(seed), threading.Event()
    running = {_forked(url, folder, n, threads, steps, seed, first): n for n in range(processes)}
    while running:
        if kills and any(folder.glob("*.journal")) and pause.wait(rng.uniform(0.1, 0.6)) is False:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(list(running)), signal.SIGKILL)
            kills -= 1
        elif kills:
            pause.wait(0.05)
            continue
        child, status = os.wait()
        number = running.pop(child)
        if status:
            if os.WIFSIGNALED(status) is False:
                return 1
            running[_forked(url, folder, number, threads, steps, seed, first)] = number
            with (folder / "killed").open("a") as file:
                file.write(f"{number}\n")
    return 0


if __name__ == "__main__":
    place, *rest = sys.argv[1:3], *sys.argv[3:]
    sys.exit(main(place[0], place[1], *map(int, rest)))
