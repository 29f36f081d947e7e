"""A coupon offered by hand counts against the limit of whoever offers it (domain.md §4)."""

from __future__ import annotations

from datetime import timedelta

from recovery.clock import ManualClock
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.store.ledger_reading import all_balances
from tests.money.both import clock, engine, house, made_once, opened
from tests.money.test_limits import left, refused
from tests.postgres import postgres_server
from tests.support import case_of, folded

__all__ = ["clock", "engine", "house", "made_once", "postgres_server"]


def offer(engine: Engine, value: str = "300 USD", by: str = "agent:li") -> int:
    case = opened(engine)
    engine.offer_coupon(case, "goodwill", value, days=9, by=by)
    return case


def test_its_value_is_kept_until_it_is_redeemed_and_then_given(engine: Engine) -> None:
    case = offer(engine)
    (one,) = case_of(engine, case).compensations.values()
    assert (one.kind, one.offer, one.status, left(engine)) == ("coupon", "goodwill@1", "offered", 1_700_00)
    (row,) = [row for row in engine.store.outbox(engine.tenant, case=case) if "coupon" in row.context]
    engine.redeem(row.context["coupon"]["code"], by="agent:bo", reference="order 7")
    (one,) = case_of(engine, case).compensations.values()
    assert (one.status, one.receipt, left(engine)) == ("fulfilled", "order 7", 1_700_00)
    assert all_balances(engine.store, engine.tenant)["paid", "USD"] == -300_00
    assert folded(engine, case) == case_of(engine, case)


def test_its_value_is_free_again_when_its_last_day_is_over(engine: Engine, clock: ManualClock) -> None:
    case = offer(engine)
    engine.revoke_coupon(case, "goodwill", reason="lost", by="agent:li")
    engine.reissue_coupon(case, "goodwill", reason="lost", by="agent:li")
    (one,) = case_of(engine, case).compensations.values()
    assert (one.status, left(engine)) == ("offered", 1_700_00)
    clock.advance(timedelta(days=11))
    engine.see_to_due(100)
    assert [one.status for one in case_of(engine, case).compensations.values()] == ["expired"]
    sums = all_balances(engine.store, engine.tenant)
    assert not any(units for (account, _), units in sums.items() if account.startswith("used"))


def test_above_the_limit_the_letter_waits_for_an_approval(engine: Engine) -> None:
    case = offer(engine, "2500 USD")
    assert case_of(engine, case).coupons == {}
    assert refused(engine.offer_coupon, case, "goodwill", "1 USD", days=9, by="agent:bo") == "already_offered"
    engine.approve(case, "1", by="supervisor:eva")
    assert case_of(engine, case).coupons["goodwill@1"].value == "2500 USD"
    deliver_due(engine, Taking())
    assert left(engine) == 2_000_00
    assert left(engine, "supervisor:eva") == 17_500_00


def test_it_is_redeemed_and_not_accepted_or_taken_back_like_an_offer(engine: Engine) -> None:
    case = offer(engine)
    for work in (engine.accept_compensation, engine.decline_compensation):
        assert refused(work, case, "1") == "is_a_coupon"
    assert refused(engine.revoke_compensation, case, "1", "no", by="supervisor:eva") == "is_a_coupon"


class Taking:
    """Takes every message."""

    def deliver(self, _: object) -> object:
        from recovery.delivery.outcomes import Delivered

        return Delivered("taken")
