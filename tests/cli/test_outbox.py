"""`recovery outbox` and `recovery tasks`: what waits, what failed, and what people do about it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.bootstrap import working
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Handed
from recovery.installation import FILE, VARIABLE
from recovery.project import find_project
from recovery.testing import Mailbox
from tests.cli.conftest import Said
from tests.support import NOT_WANTED, owned

Cli = Callable[..., Said]
LI = ("--by", "agent:li")


@pytest.fixture(autouse=True)
def _nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def opened(home: Path, count: int = 1, *, hold: bool = False, answer: object = None) -> list[int]:
    """Cases with two messages each; `answer`: what became of them."""
    with working(find_project(home), make=True) as engine:
        cases = [owned(engine, hold=hold) for _ in range(count)]
        if answer is not None:
            deliver_due(engine, Mailbox(answer))  # type: ignore[arg-type]
    return cases


def statuses(cli: Cli, *words: object) -> list[tuple[int, str, str]]:
    found = cli("outbox", "list", "--json", *words).data["messages"]
    return [(row["case"], row["effect"], row["status"]) for row in found]


# --- looking ------------------------------------------------------------------------------------------------


def test_the_outbox_is_listed_in_the_order_messages_were_asked_for_a_page_at_a_time(
    home: Path, cli: Cli
) -> None:
    first, second = opened(home, 2)
    page = cli("outbox", "list", "--limit", "3", "--json").data
    assert [row["case"] for row in page["messages"]] == [first, first, second]
    rest = cli("outbox", "list", "--limit", "3", "--cursor", page["next"], "--json").data
    assert [row["case"] for row in rest["messages"]] == [second]
    assert rest["next"] is None
    shown = cli("outbox", "list", "--limit", "3")
    assert "assurance" in shown.out
    assert f"--cursor {page['next']}" in shown.out


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--status", "due"], 4),
        (["--status", "held"], 0),
        (["--channel", "mail"], 4),
        (["--channel", "portal"], 0),
        (["--template", "assurance"], 2),
        (["--case", "1"], 2),
        (["--workflow", "ten-step"], 4),
        (["--workflow", "online-shop"], 0),
        (["--older-than", "2d"], 0),
        (["--asked-before", "2100-01-01T00:00:00Z"], 4),
        (["--note", "anything"], 0),
    ],
)
def test_messages_can_be_narrowed(home: Path, cli: Cli, words: list[str], count: int) -> None:
    opened(home, 2)
    assert len(statuses(cli, *words)) == count


def test_what_stands_in_a_note_is_found_word_by_word(home: Path, cli: Cli) -> None:
    opened(home, answer=NOT_WANTED)
    assert len(statuses(cli, "--note", "ADDRESS does")) == 2
    assert statuses(cli, "--note", "address_does") == []
    assert statuses(cli, "--note", "%") == []


def test_a_message_is_shown_with_all_its_words_before_it_leaves_and_after(home: Path, cli: Cli) -> None:
    (case,) = opened(home)
    before = cli("outbox", "show", case, "1.0", "--json").data
    assert before["status"] == "due"
    assert before["html"].lower().startswith("<!doctype html>")
    cli("worker", "--once")
    after = cli("outbox", "show", case, "1.0", "--json").data
    assert after["status"] == "delivered"
    assert [after[part] for part in ("subject", "text", "html")] == [
        before[part] for part in ("subject", "text", "html")
    ]
    page = cli("outbox", "show", case, "1.0")
    assert before["subject"] in page.out
    assert before["text"].splitlines()[0] in page.out


def test_a_message_that_is_not_there_is_not_found(home: Path, cli: Cli) -> None:
    (case,) = opened(home)
    said = cli("outbox", "show", case, "9.0")
    assert said.code == 2
    assert "no message 9.0" in said.err
    assert cli("outbox", "show", case, "nine").code == 2


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["list", "--status", "gone"], "'gone' is no status"),
        (["list", "--older-than", "2w"], "2w is no span"),
        (["list", "--older-than", "2d", "--asked-before", "2026-11-20T09:00:00Z"], "or --asked-before"),
        (["list", "--asked-before", "2026-11-20"], "zone"),
        (["list", "--asked-before", "yesterday"], "yesterday"),
        (["list", "--cursor", "x"], "'x' is no cursor"),
        (["release", *LI], "Say which messages"),
        (["release", "--effect", "1.0", *LI], "needs --case"),
        (["release", "--all", "--status", "failed", *LI], "cannot be done to messages that are failed"),
        (["hold", "--all", "--reason", " ", *LI], "is no reason"),
        (["release", "--all", "--by", "engine"], "program itself"),
        (["pause", "--reason", "x", *LI], "one of --channel"),
        (["pause", "--tenant", "--channel", "mail", "--reason", "x", *LI], "one of --channel"),
        (["pause", "--workflow", "ten-stop", "--reason", "x", *LI], "ten-step"),
    ],
)
def test_what_cannot_be_meant_is_said_to_be_so(home: Path, cli: Cli, words: list[str], wrong: str) -> None:
    opened(home)
    said = cli("outbox", *words)
    assert (said.code, said.out) == (2, "")
    assert wrong in said.err


# --- doing --------------------------------------------------------------------------------------------------


def test_held_messages_leave_when_they_are_released(home: Path, cli: Cli) -> None:
    first, second = opened(home, 2, hold=True)
    cli("worker", "--once")
    assert {row[2] for row in statuses(cli, "--template", "acknowledgement")} == {"held"}
    assert {row[2] for row in statuses(cli, "--template", "assurance")} == {"delivered"}
    done = cli("outbox", "release", "--case", first, "--reason", "looked at", *LI, "--json")
    assert done.code == 0
    assert (done.data["done"], done.data["refused"]) == (1, [])
    assert statuses(cli, "--status", "held") == [(second, "1.0", "held")]
    note = cli("outbox", "list", "--case", first, "--json").data["messages"][0]["note"]
    assert re.fullmatch(r"released by agent:li at \S+: looked at", note)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(home: Path, cli: Cli) -> None:
    opened(home, 4)
    done = cli("outbox", "cancel", "--all", "--reason", "x", "--dry-run", *LI, "--json").data
    assert (done["found"], done["done"], done["dry_run"], len(done["first"])) == (8, 0, True, 5)
    said = cli("outbox", "cancel", "--all", "--reason", "x", "--dry-run", *LI).out
    assert "8 messages would be cancelled. These are the first 5." in said
    assert {row[2] for row in statuses(cli)} == {"due"}


def test_messages_are_held_and_cancelled_in_bulk_and_their_cases_say_why(home: Path, cli: Cli) -> None:
    cases = opened(home, 30)
    held = cli("outbox", "hold", "--template", "assurance", "--reason", "wrong name", *LI)
    assert "30 messages are held." in held.out
    done = cli("outbox", "cancel", "--note", "wrong name", "--reason", "told by phone", *LI)
    assert "30 messages are cancelled." in done.out
    assert "assurance cancelled: told by phone" in cli("explain", cases[-1]).out
    assert cli("worker", "--once", "--json").data["delivered"] == 30
    assert cli("db", "verify").code == 0


def test_dead_letters_are_tasks_until_they_are_sent_again(home: Path, cli: Cli) -> None:
    (case,) = opened(home, answer=NOT_WANTED)
    tasks = cli("tasks", "list", "--owner", "li", "--json").data["tasks"]
    assert [(task["case"], task["kind"], task["owner"]) for task in tasks] == [
        (case, "undelivered", "li")
    ] * 2
    assert {task["reason"] for task in tasks} == {"The address does not exist."}
    assert "Waits for a person" in cli("show", case).out
    assert "Waits for a person: undelivered" in cli("explain", case).out
    done = cli("outbox", "resend", "--note", "does not exist", *LI, "--json").data
    assert done["done"] == 2
    assert cli("tasks", "list").out == "No tasks.\n"
    assert cli("worker", "--once", "--json").data["delivered"] == 2
    assert cli("db", "verify").code == 0


def test_a_dead_letter_seen_to_by_a_person_is_no_task_any_more(home: Path, cli: Cli) -> None:
    (case,) = opened(home, answer=NOT_WANTED)
    first, second = (task["task"] for task in cli("tasks", "list", "--json").data["tasks"])
    done = cli("tasks", "done", case, first, "--note", "reached her by phone", *LI)
    assert done.code == 0
    assert [task["task"] for task in cli("tasks", "list", "--json").data["tasks"]] == [second]
    again = cli("tasks", "done", case, first, *LI)
    assert again.code == 3
    assert "no task" in again.err


def test_a_call_is_a_task_with_the_words_to_say_and_done_is_delivered(home: Path, cli: Cli) -> None:
    (case,) = opened(home, answer=Handed("phone"))
    tasks = cli("tasks", "list", "--json").data["tasks"]
    assert [task["kind"] for task in tasks] == ["phone"] * 2
    assert all(task["text"] for task in tasks)
    assert "phone" in cli("tasks", "list").out
    for task in tasks:
        assert cli("tasks", "done", case, task["task"], *LI).code == 0
    assert {row[2] for row in statuses(cli)} == {"delivered"}
    assert cli("db", "verify").code == 0


def test_what_is_on_its_way_just_now_is_refused_and_listed(home: Path, cli: Cli) -> None:
    first, second = opened(home, 2)
    with sqlite3.connect(home / "recovery.db") as outside:
        outside.execute(
            "update recovery_effect set lease_owner = 'x', lease_until = ? where case_id = ?",
            ("9999-01-01T00:00:00.000000Z", first),
        )
    done = cli("outbox", "hold", "--all", "--reason", "x", *LI, "--json")
    assert done.code == 1
    assert {one["code"] for one in done.data["refused"]} == {"being_sent"}
    assert {row[0] for row in statuses(cli, "--status", "held")} == {second}
    alone = cli("outbox", "cancel", "--case", first, "--reason", "x", *LI)
    assert alone.code == 3
    assert "0 messages are cancelled. 2 were refused." in alone.out


def test_a_paused_channel_sends_nothing_until_it_is_resumed(home: Path, cli: Cli) -> None:
    opened(home)
    said = cli("outbox", "pause", "--channel", "mail", "--reason", "new server", *LI)
    assert said.out == "The channel mail is paused. 2 messages wait.\n"
    assert "paused already" in cli("outbox", "pause", "--channel", "mail", "--reason", "x", *LI).out
    assert cli("worker", "--once", "--json").data["delivered"] == 0
    listed = cli("outbox", "list")
    assert "The channel mail is paused" in listed.err
    assert "new server" in listed.err
    assert "new server" in cli("doctor").out
    assert cli("outbox", "resume", "--channel", "mail").out == "The channel mail is sent again.\n"
    assert cli("outbox", "resume", "--channel", "mail", "--json").data["resumed"] is False
    assert cli("worker", "--once", "--json").data["delivered"] == 2


# --- a copy -------------------------------------------------------------------------------------------------


def restored(home: Path, into: Path) -> Path:
    """The project somewhere else, with the database of this one, as from a backup."""
    shutil.copytree(home, into, ignore=shutil.ignore_patterns(FILE))
    with sqlite3.connect(home / "recovery.db") as database, sqlite3.connect(into / "recovery.db") as copy:
        database.backup(copy)
    return into


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_restored_copy_sends_nothing_until_somebody_took_it_over_and_released(
    home: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    opened(home, answer=None)
    with working(find_project(home)) as engine:
        original = engine.store.sender_id()
    copy = restored(home, tmp_path / "copy")
    monkeypatch.chdir(copy)
    if by_variable:
        monkeypatch.setenv(VARIABLE, "staging")

    done = cli("worker", "--once", "--json")
    assert (done.data["sends"], done.data["delivered"]) == (False, 0)
    assert "another installation's" in done.err
    assert "another installation's" in cli("outbox", "list").err
    assert cli("outbox", "list", "--json").data["warnings"]
    doctor = cli("doctor", "--json")
    assert doctor.code == 1
    assert {"sender": "wrong"}.items() <= {c["what"]: c["state"] for c in doctor.data["checks"]}.items()

    taken = cli("outbox", "take-over", *LI, "--json").data
    assert (taken["taken"], taken["held"]) == (True, 2)
    assert taken["installation"] != original
    assert (taken["installation"] == "staging") is by_variable
    assert cli("outbox", "take-over", *LI, "--json").data["taken"] is False
    still = cli("worker", "--once", "--json")
    assert (still.data["sends"], still.data["delivered"], still.err) == (True, 0, "")
    assert {row[2] for row in statuses(cli)} == {"held"}
    assert cli("outbox", "release", "--all", *LI).code == 0
    assert cli("worker", "--once", "--json").data["delivered"] == 2
    assert cli("db", "verify").code == 0
    mails = [path.read_text("utf-8") for path in (copy / "outbox").rglob("*.eml")]
    assert len(mails) == 2

    monkeypatch.chdir(home)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert cli("worker", "--once", "--json").data["delivered"] == 2


def test_the_original_folder_is_known_by_a_file_beside_its_settings(home: Path, cli: Cli) -> None:
    opened(home)
    with working(find_project(home)) as engine:
        assert (home / FILE).read_text("utf-8").strip() == engine.store.sender_id()
    assert json.loads(cli("worker", "--once", "--json").out)["sends"] is True
