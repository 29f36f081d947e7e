"""What changes say, for those who read a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recovery.core.case import Case, Change, Stamp, apply, opened


def moved(change: Change) -> str:
    """A `move` change as the trace says it."""
    return f"{change[1]} → {change[2]}: {change[3]}"


def recorded(changes: Iterable[Change]) -> Iterator[tuple[str, Any, str]]:
    """The facts that changes put on record, in order: name, value, source."""
    for change in changes:
        if change[0] == "facts":
            _, given, source = change
            for name, value in given.items():
                yield name, value, source
        elif change[0] == "fact":
            yield change[1], change[2], change[3]


def fold(case: Case | None, records: Iterable[Mapping[str, Any]]) -> Case | None:
    """The snapshot that a case's log records add up to.

    Each record has `tenant`, `case`, `seq`, `by`, `occurred_at`, `recorded_at` (text instants) and `changes`;
    the first change of the first one is `["open", workflow, bundle, header]`.
    """
    for record in records:
        stamp = Stamp(record["seq"], record["by"], record["occurred_at"], record["recorded_at"])
        for change in record["changes"]:
            if change[0] == "open":
                case = opened(record["tenant"], record["case"], change[1], change[2], change[3], stamp)
            else:
                assert case is not None, "the first change of a log opens the case"
                apply(case, change, stamp)
        if case is not None:
            case.seq = stamp.seq
            case.updated_at = stamp.recorded_at
    return case
