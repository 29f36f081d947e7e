"""The long form: `python -m tests.simulation`, or `make simulation`.

--seeds N        how many seeds, from --first on; 100,000 by default
--jobs N         how many processes; as many as there are processors by default
--minutes N      begin no more after so many minutes
--report FILE    write what came of it there
--seed N         play one seed and tell its shortest history where it fails, all of it where it does not
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from time import monotonic, process_time

from tests.simulation.machine import simulated
from tests.simulation.many import Findings, explained, part
from tests.simulation.place import made
from tests.simulation.plan import plan_of
from tests.simulation.play import Run
from tests.simulation.report import written

BATCH = 250
"""How many seeds a process plays before it says how it went."""


def main() -> int:
    """Play what is asked for; 1 where a run failed."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation")
    asked.add_argument("--seeds", type=int, default=100_000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--minutes", type=float, default=float("inf"))
    asked.add_argument("--report", type=Path)
    asked.add_argument("--seed", type=int)
    given = asked.parse_args()
    if given.seed is not None:
        return one(given.seed)
    begun = monotonic()
    found, seconds = many(given.first, given.seeds, given.jobs, given.minutes * 60)
    print(f"{found.runs:,} seeds, {len(found.failed)} failed, in {monotonic() - begun:,.0f} s", flush=True)
    if given.report is not None:
        given.report.write_text(written(found, given.first, seconds), encoding="utf-8")
    if found.failed:
        one(min(found.failed))
    return int(bool(found.failed))


def one(seed: int) -> int:
    """Play one seed, and tell."""
    with made() as place, simulated():
        result = Run(place, plan_of(seed), is_told=True).result()
        if result.violation is None:
            print("\n".join(result.trace), "Everything held.", sep="\n")
            return 0
        explained(place, seed, print)
        return 1


def many(first: int, seeds: int, jobs: int, seconds: float) -> tuple[Findings, float]:
    """Play seeds in several processes; gives what came of it, and the processor time of a seed in seconds."""
    found, begun, cpu = Findings(), monotonic(), 0.0
    starts = iter(range(first, first + seeds, BATCH))
    running: set[Future[tuple[Findings, float]]] = set()
    with ProcessPoolExecutor(jobs) as pool:
        while True:
            while len(running) < jobs and monotonic() - begun < seconds:
                start = next(starts, None)
                if start is None:
                    break
                running.add(pool.submit(timed, start, min(start + BATCH, first + seeds)))
            if not running:
                return found, cpu / max(found.runs, 1)
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                more, spent = future.result()
                found.add(more)
                cpu += spent
                for seed, what in more.failed.items():
                    print(f"seed {seed}: {what.splitlines()[0]}", flush=True)
            spent = monotonic() - begun
            print(
                f"{found.runs:,} of {seeds:,} seeds, {len(found.failed)} failed, {spent:,.0f} s",
                file=sys.stderr,
                flush=True,
            )


def timed(first: int, last: int) -> tuple[Findings, float]:
    """Play seeds, and measure the processor time."""
    begun = process_time()
    return part(first, last), process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
