"""What compensations came to: refund speed, waiting for approvals, what was given, and the agents' time."""

from __future__ import annotations

from datetime import timedelta

from recovery.clock import ManualClock
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.insight.payments import payments
from tests.money.payer import Payer
from tests.support import clock, engine, project

__all__ = ["clock", "engine", "project"]


def test_refund_speed_runs_from_the_customers_yes_to_the_receipt(engine: Engine, clock: ManualClock) -> None:
    for hours in (1, 2, 40):
        case = engine.open_case("It broke.", customer={"name": "Ana"}).case
        engine.offer_compensation(case, "refund", "40 USD", by="agent:li", hours="2")
        clock.advance(timedelta(hours=5))
        engine.accept_compensation(case, "1")
        clock.advance(timedelta(hours=hours))
        engine.see_to_due(100)
        deliver_due(engine, Payer())
    engine.spend(case, "gift", "5 USD", by="agent:li")
    told = payments(engine.store.logs(engine.tenant)).as_dict()
    assert told["statuses"] == {"fulfilled": 4}
    assert told["paid"] == [{"kind": "gift", "amount": "5 USD"}, {"kind": "refund", "amount": "120 USD"}]
    speed = told["accepted_to_paid"]
    assert [speed[name]["seconds"] // 3600 for name in ("min", "median", "nine_of_ten", "max")] == [
        1,
        2,
        40,
        40,
    ]
    assert (speed["count"], speed["median"]["text"]) == (3, "0 d 2 h 0 m 0 s")
    assert (told["late"], told["time"]) == (1, ["60.00 USD"])


def test_how_long_approvals_wait_is_measured(engine: Engine, clock: ManualClock) -> None:
    case = engine.open_case("It broke.", customer={"name": "Ana"}).case
    engine.offer_compensation(case, "credit", "2500 USD", by="agent:li")
    clock.advance(timedelta(minutes=40))
    engine.approve(case, "1", by="supervisor:eva")
    told = payments(engine.store.logs(engine.tenant)).as_dict()
    assert told["asked_to_answered"]["median"] == {"seconds": 2400, "text": "0 d 0 h 40 m 0 s"}
    assert told["accepted_to_paid"] == {"count": 0}
