"""What really happened, written down by the world itself: who had leased what, and what receivers took.

Every transaction is noted right after its commit, every sending where it begins and ends. What must never
happen is looked for here as it happens; `checks` looks at how things stand in the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from recovery.core.instants import from_text
from recovery.delivery.channels import Message
from recovery.store.codec import effect_key
from tests.simulation.world import Process, Task, World, current

Effect = tuple[int, str]
"""A case's number, and the key of a message within it."""


@dataclass
class Claim:
    """A lease that was committed: until when, by the database's clock, and when it was taken (`elapsed`)."""

    process: Process
    version: int
    until: datetime
    at: float
    is_open: bool = True


@dataclass(eq=False)
class Sending:
    """One attempt at a receiver.

    Attributes:
        is_over: whether the sender knows how it went.
        accepted: whether the receiver took it; `through`: or refused it for good.
        claim: the lease it goes under.
        excuse: why that could not be put on record under its lease; empty where it was.
    """

    process: Process
    effect: Effect
    message: Message
    claim: Claim | None
    begun: int
    is_over: bool = False
    accepted: bool = False
    through: bool = False
    excuse: str = ""


@dataclass
class Counts:
    """What is counted over all runs."""

    figures: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    twice: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        """Add those of another run."""
        for name in ("figures", "crashes", "fates", "commands", "twice", "money"):
            getattr(self, name).update(getattr(other, name))


class Book:
    """Everything that was leased and sent in one run.

    Attributes:
        claims: the newest lease of each message; `leases` all of them, by their versions.
        open: sendings whose outcome is not on record.
        held: messages that people keep back.
        closed: those that have an end by the log, also when they were taken back while they were being sent.
        touched: those that people held, took back or tried again: they may come in another order.
        jumped_at: when the clock that leases are measured by was last set.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.claims: dict[Effect, Claim] = {}
        self.leases: dict[tuple[Effect, int], Claim] = {}
        self.sendings: list[Sending] = []
        self.open: list[Sending] = []
        self.held: set[Effect] = set()
        self.touched: set[Effect] = set()
        self.closed: set[Effect] = set()
        self.jumped_at = -1.0
        self.counts = Counts()

    # --- leases ---------------------------------------------------------------------------------------------

    def committed(self, process: Process, noted: list[tuple[str, tuple[Any, ...]]]) -> None:
        """A transaction was committed: these of its statements are about leases."""
        for what, row in noted:
            *_, case, seq, n = row[:-1] if what in ("lease", "renew", "postpone", "release") else row
            effect = (case, effect_key(seq, n))
            claim = self.claims.get(effect)
            if what == "lease":
                self._claimed(process, effect, row[-1] + 1, from_text(row[1]))
            elif what == "renew" and claim is not None and claim.version == row[-1]:
                claim.until = from_text(row[0])
            elif what in ("postpone", "release") and claim is not None:
                claim.is_open = claim.is_open and claim.version != row[-1]
            elif what in ("settle", "hold") and claim is not None:
                claim.is_open = False
            self._touched(what, effect, row)

    def _touched(self, what: str, effect: Effect, row: tuple[Any, ...]) -> None:
        if what == "close":
            self.closed.add(effect)
        elif what == "retry":
            self.closed.discard(effect)
        if what == "hold":
            self.held.add(effect)
        elif what in ("let-go", "retry"):
            self.held.discard(effect)
        if what in ("hold", "let-go", "retry") or (what == "close" and row[0] != "delivered"):
            self.touched.add(effect)

    def _claimed(self, process: Process, effect: Effect, version: int, until: datetime) -> None:
        before = self.claims.get(effect)
        task = current()
        assert task is not None
        if before is not None and before.is_open and before.until > task.leased_at:
            raise self.world.violated(
                "double-claim", f"{process.name} claims {named(effect)}, which is {before.process.name}'s"
            )
        self.world.tell(f"{process.name} has claimed {named(effect)}, version {version}")
        claim = Claim(process, version, until, self.world.writing_since)
        self.claims[effect] = self.leases[effect, version] = claim

    def is_stale(self, one: Any) -> bool:
        """Whether somebody else has leased a message whose outcome comes in, or its letter."""
        case, effect, version = one.case, one.effect, one.version
        if version is None and one.told_in is not None:
            case, effect, version = one.told_in
        claim = self.claims.get((case, effect))
        return claim is not None and claim.version != version

    def settled(self, process: Process, one: Any, *, is_stale: bool) -> None:
        """The outcome of a message has been committed."""
        effect = (one.case, one.effect)
        self.world.tell(f"{process.name} has settled {named(effect)}, version {one.version}: {one.end}")
        self._close(process, effect, "lease lost" if is_stale else "", one.version)

    def answered(self, process: Process, one: Any, *, was_stale: bool, is_lost: bool) -> None:
        """A process was told what became of an outcome.

        Raises:
            Violation: `fencing`: it was taken although somebody else had the lease by then.
        """
        effect = (one.case, one.effect)
        if was_stale and not is_lost:
            raise self.world.violated(
                "fencing", f"{process.name} settled {named(effect)} under version {one.version}, lost by then"
            )
        if is_lost:
            self._close(process, effect, "lease lost", one.version)

    def died(self, process: Process) -> None:
        """A process is gone, with whatever it was doing."""
        for sending in [one for one in self.open if one.process is process]:
            self.counts.figures["sends in flight at crashes"] += 1
            self._end(sending, "crash")

    def _close(self, process: Process, effect: Effect, excuse: str, version: int) -> None:
        for sending in [one for one in self.open if one.process is process and one.effect == effect]:
            if sending.claim is None or sending.claim.version == version:
                self._end(sending, excuse)

    def _end(self, sending: Sending, excuse: str) -> None:
        sending.excuse = sending.excuse or excuse
        sending.is_over = True
        self.open.remove(sending)

    # --- sending --------------------------------------------------------------------------------------------

    def begin(self, task: Task, message: Message) -> Sending:
        """Somebody begins to send.

        Raises:
            Violation: `no-lease`, `held` or `overlap`: it may not.
        """
        process, effect = task.process, (message.case, message.effect)
        self.world.tell(f"{task.name} sends {named(effect)} ({message.template})")
        if not self._may_be_late(task, effect):
            claim = self.claims.get(effect)
            is_mine = claim is not None and claim.process is process and claim.is_open
            if not is_mine or (claim is not None and claim.until < self.world.lease_now()):
                raise self.world.violated("no-lease", f"{task.name} sends {named(effect)} without a lease")
            if effect in self.held:
                raise self.world.violated("held", f"{task.name} sends {named(effect)}, which is held")
            for other in self.open:
                if other.effect[0] == message.case and not other.is_over and not self._is_late(other):
                    who, what = other.process.name, named(other.effect)
                    raise self.world.violated(
                        "overlap", f"{task.name} sends {named(effect)} while {who} sends {what}"
                    )
        sending = Sending(process, effect, message, self.leases.get((effect, task.version)), self.world.steps)
        self.sendings.append(sending)
        self.open.append(sending)
        self.counts.figures["sends"] += 1
        return sending

    def _may_be_late(self, task: Task, effect: Effect) -> bool:
        """Whether a task may not know that it has lost its lease: it slept since it made sure of it."""
        claim = self.leases.get((effect, task.version))
        return task.slept_at > task.fresh_at or (claim is not None and self.jumped_at >= claim.at)

    def _is_late(self, sending: Sending) -> bool:
        """Whether somebody may have lost a lease while sending: the process slept, or the clock jumped."""
        slept_at = max(sending.process.slept_at, self.jumped_at)
        is_late = sending.claim is not None and slept_at >= sending.claim.at
        return sending.process.sleeps() or is_late


def named(effect: Effect) -> str:
    """A message as traces say it."""
    return f"{effect[0]}:{effect[1]}"
