"""Threads of several processes spend from the same limits, some killed: never over a limit, nothing lost.

`make ledger` runs the long form: 64 threads in each of 4 processes, 20 times, on both databases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.engine import Engine
from recovery.sealing import KEY_VARIABLE
from recovery.store.verify import verify
from tests.money import report
from tests.money.both import balanced, emptied, made_once
from tests.money.spending import BEGIN, CASES, SUPERVISORS, ZONES, engine_on
from tests.postgres import postgres_server
from tests.real_data import ROOT
from tests.support import new_database as new_file

__all__ = ["made_once", "postgres_server"]

LONG = os.environ.get("RECOVERY_LONG") == "1"
PROCESSES, THREADS, STEPS, KILLS = (4, 64, 10, 3) if LONG else (2, 4, 14, 1)
RUNS = int(os.environ.get("RUNS", "20")) if LONG else 1
SECONDS = 300 if LONG else 120

SPENT = {"offer": "CompensationOffered", "spend": "CompensationSpent", "batch": "CompensationSpent"}
"""Steps that spend, and the event that each of their places in the log has."""

AT_LEAST_ONCE = ["above_what_is_left", "asked", "paid", "midnights", "kills"]
"""What each run has to have met, or it has tried too little."""
if LONG:
    AT_LEAST_ONCE += ["limits_reached", "approved", "declined", "revoked", "expired"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    if request.param == "sqlite":
        yield new_file(tmp_path, tmp_path_factory.getbasetemp()).url
        return
    monkeypatch.setenv(KEY_VARIABLE, "a key from the environment")
    place = request.getfixturevalue("made_once")
    emptied(place)
    yield place


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, RUNS + 1))
def test_no_limit_is_overrun_and_no_spend_is_lost(url: str, tmp_path: Path, seed: int) -> None:
    engine = engine_on(url, ManualClock(BEGIN))
    cases = [engine.open_case("It broke.", customer={"name": f"guest {n}"}).case for n in range(CASES)]
    arguments = [url, str(tmp_path), *map(str, (PROCESSES, THREADS, STEPS, KILLS, seed, cases[0]))]
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tests.money.spending", *arguments], cwd=ROOT, timeout=SECONDS, check=True
    )
    seconds = time.monotonic() - begun
    assert verify(engine.store, None).problems == []
    assert balanced(engine)
    journal = [line.split() for file in tmp_path.glob("*.journal") for line in file.read_text().splitlines()]
    threads = Counter(line.pop(0) for line in journal)
    assert list(threads.values()) == [STEPS] * (PROCESSES * THREADS)
    found = _limits_held(engine) + _answers(tmp_path, journal)
    _nothing_lost(engine, journal)
    engine.store.close()
    assert found["deadlocks"] == found["races"] == 0, found
    assert found["kills"] == KILLS
    assert not [name for name in AT_LEAST_ONCE if not found[name]], found
    if LONG:
        report.keep("spending", url, found, seconds)


def _limits_held(engine: Engine) -> Counter[str]:
    """In the order in which they were written, no account was ever used beyond its limit; and limits were
    reached while all processes wanted more, in each zone, on both sides of a midnight.

    Returns:
        What became of compensations, and how often a midnight was passed in somebody's zone.
    """
    used: Counter[str] = Counter()
    most: Counter[str] = Counter()
    wanted_by: defaultdict[str, set[str]] = defaultdict(set)
    became: Counter[str] = Counter()
    stood: dict[tuple[int, str], str] = {}
    for record in engine.store.log_between(engine.tenant, 0, 2**62, 10**6):
        holds = record.event.get("standing", {}).get("holds", {})
        for change in record.changes:
            if change[0] != "compensation":
                continue
            _, number, row, moves = change
            before, status = stood.get((record.case, number)), row[8]
            stood[record.case, number] = status
            became[status] += status != before
            became["approved"] += record.kind == "ApprovalGranted"
            process = row[1].partition("-")[0]
            if status == "asked" != before:
                too_much = _too_much_now(holds)
                became["above_what_is_left"] += bool(too_much)
                for account in too_much:
                    wanted_by[account].add(process)
            for _, account, _, units in row[9] if len(row) > 9 else ():
                used[account] += units * (("reserved" in moves) - ("released" in moves))
                assert 0 <= used[account] <= _limit(account), (account, used[account], record)
                most[account] = max(most[account], used[account])
                wanted_by[account].add(process)
    became["paid"] = became.pop("fulfilled", 0)
    days = {name: [one for one in most if one.endswith(f":{name}")] for name in ZONES}
    assert all(len(accounts) > 1 for accounts in days.values()), days
    became["midnights"] = sum(len(accounts) - 1 for accounts in days.values())
    reached = [one for one in most if most[one] > _limit(one) - 100_00 and len(wanted_by[one]) == PROCESSES]
    zones = {ZONES.get(one.partition(":")[2]) for one in reached}
    assert zones >= set(ZONES.values() if LONG else ()), (most, wanted_by)
    became["limits_reached"] = len(reached)
    return became


def _limit(account: str) -> int:
    return 20_000_00 if account.partition(":")[2] in SUPERVISORS else 2_000_00


def _too_much_now(holds: dict[str, dict[str, Any]]) -> list[str]:
    """The accounts in which it was above what was left of a limit, and not above the limit itself."""
    return [
        one["account"] for one in holds.values() if one["units"] <= one["limit"] < one["used"] + one["units"]
    ]


def _answers(folder: Path, journal: list[list[str]]) -> Counter[str]:
    """How the steps were answered, and what else was met."""
    found: Counter[str] = Counter(steps=len(journal))
    for what, *more in journal:
        found["refused"] += what == "refused"
        found["spends"] += len(more) if what in SPENT else 0
    met: Counter[str] = Counter()
    for file in folder.glob("*.met"):
        met += Counter(json.loads(file.read_text()))
    found |= Counter({"deadlocks": met["deadlock"], "races": met["race"], "waits": met["busy"]})
    found["kills"] = len((folder / "killed").read_text().splitlines())
    return found


def _nothing_lost(engine: Engine, journal: list[list[str]]) -> None:
    """What was acknowledged is in the log and in the ledger, and nothing that nobody asked for."""
    log = {(one.case, one.seq): one.kind for one in engine.store.logs(engine.tenant)}
    told = Counter(
        (SPENT[what], tuple(map(int, place.split(":"))))
        for what, *places in journal
        if what in SPENT
        for place in places
    )
    assert set(told.values()) == {1}
    written = Counter((kind, place) for place, kind in log.items() if kind in SPENT.values())
    assert written == told
