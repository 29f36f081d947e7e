"""What the tests of hosts use: an engine of their own, a clock to move, and messages that stay at home."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recovery import RecoveryError
from recovery.clock import SystemClock
from recovery.delivery.channels import FolderChannel
from recovery.delivery.outbox import deliver_due
from recovery.testing import Mailbox, ManualClock, Rejected, engine_for_tests, run_until, suppressed
from tests.support import START

ANA = {"name": "Ana", "address": "ana@example.org"}


def test_an_engine_for_tests_has_a_clock_that_stands_and_leaves_nothing_behind() -> None:
    with engine_for_tests() as engine:
        case = engine.case(engine.open_case("It broke.", customer=ANA).case)
        assert case.received_at == "2026-01-05T09:00:00.000000Z"
        path = Path(engine.store.where)
        assert path.exists()
    assert not path.parent.exists()


def test_two_engines_for_tests_write_the_same_log() -> None:
    def hashes() -> list[str]:
        with engine_for_tests(clock=ManualClock(START)) as engine:
            engine.open_case("It broke.", customer=ANA)
            return [record.hash for record in engine.changes().records]

    assert hashes() == hashes()


def test_an_engine_for_tests_can_share_the_host_s_database(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    with engine_for_tests(database=f"sqlite:///{path}") as engine, closing(sqlite3.connect(path)) as host:
        host.execute("create table ticket (name text)")
        engine.open_case("It broke.", external_id="HD-1", connection=host)
        host.rollback()
        assert engine.find("HD-1") is None
    with engine_for_tests(database=f"sqlite:///{path}") as again:
        assert again.list_cases().cases == []


def test_suppressed_messages_reach_nobody_and_cases_go_on(tmp_path: Path) -> None:
    with engine_for_tests() as engine:
        with suppressed() as mailbox:
            case = engine.open_case("It broke.", customer=ANA).case
            assert deliver_due(engine, FolderChannel(tmp_path / "outbox")).delivered == 1
        assert mailbox.templates == ["acknowledgement"]
        assert mailbox.messages[0].address == "ana@example.org"
        assert not (tmp_path / "outbox").exists()
        assert engine.case(case).awaiting == {}
        engine.open_case("It broke again.", customer=ANA)
        deliver_due(engine, FolderChannel(tmp_path / "outbox"))
        assert (tmp_path / "outbox").exists()


def test_suppressing_reaches_every_thread_and_the_innermost_mailbox_counts(tmp_path: Path) -> None:
    with engine_for_tests() as engine, suppressed() as outer:
        with suppressed() as inner:
            engine.open_case("It broke.", customer=ANA)
            thread = threading.Thread(target=deliver_due, args=(engine, FolderChannel(tmp_path)))
            thread.start()
            thread.join()
        engine.open_case("It broke again.", customer=ANA)
        deliver_due(engine, FolderChannel(tmp_path))
    assert (len(inner.messages), len(outer.messages)) == (1, 1)
    assert not list(tmp_path.iterdir())


def test_running_until_a_moment_moves_the_clock_and_delivers() -> None:
    with engine_for_tests() as engine:
        mailbox = Mailbox()
        engine.open_case("It broke.", customer=ANA)
        later = engine.clock.now() + timedelta(days=2)
        assert run_until(engine, later, mailbox).delivered == 1
        assert engine.clock.now() == later
        assert run_until(engine, later - timedelta(days=1)).delivered == 0
        assert engine.clock.now() == later
        assert mailbox.templates == ["acknowledgement"]


def test_a_mailbox_can_refuse() -> None:
    with engine_for_tests() as engine:
        case = engine.open_case("It broke.", customer=ANA).case
        refusing = Mailbox(Rejected("No such address."))
        assert run_until(engine, engine.clock.now(), refusing).failed == 1
        assert engine.case(case).undelivered


def test_only_a_clock_that_can_be_moved_is_moved() -> None:
    with engine_for_tests() as engine:
        with pytest.raises(RecoveryError, match="no instant"):
            run_until(engine, datetime(2026, 1, 5))  # noqa: DTZ001 - naive on purpose
        engine.clock = SystemClock()
        with pytest.raises(RecoveryError, match="cannot be moved"):
            run_until(engine, START)
