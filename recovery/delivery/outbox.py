"""Emptying the outbox: claim what is due, deliver it, and tell the engine how it went.

A message is claimed under a lease, sent outside any transaction, and settled; whoever dies in between loses
the lease after a while, and somebody else sends it, with the same key and the same bytes. Messages of one
case go one after the other; those of different cases side by side, so that a slow one delays no other case.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from recovery.core.errors import EnvironmentFault, Refusal
from recovery.core.instants import from_text
from recovery.delivery.attempt import Attempt, attempt, untried
from recovery.delivery.channels import Channel
from recovery.delivery.patience import Sending
from recovery.delivery.together import take_companions
from recovery.engine import Engine

if TYPE_CHECKING:
    from recovery.commands import Settlement
    from recovery.store.records import OutboxRow

BATCH = 50
"""Messages claimed or settled in one transaction: few, for whoever else writes waits that long (SQLite)."""

LEASE = timedelta(seconds=60)
"""How long a message is its sender's. It is renewed while it is being sent."""

RENEWED_AFTER = 1 / 3
"""The part of its length after which a lease is renewed: two renewals may come too late."""

LOOK_SECONDS = 0.2
"""How often the one who waits for slow senders looks for what has become due meanwhile."""


COUNTED = ("delivered", "failed", "handed", "cancelled", "later", "lost")


@dataclass(slots=True)
class Delivered:
    """What became of messages.

    Attributes:
        failed: will not be tried again by themselves.
        handed: given to a person.
        later: to be tried again.
        lost: sent under a lease that had ended, so that somebody else may have sent them too.
        outages: channel → why it does not work; its messages stay due.
        tried: channels that were really given something, whatever came of it.
    """

    delivered: int = 0
    failed: int = 0
    handed: int = 0
    cancelled: int = 0
    later: int = 0
    lost: int = 0
    outages: dict[str, str] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)

    def add(self, other: Delivered) -> None:
        """Count another round too; of channels only the newest round is of interest."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.outages, self.tried = other.outages, other.tried

    def as_dict(self) -> dict[str, int]:
        """The counts as plain data."""
        return {name: getattr(self, name) for name in COUNTED}

    def require_channels(self) -> None:
        """Say that a channel did not work.

        Raises:
            EnvironmentFault: one did not; what was not delivered stays due.
        """
        for reason in self.outages.values():
            raise EnvironmentFault(f"{reason}.", hint="Nothing is lost: what was not delivered stays due.")


def deliver_due(
    engine: Engine,
    channel: Channel,
    *,
    sender: str | None = None,
    senders: int = 0,
    at_due_time: bool = False,
    lasting: timedelta = LEASE,
    without: Iterable[str] = (),
    probing: Iterable[str] = (),
    stop: threading.Event | None = None,
    progress: Callable[[int], None] | None = None,
    beat: Callable[[], None] | None = None,
    told: Callable[[int, str, str], None] | None = None,
    unsettled: list[Settlement] | None = None,
) -> Delivered:
    """Deliver everything that is due, in the order of each case, until nothing more can be delivered now.

    Args:
        sender: the name leases are taken under; each process needs its own. Any by default.
        senders: how many cases are served at once, by threads; 0: one after the other, in this thread.
        at_due_time: count each message as delivered at the moment it was asked for (plays and demos, whose
            clock stands still) instead of now.
        lasting: how long a lease lasts. What it was not renewed for in time is not begun any more.
        without: channels not to be used now.
        probing: channels that may not work: each is given one message, and others when that went well.
        stop: when set, no further message is begun.
        progress: told the number of messages settled in each batch.
        beat: called again and again while this works, also while it waits for slow senders.
        told: told the case and the key of each message that was settled, and what became of it (`COUNTED`).
        unsettled: what a call before could not write because the database was out; it is written before
            anything else is sent, and holds what this call cannot write.

    Raises:
        EnvironmentFault: the database cannot be used.
    """
    round_ = _Round(engine, channel, sender, at_due_time, lasting, set(without), stop, progress)
    round_.unsettled = [] if unsettled is None else unsettled
    round_.probing |= set(probing)
    round_.beat, round_.told = beat, told
    with ThreadPoolExecutor(senders, "sender") if senders else nullcontext(_Inline()) as pool:
        try:
            round_.settle_all()
            round_.run(pool, max(senders, 1))
        finally:
            round_.finish()
    return round_.total


class _Inline(Executor):
    """Does at once what is asked for."""

    def submit(self, work: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*values, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class _Round:
    """One round: everything that is due until nothing more is."""

    def __init__(
        self,
        engine: Engine,
        channel: Channel,
        sender: str | None,
        at_due_time: bool,
        lasting: timedelta,
        without: set[str],
        stop: threading.Event | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.engine = engine
        self.channel = channel
        self.sender = sender or f"sender-{id(self):x}"
        self.at_due_time = at_due_time
        self.lasting = lasting
        self.seconds = lasting.total_seconds()
        self.is_over = False
        self.without = without
        self.stop = stop or threading.Event()
        self.progress = progress
        self.probing: set[str] = set()
        self.probes: dict[Future[None], set[str]] = {}
        self.beat: Callable[[], None] | None = None
        self.told: Callable[[int, str, str], None] | None = None
        self.total = Delivered()
        self.installation = engine.store.sender_id()
        self.running: dict[Future[None], tuple[list[OutboxRow], deque[Attempt]]] = {}
        self.renewed = monotonic()
        self.gone: set[tuple[int, str, int]] = set()
        self.sending = Sending()
        self.unsettled: list[Settlement] = []

    def run(self, pool: Executor, senders: int) -> None:
        """Claim, send and settle, until there is nothing to claim and nobody at work."""
        while True:
            claimed = 0
            if len(self.running) <= senders and not self.stop.is_set():
                claimed = self._claim(pool)
            if not self.running:
                return
            if self.beat is not None:
                self.beat()
            ended, _ = wait(self.running, LOOK_SECONDS, FIRST_COMPLETED)
            self._settle(ended)
            self._renew()
            if claimed == BATCH:
                self.engine.store.give_way()

    def finish(self) -> None:
        """Settle whatever has been sent, also when something went wrong; nothing more is begun.

        What is being sent just now keeps its lease for as long as that takes, if the database lets it.
        """
        self.is_over = True
        at_work = set(self.running)
        while at_work:
            _, at_work = wait(at_work, LOOK_SECONDS)
            if self.beat is not None:
                self.beat()
            with suppress(EnvironmentFault):
                self._renew()
        if self.running:
            self._settle(set(self.running))

    def _claim(self, pool: Executor) -> int:
        begun = monotonic()
        store = self.engine.store
        rows = store.claim(
            self.engine.tenant,
            self.sender,
            self.lasting,
            BATCH,
            sorted(self.without),
            installation=self.installation,
        )
        if not self.running:
            self.renewed = begun
        cases: dict[int, list[OutboxRow]] = {}
        for row in rows:
            cases.setdefault(row.case, []).append(row)
        companions = take_companions(self.engine, cases)
        for id, of_case in cases.items():
            if not of_case:
                continue
            beside = companions.get(id, [])
            probes = {row.channel for row in of_case} & self.probing - self.without
            attempts: deque[Attempt] = deque()
            future = pool.submit(self._send, of_case, beside, probes, attempts)
            self.running[future] = [*of_case, *beside], attempts
            if probes:
                self.probes[future] = probes
                self.without |= probes
        return len(rows)

    def _send(
        self, rows: list[OutboxRow], beside: list[OutboxRow], probes: set[str], attempts: deque[Attempt]
    ) -> None:
        """Send messages of one case, in order, until one does not get through.

        Args:
            beside: messages of other cases that may be told in the first one.
            probes: channels that these messages, and no others for now, may try.
            attempts: takes how each ended; those before one that raises count too.
        """
        through = True
        for row in rows:
            moment = from_text(row.due_at) if self.at_due_time else self.engine.clock.now()
            if not through or row.channel in self.without - probes or not self._goes_on(row):
                attempts.append(untried(row, moment, beside))
                through, beside = False, []
                continue
            done = attempt(self.engine, self.channel, self.installation, row, moment, self.sending, beside)
            beside = []
            if done.has_used_channel:
                self.total.tried.add(row.channel)
            if done.outage is not None:
                self.without.add(row.channel)
                self.total.outages[row.channel] = done.outage.reason
            through = done.settlement.end not in ("later", "untried")
            attempts.append(done)

    def _goes_on(self, row: OutboxRow) -> bool:
        """Whether a further message may be begun: nobody said stop, and its lease is surely ours still."""
        if self.is_over or self.stop.is_set() or (row.case, row.effect, row.version) in self.gone:
            return False
        return monotonic() - self.renewed <= self.seconds

    def _settle(self, ended: set[Future[None]]) -> None:
        raised: BaseException | None = None
        rows: list[OutboxRow] = []
        for future, (of_case, attempts) in list(self.running.items()):
            if future in ended:
                del self.running[future]
                rows += of_case
                self._probed(self.probes.pop(future, set()))
                raised = raised or future.exception()
            while attempts:  # those of a case that goes on too, so that few would be sent twice after a crash
                done = attempts.popleft()
                self.unsettled += [done.settlement, *done.others]
        self.settle_all()
        self.sending.leave(rows)
        if raised is not None:
            raise raised

    def _probed(self, channels: set[str]) -> None:
        """Channels that took what they were given are used again; those given nothing are tried anew."""
        for channel in channels:
            if channel in self.total.tried and channel not in self.total.outages:
                self.probing.discard(channel)
            if channel not in self.total.outages:
                self.without.discard(channel)

    def settle_all(self) -> None:
        """Write what became of messages; what cannot be written now is kept, for it was sent."""
        while self.unsettled:
            batch = self.unsettled[:BATCH]
            self._settle_batch(batch)
            del self.unsettled[:BATCH]
            self.sending.leave(batch)

    def _settle_batch(self, settlements: list[Settlement]) -> None:
        answers = self.engine.settle_many(settlements)
        settled = 0
        for one, answer in zip(settlements, answers, strict=True):
            if one.end == "untried":
                continue
            end = "lost" if isinstance(answer, Refusal) and answer.code == "lost_lease" else one.end
            setattr(self.total, end, getattr(self.total, end) + 1)
            settled += end not in ("later", "lost")
            if self.told is not None:
                self.told(one.case, one.effect, end)
        if self.progress is not None:
            self.progress(settled)

    def _renew(self) -> None:
        begun = monotonic()
        if not self.running or begun - self.renewed < RENEWED_AFTER * self.seconds:
            return
        rows = [row for of_case, _ in self.running.values() for row in of_case]
        lost = self.engine.store.renew(self.engine.tenant, rows, self.lasting)
        self.gone |= {(row.case, row.effect, row.version) for row in lost}
        self.renewed = begun
