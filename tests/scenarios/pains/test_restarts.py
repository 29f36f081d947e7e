"""Pains with restarts: what waits is a part of the case, not of a process."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.clock import ManualClock
from recovery.delivery.outbox import deliver_due
from recovery.project import Project
from recovery.testing import Mailbox, run_until
from recovery.ticking import fire_due
from tests.support import START, case_of, engine_on

ANA = {"name": "Ana", "address": "ana@example.org"}


def test_waits_that_never_resume_after_a_restart(project: Project) -> None:
    with engine_on(project) as engine:
        case = engine.open_case("My order never came.", customer=ANA).case
        engine.record(case, {"owner": "li"}, by="agent:li")
        due_at = case_of(engine, case).due_at
    later = ManualClock(START + timedelta(days=3))  # Monday, 09:00: nobody was there in the meantime
    with engine_on(project, later) as engine:
        assert case_of(engine, case).due_at == due_at
        assert fire_due(engine) == 1
        found = case_of(engine, case)
        assert found.clocks["first-answer"].breached_at == "2026-11-20T13:00:00.000000Z"
        assert (found.level, fire_due(engine)) == (1, 0)
        late = [line for record in engine.store.log(engine.tenant, case) for line in record.why]
        assert "clock first-answer ran out at 2026-11-20T13:00:00Z, late by 2 days, 20:00:00" in late


@pytest.mark.parametrize("stops_after", [1, 2, 3])
def test_a_worker_that_is_started_anew_again_and_again_misses_nothing(
    project: Project, stops_after: int
) -> None:
    box, clock = Mailbox(), ManualClock(START)
    with engine_on(project, clock) as engine:
        engine.open_case("My order never came.", customer=ANA)
    for hour in range(1, 13):
        if hour % stops_after == 0:
            with engine_on(project, clock) as engine:
                run_until(engine, START + timedelta(hours=hour), box)
                while fire_due(engine):
                    pass
                deliver_due(engine, box)
    assert box.templates == ["acknowledgement", "answer-due", "answer-due"]
