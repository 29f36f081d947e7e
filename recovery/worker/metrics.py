"""The worker's measurements, as Prometheus reads them. Labels name channels and the like, never people.

The worker's own numbers are those of its `Pulse`. What waits is counted in the database when somebody asks,
at most every few seconds however many ask, and never further than `gauging.LOOKED_AT`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from time import monotonic

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from recovery.core.errors import RecoveryError
from recovery.core.instants import from_text
from recovery.delivery.outbox import COUNTED
from recovery.engine import Engine
from recovery.store.gauging import LOOKED_AT, Waiting, waiting
from recovery.store.jobs import pending
from recovery.worker.pulse import JOB_ENDS, PARTS, Pulse

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

FRESH_SECONDS = 5
"""What was counted in the database is given again for so long."""

QUARANTINE_SECONDS = 600
"""The same for the cases set aside: to find them, all cases are looked through."""

BREAKER = {"closed": 0, "half_open": 1, "open": 2}
"""How a channel stands: used; tried with one message; left alone."""


class Metrics(Collector):
    """Everything there is to measure of one worker and its database."""

    def __init__(
        self, engine: Engine, pulse: Pulse, channels: tuple[str, ...], jobs: tuple[str, ...]
    ) -> None:
        """Nothing is read yet.

        Args:
            channels: their names, so that each has its line from the beginning on.
            jobs: the same of the jobs that this worker does.
        """
        self._engine = engine
        self._pulse = pulse
        self._channels = channels
        self._jobs = jobs
        self._job: datetime | None = None
        self._lock = threading.Lock()
        self._waiting: Waiting | None = None
        self._counted: float | None = None
        self._quarantined = 0
        self._looked: float | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def page(self) -> bytes:
        """The measurements in Prometheus's text format."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering reads no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every measurement (see `prometheus_client.registry.Collector`)."""
        yield from self._of_the_worker()
        with self._lock:
            found = self._count()
        yield _gauge("recovery_database_up", "Whether the database can be used.", int(found is not None))
        if found is not None:
            yield from self._of_the_database(found)

    def _of_the_worker(self) -> Iterator[Metric]:
        pulse = self._pulse
        yield _gauge("recovery_loop_idle_seconds", "Since the loop gave its last sign.", pulse.idle())
        if pulse.sends is not None:
            text = "Whether this installation sends the database's messages."
            yield _gauge("recovery_sends", text, int(pulse.sends))
        yield _counter("recovery_timers_fired", "Cases seen to when a clock ran out.", pulse.fired)
        yield _counter("recovery_timers_set_aside", "Cases put in quarantine meanwhile.", pulse.set_aside)
        tried = CounterMetricFamily("recovery_messages", "Attempts, by what came of them.", labels=["end"])
        for end in COUNTED:
            tried.add_metric([end], pulse.messages.get(end, 0))
        yield tried
        jobs = CounterMetricFamily("recovery_jobs", "Jobs, by what came of them.", labels=["job", "end"])
        for name in self._jobs:
            for end in JOB_ENDS:
                jobs.add_metric([name, end], pulse.jobs.get((name, end), 0))
        yield jobs
        steps = HistogramMetricFamily("recovery_step_seconds", "What a step of a tick took.", labels=["part"])
        for part in PARTS:
            buckets, seconds = pulse.taken(part)
            steps.add_metric([part], buckets, seconds)
        yield steps
        breaker = GaugeMetricFamily(
            "recovery_channel_breaker",
            "How a channel stands: 0 used, 1 tried with one message, 2 left alone.",
            labels=["channel"],
        )
        out = dict(pulse.channels)
        for channel in sorted({*self._channels, *out}):
            state = "closed" if channel not in out else "half_open" if out[channel] else "open"
            breaker.add_metric([channel], BREAKER[state])
        yield breaker

    def _of_the_database(self, found: Waiting) -> Iterator[Metric]:
        upto = f"At most {LOOKED_AT:,} are counted."
        yield _gauge(
            "recovery_timers_oldest_due_age_seconds",
            "How late the clock is that was due first; 0 when none is due.",
            self._age(found.clock),
        )
        yield _gauge(
            "recovery_messages_oldest_due_age_seconds",
            "How late the message is that was due first; 0 when none is due.",
            self._age(found.message),
        )
        yield _gauge(
            "recovery_jobs_oldest_due_age_seconds",
            "How late the job is that was due first; 0 when none is due.",
            self._since(self._job),
        )
        yield _gauge("recovery_messages_due", f"Messages that may be sent now. {upto}", found.due)
        yield _gauge("recovery_messages_leased", f"Messages being sent. {upto}", found.leased)
        yield _gauge("recovery_messages_retrying", f"Messages to be tried again. {upto}", found.retrying)
        text = f"Messages not to be tried again, that nobody has seen to. {upto}"
        yield _gauge("recovery_dead_letters", text, found.dead)
        yield _gauge(
            "recovery_seal_age_seconds",
            "How long the oldest event waits for its seal; 0 when all are sealed.",
            self._age(found.unsealed),
        )
        yield _gauge("recovery_cases_quarantined", "Cases that are set aside.", self._quarantined)

    def _count(self) -> Waiting | None:
        """What was counted last, or is now; None where the database cannot be used."""
        store, tenant = self._engine.store, self._engine.tenant
        now = monotonic()
        if self._counted is not None and now - self._counted < FRESH_SECONDS:
            return self._waiting
        try:
            self._waiting = waiting(store, tenant, self._engine.clock.now())
            self._job = next((job.due_at for job in pending(store, tenant) if job.name in self._jobs), None)
            if self._looked is None or now - self._looked >= QUARANTINE_SECONDS:
                self._quarantined, self._looked = len(store.quarantined(tenant)), now
        except RecoveryError:
            self._waiting = None
        self._counted = now
        return self._waiting

    def _age(self, moment: str | None) -> float:
        return self._since(None if moment is None else from_text(moment))

    def _since(self, moment: datetime | None) -> float:
        if moment is None:
            return 0.0
        return max(0.0, (self._engine.clock.now() - moment).total_seconds())


def _gauge(name: str, text: str, number: float) -> Metric:
    return GaugeMetricFamily(name, text, value=number)


def _counter(name: str, text: str, number: float) -> Metric:
    return CounterMetricFamily(name, text, value=number)
