"""A worker that was stopped for three days and is started: everything once, in order, and late on record."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from recovery.core.instants import from_text
from tests.crash.clocks import TurnedClock
from tests.crash.house import house
from tests.crash.register import Register, key_of
from tests.crash.workers import Nursery

STOPPED = timedelta(days=3)
CASES = 24
BATCH = 10
"""Cases that come in meanwhile, and how many the worker sees to in one transaction."""


def test_a_worker_stopped_for_three_days_does_everything_once_in_order_of_due_time(
    database: str, tmp_path: Path, register: Register, nursery: Nursery, crash_environment: None
) -> None:
    clock = TurnedClock(tmp_path / "clock")
    clock.turn(-STOPPED)
    with house(tmp_path, database, register, nursery, clock) as here:
        here.complain(1)
        here.drain(here.worker(clock=tmp_path / "clock"))
        for _ in range(CASES):  # the worker is stopped, and complaints come in all the same
            here.complain(1, age=timedelta())
            clock.turn(STOPPED / CASES)
        one_by_one = {"recovery.worker.serving.SENDERS": 1, "recovery.worker.serving.BATCH": BATCH}
        worker = here.worker(clock=tmp_path / "clock", settings=one_by_one)
        here.drain(worker)
        found = here.assert_sound()
        assert (found.cases, found.twice) == (CASES + 1, 0)

        log = list(here.engine.store.logs(here.engine.tenant))
        fired = sorted((one for one in log if one.kind == "TimerFired"), key=lambda one: one.position)
        due = [from_text(one.event["due_at"]) for one in fired]
        assert due == sorted(due)
        assert [one.case for one in fired] == sorted(one.case for one in fired)
        late = [next(why for why in one.why if "ran out" in why) for one in fired[1:]]
        assert all("late by" in why for why in late)
        assert "late by 2 days, 23:" in late[0]
        assert "late by 2:5" in late[-1]
        first = [key_of(line["key"]) for line in worker.lines if line["event"] == "begins"]
        begun = [case for case, effect in first if effect == "1.0"]
        assert begun == sorted(begun)
        for case in begun:
            assert all(one < other for one, other in pairwise(_places(first, case)))


def _places(sent: list[tuple[int, str]], case: int) -> list[tuple[int, ...]]:
    """The effects of a case in the order they were sent."""
    return [tuple(map(int, effect.split("."))) for of, effect in sent if of == case]
