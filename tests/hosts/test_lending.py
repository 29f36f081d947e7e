"""Lending by itself: who begins and commits, what cannot be lent, threads, processes and warnings."""

from __future__ import annotations

import faulthandler
import gc
import os
import sqlite3
import threading
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosqlite
import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from recovery.core.errors import EnvironmentFault, RecoveryError
from recovery.store.lending import Unlendable
from tests.hosts.desks import Ticket, alchemy
from tests.hosts.django_desk import atomic, wrapper
from tests.hosts.ground import Ground, ground_on, make, sqlite_url
from tests.postgres import libpq

NOTE = {"problem.restated": "The handle."}


def open_case(ground: Ground, connection: Any) -> int:
    return ground.engine.open_case("It broke.", external_id=ground.name, connection=connection).case


# --- who begins and commits ---------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"isolation_level": None}, {"autocommit": True}])
def test_an_idle_sqlite_connection_that_commits_each_statement_commits_each_command(
    sqlite_ground: Ground, settings: dict[str, Any]
) -> None:
    if "autocommit" in settings and not hasattr(sqlite3, "LEGACY_TRANSACTION_CONTROL"):
        pytest.skip("Python 3.12 and later")
    with closing(sqlite3.connect(sqlite_ground.path, **settings)) as connection:
        open_case(sqlite_ground, connection)
        assert not connection.in_transaction
        assert sqlite_ground.kept() == (False, True)


@pytest.mark.postgres
def test_an_idle_psycopg_connection_that_commits_each_statement_commits_each_command(
    postgres_ground: Ground,
) -> None:
    with closing(psycopg.connect(libpq(postgres_ground.url), autocommit=True)) as connection:
        open_case(postgres_ground, connection)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert postgres_ground.kept() == (False, True)


def test_django_outside_atomic_commits_each_command(ground: Ground) -> None:
    with wrapper(ground) as (_, connection):
        open_case(ground, connection)
        assert ground.kept() == (False, True)


def test_django_without_autocommit_leaves_it_to_the_host(ground: Ground) -> None:
    with wrapper(ground) as (_, connection):
        connection.set_autocommit(False)
        open_case(ground, connection)
        assert ground.kept() == (False, False)
        connection.commit()
    assert ground.kept() == (False, True)


def test_sqlalchemy_in_autocommit_mode_commits_each_command(ground: Ground) -> None:
    with alchemy(ground) as engine, engine.connect() as connection:
        open_case(ground, connection.execution_options(isolation_level="AUTOCOMMIT"))
        assert ground.kept() == (False, True)


def test_a_failed_command_in_autocommit_mode_leaves_no_transaction_open(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(unit: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("recovery.store.unit.Unit.flush", failing)
    with wrapper(ground) as (_, connection):
        with pytest.raises(ZeroDivisionError):
            open_case(ground, connection)
        with connection.cursor() as cursor:
            cursor.execute("insert into ticket (name, note) values (%s, 'after')", [ground.name])
        assert ground.kept() == (True, False)


def test_a_question_begins_no_transaction_on_sqlite(sqlite_ground: Ground) -> None:
    with closing(sqlite3.connect(sqlite_ground.path)) as connection:
        assert sqlite_ground.engine.list_cases(connection=connection).cases == []
        assert not connection.in_transaction


# --- what cannot be lent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("thing", ["sqlite:///desk.db", 17, object(), Path("desk.db")])
def test_what_is_no_connection_is_named_with_what_would_be_accepted(ground: Ground, thing: Any) -> None:
    with pytest.raises(Unlendable, match=r"cannot be lent.*Lend a connection of sqlite3 or psycopg 3"):
        open_case(ground, thing)


def test_a_closed_connection_is_the_caller_s_fault(sqlite_ground: Ground) -> None:
    connection = sqlite3.connect(sqlite_ground.path)
    connection.close()
    with pytest.raises(Unlendable, match="closed") as error:
        open_case(sqlite_ground, connection)
    assert error.value.fault == "caller"


@pytest.mark.postgres
def test_a_closed_psycopg_connection_is_the_caller_s_fault(postgres_ground: Ground) -> None:
    connection = psycopg.connect(libpq(postgres_ground.url))
    connection.close()
    with pytest.raises(Unlendable, match="closed"):
        open_case(postgres_ground, connection)


def test_a_closed_sqlalchemy_connection_is_the_caller_s_fault(ground: Ground) -> None:
    with alchemy(ground) as engine:
        connection = engine.connect()
        connection.close()
        with pytest.raises(Unlendable, match="closed"):
            open_case(ground, connection)


def test_a_session_that_must_be_rolled_back_first_says_so(ground: Ground) -> None:
    with alchemy(ground) as engine, Session(engine) as session:
        session.add_all([Ticket(name=ground.name, note="once"), Ticket(name=ground.name, note="twice")])
        with pytest.raises(sa.exc.SQLAlchemyError):
            session.flush()
        with pytest.raises(Unlendable, match="rolled back") as error:
            open_case(ground, session)
        assert "twice" not in str(error.value)
        session.rollback()
        open_case(ground, session)
        session.commit()
    assert ground.kept() == (False, True)


@pytest.mark.postgres
def test_a_transaction_that_has_failed_says_so_and_can_be_rolled_back(postgres_ground: Ground) -> None:
    with closing(psycopg.connect(libpq(postgres_ground.url))) as connection:
        with pytest.raises(psycopg.Error):
            connection.execute("select nothing")
        for ask in (open_case, lambda ground, lent: ground.engine.find("HD", connection=lent)):
            with pytest.raises(Unlendable, match=r"has failed.*Roll it back"):
                ask(postgres_ground, connection)
        connection.rollback()
        open_case(postgres_ground, connection)


def test_a_block_of_django_s_that_has_failed_says_so(ground: Ground) -> None:
    with wrapper(ground) as (alias, connection), atomic(alias):
        connection.needs_rollback = True
        with pytest.raises(Unlendable, match="atomic block has failed"):
            open_case(ground, connection)


def test_a_connection_to_another_file_is_refused(sqlite_ground: Ground, tmp_path: Path) -> None:
    another = sqlite_url(tmp_path / "another.db")
    make(another)
    with closing(sqlite3.connect(tmp_path / "another.db")) as connection:
        with ground_on(another) as other:
            open_case(other, connection)
        with pytest.raises(Unlendable, match="is another one"):
            open_case(sqlite_ground, connection)


def test_a_connection_to_a_file_without_our_tables_is_refused(sqlite_ground: Ground) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        with pytest.raises(Unlendable, match="has no tables of service-recovery"):
            open_case(sqlite_ground, connection)
        assert not connection.in_transaction


@pytest.mark.postgres
def test_a_connection_to_the_other_kind_of_database_is_refused(
    sqlite_ground: Ground, postgres_ground: Ground
) -> None:
    with (
        closing(sqlite3.connect(sqlite_ground.path)) as connection,
        pytest.raises(Unlendable, match="A connection to sqlite was lent"),
    ):
        open_case(postgres_ground, connection)


def test_asynchronous_connections_are_for_the_asynchronous_engine(sqlite_ground: Ground) -> None:
    session = AsyncSession(create_async_engine("sqlite+aiosqlite://"))
    with pytest.raises(Unlendable, match="AsyncEngine"):
        open_case(sqlite_ground, session)
    with pytest.raises(Unlendable, match="cannot be lent"):
        open_case(sqlite_ground, aiosqlite.connect(":memory:"))


def test_a_database_somebody_else_is_writing_to_is_named_as_locked(sqlite_ground: Ground) -> None:
    with closing(sqlite3.connect(sqlite_ground.path)) as other:
        other.execute("begin immediate")
        with closing(sqlite3.connect(sqlite_ground.path, timeout=0)) as connection:
            with pytest.raises(EnvironmentFault, match="locked"):
                open_case(sqlite_ground, connection)
            assert not connection.in_transaction


def test_a_transaction_that_read_before_others_wrote_is_told_to_begin_anew(sqlite_ground: Ground) -> None:
    ground = sqlite_ground
    with closing(sqlite3.connect(ground.path, isolation_level=None, timeout=0)) as connection:
        connection.execute("begin")
        connection.execute("select count(*) from ticket").fetchall()
        ground.engine.open_case("Another one.")
        with pytest.raises(EnvironmentFault, match="began reading before"):
            open_case(ground, connection)
        assert connection.in_transaction
        connection.execute("rollback")
        open_case(ground, connection)


# --- threads and processes ----------------------------------------------------------------------------------


def test_a_connection_of_another_thread_is_refused(sqlite_ground: Ground) -> None:
    raised: list[BaseException] = []

    def elsewhere(connection: sqlite3.Connection) -> None:
        try:
            open_case(sqlite_ground, connection)
        except RecoveryError as error:
            raised.append(error)

    with closing(sqlite3.connect(sqlite_ground.path)) as connection:
        thread = threading.Thread(target=elsewhere, args=(connection,))
        thread.start()
        thread.join()
    assert [type(error) for error in raised] == [Unlendable]


def test_threads_lend_each_its_own_connection(ground: Ground) -> None:
    opened: list[int] = []

    def work(engine: sa.Engine, number: int) -> None:
        for turn in range(5):
            with Session(engine) as session:
                name = f"{ground.name}-{number}-{turn}"
                found = ground.engine.open_case("It broke.", external_id=name, connection=session)
                session.commit() if turn % 2 else session.rollback()
                opened.extend([found.case] if turn % 2 else [])

    with alchemy(ground) as engine:
        threads = [threading.Thread(target=work, args=(engine, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(opened)) == 8
    assert all(ground.engine.case(id).seq == 1 for id in opened)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_an_engine_opened_before_a_fork_works_on_both_sides(ground: Ground) -> None:
    ground.engine.open_case("Before.", external_id=f"{ground.name}-before")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads, which is the point
        child = os.fork()
    if child == 0:
        code = 1
        try:
            name = f"{ground.name}-child"
            ground.engine.open_case("In the child.", external_id=name)
            lent = _connect(ground)
            ground.engine.open_case("Lent.", external_id=f"{name}-lent", connection=lent)
            lent.commit()
            lent.close()
            ground.engine.store.close()
            code = 0
        finally:
            os._exit(code)
    ground.engine.open_case("In the parent.", external_id=f"{ground.name}-parent")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    names = [f"{ground.name}-{of}" for of in ("before", "child", "child-lent", "parent")]
    cases = ground.engine.store.find_cases(ground.engine.tenant, names)
    assert len(set(cases.values())) == 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_works_though_a_thread_was_connecting_while_it_was_forked(ground: Ground) -> None:
    store: Any = ground.engine.store
    with store._lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                faulthandler.dump_traceback_later(20, exit=True)
                ground.engine.open_case("In the child.", external_id=f"{ground.name}-child")
                store.close()
                code = 0
            finally:
                os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_child_never_uses_its_parent_s_connections(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.engine.list_cases()
    ground.engine.open_case("Before.")
    store: Any = ground.engine.store
    before = store._reader(), store._writer()
    process = os.getpid() + 1
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: process)
        after = store._reader(), store._writer()
        assert not set(map(id, before)) & set(map(id, after))
        store.close()
        ground.engine.list_cases()
        store.close()
    before[0].execute("select 1")


def _connect(ground: Ground) -> Any:
    return sqlite3.connect(ground.path) if ground.is_sqlite else psycopg.connect(libpq(ground.url))


def test_no_connection_is_left_open_unclosed(ground: Ground) -> None:
    def leaks() -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            work()
            gc.collect()
        return [str(one.message) for one in caught if issubclass(one.category, ResourceWarning)]

    def work() -> None:
        with ground_on(ground.url) as again:
            thread = threading.Thread(target=again.engine.list_cases)
            thread.start()
            thread.join()
            with closing(_connect(ground)) as connection:
                open_case(again, connection)
                with pytest.raises(RecoveryError):
                    again.engine.record(2**40, NOTE, by="agent:li", connection=connection)
                connection.rollback()
            again.engine.find("HD")

    assert leaks() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_without_asking_which_process_it_is_a_child_would_talk_on_its_parent_s_connection(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Any = ground.engine.store
    ours, parent = store._writer(), os.getpid()

    def is_shared_in_a_child() -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            code = 2
            try:
                code = int(store._writer() is ours)
            finally:
                os._exit(code)
        return bool(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    assert not is_shared_in_a_child()
    monkeypatch.setattr(os, "getpid", lambda: parent)
    assert is_shared_in_a_child()
