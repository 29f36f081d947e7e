"""Running ours and the others in turn, and comparing their medians."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.core.errors import EnvironmentFault, NotFound, RecoveryError

RUNS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison: medians of several runs made in turn, and ours divided by the reference's."""

    name: str
    ours: float
    reference: float
    reference_name: str
    ratio: float
    unit: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Lines that could not be measured, and why."""

    lines: tuple[str, ...]
    why: str


def measure(
    subjects: Iterable[Subject], ground: Ground, made_one: Callable[[], None]
) -> tuple[list[Result], list[Missing]]:
    """Every comparison of some subjects, and what could not be compared: a line that fails ends no other.

    Args:
        made_one: told after each round of a line.
    """
    results: list[Result] = []
    missing: list[Missing] = []
    for subject in subjects:
        with ExitStack() as stack:
            try:
                programs = stack.enter_context(subject.programs(ground))
            except (NotFound, EnvironmentFault) as error:
                missing.append(Missing(tuple(subject.lines), f"{error.message} {error.hint}".strip()))
                for _ in range(rounds([subject], ground.runs)):
                    made_one()
                continue
            for name, line in subject.lines.items():
                try:
                    results += compare(name, line, programs[name], ground.runs, made_one)
                except RecoveryError as error:
                    missing.append(Missing((name,), f"{error.message} {error.hint}".strip()))
    return results, missing


def rounds(subjects: Iterable[Subject], runs: int) -> int:
    """How many rounds that takes."""
    return sum(len(subject.lines) for subject in subjects) * runs


def compare(
    name: str, line: Line, programs: Programs, runs: int, made_one: Callable[[], None]
) -> list[Result]:
    """Run programs in turn, `ours` and its references, and compare their medians."""
    seen: dict[str, list[float]] = {who: [] for who in programs}
    for _ in range(runs):
        for who, rate in programs.items():
            seen[who].append(rate())
        made_one()
    medians = {who: median(found) for who, found in seen.items()}
    ours = medians.pop("ours")
    return [
        Result(name, round(ours, 1), round(theirs, 1), who, round(ours / theirs, 3), line.unit)
        for who, theirs in medians.items()
    ]
