"""Several processes and threads on one file, and processes that die."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recovery.store.verify import verify
from tests.real_data import ROOT
from tests.store.house import KEY, TENANT, House


@pytest.fixture
def database() -> str:
    """SQLite alone: this is about its files."""
    return "sqlite"


WRITER = """
import sys
from pathlib import Path
from tests.store.house import House
house = House(Path(sys.argv[1]))
while True:
    with house.store.write() as unit:
        for _ in range(20):
            case = house.open_in(unit)
            house.tell_in(unit, case.id, house.facts(said="x"))
    print(case.id, flush=True)
"""


@pytest.mark.parametrize("commits", [1, 7, 23])
def test_a_process_killed_while_it_writes_leaves_a_database_that_verifies(house: House, commits: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(house.path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        last = 0
        for _ in range(commits):
            last = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
    report = verify(house.store, None)
    assert report.problems == []
    assert report.cases >= last
    assert report.cases % 20 == 0
    assert report.events == 2 * report.cases
    assert house.open() == [report.cases + 1]


def _write(path: Path, start: multiprocessing.Barrier, seed: str) -> None:  # type: ignore[valid-type]
    house = House(path, seed=seed)
    start.wait()
    for _ in range(30):
        house.open(5)
        with house.store.write() as unit:
            case = unit.case(TENANT, 1)
            assert case is not None
            unit.add(house.decision(case, house.facts(said=f"{seed} {case.seq}")))
    house.store.close()


def test_two_processes_that_write_at_once_lose_nothing(house: House) -> None:
    house.open()
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    processes = [context.Process(target=_write, args=(house.path, start, seed)) for seed in ("one", "two")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    report = verify(house.store, None)
    assert (report.problems, report.cases, report.events) == ([], 301, 361)
    assert [record.seq for record in house.store.log(TENANT, 1)] == list(range(1, 62))


def test_threads_share_a_store(house: House) -> None:
    (id,) = house.open()

    def work() -> None:
        for _ in range(20):
            house.open(2)
            house.tell(id, house.facts(said="x"))
            house.store.count_by(TENANT, "step")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify(house.store, None)
    assert (report.problems, report.cases, report.events) == ([], 161, 241)


def test_sealing_and_writing_go_on_together(house: House) -> None:
    (id,) = house.open()
    done = threading.Event()

    def seal() -> None:
        while not done.is_set():
            house.store.seal(KEY, house.now)

    sealer = threading.Thread(target=seal)
    sealer.start()
    for _ in range(50):
        house.open(3)
        house.tell(id, house.facts(said="x"))
    done.set()
    sealer.join()
    house.store.seal(KEY, house.now)
    report = verify(house.store, KEY)
    assert (report.problems, report.events, report.unsealed) == ([], 201, 0)
    assert report.seals >= 1
