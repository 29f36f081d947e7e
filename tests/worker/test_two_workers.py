"""Two worker processes on one database: nothing is lost, nothing goes twice, and a case is one's at a time.

100 cases with 500 messages; `make workers` sends 10,000 of 2,000 cases.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

from recovery.bootstrap import publish, upgrade_database
from recovery.clock import SystemClock
from recovery.commands import Command
from recovery.core.events import ComplaintReceived
from recovery.engine import Engine
from recovery.project import Project
from recovery.store.verify import verify
from tests.postgres import new_database, postgres_server
from tests.real_data import ROOT
from tests.support import engine_on

__all__ = ["postgres_server"]

CASES = 2_000 if os.environ.get("RECOVERY_LONG") == "1" else 100
LETTERS = 5
WORKERS = 2
SECONDS = 1_500

WORKFLOW = """\
workflow: five
title: Five letters
facts:
  heard: {type: boolean, said_by: engine}
steps:
  hear:
    title: Hear
    on_enter:
      - send: one
      - send: two
      - {send: three, when_delivered: {heard: true}}
    needs: {heard: true}
  mend:
    title: Mend
    on_enter:
      - send: four
      - send: five
    needs: {owner: }
"""

TEMPLATE = """\
---
purpose: note
subject: "Case {{ case.id }}, letter NAME"
states: [problem.statement]
---
You told us: {{ facts.problem.statement }}.
"""


@dataclass(frozen=True)
class Delivery:
    """What the receiver saw of one delivery."""

    key: str
    case: int
    effect: str
    begun: int
    ended: int


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the cases are."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'recovery.db'}"
        return
    with new_database(request.getfixturevalue("postgres_server"), "recovery_two") as url:
        yield url


@pytest.fixture
def project(database: str, tmp_path: Path) -> Project:
    """A project whose cases get five letters each: three at once, two more when the third has arrived."""
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "five.yaml").write_text(WORKFLOW, "utf-8")
    (tmp_path / "templates" / "en").mkdir(parents=True)
    for name in ("one", "two", "three", "four", "five"):
        file = tmp_path / "templates" / "en" / f"{name}.md"
        file.write_text(TEMPLATE.replace("NAME", name), "utf-8")
    found = Project(tmp_path, database, "five", tmp_path / "outbox")
    upgrade_database(found)
    with engine_on(found, SystemClock()) as engine:  # type: ignore[arg-type]
        publish(engine, tmp_path)
        opened(engine)
    return found


def opened(engine: Engine) -> None:
    """Open the cases."""
    now = engine.clock.now()
    for start in range(0, CASES, 500):
        complaints = [
            ComplaintReceived(
                by="customer",
                occurred_at=now,
                text="It never came",
                external_id=f"two-{n}",
                customer={"address": f"customer-{n}@example.org"},
            )
            for n in range(start, min(start + 500, CASES))
        ]
        engine.handle_many([Command(event) for event in complaints])


def deliveries(folder: Path) -> list[Delivery]:
    """Everything the receiver took, in the order it began."""
    begun: dict[tuple[Path, str], int] = {}
    found = []
    for book in folder.glob("*.book"):
        for line in book.read_text("utf-8").splitlines():
            what, at, case, key, effect = line.split()
            if what == "begin":
                assert (book, key) not in begun
                begun[book, key] = int(at)
            else:
                found.append(Delivery(key, int(case), effect, begun.pop((book, key)), int(at)))
    assert not begun
    return sorted(found, key=lambda one: one.begun)


@pytest.mark.slow
def test_two_workers_lose_nothing_repeat_nothing_and_never_meet_in_a_case(
    project: Project, database: str, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "tests.worker.sender", database, str(tmp_path)]
    workers = [
        subprocess.Popen(
            [*words, f"worker-{n}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for n in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    begun = monotonic()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=SECONDS)[0] for worker in workers]
    seconds = monotonic() - begun
    assert [worker.returncode for worker in workers] == [0] * WORKERS, said

    found = deliveries(tmp_path)
    times = Counter(one.key for one in found)
    assert len(times) == CASES * LETTERS
    assert set(times.values()) == {1}
    by_case: dict[int, list[Delivery]] = {}
    for one in found:
        by_case.setdefault(one.case, []).append(one)
    for letters in by_case.values():
        assert all(before.ended <= after.begun for before, after in pairwise(letters))
        places = [tuple(map(int, one.effect.split("."))) for one in letters]
        assert places == sorted(places)
    books = {book.name: len(book.read_text().splitlines()) // 2 for book in tmp_path.glob("*.book")}
    assert min(books.values()) > 0
    with engine_on(project, SystemClock()) as engine:  # type: ignore[arg-type]
        assert engine.store.outbox_counts(engine.tenant) == {"delivered": CASES * LETTERS}
        assert verify(engine.store, None).problems == []
    print(f"{len(found):,} messages in {seconds:.1f} s, {len(found) / seconds:,.0f}/s; {books}")
