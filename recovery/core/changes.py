"""What changes say, for those who read a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from recovery.core.case import Change


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
