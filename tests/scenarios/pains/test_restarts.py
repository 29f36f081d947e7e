"""Pains with restarts: what waits is a part of the case, not of a process."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.clock import ManualClock
from recovery.delivery.outbox import deliver_due
from recovery.project import Project
from recovery.testing import Mailbox, run_until
from recovery.ticking import fire_due
from tests.support import START, engine_on

ANA = {"name": "Ana", "address": "ana@example.org"}


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
