"""The worker's loop: ticks until it is told to stop, and then finishes the one at work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recovery.clock import SystemClock
from recovery.project import Project
from recovery.worker import loop
from tests.support import engine_on

SCRIPT = """
import os, signal, sys
from recovery.worker.loop import run_until_stopped

def tick():
    print("at work", flush=True)
    sys.stdin.readline()
    print("finished", flush=True)

run_until_stopped(tick)
print("stopped", flush=True)
"""


def test_ticks_come_one_after_the_other_until_the_loop_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS", 0.01)
    stop = threading.Event()
    running = threading.Semaphore(1)
    ticks: list[bool] = []

    def tick() -> None:
        ticks.append(running.acquire(blocking=False))
        if len(ticks) == 3:
            stop.set()
        running.release()

    loop.run_until_stopped(tick, stop)
    assert len(ticks) >= 3
    assert all(ticks)


def test_the_first_tick_does_not_wait() -> None:
    stop = threading.Event()
    loop.run_until_stopped(stop.set, stop)
    assert stop.is_set()


def test_what_a_tick_raises_ends_the_loop_and_is_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS", 0.01)
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 2:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        loop.run_until_stopped(tick)


def test_signals_mean_again_what_they_meant_before(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    stop = threading.Event()

    def tick() -> None:
        assert signal.getsignal(signal.SIGTERM) != before[0]
        os.kill(os.getpid(), signal.SIGTERM)

    loop.run_until_stopped(tick, stop)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_thread_that_is_not_the_main_one_may_run_the_loop_too() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=loop.run_until_stopped, args=(stop.set, stop))
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


def test_a_tick_that_knows_of_something_sooner_comes_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SECONDS", 3_600)
    stop = threading.Event()
    ticks: list[int] = []

    def tick() -> float:
        ticks.append(1)
        if len(ticks) == 3:
            stop.set()
        return 0.01

    def waking(wake: loop.Wake, _: threading.Event) -> None:
        wake()

    loop.run_until_stopped(tick, stop, waking)
    assert len(ticks) == 3


def test_who_is_woken_again_and_again_ticks_each_time_and_the_one_who_wakes_is_told_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "SECONDS", 3_600)
    stop = threading.Event()
    ticked = threading.Semaphore(0)
    ended: list[bool] = []

    def waking(wake: loop.Wake, over: threading.Event) -> None:
        for _ in range(3):
            ticked.acquire(timeout=30)
            wake()
        ticked.acquire(timeout=30)
        stop.set()
        ended.append(over.wait(30))

    loop.run_until_stopped(ticked.release, stop, waking)
    assert ended == [True]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_lets_the_tick_at_work_finish(name: str) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "at work\n"
    worker.send_signal(getattr(signal, name))
    said, _ = worker.communicate("go on\n", timeout=30)
    assert said == "finished\nstopped\n"
    assert worker.returncode == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_the_command_delivers_until_a_signal_stops_it_and_ends_well(
    project: Project, tmp_path: Path, name: str
) -> None:
    with engine_on(project, SystemClock()) as engine:  # who has just written is answered at night too
        engine.open_case("It never came.", customer={"address": "ana@example.org"})
    assert project.database is not None
    words = ["worker", "--json", "--database", project.database]
    worker = subprocess.Popen(
        [sys.executable, "-c", "from recovery.cli import main; main()", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    assert "The worker runs" in worker.stderr.readline()
    _until_delivered(project)
    worker.send_signal(getattr(signal, name))
    said, complained = worker.communicate(timeout=30)
    assert (worker.returncode, complained) == (0, "")
    assert {"sends": True, "failed": 0}.items() <= json.loads(said).items()
    assert [*(tmp_path / "outbox").rglob("*-acknowledgement.eml")]


def _until_delivered(project: Project) -> None:
    """Look until the message is delivered, at most for half a minute."""
    never = threading.Event()
    with engine_on(project) as engine:
        for _ in range(600):
            if engine.store.outbox_counts(engine.tenant).get("delivered"):
                return
            never.wait(0.05)
    pytest.fail("nothing was delivered")
