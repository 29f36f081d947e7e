"""What workers are measured by does the work it says it does, in small."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from recovery.bench import fairness, lateness, memory, timers, working
from recovery.bench.databases import COPIED, copies, engine_on, in_folder, postgres_database, sqlite_engine
from recovery.bench.queueing import Queue
from recovery.bench.subject import Ground
from recovery.core.errors import NotFound
from recovery.store.verify import verify
from tests.postgres import postgres_server

__all__ = ["postgres_server"]


@pytest.mark.postgres
@pytest.mark.slow
def test_two_workers_see_to_every_case_and_send_every_message(postgres_server: str) -> None:
    with postgres_database(postgres_server) as url:
        assert working.effects_per_second(url, 12) > 0
        with engine_on(url) as engine:
            assert engine.store.outbox_counts(engine.tenant) == {"delivered": 12}
    with postgres_database(postgres_server) as url:
        assert working.timers_per_second(url, 12) > 0
        with engine_on(url) as engine:
            logs = [engine.store.log(engine.tenant, case) for case in range(1, 13)]
            assert all("TimerFired" in [record.kind for record in log] for log in logs)
            assert verify(engine.store, None).ok


@pytest.mark.postgres
@pytest.mark.slow
def test_their_queue_does_its_tasks_beside_those_that_are_due_later(postgres_server: str) -> None:
    with postgres_database(postgres_server) as url:
        queue = Queue(url)
        queue.fill(7)
        assert queue.tasks_per_second(5) > 0
        assert queue.tasks_per_second(3) > 0


def test_copies_are_cases_whose_messages_are_due_later_and_that_can_be_sent(tmp_path: Path) -> None:
    url = in_folder(str(tmp_path))
    with engine_on(url) as engine:
        working.complain(engine, 1)
        copies(url, engine.tenant, 5, lateness.LEAD)
        assert engine.store.outbox_counts(engine.tenant) == {"due": 6}
        first, *others = engine.store.due_effects(engine.tenant, 10)
        assert (first.case, others) == (1, [])
        assert sorted(row.case for row in engine.store.outbox(engine.tenant))[1] == COPIED + 1


def test_without_a_server_what_needs_one_is_missing() -> None:
    for subject in (working.TIMERS_POSTGRES, working.EFFECTS_POSTGRES, fairness.STORM_POSTGRES):
        with pytest.raises(NotFound, match="PostgreSQL"), subject.programs(Ground(100, 1)):
            pass


def test_timers_run_out_beside_others_that_wait() -> None:
    with sqlite_engine("NORMAL") as engine:
        assert timers.timers_per_second(engine, 12, 30) > 0


def test_every_case_is_late_by_something_and_none_by_much() -> None:
    with sqlite_engine("NORMAL") as engine:
        assert lateness.most_per_second(engine, 20) > 0
    with sqlite_engine("NORMAL") as engine:
        late = lateness.lateness(engine, 20, per_second=200)
    assert len(late) == 20
    assert late == sorted(late)
    assert late[0] >= 0


@pytest.mark.slow
def test_a_storm_rages_while_the_quiet_one_sends() -> None:
    with tempfile.TemporaryDirectory() as folder, fairness.storm(in_folder(folder), 2_000, 50) as storm:
        assert storm.delay(1) > 0
        assert storm.two_batches > 0


@pytest.mark.slow
def test_a_worker_of_its_own_sees_to_clocks_and_says_what_memory_it_needs(tmp_path: Path) -> None:
    most, in_first = memory.worker_megabytes(in_folder(str(tmp_path)), 30, 5)
    assert most >= in_first > 10
