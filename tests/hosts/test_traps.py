"""Each protection of a lent connection, and what happens to a host without it.

Every trap is shown twice: the work is safe, and with the protection taken away the very damage appears.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from recovery.core.errors import EventRefused, RecoveryError
from recovery.store.faults import LostRace
from recovery.store.lending import alchemy_host, manners
from recovery.store.lending.lent import Lent
from recovery.store.lending.psycopg_lent import PsycopgLent
from recovery.store.lending.sqlite_lent import SqliteLent
from recovery.store.unit import Unit
from tests.hosts.desks import alchemy
from tests.hosts.django_desk import atomic, wrapper
from tests.hosts.ground import Ground
from tests.postgres import libpq

INSERT = "insert into ticket (name, note) values (?, 'by the host')"


def open_case(ground: Ground, connection: Any) -> int:
    return ground.engine.open_case("It broke.", external_id=ground.name, connection=connection).case


def step_twice(ground: Ground, connection: Any) -> None:
    case = open_case(ground, connection)
    ground.engine.record(case, {"problem.restated": "The handle."}, by="agent:li", connection=connection)


# --- a savepoint opened first survives the host's rollback --------------------------------------------------


def rolled_back(ground: Ground) -> bool:
    """On a default SQLAlchemy host: whether its rollback undid the engine's work."""
    with alchemy(ground) as engine, Session(engine) as session:
        open_case(ground, session)
        session.rollback()
    return ground.kept() == (False, False)


def test_a_default_sqlalchemy_host_on_sqlite_rolls_back_what_was_done_first(sqlite_ground: Ground) -> None:
    assert rolled_back(sqlite_ground)


def test_without_an_explicit_begin_it_survives(
    sqlite_ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manners, "manner", lambda lent: manners.savepoint)
    assert not rolled_back(sqlite_ground)


# --- sqlalchemy commits only what it knows to have begun ----------------------------------------------------


def committed(ground: Ground) -> bool:
    with alchemy(ground) as engine, engine.connect() as connection:
        open_case(ground, connection)
        connection.commit()
    return ground.kept() == (False, True)


def test_sqlalchemy_commits_work_that_it_did_not_do_itself(ground: Ground) -> None:
    assert committed(ground)


def test_without_being_told_sqlalchemy_commits_nothing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alchemy_host, "begin", lambda connection: None)
    assert not committed(ground)


# --- only whoever begins commits ----------------------------------------------------------------------------


def undone_by_django(ground: Ground) -> bool:
    """Whether Django can still undo a block of its own after the engine has worked in it."""

    def view(alias: str, connection: Any) -> None:
        with atomic(alias):
            with connection.cursor() as cursor:
                cursor.execute(INSERT.replace("?", "%s"), [ground.name])
            open_case(ground, connection)
            raise ZeroDivisionError

    with wrapper(ground) as (alias, connection), pytest.raises(ZeroDivisionError):
        view(alias, connection)
    return ground.kept() == (False, False)


def test_django_can_undo_its_block_with_the_engine_s_work_in_it(ground: Ground) -> None:
    assert undone_by_django(ground)


def test_committing_what_django_began_keeps_what_it_wanted_undone(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def committing(lent: Lent, cursor: Any) -> Iterator[None]:
        with manners.savepoint(lent, cursor):
            yield
        cursor.execute("COMMIT")

    monkeypatch.setattr(manners, "manner", lambda lent: committing)
    assert not undone_by_django(ground)


# --- a command that fails half-way leaves nothing -----------------------------------------------------------


def nothing_left(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a command that lost its race leaves no trace in what the host commits."""
    flush = Unit.flush

    def losing(unit: Unit) -> None:
        flush(unit)
        raise LostRace("on purpose")

    with alchemy(ground) as engine, engine.connect() as connection:
        connection.execute(sa.text(INSERT.replace("?", ":name")), {"name": ground.name})
        with monkeypatch.context() as broken:
            broken.setattr(Unit, "flush", losing)
            with pytest.raises(LostRace):
                open_case(ground, connection)
        connection.commit()
    return ground.kept() == (True, False)


def test_a_lost_race_leaves_nothing_in_what_the_host_commits(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nothing_left(ground, monkeypatch)


def test_without_a_savepoint_half_of_it_is_committed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "manner", lambda lent: lambda lent, cursor: nullcontext())
    assert not nothing_left(ground, monkeypatch)


# --- a statement that PostgreSQL refuses ends the transaction -----------------------------------------------


def usable_after_an_error(ground: Ground) -> bool:
    """Whether the host can go on after the database refused a statement of the engine's."""
    with closing(psycopg.connect(libpq(ground.url))) as connection:
        connection.execute(INSERT.replace("?", "%s"), (ground.name,))
        connection.execute("set local search_path = nowhere")  # where there are no tables of ours
        with pytest.raises(RecoveryError):
            ground.engine.find(ground.name, connection=connection)
        try:
            connection.commit()
        except psycopg.Error:
            return False
    return ground.kept()[0]


@pytest.mark.postgres
def test_a_question_that_postgres_refuses_leaves_the_transaction_usable(postgres_ground: Ground) -> None:
    assert usable_after_an_error(postgres_ground)


@pytest.mark.postgres
def test_without_a_savepoint_postgres_ends_the_transaction(
    postgres_ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PsycopgLent, "survives_errors", True)
    assert not usable_after_an_error(postgres_ground)


# --- a refusal must not keep everybody else from writing ----------------------------------------------------


def others_can_write(ground: Ground) -> bool:
    """Whether, after a refused command on an idle connection, somebody else can write."""
    with closing(sqlite3.connect(ground.path)) as connection, closing(sqlite3.connect(ground.path)) as other:
        with pytest.raises(EventRefused):
            ground.engine.record(2**40, {}, by="agent:li", connection=connection)
        other.execute("pragma busy_timeout = 0")
        try:
            other.execute(INSERT, (ground.name,))
        except sqlite3.OperationalError:
            return False
        other.commit()
    return True


def test_a_refusal_on_an_idle_connection_keeps_no_lock(sqlite_ground: Ground) -> None:
    assert others_can_write(sqlite_ground)


def test_a_transaction_begun_for_nothing_would_keep_the_lock(
    sqlite_ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqliteLent, "written", None)
    assert not others_can_write(sqlite_ground)


# --- what the host has made of its rows ---------------------------------------------------------------------


def works_with_factories(ground: Ground) -> bool:
    """Whether the engine reads its rows on a connection that gives dictionaries and bytes."""
    with closing(sqlite3.connect(ground.path)) as connection:
        connection.row_factory = lambda cursor, row: {"first": row[0]}
        connection.text_factory = bytes
        try:
            case = open_case(ground, connection)
            ground.engine.record(
                case, {"problem.restated": "The handle."}, by="agent:li", connection=connection
            )
        except Exception:
            return False
        connection.commit()
        assert connection.execute("select 'text'").fetchone() == {"first": b"text"}
    return ground.kept() == (False, True)


def test_a_host_s_row_and_text_factories_stay_its_own(sqlite_ground: Ground) -> None:
    assert works_with_factories(sqlite_ground)


def test_with_the_host_s_factories_nothing_can_be_read(
    sqlite_ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqliteLent, "plainly", Lent.plainly)
    assert not works_with_factories(sqlite_ground)


@pytest.mark.postgres
def test_a_host_s_rows_as_dictionaries_stay_its_own(postgres_ground: Ground) -> None:
    ground = postgres_ground
    with closing(psycopg.connect(libpq(ground.url), row_factory=psycopg.rows.dict_row)) as connection:
        connection.cursor_factory = psycopg.ClientCursor
        step_twice(ground, connection)
        assert connection.execute("select 'text' as said").fetchone() == {"said": "text"}
        connection.commit()
    assert ground.kept() == (False, True)
