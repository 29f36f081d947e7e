"""A clock that several processes share and a test can turn, forwards and back, while they run."""

from __future__ import annotations

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from recovery.clock import SystemClock

_SECONDS = struct.Struct("d")


class TurnedClock:
    """The machine's clock, turned by so much as a file says."""

    def __init__(self, file: Path) -> None:
        """The file is made, with a clock that goes right, where there is none."""
        if not file.exists():
            file.write_bytes(_SECONDS.pack(0.0))
        with file.open("r+b") as opened:
            self._bytes = mmap.mmap(opened.fileno(), _SECONDS.size)
        self._system = SystemClock()

    def turn(self, by: timedelta) -> None:
        """Turn it for everybody who shares it."""
        self._bytes[:] = _SECONDS.pack(self._by().total_seconds() + by.total_seconds())

    def now(self) -> datetime:
        """The moment it shows."""
        return self._system.now() + self._by()

    def _by(self) -> timedelta:
        return timedelta(seconds=_SECONDS.unpack(self._bytes[:])[0])


def go_by(file: str, *, leases: bool) -> None:
    """Let everything in this process go by a turned clock, and leases too where that is asked for."""
    import recovery.bootstrap
    from recovery.store.postgres_dialect import PostgresDialect
    from recovery.store.sqlite_dialect import SqliteDialect

    clock = TurnedClock(Path(file))
    recovery.bootstrap.SystemClock = lambda: clock  # type: ignore[assignment,misc]
    for kind in (SqliteDialect, PostgresDialect) if leases else ():
        _turned(kind, clock)


def _turned(kind: Any, clock: TurnedClock) -> None:
    real = kind.lease_now
    kind.lease_now = lambda self, cursor: real(self, cursor) + clock._by()
