"""The engine's tables beside a host's: made through the host's connection, beside its own Alembic history."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from recovery import upgrade_tables
from recovery.core.errors import EnvironmentFault, RecoveryError
from recovery.store.tables import metadata
from tests.hosts.desks import POSTGRES_HOSTS, SQLITE_HOSTS, Desk, Host, alchemy
from tests.hosts.ground import Ground, ground_on, make, sqlite_url
from tests.postgres import new_database

_numbers = itertools.count(1)

OURS = "recovery_"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """A database without any table."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "empty.db")) as connection:
            connection.execute("pragma journal_mode = wal")
        with ground_on(sqlite_url(tmp_path / "empty.db")) as ground:
            yield ground
        return
    with (
        new_database(request.getfixturevalue("postgres_server"), f"empty{next(_numbers)}") as url,
        ground_on(url) as ground,
    ):
        yield ground


def tables(ground: Ground) -> set[str]:
    with alchemy(ground) as engine:
        return set(sa.inspect(engine).get_table_names())


def hosts(ground: Ground) -> dict[str, Host]:
    names = (
        "sqlite3",
        "sqlite3-by-hand",
        "psycopg",
        "sqlalchemy-connection",
        "sqlalchemy-async-session",
        "django",
    )
    found = SQLITE_HOSTS if ground.is_sqlite else POSTGRES_HOSTS
    return {name: found[name] for name in names if name in found}


def test_every_kind_of_host_can_make_the_tables_in_its_own_transaction(empty: Ground) -> None:
    for name, tell in hosts(empty).items():

        def story(desk: Desk) -> None:
            upgraded = upgrade_tables(desk.lent)
            assert upgraded.is_current
            desk.run("create table own (name varchar(10))")
            assert not tables(empty)
            desk.rollback()

        tell(empty, story)
        assert not tables(empty), name


def test_what_the_host_commits_is_a_whole_database(empty: Ground) -> None:
    def story(desk: Desk) -> None:
        upgrade_tables(desk.lent)
        desk.commit()

    next(iter(hosts(empty).values()))(empty, story)
    assert empty.engine.store.schema().is_current
    make(empty.url)
    assert empty.engine.open_case("It broke.").case == 1


def test_upgrading_again_changes_nothing(ground: Ground) -> None:
    before = ground.engine.store.installation_id()
    with alchemy(ground) as engine, engine.begin() as connection:
        assert upgrade_tables(connection).is_current
    assert ground.engine.store.installation_id() == before


def test_tables_of_a_newer_version_are_left_alone(sqlite_ground: Ground) -> None:
    with closing(sqlite3.connect(sqlite_ground.path)) as connection:
        connection.execute("update recovery_alembic_version set version_num = '9999'")
        with pytest.raises(EnvironmentFault, match="newer version"):
            upgrade_tables(connection)
        connection.rollback()
        assert upgrade_tables(connection).is_current


def test_what_is_no_connection_cannot_be_upgraded() -> None:
    with pytest.raises(RecoveryError, match="cannot be lent"):
        upgrade_tables("sqlite:///desk.db")  # type: ignore[arg-type]


# --- a host with its own Alembic history --------------------------------------------------------------------

ENV = """
from alembic import context

def include(object, name, type_, reflected, compare_to):
    return not (type_ == "table" and name.startswith("recovery_"))

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, include_object=include)
with context.begin_transaction():
    context.run_migrations()
"""

REVISION = """
import sqlalchemy as sa
from alembic import op
from recovery import upgrade_tables

revision, down_revision = "{revision}", {before}

def upgrade():
    op.create_table("{first}", sa.Column("id", sa.Integer, primary_key=True))
    {ours}
    op.create_table("{second}", sa.Column("id", sa.Integer, primary_key=True))

def downgrade():
    op.drop_table("{second}")
    op.drop_table("{first}")
"""


@pytest.fixture
def history(tmp_path: Path) -> Config:
    """A host's migrations: the second of three brings our tables along."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(dedent(ENV))
    before = None
    for number, ours in enumerate(("pass", "upgrade_tables(op.get_bind())", "pass")):
        revision = f"host{number}"
        text = REVISION.format(
            revision=revision, before=repr(before), first=f"a{number}", second=f"b{number}", ours=ours
        )
        (folder / "versions" / f"{revision}.py").write_text(text)
        before = revision
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


def run(ground: Ground, config: Config, revision: str, move: Any = command.upgrade) -> None:
    with alchemy(ground) as engine, engine.connect() as connection:
        config.attributes["connection"] = connection
        move(config, revision)
        connection.commit()


def test_a_host_s_revision_can_bring_our_tables_and_go_on_with_its_own(
    empty: Ground, history: Config
) -> None:
    run(empty, history, "head")
    found = tables(empty)
    assert {"a0", "b0", "a1", "b1", "a2", "b2", "alembic_version", "recovery_alembic_version"} <= found
    assert empty.ask("select version_num from alembic_version") == [("host2",)]
    assert empty.engine.store.schema().is_current


def test_our_upgrade_leaves_the_host_s_history_alone(empty: Ground, history: Config) -> None:
    run(empty, history, "host0")
    empty.engine.store.upgrade()
    assert empty.ask("select version_num from alembic_version") == [("host0",)]
    run(empty, history, "head")
    run(empty, history, "base", command.downgrade)
    assert empty.engine.store.schema().is_current
    assert empty.ask("select version_num from alembic_version") == []


def test_without_putting_alembic_s_own_run_back_the_host_s_revision_breaks(
    empty: Ground, history: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    monkeypatch.setattr("recovery.store.schema._beside_another_run", nullcontext)
    with pytest.raises((AttributeError, KeyError)):
        run(empty, history, "head")


def test_a_host_that_compares_its_models_can_leave_our_tables_out(ground: Ground) -> None:
    own = sa.MetaData()
    sa.Table(
        "ticket", own, sa.Column("name", sa.String(40), primary_key=True), sa.Column("note", sa.String(200))
    )

    def include(item: Any, name: str | None, kind: str, *_: Any) -> bool:
        return not (kind == "table" and (name or "").startswith(OURS))

    with alchemy(ground) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": include})
        changes = compare_metadata(context, own)
    assert not [change for change in changes if "recovery" in str(change)]


def test_our_tables_are_in_no_host_s_metadata() -> None:
    assert all(name.startswith(OURS) for name in metadata.tables)
    assert not [name for name in SQLModel.metadata.tables if name.startswith(OURS)]


def test_an_upgrade_that_fails_leaves_the_host_s_transaction_as_it_was(
    empty: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(n: int) -> bytes:
        raise ZeroDivisionError

    with alchemy(empty) as engine, engine.connect() as connection:
        connection.execute(sa.text("create table own (name varchar(10))"))
        with pytest.raises(ZeroDivisionError):
            upgrade_tables(connection, entropy=failing)
        connection.commit()
    assert tables(empty) == {"own"}
