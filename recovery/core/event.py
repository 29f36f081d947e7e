"""What every event has, and who did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

Source = str
"""Who a fact comes from: one of `facts.SOURCES`; `engine` only in an event by the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has.

    Attributes:
        hold: its messages are put in the outbox *held*, not sent (imports without `--send`).
    """

    by: str
    occurred_at: datetime
    hold: bool = False


def role(by: str) -> str:
    """`agent:li` → `agent`."""
    return by.partition(":")[0]


def person(by: str) -> str:
    """`agent:li` → `li`; empty for a bare role."""
    return by.partition(":")[2]


def known_as(name: str) -> str:
    """A name as it is compared where money is at stake: `Li`, ` li` and `ｌｉ` are the same person."""
    return normalize("NFKC", name).casefold().strip()
