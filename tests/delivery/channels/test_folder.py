"""The folder channel: one mail file a message, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recovery.delivery.channels import FolderChannel
from recovery.delivery.outcomes import Delivered, OutOfOrder
from tests.delivery.channels.letters import SENDER, message, opened, words

APOLOGY = "case-000012/3.0-apology.eml"


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_message_becomes_a_mail_file_named_after_its_case_and_effect(tmp_path: Path) -> None:
    done = FolderChannel(tmp_path / "out", SENDER).deliver(message())
    assert done == Delivered(APOLOGY)
    assert names(tmp_path) == [f"out/{APOLOGY}"]
    found = opened((tmp_path / "out" / APOLOGY).read_bytes())
    assert (found["to"], found["subject"]) == ("ana@example.org", "I am sorry")
    assert words(found) == "Dear Ana,\n\nI am sorry.\n"


def test_a_mail_in_plain_letters_can_be_read_with_any_editor(tmp_path: Path) -> None:
    FolderChannel(tmp_path).deliver(message())
    text = (tmp_path / APOLOGY).read_text("ascii")
    assert "To: ana@example.org\n" in text
    assert "\n\nDear Ana,\n\nI am sorry.\n\n" in text


def test_a_second_delivery_changes_nothing(tmp_path: Path) -> None:
    channel = FolderChannel(tmp_path)
    channel.deliver(message())
    before = (tmp_path / APOLOGY).read_bytes()
    channel.deliver(message())
    assert (tmp_path / APOLOGY).read_bytes() == before
    assert len(names(tmp_path)) == 1


def test_the_portal_writes_nothing(tmp_path: Path) -> None:
    done = FolderChannel(tmp_path / "out").deliver(message(channel="portal", address=None))
    assert isinstance(done, Delivered)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_out_of_order(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, no folder", encoding="utf-8")
    done = FolderChannel(tmp_path / "out").deliver(message())
    assert isinstance(done, OutOfOrder)
    assert "out" in done.reason


def test_a_disk_that_fills_up_leaves_no_half_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    done = FolderChannel(tmp_path).deliver(message())
    assert isinstance(done, OutOfOrder)
    assert "No space left on device" in done.reason
    assert names(tmp_path) == []
