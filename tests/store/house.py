"""What the tests of the store work with: a small workflow, a store under a clock that stands, raw SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from recovery.core import events as ev
from recovery.core.case import Case, fold
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.facts import FactType
from recovery.core.spec import Need, Send, Workflow
from recovery.store.chain import BEGINNING, commitment, link
from recovery.store.codec import case_values
from recovery.store.problems import CODES
from recovery.store.sqlite import SqliteStore, Unit
from recovery.store.statements import CASE_COLUMNS
from recovery.store.verify import verify
from tests.core.builders import step, workflow

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
        return sha256(f"{seed}{count}".encode()).digest()[:n]

    return draw


def decided(answer: Any) -> Decision:
    """The decision, where a refusal would be a mistake of the test."""
    assert isinstance(answer, Decision), answer
    return answer


class House:
    """A store with a workflow: opens cases and lets events into them."""

    def __init__(self, path: Path, *, seed: str = "seed") -> None:
        self.path = path
        self.now = START
        self.workflow = small()
        self.store = SqliteStore.open(path, clock=lambda: self.now, entropy=entropy(seed))

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
        decision = self.decision(unit.load(tenant, [id])[id], event)
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


def run_sql(path: Path, *statements: str | tuple[str, Iterable[Any]]) -> int:
    """Change the database as somebody with nothing but SQL would; gives how many rows the last changed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        changed = 0
        for statement in statements:
            text, values = (statement, ()) if isinstance(statement, str) else statement
            changed = connection.execute(text, tuple(values)).rowcount
        return changed


def ask_sql(path: Path, text: str, *values: Any) -> list[Any]:
    """The rows of a query."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(text, values).fetchall()


def rewrite(house: House, case: int, length: int, tell: str | None = None) -> None:
    """Cut a case's log to a length, change what it tells, hash it anew, and make the rest agree with it."""
    rows = ask_sql(
        house.path,
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
        changes = json.loads(text)["changes"]
        stamp = {"seq": seq, "occurred_at": occurred_at, "recorded_at": recorded_at}
        records.append({"tenant": TENANT, "case": case, "changes": changes, **stamp})
    statements.append(("delete from recovery_event where case_id = ? and seq > ?", (case, length)))
    statements.append(("delete from recovery_effect where case_id = ? and seq > ?", (case, length)))
    folded = fold(None, records)
    assert folded is not None
    columns = ", ".join(f"{name} = ?" for name in CASE_COLUMNS)
    statements.append(
        (f"update recovery_case set {columns} where id = ?", (*case_values(folded, before), case))
    )
    run_sql(house.path, *statements)


def found(house: House) -> list[tuple[str, int | None, int | None]]:
    """The code, case and event of each problem."""
    problems = verify(house.store, KEY).problems
    assert all(problem.code in CODES and problem.message for problem in problems)
    return [(problem.code, problem.case, problem.seq) for problem in problems]
