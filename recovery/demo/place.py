"""The demo's own folder: made new each time, and never at the cost of anybody else's files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from recovery.core.errors import RecoveryError
from recovery.sealing import key_file

MARKER = ".recovery-demo"
MARKER_TEXT = "Made by `recovery demo`, which replaces this folder when it is run again.\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo writes everything."""

    folder: Path

    @property
    def database(self) -> Path:
        """The demo's own database."""
        return self.folder / "recovery.db"

    @property
    def outbox(self) -> Path:
        """Messages, a folder a case."""
        return self.folder / "outbox"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.folder / "report.html"

    @property
    def story(self) -> Path:
        """One case's whole story."""
        return self.folder / "story.txt"

    @property
    def making_right(self) -> Path:
        """A project of its own, for the case in which people may decide."""
        return self.folder / "making-right"

    @property
    def url(self) -> str:
        """The database as `--database` takes it."""
        return f"sqlite:///{self.database}"


def make_place(folder: Path) -> Place:
    """An empty folder for the demo; what an earlier demo left in it is removed, and nothing else.

    Raises:
        RecoveryError: something is there that no demo made.
        OSError: the folder cannot be written.
    """
    place = Place(folder)
    marker = folder / MARKER
    if folder.exists() and not folder.is_dir():
        raise RecoveryError(f"{folder} is a file.", hint="Name a folder with --folder.")
    if folder.is_dir() and not marker.is_file() and any(folder.iterdir()):
        raise RecoveryError(
            f"{folder} is not empty and was not made by a demo; nothing was changed.",
            hint="Name another one with --folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(MARKER_TEXT, encoding="utf-8")
    for old in (place.outbox, place.making_right):
        shutil.rmtree(old, ignore_errors=True)
    database = place.database
    beside = [database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal")]
    for file in (database, key_file(database), *beside, place.report, place.story):
        file.unlink(missing_ok=True)
    place.outbox.mkdir()
    return place
