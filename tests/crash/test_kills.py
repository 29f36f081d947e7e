"""Workers killed with -9: nothing is lost, and nothing is done twice but what was being sent just then.

`make kills` kills a thousand and says what it counted; docs/reports/kills.md keeps such a report.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

import pytest

from tests.crash.boundaries import BOUNDARIES
from tests.crash.campaign import PLACES, Campaign
from tests.crash.house import Figures, House
from tests.crash.project import ENVIRONMENT
from tests.crash.report import keep

IS_LONG = os.environ.get("RECOVERY_LONG") == "1"
KILLS = int(os.environ.get("KILLS", "1000")) // 4 if IS_LONG else len(PLACES) + 1
"""Of each of the four: two databases, one worker and four."""

LEASE = 5.0 if IS_LONG else 2.0
"""Seconds. A worker that gets no processor for longer may send twice unkilled; that is counted by itself."""

ROUND = 50
"""After so many kills everything is done to the end, and looked at."""


def killed(here: House, workers: int, patience: float, kills: int = KILLS) -> Figures:
    """Kill so many workers, and see that all is well; gives what was counted."""
    here.lease = LEASE
    places = [*PLACES, *random.Random(kills).choices(PLACES, k=kills)][:kills]
    for start in range(0, kills, ROUND):
        part = places[start : start + ROUND]
        Campaign(here, part, start, patience, again=IS_LONG).run(workers)
        here.drain()
        found = here.assert_sound()
    assert found.kills.total() >= kills
    assert found.twice <= found.in_flight + found.overran
    if IS_LONG:
        keep(here.project.url.partition(":")[0], workers, found)
    return found


def test_a_worker_killed_at_each_boundary_loses_nothing_and_repeats_only_what_it_was_sending(
    here: House,
) -> None:
    found = killed(here, 1, patience=10 if IS_LONG else 60)
    assert found.kills.keys() >= BOUNDARIES.keys() | {"sending mail", "sending post"}, found.kills


def test_four_workers_of_which_one_after_the_other_is_killed_do_all_there_is_once(here: House) -> None:
    killed(here, 4, patience=10 if IS_LONG else 3, kills=KILLS if IS_LONG else 6)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_itself_killed_while_a_mail_is_on_its_way_loses_nothing(here: House) -> None:
    here.complain(4)
    here.register.hang_once("mail")
    command = [sys.executable, "-c", "from recovery.cli import main; main()", "worker", "--lease", "1"]
    worker = subprocess.Popen(
        command, cwd=here.folder, env={**os.environ, **ENVIRONMENT}, stderr=subprocess.DEVNULL
    )
    case = here.register.hanging(60)
    worker.kill()
    assert worker.wait(60) == -signal.SIGKILL
    assert case in here.register.cases.values()
    before = here.register.accepted()
    assert before.total() < here.expected
    here.drain()
    found = here.figures()
    assert found.wrong().keys() <= {"unexplained"}
    assert found.unexplained <= before.total(), "only what had been sent and not settled went again"
