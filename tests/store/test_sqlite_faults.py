"""What the disk, locks and permissions do to us: an error that says what to do, and nothing half done."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recovery.core.errors import EngineFault, EnvironmentFault, RecoveryError
from recovery.store.faults import explained
from recovery.store.sqlite import TRY_SECONDS, SqliteStore
from recovery.store.verify import verify
from tests.store.house import KEY, TENANT, House, run_sql


@pytest.fixture
def database() -> str:
    """SQLite alone: this is about its files."""
    return "sqlite"


def test_a_locked_database_is_waited_for_and_then_said_to_be_locked(
    house: House, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.store.store.BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(house.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(EnvironmentFault, match="is locked") as caught:
            house.open()
        assert "try again" in caught.value.hint
        other.execute("rollback")
    assert house.open() == [1]


def test_a_writer_tries_again_every_now_and_then_until_it_has_its_turn(house: House) -> None:
    waited: list[float] = []
    with closing(sqlite3.connect(house.path, isolation_level=None)) as other:
        other.execute("begin immediate")

        def wait(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                other.execute("rollback")

        store = SqliteStore.open(house.path, clock=lambda: house.now, wait=wait)
        with store.write() as unit:
            assert unit.new_ids(1) == [1]
        store.close()
    assert waited == [TRY_SECONDS] * 3


def test_reading_goes_on_while_somebody_writes(house: House, store: SqliteStore) -> None:
    (id,) = house.open()
    with store.write() as unit:
        house.tell_in(unit, id, house.facts(said="x"))
        unit.flush()
        case = store.case(TENANT, id)
        assert case is not None
        assert case.seq == 1


def test_a_full_disk_changes_nothing_and_says_so(house: House, store: SqliteStore) -> None:
    house.open(3)
    pages = store._writer().execute("pragma page_count").fetchone()[0]
    store._writer().execute(f"pragma max_page_count = {pages}")
    with pytest.raises(EnvironmentFault, match="disk is full") as caught:
        house.open(200)
    assert "Free some space" in caught.value.hint
    assert len(store.list_cases(TENANT)) == 3
    assert verify(store, None).problems == []
    store._writer().execute("pragma max_page_count = 1000000")
    assert house.open() == [4]


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that every user may walk into."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_a_read_only_file_is_said_to_be_read_only(house: House, elsewhere: Path) -> None:
    house.store.close()
    path = elsewhere / "recovery.db"
    shutil.copyfile(house.path, path)
    os.chmod(path, 0o444)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            House(path).open()
            said = "it was written"
        except RecoveryError as error:
            said = str(error)
        except BaseException as error:
            said = repr(error)
        os.write(write_end, said.encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(child, 0)
    with os.fdopen(read_end) as pipe:
        said = pipe.read()
    assert "read-only" in said or "cannot be opened" in said
    assert "may read and write it" in said or "write permission" in said


def test_a_connection_that_may_not_write_is_said_to_be_read_only(house: House, store: SqliteStore) -> None:
    store._writer().execute("pragma query_only = on")
    with pytest.raises(EnvironmentFault, match="is read-only") as caught:
        house.open()
    assert "write permission" in caught.value.hint


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Call Ana back. " * 100, encoding="utf-8")
    for use in (House(path).open, House(path).store.upgrade):
        with pytest.raises(EnvironmentFault, match="not a SQLite database"):
            use()
    assert path.read_text(encoding="utf-8").startswith("Call Ana back.")


def test_a_database_that_is_not_there_is_not_made_by_using_it(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.db"
    with pytest.raises(EnvironmentFault, match="cannot be opened") as caught:
        House(path).open()
    assert "recovery db upgrade" in caught.value.hint
    assert not path.exists()


def test_an_upgrade_in_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="cannot be opened"):
        House(tmp_path / "no" / "recovery.db").store.upgrade()


def test_a_damaged_file_is_said_to_be_damaged(sealed: House) -> None:
    with open(sealed.path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (os.path.getsize(sealed.path) - 4096))
    with pytest.raises(EnvironmentFault, match="damaged") as caught:
        sealed.store.list_cases(TENANT)
    assert "backup" in caught.value.hint


def test_damage_that_sqlite_finds_is_a_problem_of_the_file(sealed: House) -> None:
    run_sql(
        sealed,
        "pragma writable_schema = on",
        "update sqlite_master set sql = replace(sql, 'step, id', 'mode, id') where name like '%_case_step'",
    )
    codes = {problem.code for problem in verify(sealed.store, KEY).problems}
    assert codes == {"file_damaged"}


def test_text_that_cannot_be_read_is_damage(sealed: House) -> None:
    run_sql(sealed, "update recovery_case set owner = cast(x'ff' as text) where id = 1")
    with pytest.raises(EnvironmentFault, match="damaged"):
        sealed.store.count_by(TENANT, "owner")


def test_a_statement_the_database_refuses_is_a_bug_of_ours(house: House, store: SqliteStore) -> None:
    house.open()
    run_sql(house, "drop table recovery_event")
    with pytest.raises(EngineFault, match="no such table"):
        store.log(TENANT, 1)


def test_every_error_of_the_database_says_whose_fault_it_is_and_what_to_do() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    said = explained(error, "recovery.db")
    assert isinstance(said, EnvironmentFault)
    assert "Check the disk" in said.hint


def test_a_unit_inside_a_unit_is_refused_and_the_outer_one_goes_on(house: House, store: SqliteStore) -> None:
    with store.write() as unit:
        house.open_in(unit)
        with pytest.raises(EngineFault, match="already open"), store.write():
            pass
    assert len(store.list_cases(TENANT)) == 1


def test_each_thread_has_its_own_connections_and_ended_threads_leave_none(
    house: House, store: SqliteStore
) -> None:
    house.open()
    for _ in range(5):
        thread = threading.Thread(target=house.open)
        thread.start()
        thread.join()
    assert len(store.list_cases(TENANT)) == 6
    assert len(store._opened) <= 3


def test_a_closed_store_may_be_used_again(house: House, store: SqliteStore) -> None:
    house.open()
    store.close()
    assert house.open() == [2]
