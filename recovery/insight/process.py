"""How cases really went: which moves were made, which twice, which no rule allowed, and how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from recovery.core.erasing import ERASURE
from recovery.core.instants import from_text
from recovery.store.records import Record


@dataclass(slots=True)
class Process:
    """Figures over many cases.

    Attributes:
        moves: transition → how often it was made, forced ones included under where they led.
        repeated: transition → in how many cases it was made more than once.
        forced: every move that no rule allowed: case, event, from, to, why, when.
        durations: from each case's first to its last event.
    """

    cases: int = 0
    events: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    forced: list[dict[str, Any]] = field(default_factory=list)
    durations: list[timedelta] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for JSON; durations in seconds and in words."""
        found = sorted(self.durations)
        figures = {"min": found[0], "median": _median(found), "max": found[-1]} if found else {}
        return {
            "cases": self.cases,
            "events": self.events,
            "moves": dict(self.moves.most_common()),
            "repeated": dict(self.repeated.most_common()),
            "forced": self.forced,
            "duration": {
                name: {"seconds": span.total_seconds(), "text": in_words(span)}
                for name, span in figures.items()
            },
        }


def process(logs: Iterable[Record]) -> Process:
    """Read the log case by case (as `store.logs` gives it) and add it up."""
    total = Process()
    for _, log in groupby(logs, key=attrgetter("case")):
        records = [record for record in log if record.kind != ERASURE]
        moves = Counter(move for record in records if (move := _move(record)) is not None)
        total.cases += 1
        total.events += len(records)
        total.moves.update(moves)
        total.repeated.update(move for move, count in moves.items() if count > 1)
        total.forced += [_forced(record) for record in records if record.kind == "MoveForced"]
        moments = [from_text(record.occurred_at) for record in records]
        total.durations.append(max(moments) - min(moments))
    return total


def _median(spans: list[timedelta]) -> timedelta:
    """The middle of sorted spans; of two middles, what lies between."""
    half = len(spans) // 2
    return spans[half] if len(spans) % 2 else (spans[half - 1] + spans[half]) / 2


def _move(record: Record) -> str | None:
    if record.kind == "MoveRequested":
        return str(record.event["transition"])
    return str(record.event["to"]) if record.kind == "MoveForced" else None


def _forced(record: Record) -> dict[str, Any]:
    source = next(change[1] for change in record.changes if change[0] == "move")
    return {
        "case": record.case,
        "event": record.seq,
        "from": source,
        "to": record.event["to"],
        "reason": record.event["reason"],
        "by": record.by,
        "at": record.occurred_at,
    }


def in_words(span: timedelta) -> str:
    """`39 d 20 h 37 m 16.5 s`."""
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    exact = f"{seconds + span.microseconds / 1_000_000:g}"
    return f"{span.days} d {hours} h {minutes} m {exact} s"
