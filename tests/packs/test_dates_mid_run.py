"""Changing a pack's dates while cases run: every case keeps the rule of the day it was received on."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recovery.bootstrap import open_engine, publish
from recovery.clock import ManualClock
from recovery.commands import Command, Outcome
from recovery.core.events import ComplaintReceived
from recovery.engine import Engine
from recovery.project import Project, starter_root

PACK, BEFORE, FROM_THEN_ON = "ofcom-adr", "8 weeks", "6 weeks"
MARCH, APRIL, MAY = (datetime(2026, month, 15, 12, tzinfo=UTC) for month in (3, 4, 5))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("workflows", "templates", "config"):
        shutil.copytree(starter_root() / folder, tmp_path / folder)
    return tmp_path


def opened(engine: Engine, received: datetime) -> int:
    complaint = ComplaintReceived(by="customer", occurred_at=received, text="The line is dead.")
    (answer,) = engine.handle_many([Command(complaint, workflow=PACK)])
    assert isinstance(answer, Outcome), answer
    return answer.case


def limit(engine: Engine, case: int) -> str:
    found = engine.store.case(engine.tenant, case)
    assert found is not None
    return found.clocks["adr-letter"].limit


def test_running_cases_keep_their_rule_and_new_ones_go_by_the_day_they_were_received_on(root: Path) -> None:
    clock = ManualClock(MAY)
    engine = open_engine(Project(root, f"sqlite:///{root / 'cases.db'}"), clock=clock, make=True)
    try:
        old, new = opened(engine, MARCH), opened(engine, APRIL)
        assert (limit(engine, old), limit(engine, new)) == (BEFORE, FROM_THEN_ON)
        file = root / "workflows" / f"{PACK}.yaml"
        text = file.read_text(encoding="utf-8")
        moved = text.replace("received_from: 2026-04-01", "received_from: 2026-05-01")
        file.write_text(moved, encoding="utf-8")
        assert [one.workflow for one in publish(engine, root) if one.changed] == [PACK]
        after_the_change = opened(engine, APRIL)
        assert limit(engine, after_the_change) == BEFORE, "the new date counts for whoever comes now"
        assert limit(engine, opened(engine, MAY)) == FROM_THEN_ON
        for case, rule in ((old, BEFORE), (new, FROM_THEN_ON)):
            engine.record(case, {"problem.restated": "No line since Monday."}, by="agent:li")
            assert limit(engine, case) == rule, "what was promised to a case stays"
    finally:
        engine.store.close()
