"""A database that goes away under load: the worker says so, waits for it, and goes on by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.house import house
from tests.crash.proxy import Proxy, proxy
from tests.crash.register import Register
from tests.crash.workers import Nursery, WorkerProcess
from tests.postgres import RUNNING, Server, new_database, own_server

CASES = 20
SILENT = {"recovery.worker.pulse.SILENT_SECONDS": 1, "recovery.worker.serving.SILENT_SECONDS": 1}
"""Seconds until a worker gives up a database that does not answer."""


def sends(worker: WorkerProcess, messages: int) -> None:
    """Wait until a worker has sent so many."""

    def sent() -> int:
        return sum(line["event"] == "message" for line in worker.lines)

    assert worker.wait_until(lambda: sent() >= messages), worker.lines[-5:]


@pytest.fixture
def own_postgres(postgres_server: str) -> Iterator[Server]:
    """A server that may be stopped."""
    if postgres_server in RUNNING:
        yield RUNNING[postgres_server]
        return
    with own_server() as found:
        yield found


@pytest.mark.postgres
def test_a_server_stopped_and_started_under_load_is_waited_for(
    own_postgres: Server, tmp_path: Path, register: Register, nursery: Nursery, crash_environment: None
) -> None:
    with (
        new_database(own_postgres.url, "recovery_stopped") as url,
        house(tmp_path, url, register, nursery) as here,
    ):
        here.lease = 30.0  # longer than the server is away, on a slow machine too
        here.complain(CASES)
        workers = [here.worker(), here.worker()]
        sends(workers[0], 10)
        own_postgres.stop()
        try:
            for worker in workers:
                said = worker.wait_for("outage")
                assert "was lost" in said["reason"] or "cannot be reached" in said["reason"], said
        finally:
            own_postgres.start()
        for worker in workers:
            worker.wait_for("works_again")
        here.complain(CASES)
        here.finish(workers[0])
        for worker in workers:
            assert worker.stop() == 0
            assert worker.in_flight().total() == 0, "what was sent before the outage is settled after it"
        found = here.assert_sound()
        assert found.twice <= found.overran


def test_a_sqlite_file_that_somebody_else_keeps_locked_is_waited_for(
    tmp_path: Path, register: Register, nursery: Nursery, crash_environment: None
) -> None:
    file = tmp_path / "recovery.db"
    with house(tmp_path, f"sqlite:///{file}", register, nursery) as here:
        here.complain(CASES)
        worker = here.worker(settings={"recovery.store.store.BUSY_SECONDS": 0.3})
        sends(worker, 10)
        with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as other:
            other.execute("begin immediate")
            assert "somebody else has been writing for too long" in worker.wait_for("outage")["reason"]
            other.execute("rollback")
        worker.wait_for("works_again")
        here.drain(worker)
        assert here.assert_sound().twice == 0


@pytest.fixture
def line(postgres_server: str, own_postgres: Server) -> Iterator[tuple[Proxy, str, str]]:
    """A line that can go dead, the URL of a new database by it, and the database's own URL."""
    with new_database(own_postgres.url, "recovery_half") as url, proxy(url) as (found, by_line):
        yield found, by_line, url


@pytest.mark.postgres
def test_a_worker_whose_connections_swallow_everything_breaks_them_and_goes_on(
    line: tuple[Proxy, str, str],
    tmp_path: Path,
    register: Register,
    nursery: Nursery,
    crash_environment: None,
) -> None:
    found, by_line, url = line
    with house(tmp_path, url, register, nursery) as here:
        here.complain(CASES)
        worker = here.worker("--database", by_line, settings=SILENT)
        sends(worker, 10)
        assert found.swallow() > 0
        assert "has not answered" in worker.wait_for("outage")["reason"]
        worker.wait_for("works_again")
        here.drain(worker)
        here.assert_sound()
        assert worker.in_flight().total() == 0


@pytest.mark.postgres
def test_a_worker_that_vanished_in_the_middle_of_a_transaction_keeps_nobody_waiting_for_long(
    line: tuple[Proxy, str, str],
    tmp_path: Path,
    register: Register,
    nursery: Nursery,
    crash_environment: None,
) -> None:
    found, by_line, url = line
    with house(tmp_path, url, register, nursery) as here:
        here.complain(CASES)
        idle = {"recovery.store.postgres.IDLE_SECONDS": 1}
        vanished = here.worker("--database", by_line, boundary="settling", settings=idle)
        vanished.wait_for("held")
        found.swallow()
        here.kill(vanished, "settling")  # its server is not told: the rows it was writing stay locked
        here.drain()
        found_figures = here.assert_sound()
        assert found_figures.twice <= found_figures.in_flight
