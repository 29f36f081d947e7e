"""Running ours and the reference in turn, and the table of what came of it.

The reference is a program of its own: `FILE sqlite raw --steps N --batch N --synchronous FULL` prints JSON
with `steps_per_second`. `raw` is the driver alone, `plain` what SQLModel sessions written by hand do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

from recovery.bench.steps import sqlite_engine, steps_per_second
from recovery.core.errors import NotFound, RecoveryError

REFERENCE_VARIABLE = "RECOVERY_BENCH_REFERENCE"
REFERENCE = Path("..") / "shared" / "bench" / "reference.py"
RESULTS = Path("benchmarks") / "latest.json"
RUNS = 5
SYNCHRONOUS = "FULL"
UNIT = "steps/s"

Rate = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison: medians of several runs made in turn, and ours divided by the reference's."""

    name: str
    ours: float
    reference: float
    reference_name: str
    ratio: float
    unit: str


def run_all(*, steps: int, runs: int, progress: Callable[[int], None]) -> list[Result]:
    """Every comparison.

    Args:
        steps: case steps of one run; a run of single steps takes a quarter of them.
        progress: told how many runs have been made.

    Raises:
        NotFound: the reference programs are not there.
    """
    reference = _reference()
    results: list[Result] = []
    made = 0

    def made_one() -> None:
        nonlocal made
        made += 1
        progress(made)

    for name, batch, count in (("step-sqlite-single", 1, steps // 4), ("step-sqlite-batch", 100, steps)):
        rates = {
            "ours": partial(_ours, count, batch),
            "raw": partial(_theirs, reference, "raw", count, batch),
            "plain": partial(_theirs, reference, "plain", count, batch),
        }
        results += compare(name, rates, runs, made_one)
    return results


def compare(name: str, rates: Mapping[str, Rate], runs: int, made_one: Callable[[], None]) -> list[Result]:
    """Run programs in turn, `ours` and its references, and compare their medians."""
    seen: dict[str, list[float]] = {who: [] for who in rates}
    for _ in range(runs):
        for who, rate in rates.items():
            seen[who].append(rate())
            made_one()
    medians = {who: median(found) for who, found in seen.items()}
    ours = medians.pop("ours")
    return [
        Result(name, round(ours, 1), round(theirs, 1), who, round(ours / theirs, 3), UNIT)
        for who, theirs in medians.items()
    ]


def as_table(results: list[Result]) -> str:
    """The comparisons as a Markdown table."""
    rows = [
        f"| {r.name} | {r.ours:,.0f} | {r.reference_name} {r.reference:,.0f} | {r.ratio:.2f} | {r.unit} |"
        for r in results
    ]
    return "\n".join(["| what | ours | reference | ratio | unit |", "|---|---:|---:|---:|---|", *rows])


def write(results: list[Result], path: Path) -> None:
    """Keep the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(result) for result in results], indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def _ours(count: int, batch: int) -> float:
    with sqlite_engine(SYNCHRONOUS) as engine:
        return steps_per_second(engine, count, batch)


def _theirs(reference: Path, kind: str, count: int, batch: int) -> float:
    words = [sys.executable, str(reference), "sqlite", kind, "--synchronous", SYNCHRONOUS]
    counted = ["--steps", str(count), "--batch", str(batch)]
    run = subprocess.run([*words, *counted], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RecoveryError(f"{reference} failed: {run.stderr.strip().splitlines()[-1:]}")
    return float(json.loads(run.stdout)["steps_per_second"])


def _reference() -> Path:
    path = Path(os.environ.get(REFERENCE_VARIABLE, REFERENCE))
    if not path.is_file():
        raise NotFound(
            f"The reference programs are not at {path}.", hint=f"Name their file in {REFERENCE_VARIABLE}."
        )
    return path
