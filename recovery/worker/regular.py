"""Doing jobs at their times: of all workers one does each moment, and one that was missed is caught up.

A job is done in parts, between which the worker sees to what is due in cases. So nothing here waits long, and
nothing runs beside the loop.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic

from recovery.core.errors import EnvironmentFault, RecoveryError
from recovery.core.facts import shown
from recovery.engine import Engine
from recovery.jobs.job import Job, Moment
from recovery.store.jobs import DueJob, Jobs, last_done, pending
from recovery.worker.pulse import Pulse
from recovery.worker.telling import Tell

LEASE = timedelta(seconds=60)
"""How long a job is its worker's. It is renewed between the parts of a job."""

RENEWED_AFTER = LEASE / 3

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""How long a job that failed is left alone: at first, and after it has failed again and again."""

LOOK = timedelta(seconds=15)
"""How long a worker waits to look again at a job that was due and could not be had."""

KEPT = timedelta(days=90)
"""How long it is known that a job was done."""

_OVER = object()


class _AtWork:
    """A job that this worker is doing."""

    def __init__(self, job: Job, row: DueJob, moment: Moment) -> None:
        self.job, self.row, self.moment = job, row, moment
        self.renewed = monotonic()
        self.seconds = 0.0
        self.parts: Iterator[None] | None = None


class Regular:
    """The jobs of one worker.

    Attributes:
        jobs: what it does, by name.
    """

    def __init__(self, engine: Engine, jobs: Sequence[Job], owner: str, pulse: Pulse, tell: Tell) -> None:
        """Nothing is read before the first turn.

        Raises:
            ValueError: two jobs have one name.
        """
        self.jobs = {job.name: job for job in jobs}
        if len(self.jobs) != len(jobs):
            raise ValueError("two jobs have one name")
        self._engine = engine
        self._owner = owner
        self._pulse = pulse
        self._tell = tell
        self._next_at: datetime | None = None
        self._is_planned = not jobs
        self._at_work: _AtWork | None = None

    def seconds_until(self, now: datetime) -> float | None:
        """In how many seconds there is something to do; None where nothing is known of."""
        if self._at_work is not None:
            return 0.0
        return None if self._next_at is None else (self._next_at - now).total_seconds()

    def turn(self, stop: threading.Event, seconds: float) -> int:
        """Go on with the job at work, and begin those that are due, for about so many seconds.

        Returns:
            How many jobs were finished.

        Raises:
            EnvironmentFault: the database cannot be used.
        """
        if not self._is_planned:
            self._plan()
        until = monotonic() + seconds
        done = 0
        while not stop.is_set():
            if self._at_work is None:
                self._begin()
            if self._at_work is None:
                break
            done += self._go_on(self._at_work, stop, until)
            if monotonic() >= until:
                break
        if stop.is_set():
            self.give_back()
        return done

    def give_back(self) -> None:
        """Leave the job at work to another worker."""
        at_work, self._at_work = self._at_work, None
        if at_work is not None:
            with suppress(EnvironmentFault), self._engine.store.working(Jobs, self._engine.tenant) as jobs:
                jobs.give_back(at_work.row)

    # --- when -----------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        """Write down when each job is due next, where that is not known or its times have changed."""
        store, tenant, now = self._engine.store, self._engine.tenant, self._engine.clock.now()
        known = {row.name: row for row in pending(store, tenant)}
        done = last_done(store, tenant)
        planned = {
            name: job.times.after(max(now, done[name].due_at) if name in done else now)
            for name, job in self.jobs.items()
        }
        moments = [(name, at) for name, at in planned.items() if at is not None and name not in known]
        moved = [
            (row, at)
            for name, row in known.items()
            if (at := planned.get(name)) is not None and now < row.due_at != at
        ]
        if moments or moved:
            with store.working(Jobs, tenant) as jobs:
                jobs.plan(moments)
                for row, to in moved:
                    jobs.move(row, to)
        self._next_at, self._is_planned = now, True

    def _begin(self) -> None:
        """Begin the job that has been due longest, of those that can be had."""
        now = self._engine.clock.now()
        if self._next_at is None or now < self._next_at:
            return
        store, tenant = self._engine.store, self._engine.tenant
        ours = [row for row in pending(store, tenant) if row.name in self.jobs]
        for row in ours:
            if row.due_at > now:
                self._next_at = min([row.due_at, *self._again(ours, now)])
                return
            with store.working(Jobs, tenant) as jobs:
                taken = jobs.take(row, self._owner, LEASE)
            if taken is not None:
                job = self.jobs[row.name]
                self._at_work = _AtWork(job, taken, Moment(row.due_at, now))
                return
        self._next_at = min(self._again(ours, now), default=None)

    def _again(self, rows: list[DueJob], now: datetime) -> list[datetime]:
        """When to look again at what is due and could not be had."""
        return [now + LOOK] if any(row.due_at <= now for row in rows) else []

    # --- doing ----------------------------------------------------------------------------------------------

    def _go_on(self, at_work: _AtWork, stop: threading.Event, until: float) -> int:
        """Do parts of a job; gives 1 when it was finished by that."""
        begun = monotonic()
        try:
            is_over = self._parts(at_work, stop, until)
        except Exception as error:
            at_work.seconds += monotonic() - begun
            self._failed(at_work, error)
            return 0
        at_work.seconds += monotonic() - begun
        return self._finished(at_work) if is_over else 0

    def _parts(self, at_work: _AtWork, stop: threading.Event, until: float) -> bool:
        """Whether the job is over."""
        if at_work.parts is None:
            given = at_work.job.work(self._engine, at_work.moment)
            if given is None:
                return True
            at_work.parts = iter(given)
        while not stop.is_set():
            if next(at_work.parts, _OVER) is _OVER:
                return True
            self._pulse.beat()
            if not self._is_ours(at_work):
                self._at_work = None
                return False
            if monotonic() >= until:
                return False
        return False

    def _is_ours(self, at_work: _AtWork) -> bool:
        """Whether the lease holds; it is renewed in time."""
        now = monotonic()
        if now - at_work.renewed < RENEWED_AFTER.total_seconds():
            return True
        at_work.renewed = now
        with self._engine.store.working(Jobs, self._engine.tenant) as jobs:
            return jobs.renew(at_work.row, LEASE)

    def _finished(self, at_work: _AtWork) -> int:
        self._at_work = None
        now, row = self._engine.clock.now(), at_work.row
        following = at_work.job.times.after(max(now, row.due_at))
        with self._engine.store.working(Jobs, self._engine.tenant) as jobs:
            is_ours = jobs.finish(row, now, following, now - KEPT)
        if is_ours:
            self._pulse.count_job(row.name, "done")
            late_by = round(at_work.moment.late_by.total_seconds(), 3)
            self._tell("job_done", job=row.name, late_by=late_by, seconds=round(at_work.seconds, 3))
        return int(is_ours)

    def _failed(self, at_work: _AtWork, error: Exception) -> None:
        """Put a job off, the longer the more often it failed. The log of the worker names no data."""
        self._at_work = None
        row = at_work.row
        wait = min(FIRST_WAIT * 2 ** min(row.attempts - 1, 10), LONGEST_WAIT)
        kind = type(error).__name__
        known = error.message if isinstance(error, RecoveryError) else None
        with self._engine.store.working(Jobs, self._engine.tenant) as jobs:
            jobs.put_off(row, known or f"{kind}: {shown(str(error))}", wait)
        self._pulse.count_job(row.name, "failed")
        text = f"The job {row.name} failed: {known or kind}. It is tried again."
        self._tell("job_failed", text, job=row.name, reason=known or kind)
