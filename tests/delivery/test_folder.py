"""The folder channel: one file a message, whole or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from recovery.delivery.channels import FolderChannel, Message

MESSAGE = Message(
    key="i:default:12:3:0",
    case=12,
    effect="3.0",
    template="apology",
    address="ana@example.org",
    channel="mail",
    language="en",
    subject="I am sorry",
    body="Dear Ana,\n\nI am sorry.\n",
)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_message_becomes_a_file_named_after_its_case_and_effect(tmp_path: Path) -> None:
    FolderChannel(tmp_path / "out").deliver(MESSAGE)
    assert names(tmp_path) == ["out/case-000012/3.0-apology.md"]
    assert (tmp_path / "out/case-000012/3.0-apology.md").read_text("utf-8") == (
        "To: ana@example.org\nSubject: I am sorry\nLanguage: en\nChannel: mail\nKey: i:default:12:3:0\n"
        "\nDear Ana,\n\nI am sorry.\n"
    )


def test_a_second_delivery_changes_nothing(tmp_path: Path) -> None:
    channel = FolderChannel(tmp_path)
    channel.deliver(MESSAGE)
    before = (tmp_path / "case-000012/3.0-apology.md").read_bytes()
    channel.deliver(MESSAGE)
    assert (tmp_path / "case-000012/3.0-apology.md").read_bytes() == before
    assert len(names(tmp_path)) == 1


def test_the_portal_writes_nothing(tmp_path: Path) -> None:
    FolderChannel(tmp_path / "out").deliver(replace(MESSAGE, channel="portal", address=None))
    assert list(tmp_path.iterdir()) == []


def test_nothing_a_customer_calls_themselves_adds_a_line_to_the_head(tmp_path: Path) -> None:
    odd = replace(MESSAGE, address="ana@example.org\r\nBcc: all@example.org", subject="a\u2028Key: b\x85c")
    head, _, body = odd.as_text().partition("\n\n")
    assert len(head.splitlines()) == 5
    assert body == "Dear Ana,\n\nI am sorry.\n"


@pytest.mark.parametrize("words", ["<script>x</script>", "{{ 7*7 }}", "\u202eabc", "a\rb\r\nc", "👨‍👩‍👧"])
def test_a_body_is_written_as_it_is(tmp_path: Path, words: str) -> None:
    FolderChannel(tmp_path).deliver(replace(MESSAGE, body=words))
    written = (tmp_path / "case-000012/3.0-apology.md").read_bytes().decode("utf-8")
    assert written.endswith(f"\n\n{words}\n")


def test_a_folder_that_cannot_be_made_is_an_error_of_the_place(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(OSError, match="out"):
        FolderChannel(tmp_path / "out").deliver(MESSAGE)


def test_a_disk_that_fills_up_leaves_no_half_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        FolderChannel(tmp_path).deliver(MESSAGE)
    assert names(tmp_path) == []
