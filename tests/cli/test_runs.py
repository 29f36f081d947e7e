"""`play`, `import`, `worker`, `report`, `doctor`, `db`: what runs over many cases and looks after them."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recovery.store.schema import REVISIONS
from tests.cli.conftest import Said, Spawn

Cli = Callable[..., Said]

NOTHING = dict.fromkeys(("delivered", "failed", "handed", "cancelled", "later", "lost"), 0) | {"sends": True}

STORY = [
    {"at": "2026-11-20T09:00:00Z", "case": "c-1", "event": "complaint", "text": "x", "from": "a@example.org"},
    {
        "at": "2026-11-20T09:05:00Z",
        "case": "c-1",
        "event": "record",
        "by": "agent:li",
        "facts": {"owner": "li"},
    },
    {"at": "2026-11-20T09:06:00Z", "case": "c-1", "event": "do", "by": "customer", "transition": "withdraw"},
]


def script(folder: Path, *rows: Any) -> Path:
    path = folder / "story.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), "utf-8")
    return path


# --- play ---------------------------------------------------------------------------------------------------


def test_a_play_reports_what_became_of_every_line(cli: Cli, home: Path) -> None:
    said = cli("play", script(home, *STORY), "--json")
    assert said.code == 0
    assert said.data == {
        "events": 3,
        "accepted": 3,
        "repeated": 0,
        "refused": [],
        "cases": 1,
        "delivered": 2,
        "undelivered": 0,
    }
    assert {path.name for path in (home / "outbox").rglob("*.eml")} == {
        "1.0-acknowledgement.eml",
        "4.0-apology.eml",
    }
    assert cli("db", "verify", "--json").data["ok"]


def test_refused_lines_are_listed_and_make_the_exit_code_one(cli: Cli, home: Path) -> None:
    path = script(home, *STORY, "rubbish", {**STORY[1], "facts": {"ownr": "li"}})
    said = cli("play", path, "--json")
    assert said.code == 1
    assert [(row["line"], row["code"]) for row in said.data["refused"]] == [
        (4, "unreadable"),
        (5, "unknown_fact"),
    ]
    assert set(said.data["refused"][0]) == {
        *("line case event code message hint fault details".split()),
    }
    people = cli("play", script(home, "rubbish"))
    assert people.code == 1
    assert "The line is not JSON" in people.out
    assert "1 events: 0 accepted, 1 refused." in people.out


def test_a_play_is_read_from_standard_input(spawn: Spawn, home: Path) -> None:
    said = spawn("play", "-", "--json", cwd=home, stdin="\n".join(map(json.dumps, STORY)))
    assert (said.code, said.err) == (0, "")
    assert said.data["accepted"] == 3


@pytest.mark.parametrize(("file", "code"), [("nothing.jsonl", 2), ("workflows", 4)])
def test_a_script_that_cannot_be_read_is_a_clear_error(cli: Cli, home: Path, file: str, code: int) -> None:
    said = cli("play", file, "--json")
    assert said.code == code
    assert file in said.data["error"]


# --- import -------------------------------------------------------------------------------------------------


def reviews(folder: Path, *texts: str) -> Path:
    path = folder / "reviews.csv"
    mapping = (folder / "config/imports/reviews-zh.yaml").read_text("utf-8")
    column = next(
        name
        for line in mapping.splitlines()
        if line.startswith("columns_required")
        for name in line.partition("[")[2].rstrip("]").split(",")
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[column.strip().strip("\"'")], *([text] for text in texts)])
    return path


def test_an_import_counts_what_it_read(cli: Cli, home: Path) -> None:
    path = reviews(home, "房间很脏", "早餐太差")
    first = cli("import", path, "--map", "reviews-zh", "--json")
    assert first.code == 0, first
    counted = {name: first.data[name] for name in ("read", "opened", "duplicates", "rejected")}
    assert counted == {"read": 2, "opened": 2, "duplicates": 0, "rejected": 0}
    again = cli("import", path, "--map", "reviews-zh", "--json").data
    assert (again["opened"], again["duplicates"]) == (0, 2)
    assert [row["mode"] for row in cli("list", "--json").data["cases"]] == ["history"] * 2
    assert cli("worker", "--once", "--json").data == {**NOTHING, "delivered": 0}


def test_an_import_for_people_is_one_line(cli: Cli, home: Path) -> None:
    said = cli("import", reviews(home, "房间很脏"), "--map", "reviews-zh")
    assert "read 1, opened 1, duplicates 0, rejected 0 in" in said.out


@pytest.mark.parametrize(
    "words",
    [["nothing.csv", "--map", "reviews-zh"], ["x.csv", "--map", "nothing"], ["x.csv", "--send"], ["x.csv"]],
)
def test_an_import_that_cannot_begin_is_wrong_usage(cli: Cli, home: Path, words: list[str]) -> None:
    (home / "x.csv").write_text("a,b\n1,2\n", "utf-8")
    said = cli("import", *words, "--json")
    assert said.code == 2, said
    assert said.data["hint"] or said.data["error"]


# --- worker -------------------------------------------------------------------------------------------------


def test_the_worker_delivers_what_is_due_once(cli: Cli, home: Path) -> None:
    cli("open", "x", "--from", "ana@example.org")
    assert cli("worker", "--once", "--json").data == {**NOTHING, "delivered": 1}
    assert cli("worker", "--once", "--json").data == {**NOTHING, "delivered": 0}
    assert cli("show", 1, "--json").data["messages"][0]["status"] == "delivered"
    assert "Messages: 0 delivered, 0 failed." in cli("worker", "--once").out


def test_an_outbox_that_cannot_be_written_leaves_messages_due(cli: Cli, home: Path) -> None:
    (home / "outbox").write_text("a file, no folder", "utf-8")
    cli("open", "x", "--from", "ana@example.org")
    said = cli("worker", "--once", "--json")
    assert said.code == 4
    assert "outbox" in said.data["error"]
    assert cli("show", 1, "--json").data["messages"][0]["status"] == "due"
    (home / "outbox").unlink()
    assert cli("worker", "--once", "--json").data == {**NOTHING, "delivered": 1}


# --- report, doctor, db -------------------------------------------------------------------------------------


def test_the_process_is_reported_as_data_and_for_people(cli: Cli, home: Path) -> None:
    cli("play", script(home, *STORY))
    data = cli("report", "process", "--json").data
    assert (data["cases"], data["moves"]) == (1, {"withdraw": 1})
    assert "1 cases, 5 events" in cli("report", "process").out


def test_a_healthy_place_has_nothing_wrong(cli: Cli, home: Path) -> None:
    cli("open", "x")
    cli("worker", "--once")
    said = cli("doctor", "--json")
    assert said.code == 0
    assert said.data["ok"]
    states = {check["what"]: check["state"] for check in said.data["checks"]}
    assert states.keys() == {
        *"program project workflows diagrams channels disk schema published quarantine".split(),
        *("seal key", "sender", "messages", "pauses", "tasks"),
    }
    assert "wrong" not in states.values()
    assert set(said.data["checks"][0]) == {"what", "state", "found", "mend"}
    assert "installation" in cli("doctor").out


def test_doctor_names_what_is_wrong_and_how_to_mend_it(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("open", "x", "--from", "a@example.org")
    (home / "recovery.db.seal-key").unlink()
    (home / "workflows" / "mine.yaml").write_text("workflow: mine\n", "utf-8")
    said = cli("doctor", "--json")
    assert said.code == 1
    checks = {check["what"]: check for check in said.data["checks"]}
    assert checks["seal key"]["state"] == checks["workflows"]["state"] == "wrong"
    assert "RECOVERY_SEAL_KEY" in checks["seal key"]["mend"]
    assert checks["messages"]["found"].startswith("1 due; the oldest was due at 20")
    assert checks["messages"]["mend"]


@pytest.mark.parametrize(
    ("channels", "state", "found"),
    [
        ("only_to: ['@example.org']", "note", "desk by folder, portal by portal"),
        ("channels: {mail: {by: smpt}}", "wrong", "config/channels.yaml:1:23"),
        (
            "sender: {address: a@example.org}\n"
            "channels: {mail: {by: smtp, host: a, user: b, password_from: NOT_SET_ANYWHERE}}",
            "wrong",
            "NOT_SET_ANYWHERE is not set",
        ),
    ],
)
def test_doctor_says_how_messages_leave_and_what_keeps_them(
    cli: Cli, home: Path, channels: str, state: str, found: str
) -> None:
    (home / "config/channels.yaml").write_text(channels, "utf-8")
    (check,) = (one for one in cli("doctor", "--json").data["checks"] if one["what"] == "channels")
    assert check["state"] == state
    assert found in check["found"]


def test_doctor_looks_at_a_place_without_a_project(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = cli("doctor", "--json")
    assert said.code == 1
    assert said.data["checks"][-1]["what"] == "database"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", ["not a database", "a newer schema", "no file", "empty file"])
def test_doctor_survives_what_it_examines(cli: Cli, home: Path, fault: str) -> None:
    database = home / "recovery.db"
    if fault == "a newer schema":
        newer(database)
    else:
        database.unlink()
    if fault == "not a database":
        database.write_bytes(b"x" * 10_000)
    elif fault == "empty file":
        database.touch()
    said = cli("doctor", "--json")
    assert said.code == (0 if fault == "no file" else 1)
    assert said.data["checks"]


def newer(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("update recovery_alembic_version set version_num = '9999'")
    connection.close()


def test_an_upgrade_makes_a_database_that_is_not_there(cli: Cli, home: Path) -> None:
    for path in home.glob("recovery.db*"):
        path.unlink()
    assert cli("db", "upgrade", "--json").data == {"before": None, "after": REVISIONS[-1]}
    assert cli("db", "upgrade", "--json").data == {"before": REVISIONS[-1], "after": REVISIONS[-1]}
    assert "already" in cli("db", "upgrade").out
    assert cli("open", "x").code == 0


def test_an_upgrade_never_replaces_a_seal_key_that_was_used(cli: Cli, home: Path) -> None:
    cli("open", "x")
    (home / "recovery.db.seal-key").unlink()
    cli("db", "upgrade")
    assert not (home / "recovery.db.seal-key").exists()


def test_verifying_says_ok_or_names_what_was_changed(cli: Cli, home: Path) -> None:
    cli("open", "x")
    cli("open", "y")
    clean = cli("db", "verify", "--json")
    assert clean.code == 0
    assert (clean.data["ok"], clean.data["cases"], clean.data["events"]) == (True, 2, 2)
    assert clean.data["problems"] == []
    with sqlite3.connect(home / "recovery.db") as connection:
        connection.execute("update recovery_case set severity = 3 where id = 2")
    connection.close()
    changed = cli("db", "verify", "--json")
    assert changed.code == 1
    assert not changed.data["ok"]
    assert {problem["case"] for problem in changed.data["problems"]} == {2}
    assert "2 cases, 2 events" in cli("db", "verify").out
