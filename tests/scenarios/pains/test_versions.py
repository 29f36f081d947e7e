"""Pains with versions: what is edited, published and running are three things, and none breaks another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.bootstrap import publish
from recovery.clock import ManualClock
from recovery.core.errors import NotFound
from recovery.core.instants import to_text
from recovery.engine import Engine
from recovery.project import Project
from recovery.testing import run_until
from tests.support import START, case_of, engine_on

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


def edit(desk: Path, *changes: tuple[str, str]) -> None:
    """Change places of the workflow's file; each must be there."""
    file = desk / "workflows" / "desk.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


TIGHTER = ("within: {severity 1: 8 business hours", "within: {severity 1: 4 business hours")
ANOTHER_STEP = ("  mend:\n    title: Mend it", "  repair:\n    title: Repair it")
EVERYWHERE_ELSE = ("to: mend", "to: repair"), ("from: mend", "from: repair")


def hours(count: float) -> str:
    """So long after the beginning, as clocks keep it."""
    return to_text(START + timedelta(hours=count))


def test_editing_a_definition_breaks_running_cases(desk: Path, engine: Engine) -> None:
    case = engine.open_case("It is broken.").case
    edit(desk, ANOTHER_STEP, *EVERYWHERE_ELSE)
    publish(engine, desk)
    assert case_of(engine, case).step == "mend"
    assert engine.record(case, {"done": True}, by="agent:li").step == "closed"
    assert engine.do(case, "reopen", by="customer").step == "mend"
    assert engine.open_case("It is broken too.").step == "repair"


def test_a_file_that_was_broken_while_cases_run_harms_none_of_them(desk: Path, engine: Engine) -> None:
    case = engine.open_case("It is broken.").case
    (desk / "workflows" / "desk.yaml").write_text("workflow: [", encoding="utf-8")
    assert engine.record(case, {"done": True}, by="agent:li").step == "closed"
    assert engine.open_case("It is broken too.").step == "mend"


def test_changing_an_sla_loses_accrued_pause(desk: Path, engine: Engine, clock: ManualClock) -> None:
    case = engine.open_case("It is broken.").case
    clock.advance(timedelta(hours=1))
    engine.record(case, {"waiting": True}, by="agent:li")
    edit(desk, TIGHTER)
    publish(engine, desk)
    clock.advance(timedelta(hours=2))
    engine.record(case, {"waiting": False}, by="agent:li")
    assert case_of(engine, case).clocks["paused"].due_at == hours(2 + 3 * 24), "8 hours from 9 and 2 paused"
    later = engine.open_case("It is broken too.").case
    assert case_of(engine, later).clocks["paused"].due_at == hours(3 + 4)


def test_migrating_running_cases_one_by_one(desk: Path, engine: Engine, clock: ManualClock) -> None:
    old = [engine.open_case("It is broken.").case for _ in range(20)]
    edit(desk, ANOTHER_STEP, *EVERYWHERE_ELSE, TIGHTER)
    publish(engine, desk)
    new = [engine.open_case("It is broken.").case for _ in range(20)]
    run_until(engine, clock.now() + timedelta(days=7))
    for case in (*old, *new):
        assert engine.record(case, {"done": True}, by="agent:li").step == "closed"
    assert len({case_of(engine, case).bundle for case in (*old, *new)}) == 2
    assert {case_of(engine, case).bundle for case in old}.isdisjoint(
        case_of(engine, case).bundle for case in new
    )


def test_the_version_published_is_not_the_version_that_ran(desk: Path, engine: Engine) -> None:
    edit(desk, TIGHTER)
    case = engine.open_case("It is broken.").case
    assert case_of(engine, case).bundle == engine.store.published(engine.tenant, "desk")
    assert case_of(engine, case).clocks["paused"].due_at == hours(8), "the file is edited, not published"
    (publication,) = publish(engine, desk)
    assert publication.changed
    assert case_of(engine, engine.open_case("It is broken.").case).bundle == publication.hash
    files = engine.bundle(publication.hash).files
    assert files["workflows/desk.yaml"] == (desk / "workflows" / "desk.yaml").read_text("utf-8")
    assert not publish(engine, desk)[0].changed
    with pytest.raises(NotFound, match="No workflow version"):
        engine.bundle("0" * 64)
