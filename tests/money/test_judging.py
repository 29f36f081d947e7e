"""What somebody wants to give is held against the policy (domain.md §1 step 7, §4)."""

from __future__ import annotations

import pytest

from recovery.core.compensation.judging import Verdict, judge
from recovery.core.compensation.offers import Offer
from recovery.core.compensation.policy import GESTURES, OfferSpec, Policy, Rule
from recovery.core.compensation.recommending import recommend
from recovery.core.errors import Refusal
from recovery.core.money import read_money
from tests.money.policies import case, policy, rules

POLICY = policy(
    rules(
        "rule: late, when: {category: delivery}, offer: [{refund: 100% of price}], ceiling: 120% of price",
        "rule: all, when: {}, offer: [{coupon: 10 USD, expires: 60 days}], ceiling: 25 USD",
    )
)


def offer(kind: str, amount: str = "", **more: str) -> Offer:
    money = read_money(amount) if amount else None
    return Offer(kind, None if kind in GESTURES else money, cost=money, **more)  # type: ignore[arg-type]


def judged(*offers: Offer, because: str = "", **known: object) -> Verdict | Refusal:
    return judge(POLICY, case(**known), offers, because=because)


def code(answer: Verdict | Refusal) -> str:
    return answer.code if isinstance(answer, Refusal) else "allowed"


@pytest.mark.parametrize("driver", ["core_offer", "support_systems", "execution"])
def test_gesture_only_is_refused_for_the_lower_three_drivers(driver: str) -> None:
    words = (offer("apology_letter"), offer("gift", "5 USD"))
    answer = judged(*words, driver=driver)
    assert code(answer) == "gesture_only"
    assert isinstance(answer, Refusal)
    assert answer.message.startswith(f"A failure of {driver} is not put right by words and gifts alone")
    assert code(judged(*words, offer("coupon", "10 USD"), driver=driver)) == "allowed"


@pytest.mark.parametrize("driver", ["contact", "emotion"])
def test_gesture_only_is_enough_for_the_upper_two_drivers(driver: str) -> None:
    assert code(judged(offer("apology_letter"), driver=driver)) == "allowed"


def test_a_gesture_may_go_with_what_resolves_the_case_already() -> None:
    assert code(judged(offer("gift", "5 USD"), driver="execution", resolution="repair")) == "allowed"
    assert code(judged(offer("gift", "5 USD"), driver="execution", resolution="gesture")) == "gesture_only"


def test_whether_a_gesture_is_enough_is_not_guessed_while_the_driver_is_unknown() -> None:
    answer = judged(offer("apology_letter"))
    assert isinstance(answer, Verdict)
    assert "driver_unknown" in [warned.code for warned in answer.warnings]


def test_a_policy_that_has_only_gestures_for_a_lower_driver_is_refused_too() -> None:
    made = Policy(
        POLICY.currency,
        (Rule("flowers", (), (OfferSpec("gift", detail={"en": "Flowers."}),)),),
        POLICY.agent_time,
        POLICY.disputing_costs,
        POLICY.warn_above,
        POLICY.loyalty,
        POLICY.facts,
    )
    answer = recommend(made, case(driver="execution"))
    assert isinstance(answer, Refusal)
    assert answer.code == "gesture_only"
    assert code(judge(made, case(driver="execution"), (offer("coupon", "5 USD"),))) == "gesture_only"


def test_refunds_are_decisive_whole_and_at_once_unless_a_reason_says_otherwise() -> None:
    known = {"category": "delivery", "driver": "execution", "price": "80 USD"}
    assert code(judged(offer("refund", "79.99 USD"), **known)) == "part_refund"
    assert code(judged(offer("refund", "80 USD"), **known)) == "allowed"
    assert code(judged(offer("refund", "40 USD"), because="Half came.", **known)) == "allowed"
    assert code(judged(offer("refund", "40 USD"), because="   ", **known)) == "part_refund"


def test_whoever_gets_all_they_claimed_gets_the_whole() -> None:
    known = {"category": "delivery", "driver": "execution", "price": "80 USD"}
    assert code(judged(offer("refund", "30 USD"), claim="30 USD", **known)) == "allowed"
    assert code(judged(offer("refund", "29 USD"), claim="30 USD", **known)) == "part_refund"


def test_return_postage_at_the_customers_cost_needs_a_reason() -> None:
    known = {"category": "delivery", "driver": "execution", "price": "80 USD"}
    returned = offer("refund", "80 USD", postage="customer")
    assert code(judged(returned, **known)) == "postage_at_customer"
    assert code(judged(returned, because="They kept it for a year.", **known)) == "allowed"


def test_more_than_the_ceiling_is_refused_and_asks_for_an_approval() -> None:
    known = {"category": "delivery", "driver": "execution", "price": "80 USD"}
    assert code(judged(offer("refund", "80 USD"), offer("coupon", "16 USD"), **known)) == "allowed"
    answer = judged(offer("refund", "80 USD"), offer("coupon", "16.01 USD"), **known)
    assert isinstance(answer, Refusal)
    assert answer.code == "above_ceiling"
    assert answer.message == "96.01 USD is above the ceiling of 96.00 USD (120% of price: 96.00 USD)."
    assert "approval" in answer.hint


def test_less_than_the_base_remedy_is_warned_of() -> None:
    answer = judged(offer("coupon", "9 USD"), category="other")
    assert isinstance(answer, Verdict)
    assert [warned.code for warned in answer.warnings] == ["below_base"]


def test_an_amount_that_nothing_can_be_compared_with_is_refused() -> None:
    assert code(judged(offer("coupon", "9 CHF"), category="other")) == "amount_without_rate"
