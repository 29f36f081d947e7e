"""What parts of the long form found, a line each in a file: one that was broken off goes on where it was."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.book import Counts
from tests.simulation.many import Findings

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Part:
    """Seeds that one process played, one after the other.

    Attributes:
        commit: of which state of the code; empty where it was none.
        first, last: the seeds; `last` is not among them.
        cpu, wall: seconds.
    """

    commit: str
    first: int
    last: int
    cpu: float
    wall: float
    failed: dict[int, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


def commit_now() -> str:
    """The commit that is being played; empty where files were changed since."""

    def said(*words: str) -> str:
        found = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return found.stdout.strip() if found.returncode == 0 else "?"

    return (
        ""
        if said("status", "--porcelain", "--", "recovery", "tests")
        else said("rev-parse", "--short", "HEAD")
    )


def keep(file: Path, part: Part) -> None:
    """Write a part down."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({**vars(part), "counts": vars(part.counts)}) + "\n")


def read(file: Path) -> Iterator[Part]:
    """The parts that were written down."""
    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        said = json.loads(line)
        counts = Counts(**{name: Counter(found) for name, found in said.pop("counts").items()})
        failed = {int(seed): what for seed, what in said.pop("failed").items()}
        yield Part(**said, failed=failed, counts=counts)


def together(parts: Iterable[Part]) -> Findings:
    """What they add up to."""
    found = Findings()
    for part in parts:
        found.add(Findings(part.counts, part.failed))
    return found


def still_failing(parts: Iterable[Part]) -> list[int]:
    """The seeds that failed when they were played last."""
    found: set[int] = set()
    for part in parts:
        found -= set(range(part.first, part.last))
        found |= part.failed.keys()
    return sorted(found)


def spans(parts: Iterable[Part]) -> list[tuple[int, int]]:
    """The seeds of parts as few spans, the last seed included."""
    found: list[tuple[int, int]] = []
    for part in sorted(parts, key=lambda part: part.first):
        if found and found[-1][1] + 1 == part.first:
            found[-1] = (found[-1][0], part.last - 1)
        else:
            found.append((part.first, part.last - 1))
    return found
