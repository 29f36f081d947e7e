"""What a compensation policy recommends, and how it explains itself (domain.md §4, standards.md research)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from recovery.core.case import Case
from recovery.core.compensation.facts import FACTS, is_conduct, known_of
from recovery.core.compensation.offers import Offer
from recovery.core.compensation.recommending import recommend
from recovery.core.errors import Refusal
from recovery.core.money import Money, read_money
from recovery.workflow.compensation import policy_of
from tests.money.policies import case, policy, recommended, rules
from tests.real_data import ROOT

LAST = "rule: everybody, when: {}, offer: [{coupon: 10 USD, expires: 60 days}], ceiling: 25 USD"

TWO = policy(
    rules(
        'rule: twice, when: {category: delivery, failures: ">= 1"}, '
        "offer: [{refund: 100% of price}, {coupon: 20% of price, expires: 90 days}], ceiling: 150% of price",
        LAST,
    )
)

RAISING = policy(
    "value_raises_ceiling:\n  - {from: 2000 USD, by: 25%}\n  - {from: 10000 USD, by: 50 USD}\n" + rules(LAST)
)

EU261 = """\
facts:
  distance: {type: integer, from: flight.distance_km}
  within_eu: {type: boolean, from: flight.intra_eu}
  late_days: {type: integer, from: repair.days}
tariffs:
  eu261:
    law: Regulation (EC) No 261/2004
    source: Article 7(1)
    rows:
      - {when: {distance: "<= 1500"}, amount: 250 EUR}
      - {when: {within_eu: true}, amount: 400 EUR}
      - {when: {distance: "<= 3500"}, amount: 400 EUR}
      - {when: {}, amount: 600 EUR}
  late-repair:
    - {source: old, valid_to: 2026-03-31, per_day: 5 USD, days: late_days, after: 2}
    - {source: new, valid_from: 2026-04-01, per_day: 6.10 USD, days: late_days, after: 2, at_most: 30}
"""

FLIGHTS = policy(
    EU261
    + rules(
        "rule: repair, when: {category: access}, offer: [{payment: tariff late-repair}]",
        "rule: flight, when: {}, offer: [{payment: tariff eu261, pay_within: 7 days}], ceiling: 10 USD",
    )
)


def test_the_first_rule_that_fits_is_taken_with_amounts_out_of_the_price() -> None:
    found = recommended(TWO, category="delivery", failures=1, price="80 USD")
    assert found.rule == "twice"
    assert [(offer.kind, str(offer.amount)) for offer in found.offers] == [
        ("refund", "80.00 USD"),
        ("coupon", "16.00 USD"),
    ]
    assert (str(found.total), str(found.ceiling)) == ("96.00 USD", "120.00 USD")
    assert found.warnings == ()


def test_it_is_explained_why_each_earlier_rule_did_not_fit() -> None:
    found = recommended(TWO, category="delivery", failures=0)
    assert [(look.rule, look.fits) for look in found.looks] == [("twice", False), ("everybody", True)]
    assert found.looks[0].reasons == ("failures >= 1: failures is 0",)
    assert found.looks[1].reasons == ("it fits every case",)


def test_a_rule_that_hangs_on_an_unknown_fact_does_not_fit_and_says_so() -> None:
    found = recommended(TWO, category="delivery")
    assert found.rule == "everybody"
    assert found.looks[0] == ("twice", None, ("failures >= 1: failures is not known",))
    assert [warned.code for warned in found.warnings] == ["rule_undecided"]


def test_a_rule_with_one_false_condition_does_not_fit_whatever_is_unknown() -> None:
    found = recommended(TWO, category="billing")
    assert found.looks[0].fits is False
    assert found.warnings == ()


def test_an_amount_that_hangs_on_an_unknown_fact_is_not_guessed() -> None:
    found = recommended(TWO, category="delivery", failures=1)
    assert found.offers[0].amount is None
    assert found.offers[0].unknown == "100% of price: price is not known"
    assert found.ceiling is None
    assert {warned.code for warned in found.warnings} == {"amount_unknown"}


def test_where_no_rule_fits_that_is_said() -> None:
    narrow = policy(
        rules("rule: late, when: {category: delivery}, offer: [{coupon: 5 USD, expires: 9 days}]")
    )
    found = recommended(narrow, category="billing")
    assert (found.rule, found.offers) == (None, ())
    assert [warned.code for warned in found.warnings] == ["no_rule"]


@pytest.mark.parametrize(
    ("value", "ceiling"),
    [
        ("1999.99 USD", "25.00 USD"),
        ("2000 USD", "31.25 USD"),
        ("1818.19 EUR", "31.25 USD"),
        ("10000 USD", "75.00 USD"),
        ("-50 USD", "25.00 USD"),
    ],
)
def test_value_raises_the_ceiling_and_never_lowers_the_base_remedy(value: str, ceiling: str) -> None:
    found = recommended(RAISING, value=value)
    assert str(found.ceiling) == ceiling
    assert found.offers == recommended(RAISING).offers


def test_a_ceiling_that_turns_out_below_the_base_remedy_gives_way() -> None:
    mixed = policy(
        rules("rule: all, when: {}, offer: [{coupon: 10 USD, expires: 9 days}], ceiling: 20% of price")
    )
    found = recommended(mixed, price="5 USD")
    assert str(found.ceiling) == "10.00 USD"
    assert found.ceiling_why[-1] == "never below the base remedy: 10.00 USD"


def test_compensation_above_150_per_cent_of_the_price_is_warned_of() -> None:
    assert not recommended(TWO, category="other", price="6.67 USD").warnings
    (warned,) = recommended(TWO, category="other", price="6.66 USD").warnings
    assert warned.code == "above_share_of_price"
    assert "150% of price (9.99 USD)" in warned.message
    assert "Haesevoets 2017" in warned.message


def test_two_hours_of_an_agent_at_80_for_a_day_of_eight_hours_cost_20() -> None:
    found = recommend(TWO, case(category="billing"), Decimal(2))
    assert not isinstance(found, Refusal)
    assert str(found.agent_time) == "20.00 USD"


def test_a_claim_smaller_than_the_cost_of_disputing_it_is_settled_at_once() -> None:
    found = recommended(TWO, category="billing", claim="19.99 USD")
    assert found.settle_at_once
    assert found.offers[0] == Offer("refund", Money(Decimal("19.99"), "USD"), cost=read_money("19.99 USD"))
    assert [offer.kind for offer in found.offers] == ["refund", "coupon"]
    assert not recommended(TWO, category="billing", claim="20 USD").settle_at_once


def test_a_small_claim_that_the_rule_pays_already_is_not_paid_twice() -> None:
    found = recommended(TWO, category="delivery", failures=1, price="15 USD", claim="15 USD")
    assert found.settle_at_once
    assert [offer.kind for offer in found.offers] == ["refund", "coupon"]


@pytest.mark.parametrize(
    ("distance", "within_eu", "owed"),
    [
        (1500, None, "250 EUR"),
        (1501, True, "400 EUR"),
        (1501, False, "400 EUR"),
        (3500, False, "400 EUR"),
        (3501, False, "600 EUR"),
        (9000, True, "400 EUR"),
        (3500, None, "400 EUR"),
    ],
)
def test_a_legal_tariff_is_told_by_its_rows(distance: int, within_eu: bool | None, owed: str) -> None:
    known = {"distance": distance} | ({} if within_eu is None else {"within_eu": within_eu})
    (offer,) = recommended(FLIGHTS, category="other", **known).offers
    assert (str(offer.amount), offer.owed, offer.pay_within) == (owed, True, 7)


def test_a_legal_amount_that_hangs_on_an_unknown_fact_is_not_guessed() -> None:
    (offer,) = recommended(FLIGHTS, category="other", distance=5000).offers
    assert offer.amount is None
    assert offer.unknown == "tariff eu261: 400 EUR or 600 EUR, for within_eu is not known"


def test_what_a_law_owes_is_beyond_ceilings_and_shares_of_the_price() -> None:
    found = recommended(FLIGHTS, category="other", distance=9000, within_eu=False, price="30 EUR")
    assert str(found.offers[0].amount) == "600 EUR"
    assert (str(found.total), str(found.ceiling)) == ("0.00 USD", "10.00 USD")
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("days", "on", "paid"),
    [
        (2, date(2026, 4, 1), "0.00 USD"),
        (3, date(2026, 4, 1), "6.10 USD"),
        (32, date(2026, 4, 1), "183.00 USD"),
        (99, date(2026, 4, 1), "183.00 USD"),
        (3, date(2026, 3, 31), "5.00 USD"),
        (99, date(2026, 3, 31), "485.00 USD"),
    ],
)
def test_automatic_compensation_is_counted_by_the_day_as_the_tariff_of_the_day_has_it(
    days: int, on: date, paid: str
) -> None:
    found = recommend(FLIGHTS, case(FLIGHTS, on=on, category="access", late_days=days))
    assert not isinstance(found, Refusal)
    assert str(found.offers[0].amount) == paid


def test_a_tariff_that_does_not_count_on_the_day_or_hangs_on_unknown_days_has_no_amount() -> None:
    dated = policy(
        EU261.replace("    law: Reg", "    valid_from: 2026-12-01\n    law: Reg").replace(
            "      - {when: {}, amount: 600 EUR}\n", ""
        )
        + rules("rule: all, when: {}, offer: [{payment: tariff eu261}, {payment: tariff late-repair}]")
    )
    found = recommend(dated, case(dated, on=date(2026, 11, 30), distance=9000, within_eu=False))
    assert not isinstance(found, Refusal)
    assert [offer.unknown for offer in found.offers] == [
        "tariff eu261 is not valid on 2026-11-30",
        "tariff late-repair: late_days is not known",
    ]
    found = recommend(dated, case(dated, on=date(2026, 12, 1), distance=9000, within_eu=False))
    assert not isinstance(found, Refusal)
    assert found.offers[0].unknown == "no row of tariff eu261 fits"


def test_a_policy_may_ask_for_facts_of_its_own_also_for_parts_of_a_number() -> None:
    made = policy(
        "facts: {share: {type: decimal, from: loss.share}}\n"
        + rules('rule: most, when: {share: "> 0.5"}, offer: [{refund: 100% of price}]', LAST)
    )
    assert recommended(made, share="0.51").rule == "most"
    assert recommended(made, share="0.5").rule == "everybody"


def test_money_of_several_currencies_is_added_at_the_configured_rates() -> None:
    found = recommended(TWO, category="delivery", failures=1, price="50 EUR")
    assert [str(offer.amount) for offer in found.offers] == ["50.00 EUR", "10.00 EUR"]
    assert (str(found.total), str(found.ceiling)) == ("66.00 USD", "82.50 USD")


def test_a_share_of_a_price_has_the_decimals_of_its_currency() -> None:
    found = recommended(TWO, category="delivery", failures=1, price="1234 JPY")
    assert str(found.offers[1].amount) == "247 JPY"


def test_an_amount_without_a_rate_is_not_counted_and_that_is_said() -> None:
    found = recommended(TWO, category="delivery", failures=1, price="50 CHF")
    assert [str(offer.amount) for offer in found.offers] == ["50.00 CHF", "10.00 CHF"]
    assert found.ceiling is None
    assert [warned.code for warned in found.warnings] == ["amount_without_rate"] * 2


def test_a_condition_about_money_compares_currencies_and_is_unknown_without_a_rate() -> None:
    dear = policy(rules('rule: dear, when: {price: "> 100 USD"}, offer: [{refund: 100% of price}]', LAST))
    assert recommended(dear, price="91 EUR").rule == "dear"
    assert recommended(dear, price="90 EUR").rule == "everybody"
    found = recommended(dear, price="500 CHF")
    assert found.looks[0].reasons == ("price > 100 USD: there is no rate to compare 500 CHF",)


@pytest.mark.parametrize(
    ("known", "conduct"),
    [
        ({"driver": "contact"}, True),
        ({"driver": "emotion"}, True),
        ({"driver": "execution", "category": "conduct"}, True),
        ({"driver": "execution", "conduct": True}, True),
        ({"driver": "execution", "category": "delivery"}, False),
        ({"driver": "execution"}, None),
        ({"driver": "core_offer", "conduct": True}, False),
        ({}, None),
    ],
)
def test_what_is_a_failure_of_conduct(known: dict[str, object], conduct: bool | None) -> None:
    assert is_conduct(known) is conduct  # type: ignore[arg-type]


@pytest.mark.parametrize("driver", ["contact", "emotion"])
def test_failures_of_conduct_are_not_mended_with_coupons_alone(driver: str) -> None:
    (warned,) = recommended(TWO, driver=driver, category="other").warnings
    assert warned.code == "conduct_compensation_only"
    assert "Gelbrich & Roschk" in warned.message


def test_at_stake_is_told_where_value_and_loss_are_known() -> None:
    stake = recommended(TWO, category="other", value="1000 USD", price="200 USD").at_stake
    assert stake is not None
    assert stake.at_stake == 810
    assert recommended(TWO, category="other", value="1000 USD").at_stake is None


def test_a_case_tells_what_a_policy_may_ask_and_nothing_of_another_kind() -> None:
    facts = {
        "problem.driver": "contact",
        "problem.category": ["not", "a", "word"],
        "loss.price": "80.00 USD",
        "loss.fault": "the dog",
        "loss.conduct": True,
    }
    found = known_of(Case("t", 1, "w", "b", "own", severity=3, failures=1, facts=facts), FACTS)
    assert found == {
        "driver": "contact",
        "severity": 3,
        "failures": 1,
        "price": Money(Decimal("80.00"), "USD"),
        "conduct": True,
    }


def test_the_shipped_policy_answers_every_driver_and_category_with_something() -> None:
    shipped = policy_of(ROOT)
    assert shipped is not None
    for driver in FACTS["driver"].choices:
        for category in ("delivery", "quality", "billing", "conduct", "other"):
            known = {"driver": driver, "category": category, "severity": 1, "failures": 0, "fault": "ours"}
            found = recommended(shipped, price="40 USD", claim="40 USD", **known)
            assert found.offers, known
            codes = {warned.code for warned in found.warnings}
            assert codes <= {"conduct_compensation_only"}, (known, found.warnings)
