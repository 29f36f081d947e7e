"""Payments through the outbox, on both databases: whoever pays is told once, and nobody else pays as well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.clock import ManualClock
from recovery.core.empowerment import events as money
from recovery.core.empowerment.state import CompensationState
from recovery.delivery.channels import FolderChannel
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Handed, OutOfOrder, Rejected
from recovery.engine import Engine
from recovery.project import Project
from recovery.store.choosing import Messages
from recovery.store.ledger_reading import all_balances
from tests.money.both import clock, engine, house, made_once, opened
from tests.money.payer import Payer
from tests.money.test_limits import refused
from tests.postgres import postgres_server
from tests.support import case_of, folded

__all__ = ["clock", "engine", "house", "made_once", "postgres_server"]


def owed(engine: Engine, amount: str = "40 USD") -> int:
    """A case in which the customer has accepted a refund."""
    case = opened(engine)
    engine.offer_compensation(case, "refund", amount, by="agent:li")
    engine.accept_compensation(case, "1")
    return case


def first(engine: Engine, case: int) -> CompensationState:
    return case_of(engine, case).compensations["1"]


def order_of(engine: Engine, case: int) -> str:
    order = first(engine, case).order
    assert order is not None
    return order


def status(engine: Engine, case: int) -> str:
    """What became of the order of a case."""
    rows = engine.store.outbox(engine.tenant, case=case)
    return next(row.status for row in rows if row.template == "payment-order")


def paid(engine: Engine) -> int:
    return -all_balances(engine.store, engine.tenant).get(("paid", "USD"), 0)


def test_accepting_tells_whoever_pays_and_their_receipt_fulfils_it(engine: Engine) -> None:
    case, payer = owed(engine), Payer()
    assert case_of(engine, case).tasks == {}
    deliver_due(engine, payer)
    (message,) = payer.orders
    order = order_of(engine, case)
    assert message.key.endswith(f":{case}:{order.replace('.', ':')}")
    assert (message.channel, message.purpose) == ("payment", "payment-order")
    assert message.payment == {
        "compensation": "1",
        "offer": "refund@1",
        "kind": "refund",
        "amount": "40 USD",
        "currency": "USD",
        "units": 4000,
        "to": "Ana",
        "accepted_at": "2026-11-20T09:00:00.000000Z",
        "pay_by": "2026-11-21T12:00:00.000000Z",
    }
    assert "40.00" in message.text
    assert (first(engine, case).status, first(engine, case).receipt) == ("fulfilled", "T-1")
    assert (status(engine, case), paid(engine)) == ("delivered", 4000)
    assert folded(engine, case) == case_of(engine, case)


def test_an_order_whose_answer_was_lost_is_told_again_under_the_same_key(
    engine: Engine, clock: ManualClock
) -> None:
    case, payer = owed(engine), Payer(loses=2)
    for _ in range(3):
        deliver_due(engine, payer)
        clock.advance(timedelta(hours=1))
    assert (list(payer.told.values()), list(payer.paid)) == ([3], list(payer.told))
    assert (first(engine, case).status, first(engine, case).receipt) == ("fulfilled", "T-1")
    assert paid(engine) == 4000


def test_an_order_whose_sender_died_is_told_again_under_the_same_key(engine: Engine) -> None:
    case, payer = owed(engine), Payer()

    class Died(Exception):
        pass

    def dies(*_: object) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "settle_many", dies)
        with pytest.raises(Died):
            deliver_due(engine, payer)
    rows = list(engine.store.outbox(engine.tenant, case=case))
    engine.store.renew(engine.tenant, rows, timedelta(seconds=-1))
    assert refused(engine.fulfil_compensation, case, "1", by="agent:bo", receipt="X") == "being_paid"
    deliver_due(engine, payer)
    assert (list(payer.told.values()), first(engine, case).receipt) == ([2], "T-1")
    assert paid(engine) == 4000


def test_who_takes_an_order_without_a_receipt_is_waited_for(engine: Engine) -> None:
    case, payer = owed(engine), Payer(later=True)
    deliver_due(engine, payer)
    assert case_of(engine, case).tasks == {"c1": ("receipt", "refund 40 USD")}
    assert refused(engine.revoke_compensation, case, "1", "no", by="supervisor:eva") == "being_paid"
    assert refused(engine.task_done, case, "c1", by="agent:bo") == "no_receipt"
    engine.task_done(case, "c1", by="agent:bo", note="T-1")
    assert (first(engine, case).status, case_of(engine, case).tasks) == ("fulfilled", {})
    assert paid(engine) == 4000


def test_a_program_tells_the_receipt_at_any_time(engine: Engine) -> None:
    case, payer = owed(engine), Payer(loses=1)
    deliver_due(engine, payer)
    engine.fulfil_compensation(case, "1", by="engine:bank", receipt="T-1")
    assert deliver_due(engine, payer).delivered == 0
    assert (first(engine, case).receipt, status(engine, case)) == ("T-1", "cancelled")


@pytest.mark.parametrize("by_task", [True, False])
def test_where_nobody_else_pays_a_person_does(engine: Engine, house: Project, by_task: bool) -> None:
    case = owed(engine)
    assert deliver_due(engine, FolderChannel(house.outbox)).handed == 1
    order = order_of(engine, case)
    assert case_of(engine, case).tasks == {order: ("payment", "payment-order")}
    assert status(engine, case) == "handed"
    if by_task:
        assert refused(engine.task_done, case, order, by="agent:bo") == "no_receipt"
        engine.task_done(case, order, by="agent:bo", note="T-9")
    else:
        engine.fulfil_compensation(case, "1", by="agent:bo", receipt="T-9")
    assert (first(engine, case).receipt, case_of(engine, case).tasks) == ("T-9", {})
    assert (status(engine, case), paid(engine)) == ("delivered", 4000)
    assert refused(engine.task_done, case, order, by="agent:bo", note="T-10") == "no_such_task"


def test_what_a_person_paid_before_it_left_is_never_told(engine: Engine) -> None:
    case, payer = owed(engine), Payer()
    engine.fulfil_compensation(case, "1", by="agent:bo", receipt="cash")
    deliver_due(engine, payer)
    assert (payer.orders, status(engine, case), paid(engine)) == ([], "cancelled", 4000)


def test_once_it_may_have_left_a_person_pays_only_what_was_taken_back(
    engine: Engine, clock: ManualClock
) -> None:
    case, payer = owed(engine), Payer(refuses=OutOfOrder("not there"))
    deliver_due(engine, payer)
    assert refused(engine.fulfil_compensation, case, "1", by="agent:bo", receipt="X") == "being_paid"
    assert refused(engine.revoke_compensation, case, "1", "no", by="supervisor:eva") == "being_paid"
    which = Messages(case=case, template="payment-order")
    assert engine.cancel(which, by="agent:li", reason="the bank has no trace of it").done == 1
    assert case_of(engine, case).tasks == {"c1": ("payment", "refund 40 USD")}
    engine.fulfil_compensation(case, "1", by="agent:bo", receipt="cash")
    deliver_due(engine, Payer())
    assert (first(engine, case).status, paid(engine)) == ("fulfilled", 4000)


@pytest.mark.parametrize("again", [True, False])
def test_an_order_that_is_refused_waits_for_a_person(engine: Engine, again: bool) -> None:
    case = owed(engine)
    deliver_due(engine, Payer(refuses=Rejected("no such account")))
    order = order_of(engine, case)
    assert case_of(engine, case).tasks == {order: ("undelivered", "payment-order")}
    if again:
        engine.resend(Messages(case=case, status="failed"), by="agent:li")
        deliver_due(engine, Payer())
    else:
        engine.task_done(case, order, by="agent:bo", note="T-1")
        assert engine.resend(Messages(case=case, status="failed"), by="agent:li").found == 0
        deliver_due(engine, Payer())
    assert (first(engine, case).receipt, case_of(engine, case).tasks) == ("T-1", {})
    assert paid(engine) == 4000


@pytest.mark.parametrize("left", [True, False])
def test_what_is_taken_back_is_not_paid(engine: Engine, house: Project, left: bool) -> None:
    case, payer = owed(engine), Payer()
    if left:
        deliver_due(engine, FolderChannel(house.outbox))
    engine.revoke_compensation(case, "1", "it was fraud", by="supervisor:eva")
    deliver_due(engine, payer)
    assert (payer.orders, case_of(engine, case).tasks, paid(engine)) == ([], {}, 0)
    assert status(engine, case) == "cancelled"


def test_money_given_at_once_has_a_receipt_or_is_ordered(engine: Engine) -> None:
    case, payer = opened(engine), Payer()
    engine.spend(case, "refund", "12 USD", by="agent:li", receipt="cash")
    engine.spend(case, "refund", "30 USD", by="agent:li", offer="postage")
    engine.spend(case, "gift", "5 USD", by="agent:li")
    found = case_of(engine, case).compensations
    assert [one.status for one in found.values()] == ["fulfilled", "due", "fulfilled"]
    deliver_due(engine, payer)
    assert [message.payment["amount"] for message in payer.orders if message.payment] == ["30 USD"]
    assert case_of(engine, case).compensations["2"].receipt == "T-1"


def test_what_nobody_pays_is_given_by_a_person(engine: Engine) -> None:
    case = opened(engine)
    engine.offer_compensation(case, "free_item", "9 USD", by="agent:li")
    engine.accept_compensation(case, "1")
    assert case_of(engine, case).tasks == {"c1": ("payment", "free_item 9 USD")}


def test_only_an_order_is_handed_to_be_paid(engine: Engine) -> None:
    case = opened(engine)
    (message,) = engine.store.outbox(engine.tenant, case=case)

    class Wrong:
        def deliver(self, _: object) -> Handed:
            return Handed("payment")

    deliver_due(engine, Wrong())
    assert case_of(engine, case).tasks[message.effect][0] == "undelivered"


def test_an_approved_payment_is_ordered_once(engine: Engine) -> None:
    case, payer = opened(engine), Payer()
    engine.spend(case, "refund", "2500 USD", by="agent:li")
    deliver_due(engine, payer)
    assert payer.orders == []
    engine.approve(case, "1", by="supervisor:eva")
    deliver_due(engine, payer)
    assert (list(payer.told.values()), paid(engine)) == ([1], 250_000)


def test_the_receipt_stands_in_the_log(engine: Engine) -> None:
    case = owed(engine)
    deliver_due(engine, Payer())
    told = engine.store.log(engine.tenant, case)[-1]
    assert (told.kind, told.event["receipt"]) == ("EffectDelivered", "T-1")
    assert money.CompensationFulfilled.__name__ not in [
        record.kind for record in engine.store.log(engine.tenant, case)
    ]
