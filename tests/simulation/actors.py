"""Who takes part in a run: workers, people at their desks, and the receivers of messages."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from recovery.commands import Outcome as Done
from recovery.commands import Settlement
from recovery.core.errors import EnvironmentFault, RecoveryError, Refusal
from recovery.core.instants import to_text
from recovery.delivery.channels import Message
from recovery.delivery.outcomes import Delivered, Handed, Outcome, OutOfOrder, Rejected, RetryLater
from recovery.store.codes import in_context
from recovery.store.records import Coupon
from recovery.worker.serving import Worker
from tests.simulation.book import Book, named
from tests.simulation.machine import Machine, MachineEngine, Row, idle
from tests.simulation.orders import Order, carried_out
from tests.simulation.place import Place
from tests.simulation.purse import Fate, Purse
from tests.simulation.world import World, current

SEAL_KEY = b"the key of every run of the simulation"

START_SECONDS = 1.0
"""How long a process that was killed takes to be there again."""

FATES = ("taken", "slow", "lost", "busy", "refused", "down")
"""What may become of a sending; `lost`: it was taken, and the answer did not arrive."""


class Receiver:
    """All receivers of messages; it is told beforehand what to do with the next ones, and else takes them.

    Whoever pays is among them: it pays once for each key, and says the receipt or leaves that to people.
    """

    def __init__(self, book: Book, purse: Purse) -> None:
        self.book = book
        self.purse = purse
        self.fates: deque[Fate] = deque()
        self.codes: list[str] = []
        self._words: dict[str, str] = {}

    def deliver(self, message: Message) -> Outcome:
        """Take a message, or not (see `recovery.delivery.channels.Channel`)."""
        task = current()
        assert task is not None
        here = task.process.world
        here.point("after-render")
        fate = self.fates.popleft() if self.fates else Fate("taken")
        if fate.what != "down":
            self._compare(message)
        sending = self.book.begin(task, message)
        self.book.counts.fates[fate.what] += 1
        here.block("mid-send", None, here.elapsed + fate.seconds if fate.seconds else None)
        fate = self.purse.stands(message, fate)
        outcome = self._answer(fate, message)
        sending.through = not isinstance(outcome, RetryLater | OutOfOrder)
        if isinstance(outcome, Delivered) or fate.what == "lost":
            sending.accepted = True
            sending.excuse = "answer lost" if fate.what == "lost" else ""
            self._take(message)
        here.point("mid-answer")
        sending.is_over = True
        here.point("after-send")
        task.fresh_at = here.elapsed
        return outcome

    def _answer(self, fate: Fate, message: Message) -> Outcome:
        match fate.what:
            case "lost":
                if message.payment is not None:
                    self.purse.pay(message)
                return RetryLater("the answer did not arrive", may_have_been_accepted=True)
            case "busy":
                return RetryLater("busy")
            case "refused":
                return Rejected("no such address")
            case "down":
                return OutOfOrder("no connection")
            case _ if message.payment is not None:
                receipt = self.purse.pay(message)
                return Delivered("taken", receipt if message.case % 2 else None)
            case _:
                return Handed("phone") if message.channel == "phone" else Delivered("taken")

    def _compare(self, message: Message) -> None:
        words = self._words.setdefault(message.key, message.text)
        if words != message.text:
            raise self.book.world.violated(
                "other-words", f"an attempt at {message.key} says {message.text}, not {words}"
            )

    def _take(self, message: Message) -> None:
        code = in_context(json.loads(message.text)) if message.template == "gift" else None
        if code is not None and code not in self.codes:
            self.codes.append(code)


class RunEngine(MachineEngine):
    """The engine of a worker; the book is told what is settled."""

    def settle_many(self, settlements: Any) -> list[Done | Refusal | None]:
        task = current()
        assert task is not None
        task.job = job = Settling(list(settlements))
        try:
            answers = super().settle_many(settlements)
        finally:
            task.job = None
        for one, answer in zip(settlements, answers, strict=True):
            is_lost = isinstance(answer, Refusal) and answer.code == "lost_lease"
            was_stale = one in job.stale if job.is_committed else self.book.is_stale(one)
            self.book.answered(self.machine, one, was_stale=was_stale, is_lost=is_lost)
        return answers

    @property
    def book(self) -> Book:
        """What really happened."""
        return self.machine.book


class Settling:
    """Outcomes that are being put on record, and which of them come too late."""

    def __init__(self, settlements: list[Settlement]) -> None:
        self.settlements = settlements
        self.stale: list[Settlement] = []
        self.is_committed = False


class Actor(Machine):
    """A process whose transactions the book is told of."""

    def __init__(self, world: World, name: str, place: Place, seed: int, book: Book, purse: Purse) -> None:
        super().__init__(world, name, place, seed)
        self.book = book
        self.purse = purse

    def committed(self, noted: list[Row]) -> None:
        """See `Machine.committed`."""
        task = current()
        job = task.job if task is not None else None
        if isinstance(job, Settling):
            job.is_committed = True
            job.stale = [one for one in job.settlements if self.book.is_stale(one)]
            for one in job.settlements:
                self.book.settled(self, one, is_stale=one in job.stale)
        for what, row in noted:
            if what == "ledger":
                self.purse.committed(self, row)
        self.book.committed(self, [one for one in noted if one[0] != "ledger"])


class Working(Actor):
    """A worker process: the real worker, tick by tick.

    Attributes:
        has_ended: it was told to stop and has, or it gave up because its first tick failed.
    """

    kind = RunEngine

    def __init__(
        self,
        world: World,
        name: str,
        place: Place,
        seed: int,
        book: Book,
        purse: Purse,
        receiver: Receiver,
    ) -> None:
        super().__init__(world, name, place, seed, book, purse)
        self.has_ended = False
        self.worker = Worker(
            self.engine, receiver, may_send=lambda: True, seal=self._seal, tell=lambda *_, **__: None
        )
        self.begin(name, self._run)

    def wanted_at(self) -> float:
        """See `Process.wanted_at`: now where anything is due or unsettled, else when something will be."""
        if self.worker._unsettled:
            return 0.0
        now = to_text(self.now())
        looking = self.place.looking
        (is_due,) = looking.execute(_IS_DUE, (now, now, to_text(self.world.lease_now()))).fetchone()
        return 0.0 if is_due else self.world.next_event(self)

    def _seal(self) -> None:
        self.engine.store.seal(SEAL_KEY, self.now())

    def _run(self) -> None:
        task = current()
        assert task is not None
        self.world.block("starting", None, self.world.elapsed + START_SECONDS)
        stop = self.worker.stop
        while not stop.is_set():
            task.seen = self.world.happened
            try:
                seconds = self.worker.turn()
            except EnvironmentFault:
                break
            if not stop.is_set():
                idle(task, seconds, stop.is_set)
        self.worker.finish()
        self.has_ended = True
        mine = [
            effect for effect, claim in self.book.claims.items() if claim.process is self and claim.is_open
        ]
        kept = [named(effect) for effect in mine if effect not in self.book.closed]
        if stop.is_set() and kept and not self.worker._unsettled:
            raise self.world.violated("kept-lease", f"{self.name} has stopped and keeps {', '.join(kept)}")


_IS_DUE = """
select exists (select 1 from recovery_case where due_at <= ?) or exists (
    select 1 from recovery_effect
    where status = 'due' and due_at <= ? and (lease_until is null or lease_until <= ?))
"""


class Desk(Actor):
    """A process of people who ask for things, one after the other.

    Attributes:
        orders: what is still to be asked for; the first may be under way.
        done: those that were answered.
    """

    def __init__(
        self,
        world: World,
        name: str,
        place: Place,
        seed: int,
        book: Book,
        purse: Purse,
        receiver: Receiver,
        orders: deque[Order],
        done: list[Order],
    ) -> None:
        super().__init__(world, name, place, seed, book, purse)
        self.receiver = receiver
        self.orders = orders
        self.done = done
        self.begin(name, self._run)

    def _run(self) -> None:
        while True:
            self.world.block("nothing-to-do", lambda: bool(self.orders))
            order = self.orders[0]
            try:
                answer = carried_out(order, self.engine, self.receiver.codes)
            except EnvironmentFault as fault:
                self.world.tell(f"{self.name}: {order}: {fault.message}")
                self.world.block("trying-again", None, self.world.elapsed + START_SECONDS)
                continue
            except RecoveryError as refused:
                answer = refused
            self.orders.popleft()
            order.answer = answer
            self.done.append(order)
            self._count(order, answer)

    def _count(self, order: Order, answer: Any) -> None:
        is_done = isinstance(answer, Done | Coupon)
        said = "refused" if isinstance(answer, RecoveryError) else "done" if is_done or answer else "nothing"
        self.book.counts.commands[f"{order.what}: {said}"] += 1
        self.world.tell(f"{self.name}: {order}: {said} {answer if isinstance(answer, RecoveryError) else ''}")
