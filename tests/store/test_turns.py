"""Threads of one process take turns to write to SQLite, so that one of them tries and not all."""

from __future__ import annotations

import faulthandler
import os
import sqlite3
import threading
import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from recovery.core.errors import EnvironmentFault
from recovery.store.sqlite import SqliteStore
from tests.store.house import House

WORD = 20
"""Seconds until a thread that never comes is given up."""


class _Turn:
    """A turn that says when somebody asks for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.asked = threading.Semaphore(0)

    def acquire(self, *, timeout: float) -> bool:
        self.asked.release()
        return self._lock.acquire(timeout=timeout)

    def release(self) -> None:
        self._lock.release()


@pytest.fixture
def database() -> str:
    """SQLite alone: elsewhere writers do not wait for each other."""
    return "sqlite"


@pytest.fixture
def tried() -> list[float]:
    """How often somebody tried whether the database is free, and was to wait so many seconds."""
    return []


@pytest.fixture
def store_of_threads(house: House, tried: list[float]) -> Iterator[SqliteStore]:
    store = SqliteStore.open(house.path, clock=lambda: house.now, wait=tried.append)
    yield store
    store.close()


def test_a_thread_waits_for_another_one_of_its_process_without_trying(
    store_of_threads: SqliteStore, tried: list[float]
) -> None:
    store: Any = store_of_threads
    turn = store._turn = _Turn()
    numbers: list[int] = []

    def write() -> None:
        with store.write() as unit:
            numbers.extend(unit.new_ids(1))

    with store.write() as unit:
        assert turn.asked.acquire(timeout=WORD)
        threads = [threading.Thread(target=write) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert turn.asked.acquire(timeout=WORD)
        numbers += unit.new_ids(1)
    for thread in threads:
        thread.join(WORD)
    assert sorted(numbers) == [1, 2, 3, 4]
    assert tried == []


def test_whoever_fails_leaves_the_turn_to_the_next(
    house: House, store_of_threads: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of_threads
    with pytest.raises(ValueError, match="in the middle"), store.write():
        raise ValueError("in the middle")
    with closing(sqlite3.connect(house.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        monkeypatch.setattr("recovery.store.store.BUSY_SECONDS", 0.01)
        with pytest.raises(EnvironmentFault, match="is locked"), store.write():
            pass
        other.execute("rollback")
    with store.write() as unit:
        assert unit.new_ids(1) == [1]


def test_a_turn_that_does_not_come_is_said_to_be_a_locked_database(
    store_of_threads: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, said = store_of_threads, []
    monkeypatch.setattr("recovery.store.store.BUSY_SECONDS", 0.01)

    def write() -> None:
        try:
            with store.write():
                pass
        except EnvironmentFault as error:
            said.append(error.message)

    with store.write() as unit:
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(WORD)
        assert unit.new_ids(1) == [1]
    assert ["is locked: somebody else has been writing" in one for one in said] == [True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_writes_though_a_thread_was_writing_while_it_was_forked(
    store_of_threads: SqliteStore,
) -> None:
    store: Any = store_of_threads
    assert store._turn.acquire(timeout=WORD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            faulthandler.dump_traceback_later(WORD, exit=True)
            with store.write() as unit:
                code = int(unit.new_ids(1) != [1])
        finally:
            os._exit(code)
    store._turn.release()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
