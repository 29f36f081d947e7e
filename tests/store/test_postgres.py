"""PostgreSQL's own: many writers at once, positions that settle, lost connections, schemas, permissions."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

import psycopg
import pytest

from recovery.core.errors import EngineFault, EnvironmentFault, RecoveryError
from recovery.store.faults import LostRace
from recovery.store.postgres import PostgresStore
from recovery.store.postgres_dialect import POSTGRES, _floor
from recovery.store.postgres_faults import ConnectionLost, explained
from recovery.store.statements import FLOORS
from recovery.store.store import Store
from recovery.store.tables import metadata
from recovery.store.urls import shown
from recovery.store.verify import verify
from tests.postgres import libpq
from tests.store.house import KEY, START, TENANT, House, ask_sql, entropy, run_sql

pytestmark = pytest.mark.postgres


@pytest.fixture
def database() -> str:
    """PostgreSQL alone."""
    return "postgres"


@pytest.fixture
def other(house: House) -> House:
    """The same database, used by another process, as it were."""
    return House(house.place, seed="other")


def end_connections(house: House) -> int:
    """End every connection to the database, as a server that is restarted does."""
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
    return len(ask_sql(house, f"{others} and pid <> pg_backend_pid()"))


# --- many writers -------------------------------------------------------------------------------------------


def test_writers_of_different_cases_do_not_wait_for_each_other(house: House, other: House) -> None:
    first, second = house.open(2)
    with house.store.write() as unit:
        house.tell_in(unit, first, house.facts(said="x"))
        house.open_in(unit)
        unit.flush()
        other.tell(second, other.facts(said="y"))
        other.open(3)
    assert house.store.count_by(TENANT, "step") == {"listen": 4, "own": 2}
    assert verify(house.store, None).ok


def test_a_case_that_somebody_else_is_changing_is_waited_for_and_then_said_to_be_locked(
    house: House, other: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (id,) = house.open()
    monkeypatch.setattr("recovery.store.store.BUSY_SECONDS", 0.01)
    with house.store.write() as unit:
        unit.load(TENANT, [id])
        with pytest.raises(EnvironmentFault, match="is locked") as caught:
            other.tell(id, other.facts(said="x"))
        assert "try again" in caught.value.hint
    assert other.tell(id, other.facts(said="x")).seq == 2


def test_an_external_id_that_two_open_at_once_is_lost_by_one_who_may_try_again(
    house: House, other: House
) -> None:
    def be_overtaken() -> None:
        with house.store.write() as unit:
            assert unit.find(TENANT, ["E-1"]) == {}
            house.open_in(unit, external_id="E-1")
            other.open(external_id="E-1")

    with pytest.raises(LostRace):
        be_overtaken()
    (id,) = house.store.find_cases(TENANT, ["E-1"]).values()
    assert [case.id for case in house.store.list_cases(TENANT)] == [id]


def test_a_key_that_two_use_at_once_is_lost_by_one_who_may_try_again(house: House, other: House) -> None:
    def remember(store: Store, between: Callable[[], None]) -> None:
        with store.write() as unit:
            if not unit.recall(TENANT, ["k"]):
                unit.remember(TENANT, "k", "print", {"case": 1, "seq": 1})
            between()

    with pytest.raises(LostRace, match="same key"):
        remember(house.store, lambda: remember(other.store, lambda: None))
    remember(house.store, lambda: None)


def test_two_who_wait_for_each_other_are_told_apart(house: House, other: House) -> None:
    first, second = house.open(2)
    both = threading.Barrier(2)
    raised: list[BaseException] = []

    def work(of: House, ids: list[int]) -> None:
        try:
            with of.store.write() as unit:
                unit.load(TENANT, ids[:1])
                both.wait()
                unit.load(TENANT, ids[1:])
        except BaseException as error:
            raised.append(error)

    threads = [
        threading.Thread(target=work, args=(house, [first, second])),
        threading.Thread(target=work, args=(other, [second, first])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (error,) = raised
    assert isinstance(error, LostRace)
    assert "Try again" in error.hint


def test_threads_that_write_and_seal_at_once_lose_nothing(house: House) -> None:
    (id,) = house.open()

    def work() -> None:
        for _ in range(15):
            house.open(2)
            house.tell(id, house.facts(said="x"))
            house.store.seal(KEY, house.now)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.store.seal(KEY, house.now)
    report = verify(house.store, KEY)
    assert (report.problems, report.cases, report.events, report.unsealed) == ([], 121, 181, 0)


# --- positions ----------------------------------------------------------------------------------------------


def test_nothing_is_sealed_that_an_open_transaction_may_still_come_before(house: House, other: House) -> None:
    house.open()
    with other.store.write() as unit:
        other.open_in(unit)
        unit.flush()
        house.open()
        assert house.store.seal(KEY, house.now) == 1
        assert house.store.seal(KEY, house.now) == 0
    assert house.store.seal(KEY, house.now) == 2
    report = verify(house.store, KEY)
    assert (report.problems, report.unsealed, report.seals) == ([], 0, 2)


def test_a_transaction_that_is_rolled_back_holds_up_no_seal(house: House, other: House) -> None:
    def fail() -> None:
        with other.store.write() as unit:
            other.open_in(unit)
            unit.flush()
            house.open()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert house.store.seal(KEY, house.now) == 1


def test_a_transaction_takes_one_lock_however_often_it_writes(house: House) -> None:
    with house.store.write() as unit:
        for _ in range(3):
            house.open_in(unit)
            unit.flush()
            assert len(house.store.rows(FLOORS)) == 1
    assert house.store.rows(FLOORS) == []


@pytest.mark.parametrize(
    ("low", "drawn", "floor"),
    [(0, 0, 0), (7, 9, 7), (9, 9, 9), (5, 2**32 + 9, 2**32 + 5), (2**32 - 3, 2**32 + 9, 2**32 - 3)],
)
def test_a_floor_is_the_last_position_with_its_lowest_bits(low: int, drawn: int, floor: int) -> None:
    assert _floor(low, drawn) == floor


# --- connections --------------------------------------------------------------------------------------------


def test_a_connection_lost_between_two_uses_is_made_anew(house: House) -> None:
    (id,) = house.open()
    assert next(house.store.logs(TENANT)).case == id
    assert end_connections(house) >= 2
    assert house.tell(id, house.facts(said="x")).seq == 2
    assert end_connections(house) >= 1
    assert house.store.case(TENANT, id) is not None
    assert len(list(house.store.logs(TENANT))) == 2


def test_a_connection_lost_in_a_unit_loses_the_unit_and_nothing_else(house: House) -> None:
    (id,) = house.open()

    def lose() -> None:
        with house.store.write() as unit:
            house.tell_in(unit, id, house.facts(said="x"))
            end_connections(house)

    with pytest.raises(ConnectionLost, match="was lost") as caught:
        lose()
    assert "try again" in caught.value.hint
    assert house.tell(id, house.facts(said="y")).seq == 2
    assert verify(house.store, None).ok


def test_a_process_that_was_forked_has_connections_of_its_own(house: House) -> None:
    house.open()
    with house.store.write() as unit:
        child = os.fork()
        if child == 0:
            try:
                made = house.open()
                os._exit(0 if len(made) == 1 else 1)
            except BaseException:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        house.open_in(unit)
    assert len(house.store.list_cases(TENANT)) == 3


def test_streams_may_be_nested_and_left_early(house: House) -> None:
    house.open(3)
    seen = [(a.case, b.case) for a in house.store.logs(TENANT) for b in house.store.logs(TENANT)]
    assert len(seen) == 9
    for record in house.store.logs(TENANT):
        house.tell(record.case, house.facts(said="x"))
    assert len(list(house.store.logs(TENANT))) == 6
    idle = "select count(*) from pg_stat_activity where state like 'idle in transaction%' and datname = "
    assert ask_sql(house, f"{idle} current_database()") == [(0,)]


def test_a_server_that_is_not_there_or_a_database_that_does_not_exist_is_said_so(house: House) -> None:
    name = house.store.where.partition("?")[0].rpartition("/")[2]
    for url, what in (
        (house.url.replace(f"/{name}", "/nowhere", 1), 'database "nowhere" does not exist'),
        ("postgresql://ana:geheim@localhost:1/x", "localhost"),
    ):
        store = PostgresStore.open(url, clock=lambda: START)
        with pytest.raises(EnvironmentFault, match="cannot be reached") as caught:
            store.list_cases(TENANT)
        assert what in str(caught.value)
        assert "geheim" not in str(caught.value)
        assert "PGPASSWORD" in caught.value.hint


# --- the server's refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sqlstate", ["25006", "42501", "53100", "53200", "53300", "55P03", "57014", "XX001"])
def test_what_stands_in_the_way_is_said_with_what_to_do(sqlstate: str) -> None:
    error = explained(sqlstate, "no", "the server")
    assert isinstance(error, EnvironmentFault)
    assert "the server" in error.message
    assert error.hint


def test_a_statement_the_server_refuses_is_a_bug_of_ours() -> None:
    assert isinstance(explained("42601", "syntax error", "the server"), EngineFault)
    assert isinstance(explained(None, "NUL", "the server"), EngineFault)
    assert isinstance(explained(None, "server closed", "the server", lost=True), ConnectionLost)
    assert isinstance(explained("57P01", "shutting down", "the server"), ConnectionLost)
    assert isinstance(explained("40001", "serialization", "the server"), LostRace)


def test_a_role_without_the_right_is_told_which(house: House) -> None:
    role = f"clerk_{os.getpid()}"
    run_sql(house, f"create role {role} login")
    try:
        store = PostgresStore.open(house.url.replace("recovery@", f"{role}@", 1), clock=lambda: START)
        with pytest.raises(EnvironmentFault, match=r"lacks a permission.*recovery_"):
            store.list_cases(TENANT)
        store.close()
    finally:
        run_sql(house, f"drop role {role}")


# --- the schema ---------------------------------------------------------------------------------------------


def test_an_upgrade_waits_for_another_and_then_says_so(bare: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recovery.store.store.UPGRADE_SECONDS", 0.01)
    with psycopg.connect(libpq(bare.url)) as connection:
        for text in POSTGRES.upgrade_lock:
            connection.execute(text.encode())
        with pytest.raises(EnvironmentFault, match="is locked"):
            bare.store.upgrade()
    monkeypatch.setattr("recovery.store.store.UPGRADE_SECONDS", 10)
    assert bare.store.upgrade().is_current


def test_the_tables_go_into_the_schema_of_the_search_path(bare: House) -> None:
    with ExitStack() as stack:
        for name in ("one", "two"):
            run_sql(bare, f"create schema {name}")
            url = f"{bare.url}&options=-csearch_path%3D{name}"
            store = PostgresStore.open(url, clock=lambda: START, entropy=entropy(name))
            stack.callback(store.close)
            store.upgrade()
        counted = ask_sql(
            bare, "select schemaname, count(*) from pg_tables where tablename like 'recovery%' group by 1"
        )
        tables = len(metadata.tables) + 1  # and the one with the schema's revision
        assert dict(counted) == {"one": tables, "two": tables}


def test_a_database_that_is_not_in_unicode_is_refused(postgres_server: str, bare: House) -> None:
    name = f"recovery_ascii_{os.getpid()}"
    run_sql(bare, f"create database {name} encoding 'SQL_ASCII' template template0")
    try:
        here = bare.store.where.partition("?")[0].rpartition("/")[2]
        with pytest.raises(EnvironmentFault, match="SQL_ASCII") as caught:
            House(bare.url.replace(f"/{here}", f"/{name}", 1)).store.upgrade()
        assert "UTF8" in caught.value.hint
    finally:
        run_sql(bare, f"drop database {name}")


# --- the URL ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgresql://ana:geheim@host/db", "postgresql://ana:***@host/db"),
        ("postgresql+psycopg://ana:ge@heim@host/db", "postgresql+psycopg://ana:***@host/db"),
        ("postgresql://ana@host/db?password=geheim&x=1", "postgresql://ana@host/db?password=***&x=1"),
        ("postgresql://host/db?sslpassword=geheim", "postgresql://host/db?sslpassword=***"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_a_url_is_shown_without_its_passwords(url: str, safe: str) -> None:
    assert shown(url) == safe


def test_a_url_that_cannot_be_read_is_refused_without_its_password() -> None:
    with pytest.raises(RecoveryError, match="cannot be read") as caught:
        PostgresStore.open("postgresql://ana:ge heim@host/db", clock=lambda: START)
    assert "heim" not in str(caught.value)


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(EnvironmentFault, match="not installed") as caught:
        PostgresStore.open("postgresql://host/db", clock=lambda: START)
    assert "service-recovery[postgres]" in caught.value.hint
