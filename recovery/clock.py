"""Where time comes from. The system clock is read here alone; everything else is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from recovery.core.instants import utc


class Clock(Protocol):
    """Gives the present moment as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment (UTC)."""
        return datetime.now(UTC)  # noqa: TID251 - the one place


class ManualClock:
    """A clock that stands until it is set: for plays, demos and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = utc(start)

    def now(self) -> datetime:
        """The moment it was last set to."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to a moment, also backwards.

        Raises:
            ValueError: the moment is naive.
        """
        self._now = utc(moment)

    def advance(self, by: timedelta) -> None:
        """Move by a span."""
        self._now += by
