"""Jobs: of many workers one does each moment, what was missed is caught up, and what fails comes again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.calendars.schedule import Schedule
from recovery.core.errors import EnvironmentFault
from recovery.engine import Engine
from recovery.jobs.every import jobs_of
from recovery.jobs.job import Job, Moment
from recovery.project import Project, starter_root
from recovery.store.jobs import last_done, pending
from recovery.testing import Mailbox
from recovery.worker import regular, serving
from recovery.worker.serving import Worker
from tests.postgres import libpq, new_database, postgres_server
from tests.support import START, entropy, owned
from tests.support import new_database as new_file
from tests.worker.test_serving import Said

__all__ = ["postgres_server"]

DAILY = Schedule("40 8 * * *", "Europe/Rome")  # 07:40 UTC in winter


@pytest.fixture(scope="module")
def on_a_server(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project on PostgreSQL; its database is made once."""
    with new_database(postgres_server, "recovery_jobs") as url:
        made = Project(starter_root(), url, outbox=tmp_path_factory.mktemp("outbox"))
        open_engine(made, clock=ManualClock(START), entropy=entropy(), make=True).store.close()
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def project(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project on each kind of database, without jobs."""
    if request.param == "sqlite":
        return new_file(tmp_path, tmp_path_factory.getbasetemp())
    made: Project = request.getfixturevalue("on_a_server")
    run_sql(made, "delete from recovery_job")
    return made


def run_sql(project: Project, text: str) -> None:
    """Change the database as somebody with nothing but SQL would."""
    if project.database_file is not None:
        with sqlite3.connect(project.database_file) as file:
            file.execute(text)
        return
    with psycopg.connect(libpq(project.url), autocommit=True) as connection:
        connection.execute(text.encode())


class Book:
    """A job that writes down each time it is done; `fault` makes it fail."""

    def __init__(self, parts: int = 0) -> None:
        self.moments: list[Moment] = []
        self.parts_done = 0
        self.parts = parts
        self.fault: Exception | None = None

    def job(self, name: str = "sheet", times: Schedule = DAILY) -> Job:
        return Job(name, times, self.in_parts if self.parts else self.at_once)

    def at_once(self, _: Engine, moment: Moment) -> None:
        if self.fault is not None:
            raise self.fault
        self.moments.append(moment)

    def in_parts(self, _: Engine, moment: Moment) -> Iterator[None]:
        for _part in range(self.parts):
            self.parts_done += 1
            yield
        self.moments.append(moment)


def worker(engine: Engine, clock: ManualClock, *jobs: Job, **more: Any) -> Worker:
    given: dict[str, Any] = {"may_send": lambda: True, "seal": lambda: None, "tell": Said(clock).tell}
    return Worker(engine, Mailbox(), **{**given, **more}, jobs=jobs)


def due(engine: Engine) -> list[tuple[str, datetime]]:
    return [(row.name, row.due_at) for row in pending(engine.store, engine.tenant)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_of_three_workers_one_does_each_moment(engine: Engine, clock: ManualClock) -> None:
    book = Book()
    workers = [worker(engine, clock, book.job()) for _ in range(3)]
    for one in workers:
        one.tick()
    assert book.moments == []
    assert due(engine) == [("sheet", at("2026-11-21T07:40"))]
    for day in range(21, 25):
        clock.set(at(f"2026-11-{day}T07:40"))
        for one in workers:
            one.tick()
    assert [moment.due_at for moment in book.moments] == [at(f"2026-11-{day}T07:40") for day in range(21, 25)]
    assert due(engine) == [("sheet", at("2026-11-25T07:40"))]


def test_threads_that_reach_for_a_job_at_once_have_it_once(engine: Engine, clock: ManualClock) -> None:
    book = Book()
    workers = [worker(engine, clock, book.job()) for _ in range(4)]
    for one in workers:
        one.tick()
    clock.set(at("2026-11-21T07:40"))
    gate = threading.Barrier(4)

    def run(one: Worker) -> None:
        gate.wait(30)
        one.tick()

    threads = [threading.Thread(target=run, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(book.moments) == 1
    assert sum(one.pulse.jobs.get(("sheet", "done"), 0) for one in workers) == 1


def test_what_was_missed_is_caught_up_once_and_says_how_late_it_is(
    engine: Engine, clock: ManualClock
) -> None:
    worker(engine, clock, Book().job()).tick()
    clock.set(at("2026-11-24T12:00"))
    book, said = Book(), Said(clock)
    worker(engine, clock, book.job(), tell=said.tell).tick()
    assert [(moment.due_at, moment.late_by) for moment in book.moments] == [
        (at("2026-11-21T07:40"), timedelta(days=3, hours=4, minutes=20))
    ]
    assert [line["late_by"] for line in said.of("job_done")] == [274_800.0]
    assert due(engine) == [("sheet", at("2026-11-25T07:40"))]
    assert last_done(engine.store, engine.tenant)["sheet"].done_at == clock.now()


def test_a_clock_that_is_set_back_does_nothing_a_second_time(engine: Engine, clock: ManualClock) -> None:
    book = Book()
    one = worker(engine, clock, book.job())
    one.tick()
    clock.set(at("2026-11-21T07:40"))
    one.tick()
    clock.set(START)
    one.tick()
    worker(engine, clock, book.job()).tick()
    assert len(book.moments) == 1
    assert due(engine) == [("sheet", at("2026-11-22T07:40"))]


def test_a_job_whose_times_change_is_due_at_the_new_ones(engine: Engine, clock: ManualClock) -> None:
    worker(engine, clock, Book().job()).tick()
    worker(engine, clock, Book().job(times=Schedule("0 18 * * *", "UTC"))).tick()
    assert due(engine) == [("sheet", at("2026-11-20T18:00"))]


def test_what_a_version_does_not_know_is_left_to_another(engine: Engine, clock: ManualClock) -> None:
    worker(engine, clock, Book().job("old")).tick()
    clock.advance(timedelta(days=2))
    one = worker(engine, clock, Book().job("new"))
    one.tick()
    assert [name for name, _ in due(engine)] == ["old", "new"]
    assert one.pulse.jobs == {}


# --- failing ------------------------------------------------------------------------------------------------


def let_leases_end(project: Project) -> None:
    ended = "update recovery_job set lease_until = '2000-01-01T00:00:00.000000Z'"
    run_sql(project, f"{ended} where lease_until is not null")


def test_a_job_that_fails_is_tried_again_after_a_while_and_says_why(
    engine: Engine, clock: ManualClock, project: Project
) -> None:
    book, said = Book(), Said(clock)
    one = worker(engine, clock, book.job(), tell=said.tell)
    one.tick()
    clock.advance(timedelta(days=1))
    book.fault = ValueError("ana@example.org has no desk")
    one.tick()
    one.tick()
    (row,) = pending(engine.store, engine.tenant)
    assert (row.attempts, row.note, row.lease_owner) == (1, "ValueError: 'ana@example.org has no desk'", None)
    assert [line["reason"] for line in said.of("job_failed")] == ["ValueError"]
    assert "ana" not in said.text.getvalue()
    book.fault = None
    clock.advance(regular.LOOK)
    one.tick()
    assert book.moments == []
    let_leases_end(project)
    clock.advance(regular.LOOK)
    one.tick()
    assert [moment.due_at for moment in book.moments] == [at("2026-11-21T07:40")]
    assert one.pulse.jobs == {("sheet", "failed"): 1, ("sheet", "done"): 1}


def test_a_fault_of_the_environment_in_a_job_is_named_and_stops_nothing_else(
    engine: Engine, clock: ManualClock
) -> None:
    broken, book, said = Book(), Book(), Said(clock)
    broken.fault = EnvironmentFault("The folder is full.")
    one = worker(engine, clock, broken.job("a"), book.job("b"), tell=said.tell)
    one.tick()
    clock.advance(timedelta(days=1))
    one.tick()
    assert len(book.moments) == 1
    assert [line["reason"] for line in said.of("job_failed")] == ["The folder is full."]


def test_a_worker_that_dies_in_the_middle_leaves_the_job_to_another(
    engine: Engine, clock: ManualClock, project: Project
) -> None:
    dead, book = Book(parts=3), Book(parts=3)
    one = worker(engine, clock, dead.job())
    one.tick()
    clock.advance(timedelta(days=1))
    one.tick(job_seconds=0)
    assert dead.parts_done == 1
    other = worker(engine, clock, book.job())
    other.tick()
    assert book.parts_done == 0
    let_leases_end(project)
    clock.advance(regular.LOOK)
    other.tick()
    assert (book.parts_done, len(book.moments)) == (3, 1)
    one.tick()  # it was only slow: what it says comes too late
    assert one.pulse.jobs == {}
    assert due(engine) == [("sheet", at("2026-11-22T07:40"))]


# --- in parts -----------------------------------------------------------------------------------------------


def test_between_the_parts_of_a_long_job_everything_else_has_its_turn(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "JOB_SECONDS", 0)
    book = Book(parts=5)
    one = worker(engine, clock, book.job())
    one.turn()
    clock.advance(timedelta(days=1))
    assert one.turn() == 0
    assert book.parts_done == 1
    engine.open_case("It never came.", customer={"address": "ana@example.org"})
    assert one.turn() == 0
    assert (one.total.delivered, book.parts_done, book.moments) == (1, 2, [])
    for _ in range(4):
        one.turn()
    assert len(book.moments) == 1


def test_a_lease_is_renewed_between_parts_and_one_that_was_lost_ends_the_job(
    engine: Engine, clock: ManualClock, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(regular, "monotonic", lambda: now[0])
    book = Book(parts=9)
    one = worker(engine, clock, book.job())
    one.tick()
    clock.advance(timedelta(days=1))
    one.tick(job_seconds=0)
    let_leases_end(project)
    (ended,) = pending(engine.store, engine.tenant)
    now[0] += 21
    one.tick(job_seconds=0)
    (renewed,) = pending(engine.store, engine.tenant)
    assert ended.lease_until is not None
    assert renewed.lease_until is not None
    assert renewed.lease_until > ended.lease_until
    let_leases_end(project)
    worker(engine, clock, Book().job()).tick()
    now[0] += 21
    one.tick()
    assert (book.parts_done, book.moments) == (3, [])


def test_a_worker_that_stops_gives_its_job_back(engine: Engine, clock: ManualClock) -> None:
    book = Book(parts=5)
    one = worker(engine, clock, book.job())
    one.tick()
    clock.advance(timedelta(days=1))
    one.tick(job_seconds=0)
    one.finish()
    (row,) = pending(engine.store, engine.tenant)
    assert (row.attempts, row.lease_owner, row.lease_until) == (0, None, None)
    worker(engine, clock, book.job()).tick()
    assert len(book.moments) == 1


def test_a_turn_says_when_the_next_job_is_due(engine: Engine, clock: ManualClock) -> None:
    one = worker(engine, clock, Book().job())
    one.turn()
    clock.set(at("2026-11-21T07:39") + timedelta(seconds=59.5))
    assert one.turn() == pytest.approx(0.5)


def test_two_jobs_of_one_name_are_a_mistake(engine: Engine, clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="one name"):
        worker(engine, clock, Book().job(), Book().job())


# --- what there is ------------------------------------------------------------------------------------------


def test_the_words_of_old_messages_are_forgotten_every_night_where_a_project_asks_for_it(
    engine: Engine, clock: ManualClock, project: Project
) -> None:
    assert jobs_of(project) == []
    asked = Project(project.root, project.database, forget_words_after=timedelta(days=90))
    one = worker(engine, clock, *jobs_of(asked))
    case = owned(engine)
    one.tick()
    engine.do(case, "withdraw", by="customer")
    for days in (80, 91, 1):
        clock.advance(timedelta(days=days))
        words = [row.rendered for row in engine.store.outbox(engine.tenant, case=case)]
        assert any(words) is (days != 1)
        one.tick()
