"""A PostgreSQL server that does not answer, and one that waits for a client that has gone without a word."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from recovery.store import postgres
from recovery.store.postgres import PostgresStore
from recovery.store.postgres_faults import ConnectionLost
from tests.postgres import postgres_server
from tests.support import START

__all__ = ["postgres_server"]

pytestmark = pytest.mark.postgres

IDLE = "show idle_in_transaction_session_timeout"


@pytest.fixture
def store(postgres_server: str) -> Iterator[PostgresStore]:
    found = PostgresStore.open(postgres_server, clock=lambda: START)
    yield found
    found.close()


def test_who_waits_for_an_answer_is_freed_when_the_connections_are_cut(store: PostgresStore) -> None:
    asked, heard = threading.Event(), []

    def waiting() -> None:
        connection = store._keep(store._connect_to_write())
        asked.set()
        try:
            with store.dialect.explaining("here"):
                connection.execute("select pg_sleep(60)")
        except ConnectionLost as error:
            heard.append(error)

    thread = threading.Thread(target=waiting)
    thread.start()
    assert asked.wait(30)
    while thread.is_alive():  # cut before it asked, it would be told so too
        store.cut()
        thread.join(0.05)
    assert len(heard) == 1
    store.cut()


def test_only_connections_that_write_are_ended_when_they_rest_in_a_transaction(store: PostgresStore) -> None:
    writer, reader = store._connect_to_write(), store._connect_to_read()
    assert writer.execute(IDLE).fetchone() == ("1min",)
    assert reader.execute(IDLE).fetchone() == ("0",)
    writer.close()
    reader.close()


def test_a_shorter_limit_of_the_server_stays(postgres_server: str) -> None:
    for given, found in (("5s", "5s"), ("2h", "1min"), ("0", "1min")):
        option = f"options=-cidle_in_transaction_session_timeout%3D{given}"
        store = PostgresStore.open(f"{postgres_server}&{option}", clock=lambda: START)
        writer = store._connect_to_write()
        assert writer.execute(IDLE).fetchone() == (found,)
        writer.close()


def test_a_dead_line_is_noticed_as_the_url_says_or_within_a_minute(postgres_server: str) -> None:
    store = PostgresStore.open(f"{postgres_server}&keepalives_idle=7", clock=lambda: START)
    assert store._parameters["keepalives_idle"] == "7"
    assert store._parameters["tcp_user_timeout"] == postgres.SILENT["tcp_user_timeout"] <= 60_000
    store._connect_to_read().close()
