"""What the worker does each tick: let clocks run out, deliver what is due, do jobs, seal the log.

It keeps away for a while from what is out of order.
"""

from __future__ import annotations

import math
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic

from recovery.commands import Settlement
from recovery.core.errors import EnvironmentFault
from recovery.core.instants import from_text
from recovery.delivery.channels import Channel
from recovery.delivery.outbox import LEASE, Delivered, deliver_due
from recovery.engine import Engine
from recovery.jobs.job import Job
from recovery.store.faults import LostRace
from recovery.ticking import BATCH, fire_due
from recovery.worker.pulse import SILENT_SECONDS, Pulse
from recovery.worker.regular import Regular
from recovery.worker.telling import Tell

SENDERS = 4
"""How many cases a worker writes to at once."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
"""How long a channel that does not work is left alone: at first, and after it has failed again and again."""

SEAL_SECONDS = 1
"""How often the log is sealed at most, however often the worker is woken."""

JOB_SECONDS = 0.25
"""For how long a tick goes on with a job before others have their turn."""

NOT_OURS = (
    "This database is another installation's: nothing is sent. "
    "`recovery outbox take-over` makes it this one's."
)
OURS_NOW = "This database is this installation's now: messages are sent."


class Worker:
    """One worker process.

    Attributes:
        stop: set it, and no further message is begun.
        total: what became of messages since it began.
        pulse: the numbers of its work, for whoever watches it.
        regular: the jobs it does at their times.
    """

    def __init__(
        self,
        engine: Engine,
        channel: Channel,
        *,
        may_send: Callable[[], bool],
        seal: Callable[[], None],
        tell: Tell,
        lasting: timedelta = LEASE,
        jobs: Sequence[Job] = (),
    ) -> None:
        """Nothing is done before the first tick.

        Args:
            may_send: whether this installation sends this database's messages, asked at every tick, for it
                may be taken over while the worker runs; otherwise all stay due.
            tell: told of each thing that happens, once of what lasts.
            lasting: how long a message is its sender's (see `deliver_due`).
            jobs: what is done at set times (`recovery.jobs.every` has a project's).

        Raises:
            ValueError: two jobs have one name.
        """
        self.engine = engine
        self.channel = channel
        self.stop = threading.Event()
        self.total = Delivered()
        self.pulse = Pulse()
        self._may_send = may_send
        self._seal = seal
        self._sealed: float | None = None
        self._cut = -math.inf
        self._tell = tell
        self._lasting = lasting
        self._unsettled: list[Settlement] = []
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._out: dict[str, tuple[datetime, timedelta]] = {}
        self._has_worked = False
        self.regular = Regular(engine, jobs, self._name, self.pulse, tell)

    def tick(self, job_seconds: float = math.inf) -> Delivered:
        """Let clocks run out, deliver what is due, do jobs and seal the log; gives what became of messages.

        Args:
            job_seconds: about how long to be at jobs; what is not finished then goes on at the next tick.

        Raises:
            EnvironmentFault: the database cannot be used.
        """
        begun = monotonic()
        with self.pulse.step("timers"):
            fired = self._let_time_pass()
        done = Delivered()
        if self._sends():
            with self.pulse.step("messages"):
                done = self._deliver()
        with self.pulse.step("jobs"):
            self.regular.turn(self.stop, job_seconds)
        self._seal_now_and_then(begun)
        self.total.add(done)
        if fired or any(done.as_dict().values()):
            self._tell("batch_done", fired=fired, seconds=round(monotonic() - begun, 3), **done.as_dict())
        return done

    def turn(self) -> float | None:
        """A tick of a worker that is to go on: a database that is out for a while is waited for.

        Returns:
            In how many seconds something is due next; None where nothing is, or the database is out.

        Raises:
            EnvironmentFault: the database could not be used from the beginning on.
        """
        self.pulse.beat()
        begun = self.engine.clock.now()
        try:
            self.tick(JOB_SECONDS)
            seconds = self._until_next(begun)
        except LostRace as race:
            self._tell("lost_race", reason=race.message)
            return None
        except EnvironmentFault as fault:
            if not self._has_worked:
                raise
            self._is_out(fault.message)
            return None
        if self.pulse.database_out is not None:
            self.pulse.database_out = None
            self._tell("works_again", "The database works again.", database=self.engine.store.where)
        return seconds

    def look(self) -> None:
        """While a tick is at work, from another thread: wait no longer for a database that does not answer.

        The tick then hears that the connection was lost, and goes on with a new one or tries again.
        """
        now = monotonic()
        if self.pulse.is_silent() and now - self._cut > SILENT_SECONDS:
            self._cut = now
            self._is_out(f"The database has not answered for {SILENT_SECONDS} seconds.")
            self.engine.store.cut()

    def _is_out(self, reason: str) -> None:
        if self.pulse.database_out is None:
            text = f"{reason} The worker waits for it."
            self._tell("outage", text, database=self.engine.store.where, reason=reason)
        self.pulse.database_out = reason

    def _until_next(self, begun: datetime) -> float | None:
        """What became due during the tick is seen to at once; what was due before is others', and can wait.

        Args:
            begun: when the tick began.
        """
        store, tenant = self.engine.store, self.engine.tenant
        now = self.engine.clock.now()
        found = (store.next_due(tenant), store.next_message(tenant, begun))
        moments = [moment for at in found if at is not None and (moment := from_text(at)) > begun]
        ahead = [(moment - now).total_seconds() for moment in moments]
        job = self.regular.seconds_until(now)
        return max(min(ahead if job is None else [*ahead, job]), 0.0) if ahead or job is not None else None

    def finish(self) -> None:
        """For a worker that ends: settle what could not be settled, leave to others what is not finished."""
        if self._unsettled:
            with suppress(EnvironmentFault):
                self.total.add(self._deliver())
        self.regular.give_back()

    def _let_time_pass(self) -> int:
        """See to every case in which something is due. Others have their turn between two batches."""
        fired = 0
        while not self.stop.is_set():
            seen_to = fire_due(self.engine, limit=BATCH, set_aside=self._set_aside)
            self._has_worked = True
            fired += seen_to
            self.pulse.fired += seen_to
            self.pulse.beat()
            if seen_to < BATCH:
                break
            self.engine.store.give_way()
        return fired

    def _set_aside(self, case: int) -> None:
        self.pulse.set_aside += 1
        self._tell("set_aside", f"Case {case} was set aside: `recovery explain {case}` says why.", case=case)

    def _sends(self) -> bool:
        sends = self._may_send()
        if sends != self.pulse.sends and not (sends and self.pulse.sends is None):
            self._tell("sends", OURS_NOW if sends else NOT_OURS, sends=sends)
        self.pulse.sends = sends
        return sends

    def _seal_now_and_then(self, now: float) -> None:
        if self._sealed is None or now - self._sealed >= SEAL_SECONDS or self.stop.is_set():
            with self.pulse.step("seals"):
                self._seal()
            self._sealed = now

    def _deliver(self) -> Delivered:
        now = self.engine.clock.now()
        # A pause that ends later than it could have begun now is one of a clock that was set back since.
        resting = [channel for channel, (until, pause) in self._out.items() if now < until <= now + pause]
        probing = [channel for channel in self._out if channel not in resting]
        self.pulse.channels = {channel: channel in probing for channel in self._out}
        done = deliver_due(
            self.engine,
            self.channel,
            sender=self._name,
            senders=SENDERS,
            lasting=self._lasting,
            without=resting,
            probing=probing,
            stop=self.stop,
            beat=self.pulse.beat,
            told=self._told,
            unsettled=self._unsettled,
        )
        self._look_after_channels(done, probing, now)
        return done

    def _told(self, case: int, effect: str, end: str) -> None:
        self.pulse.messages[end] = self.pulse.messages.get(end, 0) + 1
        self._tell("message", case=case, effect=effect, end=end)

    def _look_after_channels(self, done: Delivered, probing: list[str], now: datetime) -> None:
        for channel in probing:
            if channel not in done.outages and channel in done.tried:
                del self._out[channel]
                self._tell("works_again", f"The channel {channel} works again.", channel=channel)
        for channel, reason in done.outages.items():
            _, before = self._out.get(channel, (now, FIRST_PAUSE / 2))
            pause = min(2 * before, LONGEST_PAUSE)
            if channel not in self._out:
                text = f"The channel {channel} does not work: {reason}. Its messages stay due."
                self._tell("outage", text, channel=channel, reason=reason)
            self._out[channel] = (self.engine.clock.now() + pause, pause)
        self.pulse.channels = dict.fromkeys(self._out, False)
