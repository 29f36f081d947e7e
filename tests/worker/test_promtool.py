"""Prometheus's own checker has nothing to say against what a worker measures, and against its alarms.

It needs `promtool`, which comes with Debian's package `prometheus`.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from recovery.engine import Engine
from tests.worker.alarms import FILE
from tests.worker.test_alarms import House, house

__all__ = ["house"]


@pytest.fixture(scope="module")
def promtool() -> str:
    """Where it is: without it the test is skipped, in CI it fails."""
    found = shutil.which("promtool")
    if found is None:
        why = "promtool is not installed (apt install prometheus)"
        if os.environ.get("RECOVERY_CI") == "1":
            pytest.fail(why)
        pytest.skip(why)
    return found


def check(promtool: str, *words: str, page: str = "") -> str:
    """What it says; it must be content."""
    done = subprocess.run(
        [promtool, "check", *words], input=page, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_it_finds_nothing_wrong_with_what_a_worker_measures(
    promtool: str, house: House, engine: Engine
) -> None:
    house.complain(3)
    house.worker.tick()
    page = house.scrape().replace('up{job="recovery"} 1\n', "")
    assert page.count("# TYPE recovery_") == page.count("# HELP recovery_") > 15
    assert check(promtool, "metrics", page=page) == ""


def test_it_can_read_every_alarm(promtool: str) -> None:
    said = check(promtool, "rules", str(FILE))
    assert f"{FILE.read_text('utf-8').count('alert:')} rules found" in said
