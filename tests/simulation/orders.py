"""What people ask for in a run: each order has a key, and whoever is not answered asks once more under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from recovery.commands import Outcome
from recovery.core import events as ev
from recovery.core.empowerment.ordering import PAYER
from recovery.engine import Engine
from recovery.store.choosing import Messages
from recovery.tended import Tended
from tests.simulation.refunds import REFUNDS

LI = "agent:li"


@dataclass
class Order:
    """Something that somebody asks for.

    Attributes:
        what: one of `WITHOUT_MONEY`, or of `REFUNDS`.
        case: which of the run's cases it is about, from 0.
        number: which of the run's orders it is; its key.
        kept: what must be the same when it is asked for again.
        answer: what was answered in the end.
    """

    what: str
    case: int
    number: int
    kept: dict[str, Any] = field(default_factory=dict)
    answer: Any = None

    @property
    def key(self) -> str:
        """What it is known by."""
        return f"order-{self.number}"

    def __str__(self) -> str:
        return f"{self.what} x-{self.case} ({self.key})"


Answer = Outcome | Tended | Any


def carried_out(order: Order, engine: Engine, codes: list[str]) -> Answer:
    """Do what is asked for; None where the case is not there yet, or nothing of the sort.

    Args:
        codes: of the coupons that have reached their customers.

    Raises:
        RecoveryError: it was refused, or the database cannot be used.
    """
    if order.what == "open":
        return engine.open_case(
            "The lamp is broken.",
            customer={"address": f"customer-{order.case // 2}@example.org"},
            channel="phone" if order.case == 2 else None,
            external_id=f"x-{order.case}",
            key=order.key,
        )
    if order.what in ("pause", "resume"):
        return _PAUSES[order.what](order, engine)
    if order.what == "redeem":
        if not codes:
            return None
        code = order.kept.setdefault("code", codes[order.number % len(codes)])
        return engine.redeem(code, by="agent:till", key=order.key)
    case = engine.store.find_cases(engine.tenant, [f"x-{order.case}"]).get(f"x-{order.case}")
    doing = ORDERS.get(order.what) or REFUNDS[order.what]
    return None if case is None else doing(order, engine, case)


Doing = Callable[[Order, Engine, int], Answer]


def _fact(name: str, value: Any, **more: Any) -> Doing:
    def do(order: Order, engine: Engine, case: int) -> Answer:
        said = order.key if value is None else value
        return engine.record(case, {name: said}, by=LI, key=order.key, **more)

    return do


def _promise(order: Order, engine: Engine, case: int) -> Answer:
    if "by_when" not in order.kept:
        hour = engine.clock.now().replace(minute=0, second=0, microsecond=0)
        order.kept["by_when"] = hour + timedelta(hours=1 + order.number % 7)
    event = ev.PromiseMade(
        by=LI, occurred_at=engine.clock.now(), what="to call", by_when=order.kept["by_when"]
    )
    return engine.handle(event, case, key=order.key)


def _kept(order: Order, engine: Engine, case: int) -> Answer:
    return engine.handle(
        ev.PromiseKept(by=LI, occurred_at=engine.clock.now(), promise="1"), case, key=order.key
    )


def _say(order: Order, engine: Engine, case: int) -> Answer:
    event = ev.MessageReceived(by="customer", occurred_at=engine.clock.now(), text=order.key)
    return engine.handle(event, case, key=order.key)


def _write(order: Order, engine: Engine, case: int) -> Answer:
    event = ev.MessageWritten(
        by=LI, occurred_at=engine.clock.now(), text="A new one is on its way.", wait=60 * (order.number % 2)
    )
    return engine.handle(event, case, key=order.key)


def _offer(order: Order, engine: Engine, case: int) -> Answer:
    return engine.offer_coupon(case, "goodwill", "5 USD", days=9, by=LI, key=order.key)


def _revoke(order: Order, engine: Engine, case: int) -> Answer:
    return engine.revoke_coupon(case, "goodwill", by=LI, reason="A mistake.", key=order.key)


def _reissue(order: Order, engine: Engine, case: int) -> Answer:
    return engine.reissue_coupon(case, "goodwill", by=LI, reason="It was lost.", key=order.key)


def _hold(order: Order, engine: Engine, case: int) -> Answer:
    return engine.hold(Messages(case=case), by=LI, reason="Wait.")


def _release(order: Order, engine: Engine, case: int) -> Answer:
    return engine.release(Messages(case=case), by=LI)


def _cancel(order: Order, engine: Engine, case: int) -> Answer:
    due = [
        row for row in engine.store.outbox(engine.tenant, case=case, status="due") if row.recipient != PAYER
    ]  # who takes an order to pay back answers for it that nobody has paid, and here nobody would know
    if not due:
        return None
    effect = order.kept.setdefault("effect", due[-1].effect)
    return engine.cancel(Messages(case=case, effect=effect), by=LI, reason="Not needed.")


def _resend(order: Order, engine: Engine, case: int) -> Answer:
    return engine.resend(Messages(case=case), by=LI)


def _done(order: Order, engine: Engine, case: int) -> Answer:
    if "task" not in order.kept:
        found = engine.store.case(engine.tenant, case)
        if found is None or not found.tasks:
            return None
        order.kept["task"] = next(iter(found.tasks))
    return engine.task_done(case, order.kept["task"], by=LI, note=order.key, key=order.key)


def _pause(order: Order, engine: Engine) -> Answer:
    return engine.pause("channel", "mail" if order.number % 2 else "desk", by=LI, reason="They move.")


def _resume(order: Order, engine: Engine) -> Answer:
    return [engine.resume("channel", name) for name in ("mail", "desk")]


_PAUSES: dict[str, Callable[[Order, Engine], Answer]] = {"pause": _pause, "resume": _resume}

ORDERS: dict[str, Doing] = {
    "own": _fact("owner", "li"),
    "answer": _fact("answered", True, source="customer"),
    "word": _fact("word", None),
    "promise": _promise,
    "keep": _kept,
    "say": _say,
    "write": _write,
    "offer": _offer,
    "revoke": _revoke,
    "reissue": _reissue,
    "hold": _hold,
    "release": _release,
    "cancel": _cancel,
    "resend": _resend,
    "done": _done,
}
"""What can be asked for in a case."""

WITHOUT_MONEY = ("open", "redeem", "pause", "resume", *ORDERS)
"""What can be asked for that is not about money."""
