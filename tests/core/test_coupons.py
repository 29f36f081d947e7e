"""Coupons: one for each offer and cycle, used once, replaced when lost, and never beyond their day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recovery.core.coupon_state import CouponState
from recovery.core.decision import Decision, Draw
from recovery.core.events import (
    CaseMerged,
    CaseQuarantined,
    CouponOffered,
    CouponRedeemed,
    CouponReissued,
    CouponRevoked,
    EffectCancelled,
    EffectDelivered,
)
from recovery.core.facts import FactType
from recovery.core.money import Money, read_money
from recovery.core.spec import CountFailure, Coupon, Need, Send, Workflow
from tests.core.builders import Story, begun, sent_by, step, texts, transition, workflow

GOODWILL = Coupon("goodwill", "10 USD", 60)
NOTE = Send("coupon-note", {"goodwill.sent": True}, coupon=GOODWILL)
FACTS = texts("a") | {"goodwill.sent": FactType("goodwill.sent", "boolean", said_by=frozenset({"engine"}))}
STANDING = {
    "units": 2500,
    "holds": {
        "empowerment": {
            "account": "2026-11-22 person:li",
            "currency": "USD",
            "units": 2500,
            "limit": 200_000,
            "used": 0,
        }
    },
}
"""How things stand with the limit of whoever offers a coupon by hand."""

GIVEN = CouponState("10 USD", "2027-01-20T12:00:00.000000Z", 1)


def giving(note: Send = NOTE) -> Workflow:
    """A workflow with one offer, made whenever `give` is asked for."""
    return workflow(
        step("one", Need("a"), Need("goodwill.sent", "is", True)),
        step("two", Need("a", "is", "b")),
        facts=FACTS,
        transitions=[
            transition("give", "one two", "same", then=[note]),
            transition("fail", "one two", "one", then=[CountFailure()], forget=("goodwill.sent", "a")),
        ],
    )


def given(note: Send = NOTE, **fields: Any) -> Story:
    """A story whose customer has just been offered ten dollars."""
    story = begun(giving(note), **fields)
    story.ask("give")
    return story


# --- money --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["12.50 USD", "0.005 KWD", "-3 EUR", "999999999999999.9999 JPY"])
def test_an_amount_is_exact(text: str) -> None:
    read = read_money(text)
    assert f"{read.amount} {read.currency}" == text


@pytest.mark.parametrize("text", ["12.50", "USD 5", "5 usd", "1e3 USD", "５ USD", "5  USD", "5 USD\n", ""])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r'"12\.50 USD"'):
        read_money(text)


def test_amounts_add_up_without_rounding() -> None:
    assert sum(read_money("0.10 USD").amount for _ in range(3)) == Money(*read_money("0.30 USD")).amount


# --- offering -----------------------------------------------------------------------------------------------


def test_a_rule_offers_a_coupon_with_its_message() -> None:
    story = given()
    decision = story.decisions[-1]
    assert sent_by(decision) == ["coupon-note"]
    assert decision.draws == (Draw("goodwill@1", 1, "10 USD", GIVEN.expires_at, "2.0"),)
    assert decision.effects[0].context["coupon"] == {
        "value": "10 USD",
        "good_until": "2027-01-19",
        "replaces": False,
    }
    assert story.case.coupons == {"goodwill@1": GIVEN}


def test_the_core_never_sees_a_code() -> None:
    decision = given().decisions[-1]
    assert "code" not in decision.effects[0].context["coupon"]


@pytest.mark.parametrize("once", ["cycle", "case", "always"])
def test_the_same_case_never_pays_the_same_offer_twice_whatever_is_retried(once: Any) -> None:
    story = given(Send("coupon-note", coupon=GOODWILL, once=once))
    again = story.ask("give")
    assert (again.effects, again.draws) == ([], ())
    assert story.case.coupons == {"goodwill@1": GIVEN}


def test_an_offer_by_hand_and_one_by_rule_are_the_same_offer() -> None:
    story = given()
    refused = story.refuse(CouponOffered, offer="goodwill", value="25 USD", expires_after_days=30)
    assert refused.code == "already_offered"
    assert "10 USD, good until 2027-01-19" in refused.message
    other = begun(giving())
    other.do(
        CouponOffered,
        offer="goodwill",
        value="25 USD",
        expires_after_days=30,
        note="a long wait",
        standing=STANDING,
    )
    assert "because: a long wait" in other.decisions[-1].why
    assert other.ask("give").draws == ()
    assert other.case.coupons["goodwill@1"].value == "25 USD"


def test_a_new_cycle_may_make_the_offer_again() -> None:
    story = given()
    story.ask("fail")
    assert [draw.offer for draw in story.ask("give").draws] == ["goodwill@2"]
    assert list(story.case.coupons) == ["goodwill@1", "goodwill@2"]


def test_a_cancelled_letter_does_not_let_the_offer_be_made_twice() -> None:
    story = given()
    story.do(EffectCancelled, effect="2.0", reason="the wrong case")
    assert story.ask("give").draws == ()
    decision = story.do(CouponReissued, offer="goodwill", reason="the letter was cancelled")
    assert [(draw.serial, draw.effect) for draw in decision.draws] == [(2, "5.0")]


def test_a_case_of_the_past_gets_no_coupon() -> None:
    story = given(mode="history")
    assert story.decisions[-1].draws == ()
    assert story.case.coupons == {}
    assert (
        story.refuse(CouponOffered, offer="goodwill", value="1 USD", expires_after_days=1).code == "history"
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"offer": "gift"}, "unknown_offer"),
        ({"offer": "goodwill@1"}, "unknown_offer"),
        ({"value": "10"}, "wrong_value"),
        ({"value": "0 USD"}, "wrong_value"),
        ({"value": "-1 USD"}, "wrong_value"),
        ({"value": 10}, "wrong_field"),
        ({"expires_after_days": 0}, "wrong_value"),
        ({"expires_after_days": 4_000}, "wrong_value"),
        ({"by": "customer"}, "not_allowed"),
    ],
)
def test_an_offer_that_cannot_be_made_is_refused(fields: dict[str, Any], code: str) -> None:
    story = begun(giving())
    said = {"offer": "goodwill", "value": "10 USD", "expires_after_days": 60, **fields}
    assert story.refuse(CouponOffered, **said).code == code


def test_a_case_that_is_set_aside_or_goes_on_elsewhere_gets_no_coupon_but_redeems_the_one_it_has() -> None:
    story = given()
    story.do(CaseQuarantined, by="engine", reason="a bug")
    assert story.refuse(CouponReissued, offer="goodwill", reason="lost").code == "quarantined"
    story.do(CouponRedeemed, by="customer", offer="goodwill@1", serial=1)
    merged = given()
    merged.do(CaseMerged, into=2)
    assert merged.refuse(CouponReissued, offer="goodwill", reason="lost").code == "merged"
    merged.do(CouponRedeemed, by="customer", offer="goodwill@1", serial=1)


# --- redeeming ----------------------------------------------------------------------------------------------


def test_a_coupon_is_redeemed_once_and_the_second_time_hears_by_whom_and_when() -> None:
    story = given()
    story.do(CouponRedeemed, by="agent:till", offer="goodwill@1", serial=1, reference="order 7")
    assert story.decisions[-1].why == ["goodwill@1 redeemed: 10 USD (order 7)"]
    refused = story.refuse(CouponRedeemed, by="customer", offer="goodwill@1", serial=1)
    assert refused.code == "coupon_redeemed"
    assert "agent:till" in refused.message
    assert story.log[-1]["recorded_at"] in refused.message


@pytest.mark.parametrize(("late", "accepted"), [(timedelta(0), False), (timedelta(microseconds=1), True)])
def test_a_coupon_is_good_to_the_end_of_its_last_day_everywhere(late: timedelta, accepted: bool) -> None:
    story = given()
    story.now = story.now.replace(month=1, year=2027, day=20, hour=12, minute=0) - late
    if accepted:
        story.do(CouponRedeemed, by="customer", offer="goodwill@1", serial=1)
    else:
        refused = story.refuse(CouponRedeemed, by="customer", offer="goodwill@1", serial=1)
        assert (refused.code, refused.message) == (
            "coupon_expired",
            "goodwill@1 was good until 2027-01-19.",
        )


# --- lost codes ---------------------------------------------------------------------------------------------


def test_a_lost_code_is_revoked_and_reissued_never_duplicated() -> None:
    story = given()
    decision = story.do(CouponReissued, offer="goodwill", reason="the mail was deleted")
    assert decision.draws == (Draw("goodwill@1", 2, "10 USD", GIVEN.expires_at, "3.0"),)
    assert sent_by(decision) == ["coupon-note"]
    assert decision.effects[0].context["coupon"]["replaces"] is True
    ended = [change for change in decision.changes if change[0] == "coupon_ended"]
    assert ended == [["coupon_ended", "goodwill@1", 1, "revoked", "the mail was deleted"]]
    refused = story.refuse(CouponRedeemed, by="customer", offer="goodwill@1", serial=1)
    assert refused.code == "coupon_replaced"
    story.do(CouponRedeemed, by="customer", offer="goodwill@1", serial=2)


def test_a_retry_that_names_the_lost_serial_replaces_nothing_twice() -> None:
    story = given()
    story.do(CouponReissued, offer="goodwill@1", reason="lost", serial=1)
    assert story.refuse(CouponReissued, offer="goodwill@1", reason="lost", serial=1).code == "coupon_replaced"


def test_a_revoked_coupon_may_be_reissued_and_a_redeemed_or_expired_one_may_not() -> None:
    story = given()
    story.do(CouponRevoked, offer="goodwill", reason="sent to the wrong person")
    assert story.refuse(CouponRedeemed, by="customer", offer="goodwill@1", serial=1).code == "coupon_revoked"
    assert story.refuse(CouponRevoked, offer="goodwill", reason="again").code == "coupon_revoked"
    decision = story.do(CouponReissued, offer="goodwill", reason="the right person now")
    assert not [change for change in decision.changes if change[0] == "coupon_ended"]
    story.do(CouponRedeemed, by="customer", offer="goodwill@1", serial=2)
    assert story.refuse(CouponReissued, offer="goodwill", reason="lost").code == "coupon_redeemed"
    assert story.refuse(CouponRevoked, offer="goodwill", reason="too late").code == "coupon_redeemed"
    late = given()
    late.now += timedelta(days=90)
    assert late.refuse(CouponReissued, offer="goodwill", reason="lost").code == "coupon_expired"


@pytest.mark.parametrize("kind", [CouponRevoked, CouponReissued])
def test_taking_back_needs_a_reason_a_coupon_and_somebody_of_the_house(kind: Any) -> None:
    story = given()
    assert story.refuse(kind, offer="goodwill", reason=" ").code == "no_reason"
    assert story.refuse(kind, offer="gift", reason="lost").code == "not_offered"
    assert story.refuse(kind, offer="goodwill", reason="lost", by="customer").code == "not_allowed"
    assert story.refuse(kind, offer="goodwill", reason="lost", serial="1").code == "wrong_field"


def test_a_reissued_letter_puts_on_record_what_the_offer_of_this_cycle_does() -> None:
    story = given()
    story.do(CouponReissued, offer="goodwill", reason="lost")
    story.do(EffectDelivered, by="engine", effect="3.0")
    assert "goodwill.sent" in story.case.facts
    later = given()
    later.ask("fail")
    decision = later.do(CouponReissued, offer="goodwill", reason="lost")
    assert isinstance(decision, Decision)
    assert later.case.awaiting[decision.draws[0].effect] == ("coupon-note", {})


def test_an_offer_without_its_cycle_is_that_of_the_latest_one() -> None:
    story = given()
    story.ask("fail")
    story.ask("give")
    story.do(CouponRevoked, offer="goodwill", reason="too much")
    assert [state.status for state in story.case.coupons.values()] == ["issued", "revoked"]
