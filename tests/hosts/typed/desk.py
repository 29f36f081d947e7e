"""A host as its type checker sees it: `mypy --strict` finds nothing here. It is checked, not run."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_type

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session, scoped_session
from sqlmodel import Session as ModelSession

from recovery import (
    AsyncEngine,
    Case,
    Changes,
    Command,
    Engine,
    EventRefused,
    ExternalIdTaken,
    LostRace,
    NotFound,
    Outcome,
    Page,
    Project,
    Record,
    RecoveryError,
    Refusal,
    Unlendable,
    find_project,
    open_engine,
    publish,
    reading,
    upgrade_tables,
    working,
)
from recovery.core.events import FactsRecorded
from recovery.testing import Mailbox, ManualClock, engine_for_tests, run_until, suppressed


class DjangoLike:
    """What `django.db.connection` looks like to a type checker."""

    vendor = "sqlite"

    def ensure_connection(self) -> None: ...


def commands(
    engine: Engine,
    bare: sqlite3.Connection,
    server: psycopg.Connection,
    connection: sa.Connection,
    session: Session,
    scoped: scoped_session[Session],
    model: ModelSession,
    django: DjangoLike,
) -> None:
    assert_type(engine.open_case("It broke.", external_id="HD-17", connection=bare), Outcome)
    assert_type(engine.record(1, {"severity": 3}, by="agent:li", connection=server), Outcome)
    assert_type(engine.do(1, "reopen", by="agent:li", connection=connection), Outcome)
    event = FactsRecorded(by="agent:li", occurred_at=datetime(2026, 1, 5, tzinfo=UTC), facts={})
    assert_type(engine.handle(event, 1, connection=session), Outcome)
    answers = engine.handle_many([Command(event, 1)], connection=scoped)
    for answer in answers:
        assert_type(answer, Outcome | Refusal)
    assert_type(engine.find("HD-17", connection=model), Case | None)
    assert_type(engine.case(1, connection=django), Case)
    upgrade_tables(bare)


def questions(engine: Engine) -> None:
    page = engine.list_cases(owner="li", ended=False, limit=20)
    assert_type(page, Page)
    assert_type(page.cursor, str | None)
    changes = engine.changes(since=0, limit=100)
    assert_type(changes, Changes)
    records, position = changes
    assert_type(records, list[Record])
    assert_type(position, int)
    assert_type(engine.explain(page.cases[0], "zh")["waits_for"] is not None, bool)


async def awaited(engine: AsyncEngine, connection: AsyncConnection, session: AsyncSession) -> None:
    assert_type(await engine.open_case("It broke.", connection=session), Outcome)
    assert_type(await engine.record(1, {}, by="agent:li", connection=connection), Outcome)
    assert_type(await engine.find("HD-17"), Case | None)
    assert_type(await engine.list_cases(), Page)
    assert_type(await engine.changes(0), Changes)


def errors(engine: Engine) -> str:
    try:
        engine.record(1, {}, by="agent:li")
    except EventRefused as refused:
        return refused.refusal.code
    except (LostRace, ExternalIdTaken, NotFound, Unlendable) as error:
        return error.hint
    except RecoveryError as error:
        return error.fault
    return ""


def opened(folder: Path) -> None:
    project = find_project(folder)
    assert_type(project, Project)
    engine = open_engine(project, clock=ManualClock(datetime(2026, 1, 5, tzinfo=UTC)), make=True)
    publish(engine, folder)
    with reading(project) as one, working(project) as two:
        assert_type((one, two), tuple[Engine, Engine])


def tested() -> None:
    with suppressed() as mailbox, engine_for_tests() as engine:
        assert_type(mailbox, Mailbox)
        run_until(engine, engine.clock.now() + timedelta(days=1), mailbox)
