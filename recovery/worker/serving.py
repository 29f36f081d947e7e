"""What the worker does each tick: let clocks run out, deliver what is due, seal the log.

It keeps away for a while from what is out of order.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from recovery.delivery.channels import Channel
from recovery.delivery.outbox import Delivered, deliver_due
from recovery.engine import Engine
from recovery.ticking import BATCH, fire_due

SENDERS = 4
"""How many cases a worker writes to at once."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
"""How long a channel that does not work is left alone: at first, and after it has failed again and again."""

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
    """

    def __init__(
        self,
        engine: Engine,
        channel: Channel,
        *,
        may_send: Callable[[], bool],
        seal: Callable[[], None],
        notice: Callable[[str], None],
    ) -> None:
        """Nothing is done before the first tick.

        Args:
            may_send: whether this installation sends this database's messages, asked at every tick, for it
                may be taken over while the worker runs; otherwise all stay due.
            notice: told once of each thing that somebody should see to.
        """
        self.engine = engine
        self.channel = channel
        self.stop = threading.Event()
        self.total = Delivered()
        self._may_send = may_send
        self._sent: bool | None = None
        self._seal = seal
        self._notice = notice
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._out: dict[str, tuple[datetime, timedelta]] = {}

    def tick(self) -> Delivered:
        """Let clocks run out, deliver what is due and seal the log; gives what became of messages."""
        self._let_time_pass()
        done = self._deliver() if self._sends() else Delivered()
        self._seal()
        self.total.add(done)
        return done

    def _let_time_pass(self) -> None:
        """See to every case in which something is due. Others have their turn between two batches."""
        while not self.stop.is_set() and fire_due(self.engine) == BATCH:
            self.engine.store.give_way()

    def _sends(self) -> bool:
        sends = self._may_send()
        if sends != self._sent and not (sends and self._sent is None):
            self._notice(OURS_NOW if sends else NOT_OURS)
        self._sent = sends
        return sends

    def _deliver(self) -> Delivered:
        now = self.engine.clock.now()
        resting = [channel for channel, (until, _) in self._out.items() if until > now]
        done = deliver_due(
            self.engine,
            self.channel,
            sender=self._name,
            senders=SENDERS,
            without=resting,
            stop=self.stop,
        )
        for channel in [channel for channel in self._out if channel not in resting]:
            if channel not in done.outages:
                del self._out[channel]
        for channel, reason in done.outages.items():
            _, before = self._out.get(channel, (now, FIRST_PAUSE / 2))
            pause = min(2 * before, LONGEST_PAUSE)
            if channel not in self._out:
                self._notice(f"The channel {channel} does not work: {reason}. Its messages stay due.")
            self._out[channel] = (self.engine.clock.now() + pause, pause)
        return done
