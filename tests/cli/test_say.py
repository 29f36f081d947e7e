"""`say`, `note`, `attach`, `receive`, `conversation`: an agent's work on the command line."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]

SORRY = "I looked into it myself, and I am sorry."
BLAME = "It was the warehouse's fault."


@pytest.fixture
def case(cli: Cli, home: Path) -> None:
    """Case 1, shop-1, of Ana."""
    opened = ["--from", "ana@example.org", "--name", "Ana", "--external-id", "shop-1"]
    assert cli("open", "My order never came.", *opened).code == 0
    assert cli("record", "shop-1", "problem.restated=Order 17 is late.", "--by", "agent:li").code == 0


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """An editor that does what this shell script says with the file `$1`."""

    def set_editor(script: str) -> None:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", str(path))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    return set_editor


def outbox(cli: Cli) -> list[dict[str, str]]:
    return list(cli("show", "shop-1", "--json").data["messages"])


@pytest.mark.usefixtures("case")
class TestSay:
    def test_without_a_template_it_lists_what_can_be_said(self, cli: Cli) -> None:
        assert "restatement" in cli("say", "shop-1").out
        rows = {row["template"]: row for row in cli("say", "shop-1", "--json").data["say"]}
        assert rows["acknowledgement"]["sent_as"] == "1.0"
        assert rows["brief"] == {"template": "brief", "purpose": "brief", "to": "owner", "sent_as": None}

    def test_a_draft_is_shown_and_not_sent(self, cli: Cli) -> None:
        said = cli("say", "shop-1", "restatement")
        assert said.code == 0
        assert said.out.startswith("To: the customer, ana@example.org by mail\nSubject: ")
        assert "Dear Ana," in said.out
        assert said.out.endswith("Nothing was sent. With --send it is.\n")
        assert [row["template"] for row in outbox(cli)] == ["acknowledgement"]

    def test_it_is_sent_with_a_moment_to_take_it_back(self, cli: Cli) -> None:
        said = cli("say", "shop-1", "--text", SORRY, "--by", "agent:li", "--wait", "2m", "--send")
        assert said.code == 0
        assert "With kind regards,\nLi" in said.out
        assert "Message 3.0 of case 1 leaves at " in said.out
        assert "recovery say 1 --cancel 3.0 --reason WHY" in said.out
        assert cli("worker", "--once").out == "Messages: 1 delivered, 0 failed.\n"
        assert cli("say", 1, "--cancel", "3.0").code == 2
        assert (
            cli("say", 1, "--cancel", "3.0", "--reason", "wrong case").out
            == "Message 3.0 of case 1 is not sent.\n"
        )
        assert [row["status"] for row in outbox(cli)] == ["delivered", "cancelled"]

    def test_what_the_guard_blocks_is_not_sent(self, cli: Cli) -> None:
        shown = cli("say", "shop-1", "--text", BLAME)
        assert shown.code == 1
        assert "The phrase guard, blocked: " in shown.out
        assert "It would be refused: " in shown.out
        refused = cli("say", "shop-1", "--text", BLAME, "--send", "--json")
        assert refused.code == 3
        assert refused.out.count('"phrase_blocked"') == 1
        words = ["say", "shop-1", "--text", BLAME, "--send", "--despite", "she asked for the cause"]
        assert cli(*words, "--by", "agent:li").code == 3
        assert cli(*words, "--by", "supervisor:eve").code == 0

    def test_the_words_may_stand_in_a_file_or_come_in(self, cli: Cli, home: Path) -> None:
        (home / "words.txt").write_text("\ufeffFrom a file.\r\nTwo lines.", encoding="utf-8")
        assert "From a file.\nTwo lines." in cli("say", "shop-1", "--text", "words.txt").out
        (home / "words.txt").write_bytes(b"\xff")
        assert "words.txt is not UTF-8 text" in cli("say", "shop-1", "--text", "words.txt").err
        (home / "words.txt").write_bytes(b"x" * 200_001)
        assert "more than 200,000 bytes" in cli("say", "shop-1", "--text", "words.txt").err

    def test_a_draft_can_be_edited(self, cli: Cli, editor: Callable[[str], None], tmp_path: Path) -> None:
        editor("printf 'Subject: Your order\\n\\nI have found it.\\n' > \"$1\"")
        said = cli("say", "shop-1", "restatement", "--edit", "--by", "agent:li", "--send", "--json")
        assert (said.data["subject"], said.data["text"]) == ("Your order", "I have found it.")
        assert said.data["sent"]["effect"] == "3.0"
        assert not list(tmp_path.glob("say-*"))

    def test_what_was_edited_is_kept_until_it_is_sent(
        self, cli: Cli, editor: Callable[[str], None], tmp_path: Path
    ) -> None:
        editor(f'grep -q "Subject:" "$1" && printf "{BLAME}" > "$1"')
        shown = cli("say", "shop-1", "--edit")
        assert shown.code == 1
        (kept,) = tmp_path.glob("say-*")
        assert f"Your words are in {kept}" in shown.err.replace("\n", "")
        assert kept.read_text() == BLAME
        assert cli("say", "shop-1", "--edit", "--send").code == 3
        assert len(list(tmp_path.glob("say-*"))) == 2

    def test_an_editor_that_is_not_there_or_fails_is_named(
        self, cli: Cli, editor: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        editor("exit 3")
        said = cli("say", "shop-1", "--edit", "--text", SORRY)
        assert (said.code, "ended with 3" in said.err) == (4, True)
        monkeypatch.setenv("EDITOR", "/nowhere/editor")
        assert "cannot be started" in cli("say", "shop-1", "--edit", "--text", SORRY).err

    @pytest.mark.parametrize(
        ("words", "part", "code"),
        [
            (["apologi"], "Did you mean apology?", 2),
            (["resolution"], "which the case does not know", 2),
            (["brief", "--to", "customer"], "brief is for colleagues", 2),
            (["--text", "Hi.", "--wait", "soon"], "'soon' is no time to wait", 2),
            (["--text", "Hi.", "--wait", "2h", "--send"], "7200 seconds are too long", 3),
            (["--cancel", "9.0", "--reason", "x"], "No delivery of 9.0 is awaited", 3),
        ],
    )
    def test_what_cannot_be_said_says_why(self, cli: Cli, words: list[str], part: str, code: int) -> None:
        said = cli("say", "shop-1", *words)
        assert said.code == code
        assert part in said.err


@pytest.mark.usefixtures("case")
class TestTalk:
    def test_an_answer_a_note_and_a_file_are_read_in_order(self, cli: Cli, home: Path) -> None:
        (home / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        (home / "tool.exe").write_bytes(b"MZ")
        said = cli(
            "receive", "shop-1", "--text", "Look.", "--message-id", "<1@example.org>", "--attach", "photo.png"
        )
        assert (said.code, said.out) == (0, "It is on record in case 1.\n")
        said = cli("receive", "shop-1", "--text", "And this.", "--attach", "tool.exe")
        assert said.code == 1
        assert "'tool.exe' cannot be attached." in said.err
        assert cli("note", "shop-1", "She is worried.", "--by", "agent:li").code == 0
        shown = cli("conversation", "shop-1").out
        assert shown.index("complaint by customer") < shown.index("message by customer (photo.png)")
        assert shown.index("    Look.") < shown.index("internal, note by agent:li\n    She is worried.")
        told = cli("conversation", "shop-1", "--json").data["said"]
        assert [one["kind"] for one in told] == ["complaint", "message", "file", "message", "message", "note"]

    def test_a_file_can_be_had_back(self, cli: Cli, home: Path) -> None:
        (home / "bill.pdf").write_bytes(b"%PDF-1.7 17")
        assert "bill.pdf" in cli("attach", "shop-1", "bill.pdf", "--by", "agent:li").out
        (row,) = cli("attach", "shop-1", "--list", "--json").data["files"]
        assert (row["type"], row["bytes"]) == ("application/pdf", 11)
        assert "exists already" in cli("attach", "shop-1", "--get", row["sha256"][:8]).err
        assert cli("attach", "shop-1", "--get", row["sha256"][:8], "--out", "copy.pdf").code == 0
        assert (home / "copy.pdf").read_bytes() == b"%PDF-1.7 17"
        assert "no file whose hash begins with 000" in cli("attach", "shop-1", "--get", "000").err

    def test_what_cannot_be_attached_says_why(self, cli: Cli, home: Path) -> None:
        assert "There is nothing to attach" in cli("attach", "shop-1").err
        assert "There is no file gone.pdf" in cli("attach", "shop-1", "gone.pdf").err
        (home / "big.txt").write_bytes(b"x" * 10_000_001)
        said = cli("attach", "shop-1", "big.txt")
        assert (said.code, "1 byte to 10 MB" in said.err) == (3, True)
