"""Threads of several processes spend from the same limits, some killed: never over a limit, nothing lost.

`make ledger` runs the long form: 64 threads in each of 4 processes, 20 times, on both databases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery.clock import ManualClock
from recovery.engine import Engine
from recovery.sealing import KEY_VARIABLE
from recovery.store.verify import verify
from tests.money.both import balanced, emptied, made_once
from tests.money.spending import BEGIN, CASES, SUPERVISORS, engine_on
from tests.postgres import postgres_server
from tests.real_data import ROOT
from tests.support import new_database as new_file

__all__ = ["made_once", "postgres_server"]

LONG = os.environ.get("RECOVERY_LONG") == "1"
PROCESSES, THREADS, STEPS, KILLS, RUNS = (4, 64, 12, 3, 20) if LONG else (2, 4, 14, 1, 1)
SECONDS = 570 if LONG else 120


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
    subprocess.run(
        [sys.executable, "-m", "tests.money.spending", *arguments], cwd=ROOT, timeout=SECONDS, check=True
    )
    assert verify(engine.store, None).problems == []
    assert balanced(engine)
    _limits_held(engine)
    _nothing_lost(engine, tmp_path)
    met: Counter[str] = Counter()
    for file in tmp_path.glob("*.met"):
        met += Counter(json.loads(file.read_text()))
    assert met["deadlock"] == met["race"] == 0, met
    assert len((tmp_path / "killed").read_text().splitlines()) == KILLS
    engine.store.close()


def _limits_held(engine: Engine) -> None:
    """In the order in which they were written, no account was ever used beyond its limit."""
    used: Counter[str] = Counter()
    nearest = 0
    for record in engine.store.log_between(engine.tenant, 0, 2**62, 10**6):
        standing = record.event.get("standing", {}).get("holds", {}).get("empowerment")
        for change in record.changes:
            if change[0] != "compensation":
                continue
            _, _, row, moves = change
            for _, account, _, units in row[9] if len(row) > 9 else ():
                used[account] += units * (("reserved" in moves) - ("released" in moves))
                limit = 20_000_00 if account.partition(":")[2] in SUPERVISORS else 2_000_00
                assert 0 <= used[account] <= limit, (account, used[account], record)
                nearest = max(nearest, used[account] if limit == 2_000_00 else 0)
        if standing is not None:
            assert standing["used"] >= 0
    assert nearest > 1_900_00  # somebody came to the limit, or nothing was tried
    assert len({account.partition(" ")[0] for account in used}) == 3  # midnights were passed


def _nothing_lost(engine: Engine, folder: Path) -> None:
    """What was acknowledged is in the log and in the ledger, and nothing that nobody asked for."""
    kinds = {"offer": "CompensationOffered", "spend": "CompensationSpent", "batch": "CompensationSpent"}
    log = {(one.case, one.seq): one.kind for one in engine.store.logs(engine.tenant)}
    told = Counter(
        (kinds[what], tuple(map(int, place.split(":"))))
        for file in folder.glob("*.journal")
        for what, *places in (line.split() for line in file.read_text().splitlines())
        if what in kinds
        for place in places
    )
    assert set(told.values()) == {1}
    written = Counter((kind, place) for place, kind in log.items() if kind in kinds.values())
    assert written == told
