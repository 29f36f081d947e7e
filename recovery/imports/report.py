"""What an import did, in numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LISTED_AT_MOST = 1_000
"""Illegal moves that the report lists; all of them stand in the `illegal` file."""


@dataclass(frozen=True, slots=True)
class IllegalMove:
    """A move that a log shows and no rule allows. It was put on record as a forced move.

    Attributes:
        case: as the file calls it.
        row: its number among the rows.
        activity: as the file calls it.
        origin, to: the state the case stood in, and the one it was put into.
        at: when, as a text instant.
        why: the code of the refusal it met.
    """

    case: str
    row: int
    activity: str
    origin: str
    to: str
    at: str
    by: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """The move as plain data; `origin` is called `from`."""
        return {
            "case": self.case,
            "row": self.row,
            "activity": self.activity,
            "from": self.origin,
            "to": self.to,
            "at": self.at,
            "by": self.by,
            "why": self.why,
        }


@dataclass(slots=True)
class ImportReport:
    """Counts of one run. Of complaints `read = opened + duplicates + rejected`; of a log
    `read = events + duplicates + rejected`, where `opened` counts the cases that were opened for them.

    Attributes:
        read: rows of the file.
        opened: cases opened.
        duplicates: rows that had been imported before.
        rejected: rows that were not let in; they stand in the file `rejects`.
        events: of a log, rows that were put on record now.
        cases: cases the rows are about.
        illegal: how many events no rule allows, those of earlier runs too; `illegal_moves` lists the first.
        notes: what is worth knowing about the file: lines skipped, columns it lacks.
        seconds: how long the run took.
    """

    mapping: str
    workflow: str
    mode: str
    read: int = 0
    opened: int = 0
    duplicates: int = 0
    rejected: int = 0
    events: int = 0
    cases: int = 0
    illegal: int = 0
    illegal_moves: list[IllegalMove] = field(default_factory=list)
    rejects: Path | None = None
    illegal_file: Path | None = None
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON."""
        return {
            "read": self.read,
            "opened": self.opened,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "events": self.events,
            "cases": self.cases,
            "illegal": self.illegal,
            "illegal_moves": [move.as_dict() for move in self.illegal_moves],
            "illegal_file": None if self.illegal_file is None else str(self.illegal_file),
            "rejects": None if self.rejects is None else str(self.rejects),
            "mapping": self.mapping,
            "workflow": self.workflow,
            "mode": self.mode,
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
        }
