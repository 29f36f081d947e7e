"""A place that cannot be worked in: a clear error with what to do, no traceback, and nothing half done."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Said, Spawn, small_disk
from tests.warm.client import Warm

Cli = Callable[..., Said]

ENVIRONMENT = 4
USAGE = 2

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin immediate")
print("held", flush=True)
sys.stdin.readline()
"""


def error(said: Said, code: int, part: str) -> Any:
    """A command that failed as it should: one JSON object with what is wrong and what to do."""
    assert said.code == code, said
    assert "Traceback" not in said.out + said.err
    assert part in said.data["error"], said.data
    assert said.data["hint"]
    return said.data


def cases(cli: Cli) -> list[Any]:
    return list(cli("list", "--json").data["cases"])


# --- a locked database --------------------------------------------------------------------------------------


@pytest.fixture
def locked(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another process is in the middle of writing."""
    monkeypatch.setattr("recovery.store.store.BUSY_SECONDS", 0.05)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, home / "recovery.db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    other.stdout.readline()
    yield
    other.communicate("\n", timeout=30)


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("words", [["open", "x"], ["open", "x", "--key", "k"]])
def test_a_locked_database_is_an_error_that_says_to_try_again(cli: Cli, words: list[str]) -> None:
    error(cli(*words, "--json"), ENVIRONMENT, "is locked: somebody else has been writing")
    assert cases(cli) == [], "reading goes on"


def test_work_stands_even_when_it_cannot_be_sealed_at_once(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery.core.errors import EnvironmentFault

    def locked(*_: object) -> None:
        raise EnvironmentFault("The database is locked.")

    with monkeypatch.context() as patch:
        patch.setattr("recovery.store.sqlite.SqliteStore.seal", locked)
        assert cli("open", "x").code == 0
    assert cli("db", "verify", "--json").data["unsealed"] == 1
    assert cli("open", "y").code == 0
    assert cli("db", "verify", "--json").data["unsealed"] == 0


# --- a full disk --------------------------------------------------------------------------------------------


def test_a_full_disk_opens_no_case(spawn: Spawn, cli: Cli, home: Path) -> None:
    said = spawn("open", "x" * 100_000, "--json", cwd=home, **small_disk(100_000))
    error(said, ENVIRONMENT, "recovery.db")
    assert cases(cli) == []
    assert cli("open", "x" * 100_000).code == 0
    assert cli("db", "verify", "--json").data["ok"]


def test_a_full_disk_makes_no_project(spawn: Spawn, cli: Cli, tmp_path: Path) -> None:
    said = spawn("init", "shop", "--json", cwd=tmp_path, **small_disk(30_000))
    error(said, ENVIRONMENT, "")
    assert list(tmp_path.iterdir()) == []
    assert cli("init", tmp_path / "shop").code == 0


def test_a_database_whose_making_was_cut_short_is_finished_by_the_next_command(
    spawn: Spawn, cli: Cli, home: Path
) -> None:
    for path in home.glob("recovery.db*"):
        path.unlink()
    said = spawn("open", "x", "--json", cwd=home, **small_disk(30_000))
    error(said, ENVIRONMENT, "recovery.db")
    assert cli("open", "x").code == 0
    assert len(cases(cli)) == 1
    assert cli("doctor").code == 0


def test_a_full_disk_leaves_messages_due_and_no_half_message(spawn: Spawn, cli: Cli, home: Path) -> None:
    cli("open", "x", "--from", "ana@example.org")
    said = spawn("worker", "--once", "--json", cwd=home, **small_disk(100))
    assert said.code == ENVIRONMENT
    assert [path for path in (home / "outbox").rglob("*") if path.is_file()] == []
    assert cli("show", 1, "--json").data["messages"][0]["status"] == "due"


# --- what may not be written --------------------------------------------------------------------------------


def test_a_project_that_may_not_be_written_is_an_error(
    spawn: Spawn, guarded: Path, obedient: dict[str, Any]
) -> None:
    for words in (["open", "x"], ["worker", "--once"], ["publish"]):
        said = spawn(*words, "--json", cwd=guarded, **obedient)
        assert said.code == ENVIRONMENT, said
        assert "Traceback" not in said.err
        assert said.data["hint"]


def test_a_database_file_that_may_not_be_written_is_an_error(
    spawn: Spawn, guarded: Path, obedient: dict[str, Any]
) -> None:
    guarded.chmod(0o755)
    said = spawn("open", "x", "--json", cwd=guarded, **obedient)
    error(said, ENVIRONMENT, "read-only")
    assert said.data["hint"].startswith("Give this user write permission")


def test_a_project_is_not_begun_where_nobody_may_write(
    spawn: Spawn, guarded: Path, obedient: dict[str, Any]
) -> None:
    said = spawn("init", "new", "--json", cwd=guarded, **obedient)
    error(said, ENVIRONMENT, "Permission denied")
    assert not (guarded / "new").exists()


def test_a_database_is_not_begun_where_nobody_may_write(
    spawn: Spawn, guarded: Path, obedient: dict[str, Any]
) -> None:
    said = spawn("open", "x", "--database", "sqlite:///new.db", "--json", cwd=guarded, **obedient)
    error(said, ENVIRONMENT, "new.db")


@pytest.mark.parametrize("name", ["config/recovery.yaml", "recovery.db", "recovery.db.seal-key"])
def test_a_file_that_may_not_be_read_is_an_error(
    spawn: Spawn, home: Path, obedient: dict[str, Any], name: str
) -> None:
    (home / name).chmod(0o000)
    said = spawn("open", "x", "--json", cwd=home, **obedient)
    (home / name).chmod(0o600)
    error(said, ENVIRONMENT, name)


def test_an_outbox_that_may_not_be_written_leaves_messages_due(
    spawn: Spawn, cli: Cli, home: Path, obedient: dict[str, Any]
) -> None:
    cli("open", "x", "--from", "ana@example.org")
    (home / "outbox").mkdir(mode=0o555)
    said = spawn("worker", "--once", "--json", cwd=home, **obedient)
    (home / "outbox").chmod(0o755)
    error(said, ENVIRONMENT, "outbox/case-000001: Permission denied")
    assert cli("show", 1, "--json").data["messages"][0]["status"] == "due"


# --- databases that are none, or not ours -------------------------------------------------------------------


def spoil(home: Path, how: str) -> bytes:
    database = home / "recovery.db"
    if how == "newer":
        connection = sqlite3.connect(database, isolation_level=None)
        connection.execute("update recovery_alembic_version set version_num = '9999'")
        connection.close()
    elif how == "none":
        database.write_bytes(b"Dear Sir or Madam, " * 1_000)
    else:
        content = bytearray(database.read_bytes())
        content[4_096:40_960] = b"\xa5" * (40_960 - 4_096)
        database.write_bytes(content)
    return database.read_bytes()


@pytest.mark.parametrize(
    ("how", "part", "hint"),
    [
        ("newer", "A newer version wrote the database", "Upgrade service-recovery"),
        ("none", "is not a SQLite database", "move this one away"),
    ],
)
@pytest.mark.parametrize(
    "words", [["open", "x"], ["list"], ["db", "upgrade"], ["db", "verify"], ["worker", "--once"], ["publish"]]
)
def test_a_database_this_version_cannot_use_is_left_as_it_is(
    cli: Cli, home: Path, words: list[str], how: str, part: str, hint: str
) -> None:
    before = spoil(home, how)
    said = cli(*words, "--json")
    assert hint in error(said, ENVIRONMENT, part)["hint"]
    assert (home / "recovery.db").read_bytes() == before
    assert part in cli(*words).err


@pytest.mark.parametrize("words", [["open", "x"], ["list"], ["db", "verify"]])
def test_a_damaged_database_is_an_error_of_the_place(cli: Cli, home: Path, words: list[str]) -> None:
    spoil(home, "damaged")
    said = cli(*words, "--json")
    assert said.code in (1, ENVIRONMENT)
    assert "Traceback" not in said.err
    assert "This is a bug" not in said.out


@pytest.mark.parametrize("words", [["list"], ["open", "x"], ["db", "upgrade"]])
def test_a_folder_is_no_database(cli: Cli, home: Path, words: list[str]) -> None:
    said = cli(*words, "--database", f"sqlite:///{home / 'workflows'}", "--json")
    error(said, USAGE, "is a folder, not a database")


@pytest.mark.parametrize("words", [["list"], ["show", 1], ["record", 1, "owner=li"], ["worker", "--once"]])
def test_what_needs_a_database_makes_none(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[object]
) -> None:
    monkeypatch.chdir(tmp_path)
    error(cli(*words, "--json"), USAGE, "No project is here and no database was named.")
    error(cli(*words, "--database", "sqlite:///x.db", "--json"), USAGE, "There is no database x.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_is_not_made_for_workflows_that_have_errors(cli: Cli, home: Path) -> None:
    for path in home.glob("recovery.db*"):
        path.unlink()
    (home / "workflows" / "mine.yaml").write_text("workflow: mine\n", "utf-8")
    said = cli("open", "x", "--json")
    assert said.code == 1
    assert said.data["findings"]
    assert list(home.glob("recovery.db*")) == []


# --- keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "short", "fifteen letters"])
def test_a_seal_key_that_keeps_nobody_out_is_refused_before_anything_is_done(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("RECOVERY_SEAL_KEY", key)
        for words in (["open", "x"], ["worker", "--once"], ["db", "verify"]):
            error(cli(*words, "--json"), USAGE, f"RECOVERY_SEAL_KEY has {len(key)} characters")
    assert cases(cli) == []


def test_a_key_the_log_was_not_sealed_with_is_refused_before_anything_is_done(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("open", "x")
    with monkeypatch.context() as patch:
        patch.setenv("RECOVERY_SEAL_KEY", "another key, and long enough")
        error(cli("open", "y", "--json"), USAGE, "was not made with this key")
        checks = {check["what"]: check["found"] for check in cli("doctor", "--json").data["checks"]}
        assert "was not made with this key" in checks["seal key"]
    assert len(cases(cli)) == 1


@pytest.mark.parametrize("content", [b"\xff" * 40, b"short\n", b""])
def test_a_key_file_that_holds_no_key_is_refused(cli: Cli, home: Path, content: bytes) -> None:
    (home / "recovery.db.seal-key").write_bytes(content)
    error(cli("open", "x", "--json"), USAGE, "recovery.db.seal-key")
    assert cases(cli) == []


def test_the_environments_key_is_used_and_no_file_is_written(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOVERY_SEAL_KEY", "a key, and a long one at that: ключ")
    cli("init", tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    cli("open", "x")
    verified = cli("db", "verify", "--json").data
    assert (verified["ok"], verified["seals"]) == (True, 1)
    assert not (tmp_path / "shop" / "recovery.db.seal-key").exists()


def test_work_goes_on_without_a_key_and_doctor_says_what_is_missing(cli: Cli, home: Path) -> None:
    (home / "recovery.db.seal-key").unlink()
    assert cli("record", 1, "owner=li").code == 2, "no such case, but no complaint about the key"
    assert cli("worker", "--once").code == 0
    assert cli("doctor").code == 1


# --- output that cannot be written --------------------------------------------------------------------------


def test_output_nobody_reads_is_no_error(cli: Cli, warm: Warm, home: Path) -> None:
    cli("open", "x")
    reads, writes = os.pipe()
    os.close(reads)
    with open(writes, "wb") as out, Path("err").open("wb") as err, open(os.devnull, "rb") as nothing:
        process = warm.start(["recovery", "explain", "1"], home, (nothing, out, err))
    assert (process.wait(), Path("err").read_bytes()) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_output_that_cannot_be_written_is_an_error(warm: Warm, home: Path, more: list[str]) -> None:
    with open("/dev/full", "wb") as full, Path("err").open("wb") as err, open(os.devnull, "rb") as nothing:
        process = warm.start(["recovery", "list", *more], home, (nothing, full, err))
    assert process.wait() == ENVIRONMENT
    said = Path("err").read_text(encoding="utf-8")
    assert "No space left on device" in said
    assert "Traceback" not in said


def test_a_terminal_that_lacks_letters_gets_their_numbers(cli: Cli, home: Path) -> None:
    def printed(*words: str) -> str:
        command = [sys.executable, "-c", "from recovery.cli import main; main()", *words]
        env = {**os.environ, "PYTHONIOENCODING": "latin-1"}  # which Python reads when it begins
        return subprocess.run(command, env=env, capture_output=True, check=True).stdout.decode()

    assert cli("open", "很生气").code == 0
    assert "\\u5f88" in printed("show", "1")
    assert json.loads(printed("show", "1", "--json"))["facts"]["problem.statement"]["value"] == "很生气"


# --- what nobody foresaw ------------------------------------------------------------------------------------


def test_a_bug_is_told_without_a_traceback_unless_one_is_asked_for(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nobody foreseen")

    monkeypatch.setattr("recovery.store.sqlite.SqliteStore.list_cases", stumble)
    said = cli("list", "--json")
    assert (said.code, said.data["fault"]) == (5, "engine")
    assert "ZeroDivisionError" in said.data["error"]
    assert "RECOVERY_DEBUG=1" in cli("list").err
    monkeypatch.setenv("RECOVERY_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli("list")


def test_ctrl_c_is_no_traceback(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("recovery.store.sqlite.SqliteStore.list_cases", stop)
    said = cli("list")
    assert said.code == 130
    assert "Traceback" not in said.err
