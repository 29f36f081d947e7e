"""The long form: `python -m tests.simulation`, or `make simulation`.

--seeds N        how many seeds, from --first on; 100,000 by default
--jobs N         how many processes; as many as there are processors by default
--minutes N      begin no more after so many minutes
--kept FILE      where what each part finds is written down, where all files are in a commit; what is there of
                 this commit is not played again
--report FILE    write what came of all that is kept there
--seed N         play one seed and tell its shortest history where it fails, all of it where it does not
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from time import monotonic, process_time

from tests.simulation.kept import Part, commit_now, keep, read, still_failing, together
from tests.simulation.machine import simulated
from tests.simulation.many import explained, part
from tests.simulation.place import made
from tests.simulation.plan import plan_of
from tests.simulation.play import Run
from tests.simulation.report import LONG, written

BATCH = 250
"""How many seeds a process plays before it says how it went."""


def main() -> int:
    """Play what is asked for; 1 where a run failed."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation")
    asked.add_argument("--seeds", type=int, default=LONG)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--minutes", type=float, default=float("inf"))
    asked.add_argument("--kept", type=Path)
    asked.add_argument("--report", type=Path)
    asked.add_argument("--seed", type=int)
    given = asked.parse_args()
    if given.seed is not None:
        return one(given.seed)
    begun = monotonic()
    commit = commit_now()
    known = [] if given.kept is None else list(read(given.kept))
    played = [one for one in known if one.commit == commit != ""]
    for found in many(left(given.first, given.seeds, played), given.jobs, given.minutes * 60, commit):
        known.append(found)
        if given.kept is not None and commit:
            keep(given.kept, found)
        sum_ = together(known)
        spent = monotonic() - begun
        print(f"{sum_.runs:,} seeds, {len(sum_.failed)} failed, {spent:,.0f} s", file=sys.stderr, flush=True)
    failed = still_failing(known)
    if given.report is not None:
        given.report.write_text(written(known), encoding="utf-8")
    if failed:
        one(min(failed))
    return int(bool(failed))


def one(seed: int) -> int:
    """Play one seed, and tell."""
    with made() as place, simulated():
        result = Run(place, plan_of(seed), is_told=True).result()
        if result.violation is None:
            print("\n".join(result.trace), "Everything held.", sep="\n")
            return 0
        explained(place, seed, print)
        return 1


def left(first: int, seeds: int, played: list[Part]) -> Iterator[tuple[int, int]]:
    """The parts that are still to be played: the first seed of each, and the one after its last."""
    done = {(one.first, one.last) for one in played}
    for start in range(first, first + seeds, BATCH):
        span = start, min(start + BATCH, first + seeds)
        if span not in done:
            yield span


def many(parts: Iterator[tuple[int, int]], jobs: int, seconds: float, commit: str) -> Iterator[Part]:
    """Play parts in several processes; gives each when it is done."""
    begun = monotonic()
    running: set[Future[Part]] = set()
    with ProcessPoolExecutor(jobs) as pool:
        while True:
            while len(running) < jobs and monotonic() - begun < seconds:
                span = next(parts, None)
                if span is None:
                    break
                running.add(pool.submit(timed, commit, *span))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                found = future.result()
                for seed, what in found.failed.items():
                    print(f"seed {seed}: {what.splitlines()[0]}", flush=True)
                yield found


def timed(commit: str, first: int, last: int) -> Part:
    """Play seeds, and measure how long that takes."""
    begun, cpu = monotonic(), process_time()
    found = part(first, last)
    return Part(commit, first, last, process_time() - cpu, monotonic() - begun, found.failed, found.counts)


if __name__ == "__main__":
    sys.exit(main())
