"""Offers, answers, retries, crashes, approvals, revocations and reopening in any order: nobody is paid twice,
and nobody who accepted goes unpaid.

`make ledger` tries 1,000 orders; the suite fewer.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.errors import EventRefused
from recovery.delivery.channels import Message
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.store.choosing import Messages
from recovery.store.ledger_reading import all_balances
from tests.money import report
from tests.money.both import balanced, clock, engine, house, made_once
from tests.money.payer import Payer
from tests.postgres import postgres_server
from tests.support import case_of, folded

__all__ = ["clock", "engine", "house", "made_once", "postgres_server"]

LONG = os.environ.get("RECOVERY_LONG") == "1"
ORDERS = 1_000 if LONG else 30
STEPS = 14
OFFERS = (("refund", "40 USD"), ("refund", "2500 USD"), ("credit", "0.125 KWD"), ("gift", "700 JPY"))
TRIED = (
    *("asked", "offered", "fulfilled", "declined", "expired", "revoked", "refused"),
    *("accepted", "approvals", "reopened", "cuts", "retries", "deaths", "lost_answers"),
)
"""How compensations ended, and what else has to have been tried."""


class _Cut(Exception):
    """The power went before the commit."""


class Order:
    """One case, and people who do things to it in any order, twice, and while the power goes."""

    def __init__(
        self,
        engine: Engine,
        clock: ManualClock,
        patch: pytest.MonkeyPatch,
        payer: Payer,
        seed: int,
        seen: Counter[str],
    ) -> None:
        self.engine, self.clock, self.patch, self.rng = engine, clock, patch, random.Random(seed)
        self.seen = seen
        self.case = engine.open_case("It broke.", customer={"name": "Ana"}).case
        engine.record(self.case, {"owner": "li"}, by="agent:li")
        self.keys = (f"{seed}-{number}" for number in range(10_000))
        self.done: list[Callable[[], Any]] = []
        self.paid: Counter[str] = Counter()
        self.payer = payer

    def attempt(self, work: Callable[..., Any], *args: Any, what: str = "", **more: Any) -> bool:
        """Do it; now and then the power goes before the commit, and now and then it is asked for again."""
        key = next(self.keys)

        def do() -> Any:
            return work(self.case, *args, key=key, **more)

        if self.rng.random() < 0.15:
            with self.patch.context() as patch:
                patch.setattr("recovery.store.ledger.Ledger.flush", _cut)
                with pytest.raises((_Cut, EventRefused)) as caught:
                    do()
            self.seen["cuts"] += caught.type is _Cut
        try:
            first = do()
        except EventRefused:
            return False
        self.done.append(do)
        self.seen[what] += 1
        if self.rng.random() < 0.3:
            self.seen["retries"] += 1
            again = self.rng.choice(self.done)()
            assert again.repeated
        return bool(first)

    def step(self) -> None:
        engine, rng = self.engine, self.rng
        number = str(rng.randint(1, max(1, len(case_of(engine, self.case).compensations))))
        kind, amount = rng.choice(OFFERS)
        match rng.choice(["offer"] * 4 + ["spend"] + ["accept", "approve", "pay"] * 3 + ["other"] * 4):
            case "offer":
                later = self.clock.now() + timedelta(hours=rng.randint(1, 30))
                self.attempt(
                    engine.offer_compensation,
                    *(kind, amount),
                    what="offers",
                    by="agent:li",
                    expires_at=later,
                )
            case "spend":
                self.attempt(engine.spend, kind, amount, what="offers", by="agent:li", receipt="at once")
            case "accept":
                self.attempt(engine.accept_compensation, number, what="accepted")
            case "approve":
                self.attempt(engine.approve, number, what="approvals", by="manager:noor")
            case "pay":
                self.pay(number)
            case "other":
                self.other(number)

    def other(self, number: str) -> None:
        engine = self.engine
        match self.rng.choice(["decline", "revoke", "take back"] + ["refuse", "wait"] * 2 + ["reopen"] * 3):
            case "decline":
                self.attempt(engine.decline_compensation, number)
            case "revoke":
                self.attempt(engine.revoke_compensation, number, "a slip", by="agent:li")
            case "take back":
                self.attempt(engine.revoke_compensation, number, "fraud", by="supervisor:eva")
            case "refuse":
                self.attempt(engine.refuse_approval, number, "no", by="manager:noor")
            case "reopen":
                step = case_of(engine, self.case).step
                if step == "closed":
                    self.attempt(engine.do, "reopen", what="reopened", by="agent:li")
                else:
                    self.attempt(force, engine, "closed")
            case "wait":
                self.clock.advance(timedelta(hours=self.rng.randint(1, 12)))
                engine.see_to_due(100)

    def pay(self, number: str) -> None:
        """A person pays by hand what is a task of theirs, or what they are let: then the money has left.

        Or the worker tells whoever pays by order; now and then its answer is lost, or the worker dies.
        """
        before = dict(case_of(self.engine, self.case).compensations)
        match self.rng.choice(["by hand", "by order", "by order", "worker dies", "called off"]):
            case "by hand":
                if number in before and self.attempt(
                    self.engine.fulfil_compensation, number, by="agent:zoe", receipt=f"T-{number}"
                ):
                    self.paid[number] += 1
            case "by order":
                self.payer.loses = self.rng.choice([0, 0, 1])
                wanted = self.payer.loses
                deliver_due(self.engine, self.payer)
                self.seen["lost_answers"] += wanted - self.payer.loses
            case "worker dies":
                self.die()
            case "called off":  # whoever pays has no trace of it
                which = Messages(case=self.case, template="payment-order")
                if not any(self.mine(message) for message in self.payer.orders):
                    self.engine.cancel(which, by="agent:li", reason="they have no trace of it")

    def mine(self, message: Message) -> bool:
        return message.case == self.case

    def die(self) -> None:
        """A worker has told whoever pays, and dies before it can say so; its lease runs out."""
        with self.patch.context() as patch:
            patch.setattr(self.engine, "settle_many", _cut)
            try:
                deliver_due(self.engine, self.payer)
            except _Cut:
                self.seen["deaths"] += 1
        rows = list(self.engine.store.outbox(self.engine.tenant, case=self.case, status="due"))
        if rows:
            self.engine.store.renew(self.engine.tenant, rows, timedelta(seconds=-1))

    def settle(self) -> None:
        """In the end everything that is owed is paid, and the case is closed."""
        self.payer.loses = 0
        while any(one.status == "due" for one in case_of(self.engine, self.case).compensations.values()):
            deliver_due(self.engine, self.payer)
            for number, one in case_of(self.engine, self.case).compensations.items():
                if one.waits_for == "payment" and self.attempt(
                    self.engine.fulfil_compensation, number, by="agent:zoe", receipt=f"T-{number}"
                ):
                    self.paid[number] += 1
            self.clock.advance(timedelta(hours=6))
        if case_of(self.engine, self.case).step != "closed":
            force(self.case, self.engine, "closed", key=next(self.keys))

    def check(self) -> None:
        case = case_of(self.engine, self.case)
        found = case.compensations
        self.seen.update(one.status for one in found.values())
        self.seen["above"] += sum(one.asked_at is not None for one in found.values())
        for message in {message.key: message for message in self.payer.orders if self.mine(message)}.values():
            assert message.payment is not None
            self.paid[message.payment["compensation"]] += 1
        assert folded(self.engine, self.case) == case
        assert set(self.paid.values()) <= {1}
        for number, one in found.items():
            assert one.status not in ("due",)
            assert (one.status == "fulfilled") == (self.paid[number] == 1 or one.receipt == "at once")
            owed = one.accepted_at is not None
            assert not owed or one.status == "fulfilled" or (one.status, one.note) == ("revoked", "fraud")
        given = [(one.kind, one.offer) for one in found.values() if one.status == "fulfilled"]
        assert len(given) == len(set(given))


def force(case: int, engine: Engine, to: str, *, key: str) -> Any:
    from recovery.core.events import MoveForced

    event = MoveForced(by="supervisor:eva", occurred_at=engine.clock.now(), to=to, reason="as agreed")
    return engine.handle(event, case, key=key)


def _cut(*_: object) -> None:
    raise _Cut


@pytest.mark.slow
def test_in_any_order_nobody_is_paid_twice_and_nobody_goes_unpaid(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, begun = Counter({"orders": ORDERS}), time.monotonic()
    payer = Payer()
    for seed in range(ORDERS):
        payer.orders.clear()
        order = Order(engine, clock, monkeypatch, payer, seed, seen)
        for _ in range(STEPS):
            order.step()
        order.settle()
        order.check()
    assert not [name for name in TRIED if not seen[name]], seen
    owed = {
        money: units
        for (account, money), units in all_balances(engine.store, engine.tenant).items()
        if account == "owed"
    }
    assert not any(owed.values())
    assert balanced(engine)
    if LONG:
        report.keep(
            "orders", engine.store.dialect.name, {**seen, "paid": seen["fulfilled"]}, time.monotonic() - begun
        )
