"""Whatever a case knows and whatever stands in the file: an answer or a clear finding, and the rules hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.compensation.facts import DRIVERS, FAULTS, LOWER_DRIVERS, Situation
from recovery.core.compensation.judging import Verdict, judge
from recovery.core.compensation.offers import Offer
from recovery.core.compensation.policy import GESTURES, OFFER_KINDS, PAID
from recovery.core.compensation.recommending import recommend
from recovery.core.errors import Refusal
from recovery.core.money import Money
from recovery.workflow.compensation import policy_of, read_policy
from tests.money.policies import RATES, case, policy, recommended, rules
from tests.real_data import ROOT

SHIPPED = policy_of(ROOT)
TEXT = (ROOT / "config/compensation.yaml").read_text(encoding="utf-8")
DAY = date(2026, 11, 22)

amounts = st.builds(
    Money,
    st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False),
    st.sampled_from(["USD", "EUR", "JPY", "CHF"]),
)

known_facts = st.fixed_dictionaries(
    {},
    optional={
        "driver": st.sampled_from(DRIVERS),
        "category": st.sampled_from(["delivery", "quality", "billing", "conduct", "waiting", "other"]),
        "severity": st.integers(1, 3),
        "failures": st.integers(0, 3),
        "fault": st.sampled_from(FAULTS),
        "conduct": st.booleans(),
        "resolution": st.sampled_from(["gesture", "repair"]),
        "price": amounts,
        "claim": amounts,
        "value": amounts,
        "distance": st.integers(1, 20_000),
    },
)

some_offers = st.lists(
    st.builds(
        lambda kind, money: Offer(kind, money if kind in PAID else None, cost=money),
        st.sampled_from(OFFER_KINDS),
        amounts,
    ),
    max_size=3,
).map(tuple)


@given(known_facts)
def test_every_case_gets_a_recommendation_whose_ceiling_is_not_below_its_base_remedy(
    known: dict[str, Any],
) -> None:
    assert SHIPPED is not None
    found = recommend(SHIPPED, Situation(known, DAY, RATES))
    assert not isinstance(found, Refusal)
    assert found.rule == found.looks[-1].rule
    assert found.ceiling is None or found.ceiling.amount >= found.total.amount


@given(known_facts, amounts)
def test_a_higher_value_never_lowers_anything(known: dict[str, Any], more: Money) -> None:
    assert SHIPPED is not None
    nothing = Situation({name: it for name, it in known.items() if name != "value"}, DAY, RATES)
    plain, valued = (
        recommend(SHIPPED, one) for one in (nothing, Situation({**nothing.known, "value": more}, DAY, RATES))
    )
    assert not isinstance(plain, Refusal)
    assert not isinstance(valued, Refusal)
    assert (plain.rule, plain.offers) == (valued.rule, valued.offers)
    if plain.ceiling is not None:
        assert valued.ceiling is not None
        assert valued.ceiling.amount >= plain.ceiling.amount


@given(known_facts, some_offers)
def test_what_may_be_given_breaks_no_rule(known: dict[str, Any], offers: tuple[Offer, ...]) -> None:
    assert SHIPPED is not None
    answer = judge(SHIPPED, Situation(known, DAY, RATES), offers)
    if isinstance(answer, Verdict):
        undecided = any(look.fits is None for look in answer.recommended.looks)
        assert answer.ceiling is None or undecided or answer.total.amount <= answer.ceiling.amount
        if offers and known.get("driver") in LOWER_DRIVERS and known.get("resolution") != "repair":
            assert {offer.kind for offer in offers} - set(GESTURES)


@given(st.data())
def test_a_policy_with_a_part_torn_out_or_changed_is_read_or_has_findings(data: st.DataObject) -> None:
    lines = TEXT.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    what = data.draw(st.sampled_from(["drop", "double", "cut", "word"]))
    line = lines[number]
    if what == "drop":
        del lines[number]
    elif what == "double":
        lines.insert(number, line)
    elif what == "cut":
        lines[number] = line[: data.draw(st.integers(0, len(line)))]
    else:
        words = line.split(" ")
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(
            st.sampled_from(
                ["", "~", "true", "-1", "[]", "{}", "1e9", "9999999 USD", "0 days", "200%", "[~]"]
            )
        )
        lines[number] = " ".join(words)
    made, findings = read_policy("\n".join(lines).encode(), "c.yaml")
    assert made is not None or findings


ALL = "rule: all, when: {}, offer: [{refund: 100% of price}], ceiling: 10 CHF"


def test_a_ceiling_without_a_rate_is_not_told() -> None:
    found = recommended(policy(rules(ALL)), price="5 USD")
    assert found.ceiling is None
    assert found.ceiling_why == ("10 CHF: there is no rate for CHF in config/currencies.yaml",)


def test_a_claim_or_a_value_without_a_rate_changes_nothing() -> None:
    raising = policy("value_raises_ceiling: [{from: 5 USD, by: 5 USD}]\n" + rules(ALL.replace("CHF", "USD")))
    found = recommended(raising, price="5 USD", claim="1 CHF", value="9 CHF")
    assert not found.settle_at_once
    assert str(found.ceiling) == "10.00 USD"
    assert "not raised by the customer's value: there is no rate for CHF" in found.ceiling_why[1]
    assert found.at_stake is None


def test_a_small_claim_is_settled_beside_a_refund_that_nobody_can_compare() -> None:
    found = recommended(policy(rules(ALL)), price="5 CHF", claim="4 USD")
    assert [str(offer.amount) for offer in found.offers] == ["4 USD"]


def test_a_part_of_a_price_that_nobody_can_compare_is_not_judged_by_guess() -> None:
    made = policy(rules("rule: all, when: {}, offer: [{coupon: 5 USD, expires: 9 days}], ceiling: 99 USD"))
    refund = Offer("refund", Money(Decimal(5), "USD"), cost=Money(Decimal(5), "USD"))
    answer = judge(made, case(price="9 CHF"), (refund,))
    assert isinstance(answer, Refusal)
    assert answer.code == "amount_without_rate"
    assert isinstance(judge(made, case(), (refund,)), Verdict), "without price and claim nothing is known"


@pytest.mark.parametrize("value", [None, "", [], {}, "12", True, 1.5])
def test_an_amount_that_is_none_is_no_amount_of_a_case(value: object) -> None:
    from recovery.core.compensation.facts import FACTS

    with pytest.raises(ValueError, match="an amount"):
        FACTS["price"].read(value)
