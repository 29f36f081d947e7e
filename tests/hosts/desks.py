"""The hosts: each works in a transaction of its own, by the means of its library, and lends its connection.

A story is a function of a `Desk`. `HOSTS[name](ground, story)` opens a host's connection, tells the story and
closes the connection.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlmodel import Field, SQLModel
from sqlmodel import Session as ModelSession

from tests.hosts.django_desk import atomic, wrapper
from tests.hosts.ground import Ground
from tests.postgres import libpq


class Ticket(SQLModel, table=True):
    """A SQLModel host's own table, in its own metadata."""

    name: str = Field(primary_key=True)
    note: str


@dataclass
class Desk:
    """A host's open connection.

    Attributes:
        lent: what it lends to the engine.
        run: runs a statement of the host's own, with `?` for its values.
        nested: a savepoint of the host's own; rolled back when the block raises.
    """

    lent: Any
    run: Callable[..., Any]
    commit: Callable[[], Any]
    rollback: Callable[[], Any]
    nested: Callable[[], AbstractContextManager[Any]]

    def write(self, name: str) -> None:
        """Write a ticket of the host's own."""
        self.run("insert into ticket (name, note) values (?, 'by the host')", name)


Story = Callable[[Desk], None]

# --- bare drivers -------------------------------------------------------------------------------------------


@contextmanager
def _savepoint(run: Callable[[str], Any]) -> Iterator[None]:
    run("SAVEPOINT host")
    try:
        yield
        run("RELEASE SAVEPOINT host")
    except BaseException:
        run("ROLLBACK TO SAVEPOINT host")
        raise


def bare_sqlite(ground: Ground, story: Story, *, begin: bool = False, **settings: Any) -> None:
    """`begin`: the host begins by hand, as it must where the driver does not."""
    with closing(sqlite3.connect(ground.path, **settings)) as connection:
        if begin:
            connection.execute("begin")

        def run(text: str, *values: Any) -> Any:
            return connection.execute(text, values)

        def nested() -> AbstractContextManager[None]:
            if not connection.in_transaction:
                connection.execute("begin")
            return _savepoint(run)

        # A connection made with autocommit=True leaves also COMMIT to SQL.
        by_hand = settings.get("autocommit", False)
        commit = partial(run, "commit") if by_hand else connection.commit
        rollback = partial(run, "rollback") if by_hand else connection.rollback
        story(Desk(connection, run, commit, rollback, nested))


def bare_psycopg(ground: Ground, story: Story) -> None:
    with closing(psycopg.connect(libpq(ground.url))) as connection:

        def run(text: str, *values: Any) -> Any:
            return connection.execute(text.replace("?", "%s").encode(), values)

        story(Desk(connection, run, connection.commit, connection.rollback, connection.transaction))


def psycopg_by_hand(ground: Ground, story: Story) -> None:
    """In autocommit mode, with a transaction that was begun by hand."""
    with closing(psycopg.connect(libpq(ground.url), autocommit=True)) as connection:

        def run(text: str, *values: Any) -> Any:
            return connection.execute(text.replace("?", "%s").encode(), values)

        connection.execute("begin")
        story(Desk(connection, run, partial(run, "commit"), partial(run, "rollback"), connection.transaction))


# --- SQLAlchemy ---------------------------------------------------------------------------------------------


def begin_explicitly(engine: sa.Engine) -> None:
    """SQLAlchemy's own recipe for savepoints on SQLite: the driver begins nothing, SQLAlchemy does."""

    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")


@contextmanager
def alchemy(ground: Ground, *, recipe: bool = False) -> Iterator[sa.Engine]:
    engine = sa.create_engine(ground.url)
    if recipe:
        begin_explicitly(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def _alchemy_desk(lent: Any) -> Desk:
    def run(text: str, *values: Any) -> Any:
        named = {f"v{n}": value for n, value in enumerate(values)}
        for name in named:
            text = text.replace("?", f":{name}", 1)
        return lent.execute(sa.text(text), named)

    return Desk(lent, run, lent.commit, lent.rollback, lent.begin_nested)


def alchemy_connection(ground: Ground, story: Story, *, recipe: bool = False) -> None:
    with alchemy(ground, recipe=recipe) as engine, engine.connect() as connection:
        story(_alchemy_desk(connection))


def alchemy_session(ground: Ground, story: Story, *, recipe: bool = False) -> None:
    with alchemy(ground, recipe=recipe) as engine, Session(engine) as session:
        story(_alchemy_desk(session))


def alchemy_scoped_session(ground: Ground, story: Story) -> None:
    with alchemy(ground) as engine:
        scoped = scoped_session(sessionmaker(engine))
        story(_alchemy_desk(scoped))
        scoped.remove()


def sqlmodel_session(ground: Ground, story: Story) -> None:
    """The host writes through its own table class; what it added is flushed when it commits."""
    with alchemy(ground) as engine, ModelSession(engine) as session:
        desk = _alchemy_desk(session)
        desk.write = lambda name: session.add(Ticket(name=name, note="by the host"))  # type: ignore[method-assign]
        story(desk)


def alchemy_async(ground: Ground, story: Story, *, kind: Any) -> None:
    """The story is told inside `run_sync`, where a host that awaits calls what does not."""

    async def told() -> None:
        engine = create_async_engine(ground.url.replace("sqlite:", "sqlite+aiosqlite:"))
        try:
            async with kind(engine) as lent:
                await lent.run_sync(lambda sync: story(_alchemy_desk(sync)))
        finally:
            await engine.dispose()

    asyncio.run(told())


def _connecting(engine: Any) -> AsyncConnection:
    found: AsyncConnection = engine.connect()
    return found


# --- Django -------------------------------------------------------------------------------------------------


class _Undo(Exception):
    """Leaves an atomic block without its work."""


def django_atomic(ground: Ground, story: Story) -> None:
    """A block of `atomic`; committing is leaving it, rolling back is leaving it with an error."""
    with wrapper(ground) as (alias, connection):
        block = atomic(alias)
        block.__enter__()

        def leave(error: Exception | None) -> None:
            block.__exit__(type(error) if error else None, error, None)

        def run(text: str, *values: Any) -> Any:
            with connection.cursor() as cursor:
                cursor.execute(text.replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else None

        story(Desk(connection, run, partial(leave, None), lambda: leave(_Undo()), partial(atomic, alias)))


# --- all of them --------------------------------------------------------------------------------------------

Host = Callable[[Ground, Story], None]

SQLITE_HOSTS: dict[str, Host] = {
    "sqlite3": bare_sqlite,
    "sqlite3-immediate": partial(bare_sqlite, isolation_level="IMMEDIATE"),
    "sqlite3-exclusive": partial(bare_sqlite, isolation_level="EXCLUSIVE"),
    "sqlite3-by-hand": partial(bare_sqlite, isolation_level=None, begin=True),
    "sqlalchemy-connection": alchemy_connection,
    "sqlalchemy-connection-recipe": partial(alchemy_connection, recipe=True),
    "sqlalchemy-session": alchemy_session,
    "sqlalchemy-session-recipe": partial(alchemy_session, recipe=True),
    "sqlalchemy-scoped-session": alchemy_scoped_session,
    "sqlmodel": sqlmodel_session,
    "sqlalchemy-async-connection": partial(alchemy_async, kind=_connecting),
    "sqlalchemy-async-session": partial(alchemy_async, kind=AsyncSession),
    "django": django_atomic,
}
if sys.version_info >= (3, 12):
    SQLITE_HOSTS["sqlite3-autocommit-off"] = partial(bare_sqlite, autocommit=False)
    SQLITE_HOSTS["sqlite3-autocommit-by-hand"] = partial(bare_sqlite, autocommit=True, begin=True)

POSTGRES_HOSTS: dict[str, Host] = {
    "psycopg": bare_psycopg,
    "psycopg-by-hand": psycopg_by_hand,
    "sqlalchemy-connection": alchemy_connection,
    "sqlalchemy-session": alchemy_session,
    "sqlalchemy-scoped-session": alchemy_scoped_session,
    "sqlmodel": sqlmodel_session,
    "sqlalchemy-async-connection": partial(alchemy_async, kind=_connecting),
    "sqlalchemy-async-session": partial(alchemy_async, kind=AsyncSession),
    "django": django_atomic,
}
