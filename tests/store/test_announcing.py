"""On PostgreSQL, who listens hears that messages were asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.store.house import House, ask_sql
from tests.store.test_postgres import database, end_connections, other

__all__ = ["database", "other"]

pytestmark = pytest.mark.postgres


def listening(house: House, woken: threading.Event, stop: threading.Event) -> threading.Thread:
    """Somebody who listens, and does so already."""
    thread = threading.Thread(target=house.store.listen, args=(woken.set, stop))
    thread.start()
    wait_for(lambda: bool(ask_sql(house, LISTENING)))
    return thread


LISTENING = "select 1 from pg_stat_activity where datname = current_database() and query like 'LISTEN %'"


def wait_for(is_so: Callable[[], bool]) -> None:
    never = threading.Event()
    for _ in range(600):
        if is_so():
            return
        never.wait(0.05)
    pytest.fail("it never was so")


def test_who_listens_hears_of_messages_that_others_ask_for_and_of_nothing_else(
    house: House, other: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.store.postgres.ANNOUNCE_SECONDS", 0)
    (first,) = house.open(1)
    woken, stop = threading.Event(), threading.Event()
    thread = listening(house, woken, stop)
    try:
        announced: list[str] = []
        real = other.store._announce
        monkeypatch.setattr(other.store, "_announce", lambda cursor: (announced.append("x"), real(cursor)))
        other.open(1)
        assert announced == []
        other.tell(first, other.facts(said="x"))
        assert announced == ["x"]
        assert woken.wait(30)
    finally:
        stop.set()
        thread.join(30)


def test_a_lost_connection_is_made_anew_and_heard_through(
    house: House, other: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.store.postgres.ANNOUNCE_SECONDS", 0)
    monkeypatch.setattr("recovery.store.postgres.FIRST_PAUSE", 0.01)
    (first,) = house.open(1)
    woken, stop = threading.Event(), threading.Event()
    thread = listening(house, woken, stop)
    try:
        end_connections(house)
        wait_for(lambda: bool(ask_sql(house, LISTENING)))
        other.tell(first, other.facts(said="x"))
        assert woken.wait(30)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_a_process_announces_at_most_ten_times_a_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("recovery.store.postgres.monotonic", lambda: now[0])
    said: list[str] = []

    class Cursor:
        def execute(self, text: str) -> None:
            said.append(text)

    for at in (100.0, 100.05, 100.09, 100.11, 100.15):
        now[0] = at
        house.store._announce(Cursor())  # type: ignore[arg-type]
    assert said == ["NOTIFY recovery_messages"] * 2
