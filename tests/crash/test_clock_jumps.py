"""Clocks that are wrong for a while: a day forward, and an hour back, while workers work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.crash.clocks import TurnedClock
from tests.crash.house import House, house
from tests.crash.register import Register
from tests.crash.workers import Nursery, WorkerProcess

CASES = 12
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def _turned_about(here: House, clock: TurnedClock, workers: list[WorkerProcess]) -> None:
    """Work before, between and after two jumps: what was asked for in the future waits for it."""
    here.complain(CASES)
    here.register.wait_for(lambda: len(here.register.deliveries) >= CASES)
    clock.turn(DAY)
    here.complain(CASES, age=timedelta())
    here.register.wait_for(lambda: len(here.register.deliveries) >= 3 * CASES)
    clock.turn(-HOUR)
    here.complain(CASES)
    here.register.wait_for(lambda: any(case > 2 * CASES for case, _ in here.register.accepted()))
    clock.turn(HOUR)
    here.finish(workers[0])
    clock.turn(HOUR)  # clocks of the second lot, which run out after a minute
    here.finish(workers[0])
    for worker in workers:
        assert worker.stop() == 0
        here.overran += worker.lost()


def test_workers_whose_clock_jumps_lose_nothing_and_do_nothing_twice(
    database: str, tmp_path: Path, register: Register, nursery: Nursery, crash_environment: None
) -> None:
    clock = TurnedClock(tmp_path / "clock")
    with house(tmp_path, database, register, nursery, clock) as here:
        workers = [here.worker(clock=tmp_path / "clock") for _ in range(2)]
        _turned_about(here, clock, workers)
        assert here.assert_sound().twice == 0


def test_leases_whose_clock_jumps_are_lost_too_early_and_said_to_be(
    tmp_path: Path, register: Register, nursery: Nursery, crash_environment: None
) -> None:
    clock = TurnedClock(tmp_path / "clock")
    file = f"sqlite:///{tmp_path / 'recovery.db'}"
    with house(tmp_path, file, register, nursery, clock) as here:
        workers = [here.worker(clock=tmp_path / "clock", turned_leases=True) for _ in range(2)]
        _turned_about(here, clock, workers)
        found = here.figures()
        assert found.twice <= found.overran
        assert found.wrong().keys() <= {"overlaps"}
        assert found.overlaps <= found.overran
