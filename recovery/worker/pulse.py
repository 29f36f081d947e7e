"""What a worker has done so far, in plain numbers: written by its loop, read by whoever watches it."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Up to how many seconds a step is counted as having taken."""

PARTS = ("timers", "messages", "jobs", "seals")
"""The steps of a tick."""

JOB_ENDS = ("done", "failed")
"""What becomes of a job that was begun and not left to another worker."""

STUCK_SECONDS = 60
"""A loop that has given no sign for so long is stuck: no lock is waited for longer than ten seconds."""


SILENT_SECONDS = 45
"""A loop that has given no sign for so long waits for a database that does not answer."""


class Steps:
    """How long steps of one kind took: how many up to each bound (the last: longer), and all together."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Pulse:
    """The numbers of one worker.

    Attributes:
        fired: cases that were seen to because something was due in them.
        set_aside: of those, how many were put in quarantine.
        messages: what became of messages → how many.
        jobs: a job's name and what became of it (`JOB_ENDS`) → how often.
        steps: how long each part of a tick took.
        channels: a channel that does not work → whether it is being tried again just now (half open).
        database_out: why the database cannot be used; None when it can.
        sends: whether this installation sends; None before the first look.
    """

    def __init__(self) -> None:
        self.fired = 0
        self.set_aside = 0
        self.messages: dict[str, int] = {}
        self.jobs: dict[tuple[str, str], int] = {}
        self.steps = {part: Steps() for part in PARTS}
        self.channels: dict[str, bool] = {}
        self.database_out: str | None = None
        self.sends: bool | None = None
        self._lock = threading.Lock()
        self._seen = monotonic()

    def count_job(self, name: str, end: str) -> None:
        """A job was done, or failed."""
        self.jobs[name, end] = self.jobs.get((name, end), 0) + 1

    def beat(self) -> None:
        """The loop goes on."""
        self._seen = monotonic()

    def idle(self) -> float:
        """Seconds since the last sign of the loop."""
        return max(0.0, monotonic() - self._seen)

    def is_silent(self) -> bool:
        """Whether the loop has given no sign for so long that what it waits for is not going to come."""
        return self.idle() > SILENT_SECONDS

    def is_stuck(self) -> bool:
        """Whether the loop gives no sign any more."""
        return self.idle() > STUCK_SECONDS

    @contextmanager
    def step(self, part: str) -> Iterator[None]:
        """Measure a step, also one that fails."""
        begun = monotonic()
        try:
            yield
        finally:
            self.beat()
            with self._lock:
                self.steps[part].add(monotonic() - begun)

    def taken(self, part: str) -> tuple[list[tuple[str, float]], float]:
        """How many steps took up to each bound, as Prometheus counts them, and the sum of seconds."""
        with self._lock:
            counts, seconds = list(self.steps[part].counts), self.steps[part].seconds
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], counts, strict=True):
            total += count
            buckets.append((bound, total))
        return buckets, seconds
