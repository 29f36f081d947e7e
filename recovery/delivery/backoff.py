"""When a message that did not get through is tried again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 3 * 60, 8 * 60, 16 * 60, 24 * 60))
"""The pause after each attempt; the attempt after the last pause is the last one: about two days in all."""

JITTER = 0.1
"""By what share a pause is longer at most, so that what failed together does not come back together."""


def again_at(key: str, attempts: int, now: datetime, asked: timedelta | None = None) -> datetime | None:
    """When to try again; None: never, a person has to see to it.

    Args:
        key: the message's own; the same message waits the same time in every process.
        attempts: how many there have been, this one included.
        asked: the pause the receiver asked for; a longer one than ours counts.
    """
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1]
    share = hashlib.sha256(f"{key}:{attempts}".encode()).digest()[0] / 255
    return now + max(pause * (1 + JITTER * share), asked or timedelta())
