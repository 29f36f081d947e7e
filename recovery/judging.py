"""What the compensation policy says of what somebody wants to give, filled into the event (domain.md §4).

The core knows no policy: it is the installation's, and new offers are held to it as it stands. What is filled
in says whether it may be given, and the log keeps it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from recovery.core.case import Case
from recovery.core.compensation.facts import Situation, known_of
from recovery.core.compensation.judging import Verdict, judge
from recovery.core.compensation.offers import Offer
from recovery.core.compensation.policy import GESTURES, PAID, Policy
from recovery.core.compensation.recommending import Recommendation, recommend
from recovery.core.empowerment import events as money
from recovery.core.empowerment.offering import COMFORT
from recovery.core.empowerment.state import LIVE
from recovery.core.errors import Refusal
from recovery.core.events import CouponOffered
from recovery.core.facts import read_decimal
from recovery.core.money import Money, read_money
from recovery.core.rates import Rates

HOURS_AT_MOST = Decimal(1_000)

NOT_YET = ("driver_unknown", "below_base", "above_ceiling")
"""Warnings that hang on what may still come: another fact, another offer."""

Given = money.CompensationOffered | money.CompensationSpent | CouponOffered


def said_by(policy: Policy, event: Given, case: Case, rates: Rates) -> dict[str, Any] | Refusal:
    """What a policy says of an event, as it carries it: `held` of the core does by it.

    Args:
        event: one whose amount can be paid.

    Returns:
        A row with `refused`, or with `rule`, `ceiling`, `warnings`, `pay_within`, and `above` where an
        approval may still allow it; `time_cost` of the agent's hours. The refusal of hours that are none.
    """
    hours, said = Decimal(0), getattr(event, "hours", None)
    if said is not None:
        found = read_decimal(said) if len(said) < 12 else None
        if found is None or not 0 <= found <= HOURS_AT_MOST:
            return Refusal("wrong_value", f"hours: {said} are none.", "Give a number such as 1.5.")
        hours = found
    row: dict[str, Any] = {}
    if hours:
        row["time_cost"] = str(rates.money(policy.agent_time.cost(hours), policy.agent_time.day.currency))
    if isinstance(event, money.CompensationSpent) and event.kind == COMFORT:
        return row  # it makes the wait comfortable, and puts nothing right
    situation = Situation(known_of(case, policy.facts), date.fromisoformat(case.received_at[:10]), rates)
    base = recommend(policy, situation)
    kind, amount = _what(event)
    wanted = _offer(kind, amount, base, getattr(event, "pay_within", None) or 0)
    before = _given(case, base)
    answer = judge(policy, situation, (wanted,), given=before, because=getattr(event, "because", None) or "")
    if isinstance(answer, Verdict):
        row |= {
            "rule": answer.recommended.rule,
            "ceiling": None if answer.ceiling is None else str(answer.ceiling),
            "warnings": [warned.message for warned in answer.warnings if warned.code not in NOT_YET],
        }
    elif answer.code == "above_ceiling":
        row["above"] = answer.message
    elif answer.code != "gesture_only" or all(one.kind in GESTURES for one in (*before, wanted)):
        return {"refused": {"code": answer.code, "message": answer.message, "hint": answer.hint}}
    return row | _days(kind, base)


def _what(event: Given) -> tuple[str, str | None]:
    """The kind and the amount."""
    if isinstance(event, CouponOffered):
        return "coupon", event.value
    return event.kind, event.amount


def _days(kind: str, base: Recommendation | Refusal) -> dict[str, int]:
    """In how many days it is to be paid: a refund at once, another kind as the policy says, if it does."""
    if kind == "refund":
        return {"pay_within": 0}
    offers = () if isinstance(base, Refusal) else base.offers
    days = next((one.pay_within for one in offers if one.kind == kind and kind in PAID), None)
    return {} if days is None else {"pay_within": days}


def _offer(kind: str, amount: str | None, base: Recommendation | Refusal, pay_within: int = 0) -> Offer:
    """Something given, as the policy sees it; what a law fixes is owed, and no ceiling lowers it."""
    cost = None if amount is None else read_money(amount)
    paid = cost if kind in PAID else None
    offers = () if isinstance(base, Refusal) else base.offers
    owed = paid is not None and any(one.owed and _same(one, kind, paid) for one in offers)
    return Offer(kind, paid, cost=cost, pay_within=pay_within, owed=owed)


def _same(one: Offer, kind: str, amount: Money) -> bool:
    return one.kind == kind and one.amount == amount


def _given(case: Case, base: Recommendation | Refusal) -> tuple[Offer, ...]:
    """What was given in this cycle of the case, and stands: compensations, and the coupons of its letters."""
    cycle = f"@{case.cycle}"
    found = [
        _offer(one.kind, one.amount, base)
        for one in case.compensations.values()
        if one.status in LIVE and one.offer.endswith(cycle)
    ]
    by_hand = {one.offer for one in case.compensations.values() if one.kind == "coupon"}
    for offer, coupon in case.coupons.items():
        if offer.endswith(cycle) and offer not in by_hand and coupon.status != "revoked":
            found.append(_offer("coupon", coupon.value, base))
    return tuple(found)
