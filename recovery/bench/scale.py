"""What things cost with a million open cases, beside ten thousand, in SQLite.

Both databases are filled through the engine. Every case is owned and waits in `clarify`; owners have a
thousand cases each, however many there are. Every case has a message: a thousand are due, the others later,
as if the clock had gone on while the cases came in. Which cases step is drawn by lot.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from recovery.bench.databases import NOW, engine_on, in_folder
from recovery.bench.stepping import KNOWN, OPENING, STATEMENT, seconds
from recovery.bench.subject import Ground, Line, Programs, Rate, Subject
from recovery.commands import Command, Outcome
from recovery.core.errors import Refusal
from recovery.core.events import ComplaintReceived
from recovery.engine import Engine

FEW, MANY = 10_000, 1_000_000
CASES_EACH = 1_000
BATCH = 100
PAGE = 50
LISTS, LISTING_SECONDS = 200, 1.0
"""How many lists are asked for in one run, and how long that may take."""

DUE = 1_000
"""How many messages are due; the rest will be, a second after each other."""


def fill(engine: Engine, cases: int) -> None:
    """Open cases, the owners in turn; then put off most of the messages, which nothing yet does by itself."""
    owners = max(1, cases // CASES_EACH)
    for start in range(0, cases, OPENING):
        commands = [_complaint(number % owners) for number in range(start, min(start + OPENING, cases))]
        refused = [one for one in engine.handle_many(commands) if isinstance(one, Refusal)]
        assert not refused, refused[0]
        engine.store.give_way()
    with closing(sqlite3.connect(engine.store.where)) as database, database:
        later = "strftime('%Y-%m-%dT%H:%M:%f000Z', due_at, '+' || (case_id - ?) || ' seconds')"
        database.execute(f"update recovery_effect set due_at = {later} where case_id > ?", (DUE, DUE))


def _complaint(owner: int) -> Command:
    facts = {**KNOWN, "owner": f"agent-{owner}"}
    event = ComplaintReceived(by="agent:desk", occurred_at=NOW, text=STATEMENT, facts=facts)
    return Command(event, key=None)


@dataclass
class Work:
    """What is measured on one database; every figure is microseconds for one case or one list.

    Attributes:
        count: how many cases are opened, and how many stepped, in a run of batches.
        lot: what draws cases and owners.
    """

    engine: Engine
    cases: int
    count: int
    lot: random.Random

    def __post_init__(self) -> None:
        self.owners = max(1, self.cases // CASES_EACH)
        self._stepped: set[int] = set()

    def opening(self, batch: int, count: int) -> float:
        """Opening cases."""
        commands = [_complaint(self.lot.randrange(self.owners)) for _ in range(count)]
        chunks = [commands[start : start + batch] for start in range(0, count, batch)]
        start = time.perf_counter()
        for chunk in chunks:
            answers = self.engine.handle_many(chunk)
        taken = time.perf_counter() - start
        assert all(isinstance(answer, Outcome) for answer in answers)
        return taken / count * 1e6

    def stepping(self, batch: int, count: int) -> float:
        """Letting cases take a step that have not taken it yet."""
        return seconds(self.engine, [self._draw() for _ in range(count)], batch) / count * 1e6

    def _draw(self) -> int:
        while (case := self.lot.randrange(self.cases) + 1) in self._stepped:
            pass
        self._stepped.add(case)
        return case

    def by_owner(self, ended: bool | None) -> float:
        """The first page of the cases of an owner: of the open ones, or of all."""
        names = [f"agent-{self.lot.randrange(self.owners)}" for _ in range(LISTS)]
        return _each([partial(self.engine.list_cases, owner=name, ended=ended, limit=PAGE) for name in names])

    def changed(self) -> float:
        """What happened after a position near the end of the log, as a host asks again and again."""
        since = self.engine.store.log(self.engine.tenant, self.cases)[0].position
        return _each([partial(self.engine.changes, since, PAGE)] * LISTS)

    def by_due_time(self) -> float:
        """The messages that have been due longest."""
        return _each([partial(self.engine.store.due_effects, self.engine.tenant, PAGE)] * LISTS)

    def programs(self) -> dict[str, Callable[[], float]]:
        """Each measurement by its line."""
        single = max(1, self.count // 5)
        return {
            "scale-open-single": partial(self.opening, 1, single),
            "scale-open-batch": partial(self.opening, BATCH, self.count),
            "scale-step-single": partial(self.stepping, 1, single),
            "scale-step-batch": partial(self.stepping, BATCH, self.count),
            "scale-list-owner": partial(self.by_owner, False),
            "scale-list-owner-all": partial(self.by_owner, None),
            "scale-changes": self.changed,
            "scale-list-due": self.by_due_time,
        }


def _each(questions: list[Callable[[], object]]) -> float:
    """Microseconds for a question; when they take long, not all are asked."""
    start = time.perf_counter()
    asked = 0
    while asked < len(questions) and time.perf_counter() - start < LISTING_SECONDS:
        questions[asked]()
        asked += 1
    return (time.perf_counter() - start) / asked * 1e6


def peak_megabytes(url: str, cases: int, lot: random.Random) -> float:
    """The most memory that a new process needs for some of all this."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak, url, cases, lot.random()).result()


def _peak(url: str, cases: int, seed: float) -> float:
    with engine_on(url) as engine:
        for program in Work(engine, cases, 5 * BATCH, random.Random(seed)).programs().values():
            program()
    status = Path("/proc/self/status")
    if status.exists():  # what is asked below counts the parent's memory too on Linux
        (line,) = (one for one in status.read_text(encoding="ascii").splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    with ExitStack() as stack:
        each = {
            who: _measured(stack, cases, ground.runs) for who, cases in {"ours": MANY, BESIDE: FEW}.items()
        }
        yield {line: {who: programs[line] for who, programs in each.items()} for line in LINES}


def _measured(stack: ExitStack, cases: int, runs: int) -> dict[str, Rate]:
    """The programs of each line on a new database with so many cases."""
    url = in_folder(stack.enter_context(tempfile.TemporaryDirectory()))
    engine = stack.enter_context(engine_on(url))
    fill(engine, cases)
    lot = random.Random(cases)
    work = Work(engine, cases, max(BATCH, FEW // (4 * runs)), lot)
    return {**work.programs(), "scale-memory": partial(peak_megabytes, url, cases, lot)}


BESIDE = f"{FEW:,} cases"
WANTED = {BESIDE: "≤ 1.5"}
TIMED = (
    "open-single",
    "open-batch",
    "step-single",
    "step-batch",
    "list-owner",
    "list-owner-all",
    "list-due",
    "changes",
)
LINES = {**{f"scale-{name}": Line("µs", WANTED) for name in TIMED}, "scale-memory": Line("MB", WANTED)}
SCALE = Subject("scale", LINES, _programs, alone=True)
