"""What a subject of the bench is: programs that do the same work, ours among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

SYNCHRONOUS = "FULL"
"""SQLite's setting, for ours and for every program it is compared with."""

Rate = Callable[[], float]
"""One run of a program: makes what it needs, does its work, and gives a figure in the subject's unit."""

Programs = Mapping[str, Rate]
"""What is run in turn: `ours`, and what it is compared with, each by its name."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a measurement may use.

    Attributes:
        steps: case steps, or rows, of one run; runs that commit each step alone take a quarter of them.
        runs: how often each program is going to run.
        postgres: the URL of a PostgreSQL database whose user may make further ones; None when there is none.
    """

    steps: int
    runs: int
    postgres: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report.

    Attributes:
        unit: of its figures.
        wanted: what ours is compared with, and the ratio that is wanted (ours divided by the other's); empty
            where none is.
    """

    unit: str
    wanted: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something measured in one go.

    Attributes:
        name: what it is asked for by.
        lines: its results, by their names.
        programs: the programs of each line, and what they share for as long as they run.
        alone: measured only when asked for by name, for it takes long.

    `programs` raises `NotFound` where something it needs is not there: then its lines are missing.
    """

    name: str
    lines: Mapping[str, Line]
    programs: Callable[[Ground], AbstractContextManager[Mapping[str, Programs]]]
    alone: bool = False
