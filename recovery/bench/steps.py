"""What one case step costs with the engine: `Engine.handle` on the whole of the ten steps, chain and keys on.

The step: the customer's wish is put on record; a rule asks for a message (one effect), the case moves from
`clarify` to `own`. Every step is another case, as in the programs it is compared with.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.commands import Command, Outcome
from recovery.core.events import ComplaintReceived, FactsRecorded
from recovery.engine import Engine
from recovery.project import SQLITE, Project, starter_root

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KNOWN = {
    "problem.restated": "y" * 100,
    "problem.confirmed": True,
    "problem.category": "delivery",
    "problem.driver": "execution",
}
LEARNED = {
    "expectation.wanted": "z" * 100,
    "expectation.feasible": "fully",
    "expectation.reasonable": True,
}
OPENING = 500


@contextmanager
def sqlite_engine(synchronous: str) -> Iterator[Engine]:
    """An engine on a new SQLite database in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(starter_root(), f"{SQLITE}{Path(folder) / 'bench.db'}", starter=True)
        engine = open_engine(project, clock=ManualClock(NOW), make=True, synchronous=synchronous)
        try:
            yield engine
        finally:
            engine.store.close()


def steps_per_second(engine: Engine, steps: int, batch: int) -> float:
    """Open `steps` cases (not counted), then let each take one step, `batch` of them in a transaction."""
    cases = [id for chunk in _chunks(steps, OPENING) for id in _open(engine, chunk)]
    commands = [
        Command(FactsRecorded(by="agent:li", occurred_at=NOW, facts=LEARNED), case, key=f"step-{case}")
        for case in cases
    ]
    chunks = [commands[start : start + batch] for start in range(0, steps, batch)]
    start = time.perf_counter()
    for chunk in chunks:
        answers = engine.handle_many(chunk)
    taken = time.perf_counter() - start
    assert all(isinstance(answer, Outcome) and answer.step == "own" for answer in answers)
    return steps / taken


def _open(engine: Engine, count: int) -> list[int]:
    complaint = ComplaintReceived(by="customer", occurred_at=NOW, text="x" * 120, facts=KNOWN)
    answers = engine.handle_many([Command(complaint)] * count)
    return [answer.case for answer in answers if isinstance(answer, Outcome)]


def _chunks(total: int, size: int) -> Iterator[int]:
    while total > 0:
        yield min(size, total)
        total -= size
