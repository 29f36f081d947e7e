"""What tests of the importer share: an engine on a database of its own, and files made on the spot."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.engine import Engine
from recovery.imports.loading import load_mapping
from recovery.imports.report import ImportReport
from recovery.imports.rules import ImportMapping
from recovery.imports.run import run_import
from recovery.project import Project, starter_root

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

MAPPING = """\
mapping: letters
workflow: ten-step
external_id: {column: Number, prefix: "letter:"}
received_at: {column: Came, format: "%Y-%m-%d", zone: Europe/London}
text: {first: [Words], else: "{Topic}: {Detail}"}
channel: {column: Way, values: {Letter: mail, Web: portal}, otherwise: mail}
customer: {name: {column: Name}, address: {column: Address}}
facts:
  origin.place: {column: Town}
  origin.source: {column: Way, values: {Letter: letter, Web: web_form}, otherwise: mail}
  origin.timely: {column: Timely}
columns_required: [Number, Came, Words]
"""

HEADER = "Number,Came,Words"


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the starter workflows in it and no case."""
    path = tmp_path_factory.mktemp("published") / "recovery.db"
    open_engine(Project(starter_root(), f"sqlite:///{path}"), clock=ManualClock(NOW), make=True).store.close()
    return path


@pytest.fixture
def engine(published: Path, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database of the test's own."""
    path = tmp_path / "recovery.db"
    shutil.copy(published, path)
    found = open_engine(Project(starter_root(), f"sqlite:///{path}"), clock=ManualClock(NOW))
    yield found
    found.store.close()


@pytest.fixture
def letters(engine: Engine, tmp_path: Path) -> ImportMapping:
    """A small mapping with one of everything."""
    path = tmp_path / "letters.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return load_mapping(path, engine.current)


Importer = Callable[..., ImportReport]


@pytest.fixture
def bring(engine: Engine, letters: ImportMapping, tmp_path: Path) -> Importer:
    """Import a text (or bytes) as a file; rejects go to `bad.csv` beside it."""

    def run(content: str | bytes, *, name: str = "in.csv", **more: object) -> ImportReport:
        source = tmp_path / name
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        more.setdefault("rejects", tmp_path / "bad.csv")
        return run_import(engine, source, more.pop("mapping", letters), **more)  # type: ignore[arg-type]

    return run
