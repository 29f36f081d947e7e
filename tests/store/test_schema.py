"""The schema: made and upgraded by Alembic, the same either way, and refused when it is not ours."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select

from recovery.core.errors import EnvironmentFault
from recovery.store.records import Schema
from recovery.store.schema import REVISIONS, VERSION_TABLE
from recovery.store.sqlite import SqliteStore
from recovery.store.tables import metadata, table
from tests.core.builders import NAIVE
from tests.store.house import START, TENANT, House, ask_sql, entropy, on_sqlite, run_sql

NEWEST = REVISIONS[-1]

OBJECTS = (
    f"select type, name, sql from sqlite_master where name not like '{VERSION_TABLE}%' "
    "and name not like 'sqlite_%' order by name"
)


def alchemy(house: House) -> str:
    """The URL of a house as SQLAlchemy takes it."""
    return house.place if isinstance(house.place, str) else f"sqlite:///{house.place}"


@on_sqlite
def test_a_fresh_schema_is_the_migrated_schema(house: House, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    metadata.create_all(engine)
    migrated = ask_sql(house, OBJECTS)
    fresh = ask_sql(tmp_path / "fresh.db", OBJECTS)
    assert [tuple(" ".join(str(part).split()) for part in row) for row in migrated] == [
        tuple(" ".join(str(part).split()) for part in row) for row in fresh
    ]


def test_alembic_finds_nothing_to_add_to_the_migrated_schema(house: House) -> None:
    with create_engine(alchemy(house)).connect() as connection:
        options = {"version_table": VERSION_TABLE, "include_name": lambda name, *_: name != VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_revisions_this_code_knows_are_those_of_the_files() -> None:
    config = Config()
    config.set_main_option("script_location", "recovery.store:migrations")
    script = ScriptDirectory.from_config(config)
    assert tuple(reversed([one.revision for one in script.walk_revisions()])) == REVISIONS


def test_every_table_has_our_prefix_and_is_nobody_elses() -> None:
    from sqlmodel import SQLModel

    assert all(name.startswith("recovery_") for name in metadata.tables)
    assert not set(metadata.tables) & set(SQLModel.metadata.tables)


def test_an_upgrade_makes_the_database_once_and_for_all(house: House) -> None:
    installation = house.store.installation_id()
    assert len(installation) == 32
    house.open()
    assert house.store.upgrade() == Schema(NEWEST, NEWEST)
    assert house.store.installation_id() == installation
    assert house.open() == [2]


def test_two_databases_have_different_installation_ids(house: House, bare: House) -> None:
    bare.store = bare.open_store(seed="another")
    bare.store.upgrade()
    assert bare.store.installation_id() != house.store.installation_id()
    bare.store.close()


def test_a_path_with_blanks_percent_signs_and_chinese_works(tmp_path: Path) -> None:
    folder = tmp_path / "50 % off? #1 投诉"
    folder.mkdir()
    house = House(folder / "re covery.db")
    house.store.upgrade()
    assert house.open() == [1]
    house.store.close()
    assert {file.name for file in folder.iterdir()} == {"re covery.db"}


def _upgrade(place: Path | str, start: multiprocessing.Barrier) -> None:  # type: ignore[valid-type]
    store = House(place).store
    start.wait()
    store.upgrade()


def test_several_upgrades_at_once_are_one(bare: House) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(3)
    processes = [context.Process(target=_upgrade, args=(bare.place, start)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert ask_sql(bare, f"select version_num from {VERSION_TABLE}") == [(NEWEST,)]
    assert ask_sql(bare, "select count(*) from recovery_meta where key = 'installation_id'") == [(1,)]


@on_sqlite
def test_an_upgrade_that_cannot_get_the_lock_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recovery.store.store.UPGRADE_SECONDS", 0.01)
    with house.store.write(), pytest.raises(EnvironmentFault, match="is locked"):
        house.store.upgrade()
    assert house.store.upgrade().is_current


def test_a_database_in_another_journal_mode_waits_for_its_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.store.store.UPGRADE_SECONDS", 0.01)
    path = tmp_path / "host.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as host:
        host.execute("create table orders (id integer)")
        host.execute("begin immediate")
        with pytest.raises(EnvironmentFault, match="is locked"):
            House(path).store.upgrade()
        host.execute("rollback")
    assert House(path).store.upgrade().is_current


def test_a_database_without_tables_asks_for_an_upgrade(bare: House) -> None:
    run_sql(bare, "create table a_hosts_own (id integer)")
    assert bare.store.schema() == Schema(None, NEWEST)
    with pytest.raises(EnvironmentFault, match="recovery db upgrade"):
        bare.open()
    bare.store.upgrade()
    assert bare.open() == [1]


def test_an_older_schema_is_refused_and_can_be_upgraded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.store.schema.REVISIONS", (*REVISIONS, "9998"))
    with pytest.raises(
        EnvironmentFault, match=f"has schema {NEWEST}; this version works with 9998"
    ) as caught:
        house.open()
    assert "recovery db upgrade" in caught.value.hint


def test_a_newer_schema_is_refused(house: House) -> None:
    run_sql(house, f"update {VERSION_TABLE} set version_num = '9999'")
    for use in (house.open, house.store.upgrade, lambda: house.store.case(TENANT, 1)):
        with pytest.raises(EnvironmentFault, match="newer version") as caught:
            use()
        assert "Upgrade service-recovery" in caught.value.hint


@on_sqlite
def test_a_file_of_a_newer_schema_is_left_alone(house: House) -> None:
    run_sql(house, f"update {VERSION_TABLE} set version_num = '9999'")
    before = house.path.read_bytes()
    with pytest.raises(EnvironmentFault, match="newer version"):
        house.store.upgrade()
    house.store.close()
    assert house.path.read_bytes() == before


def test_a_hosts_own_tables_and_alembic_history_are_left_alone(bare: House) -> None:
    run_sql(
        bare,
        "create table alembic_version (version_num text)",
        "insert into alembic_version values ('host-7')",
        "create table orders (id integer)",
    )
    bare.store.upgrade()
    assert ask_sql(bare, "select version_num from alembic_version") == [("host-7",)]
    assert ask_sql(bare, "select * from orders") == []


def test_an_instant_is_fixed_width_utc_text_and_never_naive(house: House) -> None:
    bundle = table("bundle")
    row = {"tenant_id": "other", "hash": "h", "workflow": "w", "files": "{}"}
    noon_in_shanghai = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
    with create_engine(alchemy(house)).begin() as connection:
        connection.execute(insert(bundle), {**row, "created_at": noon_in_shanghai})
        assert connection.execute(select(bundle.c.created_at)).all()[-1] == (noon_in_shanghai,)
        with pytest.raises(Exception, match="no time zone"):
            connection.execute(insert(bundle), {**row, "hash": "i", "created_at": NAIVE})
    kept = "select created_at from recovery_bundle where tenant_id = 'other'"
    assert ask_sql(house, kept) == [("2026-11-22T04:00:00.000000Z",)]


def test_a_store_takes_only_the_settings_it_knows(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="FULL, NORMAL"):
        SqliteStore.open(tmp_path / "x.db", clock=lambda: START, entropy=entropy(), synchronous="OFF")
