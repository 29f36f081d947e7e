"""A database written by an earlier version is upgraded, is what it was, and its cases go on."""

from __future__ import annotations

import gzip
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recovery.bootstrap import upgrade_database
from recovery.clock import ManualClock
from recovery.core import events as ev
from recovery.core.explain import explain
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.insight.story import tell
from recovery.project import Project, starter_root
from recovery.store import heads
from recovery.store.postgres import PostgresStore
from recovery.store.sqlite import SqliteStore
from recovery.store.verify import Report, verify
from recovery.testing import Mailbox
from recovery.ticking import fire_due
from recovery.workflow.bundle import hash_of
from tests.postgres import libpq, new_database
from tests.store.house import House, ask_sql, run_sql
from tests.support import case_of, entropy

WRITTEN = Path(__file__).parents[1] / "data" / "first-release"
KEY = b"the key that sealed the old database"
NOW = datetime(2026, 3, 26, 9, 0, tzinfo=UTC)
CASES, EVENTS = 29, 469


@dataclass
class Old:
    """An old database: its place (a file or a URL), and an engine of today's code on it."""

    place: Path | str
    engine: Engine
    kind: str

    @property
    def url(self) -> str:
        return self.place if isinstance(self.place, str) else f"sqlite:///{self.place}"

    @property
    def house(self) -> House:
        """For raw SQL."""
        return House(self.place)

    def upgrade(self) -> tuple[str | None, str | None]:
        """As `recovery db upgrade` does it."""
        return upgrade_database(Project(starter_root(), self.url))

    def verify(self) -> Report:
        return verify(self.engine.store, KEY, hash_of=hash_of)

    def case(self, external_id: str) -> int:
        found = self.engine.find(external_id)
        assert found is not None, external_id
        return found.id


@pytest.fixture
def old(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Old]:
    """A copy of the old database, not upgraded yet."""
    clock = ManualClock(NOW)
    if database == "sqlite":
        path = tmp_path / "recovery.db"
        path.write_bytes(gzip.decompress((WRITTEN / "sqlite.db.gz").read_bytes()))
        store = SqliteStore.open(path, clock=clock.now, entropy=entropy())
        with closing(store):
            yield Old(path, Engine(store, clock), database)
        return
    with new_database(request.getfixturevalue("postgres_server"), "recovery_old") as url:
        with psycopg.connect(libpq(url)) as connection:
            connection.execute(gzip.decompress((WRITTEN / "postgres.sql.gz").read_bytes()))
        with closing(PostgresStore.open(url, clock=clock.now, entropy=entropy())) as server:
            yield Old(url, Engine(server, clock), database)


@pytest.fixture
def upgraded(old: Old) -> Old:
    """The old database, upgraded."""
    old.upgrade()
    return old


def test_an_old_database_is_upgraded_once_and_for_all(old: Old) -> None:
    before, after = old.upgrade()
    assert before == "0001"
    assert old.engine.store.schema().is_current
    assert old.upgrade() == (after, after)


def test_an_old_case_has_no_clocks_so_nothing_is_due_after_an_upgrade(upgraded: Old) -> None:
    engine = upgraded.engine
    assert engine.store.next_due(engine.tenant) is None
    assert fire_due(engine) == 0
    assert upgraded.verify().problems == []


def test_it_verifies_with_its_seals_its_versions_and_its_heads(upgraded: Old) -> None:
    report = upgraded.verify()
    assert (report.problems, report.cases, report.events, report.unsealed) == ([], CASES, EVENTS, 1)
    name = f"heads-{upgraded.kind}.jsonl"
    with (WRITTEN / name).open(encoding="utf-8") as file:
        report = verify(upgraded.engine.store, KEY, hash_of=hash_of, earlier=heads.read(file, name))
    assert report.problems == []


def test_a_row_that_was_changed_is_still_found(upgraded: Old) -> None:
    run_sql(upgraded.house, "update recovery_event set body = replace(body, 'Charged', 'Paid')")
    assert {problem.code for problem in upgraded.verify().problems} >= {"event_changed"}


def test_every_old_case_can_be_read_with_its_story_and_what_it_waits_for(upgraded: Old) -> None:
    engine = upgraded.engine
    cases = engine.list_cases(limit=500).cases
    assert len(cases) == CASES
    for case in cases:
        log = engine.store.log(engine.tenant, case.id)
        assert [record.seq for record in log] == list(range(1, case.seq + 1))
        workflow = engine.workflow(case.bundle)
        assert explain(workflow, case)
        story = tell(workflow, case, log, engine.store.outbox(engine.tenant, case=case.id))
        assert story.as_text().strip()
    assert len(engine.changes(0, limit=500).records) == EVENTS
    assert engine.store.outbox_counts(engine.tenant) == {"delivered": 104, "due": 7, "failed": 1, "held": 1}
    found = Counter(case.step for case in cases)
    assert sorted(found.items()) == [
        ("closed", 17),
        ("identify", 6),
        ("merged", 2),
        ("own", 1),
        ("stay_objective", 1),
        ("withdrawn", 2),
    ]


def test_what_was_sent_is_not_sent_again_and_what_was_due_leaves(upgraded: Old) -> None:
    engine, mailbox = upgraded.engine, Mailbox()
    deliver_due(engine, mailbox)
    assert len(mailbox.messages) == 7
    assert upgraded.case("HD-due") in {message.case for message in mailbox.messages}
    assert not {upgraded.case(name) for name in ("HD-failed", "HD-held", "HD-history")} & {
        message.case for message in mailbox.messages
    }
    assert upgraded.verify().problems == []


def test_a_command_done_before_gets_the_answer_it_got(upgraded: Old) -> None:
    engine = upgraded.engine
    complaint = ev.ComplaintReceived(
        by="customer",
        occurred_at=datetime(2026, 3, 25, 13, 11, 21, tzinfo=UTC),
        text="My order never came.",
        customer={"name": "Ana", "address": "ana@example.org"},
        external_id="HD-failed",
    )
    answer = engine.handle(complaint, key="open-failed")
    assert (answer.case, answer.seq, answer.repeated) == (upgraded.case("HD-failed"), 1, True)


def test_old_cases_go_on_where_they_stood(upgraded: Old) -> None:
    engine = upgraded.engine

    def by(who: str) -> dict[str, Any]:
        return {"by": who, "occurred_at": NOW}

    owned, aside = upgraded.case("HD-owned"), upgraded.case("HD-aside")
    engine.handle(ev.HandOffAccepted(**by("agent:chen")), owned)
    assert case_of(engine, owned).owner == "chen"
    felt = {"emotion.level": 1, "emotion.heard": True}
    assert engine.record(owned, felt, by="agent:chen").step == "stay_positive"
    deliver_due(engine, Mailbox())
    assert case_of(engine, owned).step == "resolve"
    engine.handle(ev.MergeUndone(**by("agent:li")), upgraded.case("HD-merged"))
    engine.handle(ev.QuarantineLifted(**by("supervisor:wu"), reason="mended"), aside)
    assert case_of(engine, aside).quarantine is None
    closed = engine.list_cases(step="closed", limit=1).cases[0]
    assert engine.do(closed.id, "reopen", by="agent:li").step == "resolve"
    assert engine.open_case("It happened again.").case == CASES + 1
    upgraded.engine.store.seal(KEY, NOW + timedelta(minutes=1))
    report = upgraded.verify()
    assert (report.problems, report.unsealed) == ([], 0)


def test_a_host_s_own_history_in_the_same_database_is_left_alone(old: Old) -> None:
    run_sql(
        old.house,
        "create table alembic_version (version_num varchar(32) primary key)",
        "insert into alembic_version values ('host7')",
        "create table ticket (name varchar(40) primary key, recovery_case integer)",
        "insert into ticket values ('HD-owned', 25)",
    )
    old.upgrade()
    assert ask_sql(old.house, "select version_num from alembic_version") == [("host7",)]
    assert ask_sql(old.house, "select * from ticket") == [("HD-owned", 25)]
    assert old.verify().problems == []
    if isinstance(old.place, Path):
        with closing(sqlite3.connect(old.place)) as connection:
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
