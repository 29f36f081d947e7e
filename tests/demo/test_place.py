"""The demo's folder: made new each time, never at the cost of somebody else's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.errors import RecoveryError
from recovery.demo.place import MARKER, make_place


def test_a_new_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    place = make_place(tmp_path / "a" / "demo")
    assert (place.folder / MARKER).is_file()
    assert place.outbox.is_dir()
    assert place.url == f"sqlite:///{tmp_path}/a/demo/recovery.db"


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    assert make_place(tmp_path).folder == tmp_path


def test_a_folder_with_somebody_elses_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "recovery.db").write_text("mine")
    with pytest.raises(RecoveryError, match="not made by a demo"):
        make_place(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["recovery.db"]
    assert (tmp_path / "recovery.db").read_text() == "mine"


def test_a_file_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(RecoveryError, match="is a file"):
        make_place(tmp_path / "demo")


def test_an_earlier_demo_is_removed_and_what_somebody_put_beside_it_is_not(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    (place.outbox / "case-000001").mkdir()
    for name in (
        "recovery.db",
        "recovery.db-wal",
        "recovery.db.seal-key",
        "report.html",
        "story.txt",
        "notes.txt",
    ):
        (tmp_path / name).write_text("old")
    make_place(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [MARKER, "notes.txt", "outbox"]
    assert list(place.outbox.iterdir()) == []
