"""Pains with versions: what is edited, published and running are three things, and none breaks another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery.bootstrap import publish
from recovery.clock import ManualClock
from recovery.core.errors import NotFound
from recovery.engine import Engine
from recovery.project import Project
from tests.support import case_of, engine_on

DESK = Path(__file__).parent / "project"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A project whose files may be edited."""
    return Path(shutil.copytree(DESK, tmp_path / "desk"))


@pytest.fixture
def engine(desk: Path, clock: ManualClock) -> Iterator[Engine]:
    """An engine on that project, with its workflow published; it is Friday, 09:00."""
    with engine_on(Project(desk, f"sqlite:///{desk / 'recovery.db'}", "desk"), clock, make=True) as found:
        yield found


def edit(desk: Path, old: str, new: str) -> None:
    """Change a place of the workflow's file, which must be there."""
    file = desk / "workflows" / "desk.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


TIGHTER = ("within: {severity 1: 8 business hours", "within: {severity 1: 4 business hours")


def test_a_file_that_was_broken_while_cases_run_harms_none_of_them(desk: Path, engine: Engine) -> None:
    case = engine.open_case("It is broken.").case
    (desk / "workflows" / "desk.yaml").write_text("workflow: [", encoding="utf-8")
    assert engine.record(case, {"done": True}, by="agent:li").step == "closed"
    assert engine.open_case("It is broken too.").step == "mend"


def test_what_was_published_is_what_the_files_were(desk: Path, engine: Engine) -> None:
    edit(desk, *TIGHTER)
    publication, _ = publish(engine, desk)
    assert publication.changed
    assert case_of(engine, engine.open_case("It is broken.").case).bundle == publication.hash
    files = engine.bundle(publication.hash).files
    assert files["workflows/desk.yaml"] == (desk / "workflows" / "desk.yaml").read_text("utf-8")
    assert not publish(engine, desk)[0].changed
    with pytest.raises(NotFound, match="No workflow version"):
        engine.bundle("0" * 64)
