"""What one case step costs with the engine: `Engine.handle` on the whole of the ten steps, chain and keys on.

The step is that of the programs it is compared with: two facts are put on record (what the customer wants, in
a hundred characters, and that it can be done in full), the case moves from `clarify` to `own`, one message is
asked for. Everything else of these two steps is known when the case opens. Every step is another case.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from recovery.bench.databases import NOW, engine_on, libpq, postgres_database, sqlite_engine
from recovery.bench.reference import reference
from recovery.bench.reference import steps_per_second as theirs
from recovery.bench.subject import SYNCHRONOUS, Ground, Line, Programs, Subject
from recovery.bootstrap import keep_what_is_loaded
from recovery.commands import Command, Outcome
from recovery.core.errors import NotFound
from recovery.core.events import ComplaintReceived, FactsRecorded
from recovery.engine import Engine

STATEMENT = "x" * 120
KNOWN: Mapping[str, Any] = {
    "problem.restated": "It came late.",
    "problem.confirmed": True,
    "problem.category": "delivery",
    "problem.driver": "execution",
    "expectation.reasonable": True,
}
LEARNED: Mapping[str, Any] = {"expectation.wanted": "z" * 100, "expectation.feasible": "fully"}
OPENING = 500
"""How many cases are opened in one transaction."""

KINDS = ("raw", "plain")


def steps_per_second(engine: Engine, steps: int, batch: int) -> float:
    """Open `steps` cases (not counted), then let each take one step, `batch` of them in a transaction."""
    opened = [
        case for start in range(0, steps, OPENING) for case in open_cases(engine, min(OPENING, steps - start))
    ]
    return steps / seconds(engine, opened, batch)


def open_cases(engine: Engine, count: int, facts: Mapping[str, Any] = KNOWN) -> list[int]:
    """Open cases in one transaction, for complaints that came just now."""
    now = engine.clock.now()
    complaint = ComplaintReceived(by="customer", occurred_at=now, text=STATEMENT, facts=facts)
    answers = engine.handle_many([Command(complaint)] * count)
    return [answer.case for answer in answers if isinstance(answer, Outcome)]


def seconds(engine: Engine, cases: Sequence[int], batch: int) -> float:
    """How long these cases take for their step, `batch` of them in a transaction."""
    commands = [
        Command(FactsRecorded(by="agent:li", occurred_at=NOW, facts=LEARNED), case, key=f"step-{case}")
        for case in cases
    ]
    keep_what_is_loaded()
    chunks = [commands[start : start + batch] for start in range(0, len(commands), batch)]
    start = time.perf_counter()
    for chunk in chunks:
        answers = engine.handle_many(chunk)
    taken = time.perf_counter() - start
    assert all(isinstance(answer, Outcome) and answer.step == "own" for answer in answers)
    return taken


@contextmanager
def _on_sqlite(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    file = reference()

    def ours(steps: int, batch: int) -> float:
        with sqlite_engine() as engine:
            return steps_per_second(engine, steps, batch)

    def other(kind: str, steps: int, batch: int) -> float:
        return theirs(file, "sqlite", kind, "--synchronous", SYNCHRONOUS, *_counted(steps, batch))

    yield {
        f"step-sqlite-{name}": {
            "ours": partial(ours, steps, batch),
            **{kind: partial(other, kind, steps, batch) for kind in KINDS},
        }
        for name, batch, steps in _sizes(ground)
    }


@contextmanager
def _on_postgres(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    where, file = server(ground), reference()

    def ours(steps: int, batch: int) -> float:
        with postgres_database(where) as url, engine_on(url) as engine:
            return steps_per_second(engine, steps, batch)

    def other(kind: str, steps: int, batch: int) -> float:
        with postgres_database(where) as url:
            at = ("--dsn", libpq(url), "--url", url)
            return theirs(file, "postgres", kind, *at, *_counted(steps, batch))

    yield {
        f"step-postgres-{name}": {
            "ours": partial(ours, steps, batch),
            **{kind: partial(other, kind, steps, batch) for kind in KINDS},
        }
        for name, batch, steps in _sizes(ground)
    }


def server(ground: Ground) -> str:
    """The PostgreSQL server of a ground.

    Raises:
        NotFound: none was named.
    """
    if ground.postgres is None:
        raise NotFound("No PostgreSQL was named.", hint="Name one with --postgres URL.")
    return ground.postgres


def _sizes(ground: Ground) -> tuple[tuple[str, int, int], ...]:
    return ("single", 1, ground.steps // 4), ("batch", 100, ground.steps)


def _counted(steps: int, batch: int) -> tuple[str, ...]:
    return "--steps", str(steps), "--batch", str(batch)


UNIT = "steps/s"

STEP_SQLITE = Subject(
    "step-sqlite",
    {
        "step-sqlite-single": Line(UNIT, {"raw": "≥ 0.5", "plain": "≥ 3"}),
        "step-sqlite-batch": Line(UNIT, {"raw": "≥ 0.3", "plain": "≥ 4"}),
    },
    _on_sqlite,
)

STEP_POSTGRES = Subject(
    "step-postgres",
    {
        "step-postgres-single": Line(UNIT, {"raw": "≥ 0.6", "plain": ""}),
        "step-postgres-batch": Line(UNIT, {"raw": "≥ 0.3", "plain": ""}),
    },
    _on_postgres,
)
