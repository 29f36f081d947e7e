"""What the tests of the store work with: a small workflow, a store under a clock that stands, raw SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recovery.core import events as ev
from recovery.core.case import Case
from recovery.core.changes import fold
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.facts import FactType
from recovery.core.spec import Need, Send, Workflow
from recovery.store.chain import BEGINNING, commitment, link
from recovery.store.codec import case_values, read_body
from recovery.store.postgres import PostgresStore
from recovery.store.problems import CODES
from recovery.store.sqlite import SqliteStore
from recovery.store.statements import CASE_COLUMNS
from recovery.store.store import Store
from recovery.store.unit import Unit
from recovery.store.verify import verify
from tests.core.builders import step, workflow
from tests.postgres import libpq

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TENANT = "default"
KEY = b"a key that is kept elsewhere"

FACTS = {
    "said": FactType("said", "text"),
    "owner": FactType("owner", "person"),
    "paid": FactType("paid", "boolean"),
    "due": FactType("due", "instant"),
    "told": FactType("told", "boolean"),
    "thanked": FactType("thanked", "boolean"),
}


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""Of a test that is about SQLite alone."""

on_postgres = pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""Of a test that is about PostgreSQL alone."""

FILES = {"workflows/small.yaml": "id: small  # 投诉\n"}


def hash_of(files: Mapping[str, str]) -> str:
    """The version that files make: one for those above, another for any others."""
    return "bundle-1" if files == FILES else "another"


def small() -> Workflow:
    """listen (said) → own (owner; a message that must arrive) → pay (paid; another) → closed."""
    return workflow(
        step("listen", Need("said")),
        step("own", Need("owner"), Need("told"), on_enter=[Send("assurance", {"told": True})]),
        step("pay", Need("paid"), on_leave=[Send("thanks", {"thanked": True})]),
        facts=FACTS,
    )


def entropy(seed: str = "seed") -> Callable[[int], bytes]:
    """Bytes that look random and repeat with the seed."""
    count = 0

    def draw(n: int) -> bytes:
        nonlocal count
        count += 1
        return shake_256(f"{seed}{count}".encode()).digest(n)

    return draw


def decided(answer: Any) -> Decision:
    """The decision, where a refusal would be a mistake of the test."""
    assert isinstance(answer, Decision), answer
    return answer


class House:
    """A store with a workflow: opens cases and lets events into them.

    Args:
        place: the file of a SQLite database, or the URL of a PostgreSQL one.
    """

    def __init__(self, place: Path | str, *, seed: str = "seed") -> None:
        self.place = place
        self.now = START
        self.workflow = small()
        self.store = self.open_store(seed)

    def open_store(self, seed: str = "seed") -> Store:
        """A store on the house's database."""
        if isinstance(self.place, Path):
            return SqliteStore.open(self.place, clock=lambda: self.now, entropy=entropy(seed))
        return PostgresStore.open(self.place, clock=lambda: self.now, entropy=entropy(seed))

    @property
    def path(self) -> Path:
        """The file, where the database is one."""
        assert isinstance(self.place, Path)
        return self.place

    @property
    def url(self) -> str:
        """The URL, where the database is on a server."""
        assert isinstance(self.place, str)
        return self.place

    def publish(self) -> None:
        """Keep the version that cases run on."""
        self.store.publish(TENANT, self.workflow.bundle, self.workflow.id, FILES)

    def complaint(self, **more: Any) -> ev.ComplaintReceived:
        fields = {"text": "It broke.", "customer": {"name": "Ana", "address": "ana@example.org"}, **more}
        return ev.ComplaintReceived(by="customer", occurred_at=self.now, **fields)

    def open_in(self, unit: Unit, tenant: str = TENANT, **more: Any) -> Case:
        """Open a case within a unit."""
        (id,) = unit.new_ids(1)
        decision = decided(open_case(self.workflow, tenant, id, self.complaint(**more), self.now))
        unit.add(decision)
        return decision.case

    def open(self, n: int = 1, tenant: str = TENANT, **more: Any) -> list[int]:
        """Open cases in one unit; gives their numbers."""
        with self.store.write() as unit:
            return [self.open_in(unit, tenant, **more).id for _ in range(n)]

    def decision(self, case: Case, event: ev.Event) -> Decision:
        return decided(decide(self.workflow, case, event, self.now))

    def tell_in(self, unit: Unit, id: int, event: ev.Event, tenant: str = TENANT) -> Case:
        """Let an event into a case within a unit."""
        case = unit.case(tenant, id)
        assert case is not None
        decision = self.decision(case, event)
        unit.add(decision)
        return decision.case

    def tell(self, id: int, event: ev.Event, tenant: str = TENANT) -> Case:
        with self.store.write() as unit:
            return self.tell_in(unit, id, event, tenant)

    def facts(self, **facts: Any) -> ev.FactsRecorded:
        return ev.FactsRecorded(by="agent:li", occurred_at=self.now, facts=facts)

    def delivered(self, effect: str) -> ev.EffectDelivered:
        return ev.EffectDelivered(by="engine", occurred_at=self.now, effect=effect)

    def failed(self, effect: str) -> ev.EffectFailed:
        return ev.EffectFailed(by="engine", occurred_at=self.now, effect=effect, reason="no such address")

    def walk(self, id: int, tenant: str = TENANT) -> None:
        """Take a case from its opening to its end: five events, two messages (2.0 and 5.0)."""
        for event in (
            self.facts(said="the handle"),
            self.facts(owner="li"),
            self.delivered("2.0"),
            self.facts(paid=True),
        ):
            self.tell(id, event, tenant)
            self.now += timedelta(hours=1)


def ran(house: House, cases: int = 3) -> House:
    """A house with cases that walked to their end, and one that has just begun."""
    for id in house.open(cases):
        house.walk(id)
    house.open()
    return house


@contextmanager
def plain_cursor(place: House | Path) -> Iterator[Any]:
    """A driver's cursor, in autocommit mode."""
    where = place if isinstance(place, Path) else place.place
    opened: Any = (
        sqlite3.connect(where, isolation_level=None)
        if isinstance(where, Path)
        else psycopg.connect(libpq(where), autocommit=True)
    )
    with closing(opened) as connection:
        yield connection.cursor()


def _execute(cursor: Any, text: str, values: Iterable[Any]) -> None:
    if isinstance(cursor, psycopg.Cursor):
        text = text.replace("%", "%%").replace("?", "%s")
    cursor.execute(text, tuple(values))


def run_sql(place: House | Path, *statements: str | tuple[str, Iterable[Any]]) -> int:
    """Change the database as somebody with nothing but SQL would; gives how many rows the last changed."""
    with plain_cursor(place) as cursor:
        for statement in statements:
            text, values = (statement, ()) if isinstance(statement, str) else statement
            _execute(cursor, text, values)
        return int(cursor.rowcount)


def ask_sql(place: House | Path, text: str, *values: Any) -> list[Any]:
    """The rows of a query."""
    with plain_cursor(place) as cursor:
        _execute(cursor, text, values)
        return list(cursor.fetchall())


def rewrite(house: House, case: int, length: int, tell: str | None = None) -> None:
    """Cut a case's log to a length, change what it tells, hash it anew, and make the rest agree with it."""
    rows = ask_sql(
        house,
        "select id, seq, kind, by, occurred_at, recorded_at, body, salt from recovery_event "
        "where case_id = ? order by seq",
        case,
    )
    before, records = BEGINNING, []
    statements: list[tuple[str, tuple[object, ...]]] = []
    for id, seq, kind, by, occurred_at, recorded_at, body, salt in rows[:length]:
        text = body.replace("handle", tell) if tell else body
        committed = commitment(salt, by, text)
        before = link(before, TENANT, case, seq, kind, occurred_at, recorded_at, committed)
        values = (text, committed, before, id)
        statements.append(
            ("update recovery_event set body = ?, commitment = ?, hash = ? where id = ?", values)
        )
        changes = read_body(text)["changes"]
        stamp = {"seq": seq, "by": by, "occurred_at": occurred_at, "recorded_at": recorded_at}
        records.append({"tenant": TENANT, "case": case, "changes": changes, **stamp})
    statements.append(("delete from recovery_event where case_id = ? and seq > ?", (case, length)))
    statements.append(("delete from recovery_effect where case_id = ? and seq > ?", (case, length)))
    folded = fold(None, records)
    assert folded is not None
    columns = ", ".join(f"{name} = ?" for name in CASE_COLUMNS)
    statements.append(
        (f"update recovery_case set {columns} where id = ?", (*case_values(folded, before), case))
    )
    run_sql(house, *statements)


def found(house: House) -> list[tuple[str, int | None, int | None]]:
    """The code, case and event of each problem."""
    problems = verify(house.store, KEY).problems
    assert all(problem.code in CODES and problem.message for problem in problems)
    return [(problem.code, problem.case, problem.seq) for problem in problems]
