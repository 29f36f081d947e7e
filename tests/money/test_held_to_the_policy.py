"""What is offered and spent is held to the project's compensation policy (domain.md §1, §4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.empowerment.state import CompensationState
from recovery.core.errors import EventRefused, RecoveryError, Refusal
from recovery.engine import Engine
from recovery.project import Project
from recovery.standing import Limits
from tests.money.policies import policy, rules
from tests.support import case_of, clock, engine, folded, project, verified

__all__ = ["clock", "engine", "project"]

POLICY = (
    "value_raises_ceiling: [{from: 2000 USD, by: 50%}]\n"
    "facts: {days_late: {type: integer, from: retold}}\n"
    "tariffs:\n"
    "  late: {law: A law, source: A law, per_day: 100 USD, days: days_late}\n"
    + rules(
        "rule: owed, when: {category: booking}, offer: [{payment: tariff late}], ceiling: 20 USD",
        "rule: late, when: {category: delivery}, offer: [{refund: 100% of price}], ceiling: 120% of price",
        "rule: credited, when: {category: billing}, offer: [{credit: 5 USD, pay_within: 4 days}]",
        "rule: all, when: {}, offer: [{coupon: 10 USD, expires: 60 days}], ceiling: 25 USD",
    )
)


@pytest.fixture
def held(engine: Engine) -> Iterator[Engine]:
    """An engine with this policy; its log is sound at the end."""
    made = policy(POLICY)
    engine.limits = Limits(rates=engine.limits.rates, policy=lambda: made)
    yield engine
    assert verified(engine).ok


def knowing(engine: Engine, **facts: Any) -> int:
    """A case that knows these facts (`__` is a dot)."""
    case = engine.open_case("It broke.", customer={"name": "Ana"}).case
    given = {name.replace("__", "."): value for name, value in facts.items()}
    engine.record(case, given, by="agent:li")
    return case


def late(engine: Engine, **more: Any) -> int:
    """A case whose rule is `late`, with a price of 100 dollars."""
    return knowing(engine, problem__category="delivery", loss__price="100 USD", **more)


def refusal(work: Any, *args: Any, **more: Any) -> Refusal:
    with pytest.raises(EventRefused) as caught:
        work(*args, by="agent:li", **more)
    return caught.value.refusal


def last(engine: Engine, case: int) -> CompensationState:
    return [*case_of(engine, case).compensations.values()][-1]


@pytest.mark.parametrize("driver", ["core_offer", "support_systems", "execution"])
def test_gestures_alone_are_refused_for_the_lower_three_drivers(held: Engine, driver: str) -> None:
    case = late(held, problem__driver=driver)
    for work in (held.offer_compensation, held.spend):
        found = refusal(work, case, "gift", "5 USD")
        assert found.code == "gesture_only"
        assert found.message.startswith(f"A failure of {driver} is not put right by words and gifts alone")
        assert "a refund" in found.hint
    held.offer_compensation(case, "refund", "100 USD", by="agent:li")
    held.offer_compensation(case, "gift", "5 USD", by="agent:li")
    assert last(held, case).status == "offered"


def test_a_gesture_is_enough_where_conduct_failed_or_something_else_puts_it_right(held: Engine) -> None:
    for facts in (
        {"problem__driver": "emotion"},
        {"problem__driver": "execution", "resolution__kind": "redo"},
    ):
        case = late(held, **facts)
        held.spend(case, "gift", "5 USD", by="agent:li")
        assert last(held, case).status == "fulfilled"


def test_what_makes_a_wait_comfortable_is_no_remedy_and_always_allowed(held: Engine) -> None:
    case = late(held, problem__driver="execution")
    held.spend(case, "comfort_gesture", "30 USD", by="agent:li")
    assert last(held, case).status == "fulfilled"
    found = refusal(held.offer_compensation, case, "comfort_gesture", "3 USD", offer="flowers")
    assert found.code == "gesture_only"


def test_refunds_are_whole_and_at_once_unless_a_reason_says_otherwise(held: Engine) -> None:
    case = late(held)
    assert refusal(held.offer_compensation, case, "refund", "60 USD").code == "part_refund"
    found = refusal(held.offer_compensation, case, "refund", "100 USD", pay_within=3)
    assert (found.code, found.hint) == ("not_at_once", "Leave the days out, or say why it takes them.")
    reason = "They kept one of the two."
    held.offer_compensation(case, "refund", "60 USD", by="agent:li", because=reason)
    assert (last(held, case).status, last(held, case).note) == ("offered", reason)
    held.offer_compensation(case, "refund", "40 USD", by="agent:li", offer="rest")
    assert last(held, case).status == "offered"
    assert held.store.log(held.tenant, case)[-2].event["because"] == reason


def test_a_refund_is_due_at_once_and_what_the_policy_gives_days_in_those(held: Engine) -> None:
    case = late(held)
    held.offer_compensation(case, "refund", "100 USD", by="agent:li")
    held.accept_compensation(case, "1")
    assert last(held, case).pay_by == "2026-11-21T12:00:00.000000Z"
    case = knowing(held, problem__category="billing")
    held.offer_compensation(case, "credit", "5 USD", by="agent:li")
    assert last(held, case).pay_within == 4


def test_a_claim_smaller_than_the_cost_of_disputing_it_is_settled_at_once(held: Engine) -> None:
    case = late(held, loss__claim="8 USD")
    for kind, amount, because in (("credit", "5 USD", None), ("refund", "4 USD", "as agreed")):
        found = refusal(held.offer_compensation, case, kind, amount, because=because)
        assert (found.code, found.hint) == ("small_claim", "Refund 8 USD.")
    held.offer_compensation(case, "refund", "8 USD", by="agent:li")
    held.offer_compensation(case, "credit", "5 USD", by="agent:li")
    assert [one.status for one in case_of(held, case).compensations.values()] == ["offered", "offered"]


def test_above_the_ceiling_a_supervisor_is_asked_and_supervisors_say_why(held: Engine) -> None:
    case = late(held)
    held.offer_compensation(case, "refund", "100 USD", by="agent:li")
    told = held.offer_compensation(case, "credit", "21 USD", by="agent:li")
    assert last(held, case).status == "asked"
    assert "is above what the policy allows (121" in told.why[0]
    held.approve(case, "2", by="supervisor:eva")
    assert last(held, case).status == "offered"
    with pytest.raises(EventRefused) as caught:
        held.spend(case, "free_item", "1 USD", by="supervisor:eva")
    assert caught.value.refusal.code == "above_ceiling"
    held.spend(case, "free_item", "1 USD", by="supervisor:eva", because="They waited three weeks.")
    assert last(held, case).status == "fulfilled"


def test_value_raises_the_ceiling_and_never_lowers_the_base(held: Engine) -> None:
    case = late(held, customer__value="2500 USD")
    held.offer_compensation(case, "refund", "100 USD", by="agent:li")
    held.offer_compensation(case, "credit", "80 USD", by="agent:li")
    assert last(held, case).status == "offered"
    poor = late(held, customer__value="1 USD")
    held.offer_compensation(poor, "refund", "100 USD", by="agent:li")
    assert last(held, poor).status == "offered"


def test_while_a_rule_is_undecided_its_ceiling_restricts_nobody(held: Engine) -> None:
    case = knowing(held, loss__price="10 USD")
    held.offer_compensation(case, "refund", "400 USD", by="agent:li")
    assert last(held, case).status == "offered"


def test_what_a_law_fixes_is_limited_by_no_ceiling(held: Engine) -> None:
    case = knowing(held, problem__category="booking", retold=3)
    held.offer_compensation(case, "payment", "300 USD", by="agent:li")
    assert last(held, case).status == "offered"
    held.offer_compensation(case, "payment", "250 USD", by="agent:li", offer="more")
    assert last(held, case).status == "asked"


def test_cost_includes_the_agents_time(held: Engine) -> None:
    case = late(held)
    held.offer_compensation(case, "refund", "100 USD", by="agent:li", hours="2")
    assert last(held, case).time_cost == "20.00 USD"
    assert refusal(held.spend, case, "gift", "1 USD", hours="many").code == "wrong_value"


def test_what_was_given_in_an_earlier_cycle_counts_no_more(held: Engine) -> None:
    from tests.money.test_any_order import force

    case = late(held, owner="li")
    held.offer_compensation(case, "refund", "100 USD", by="agent:li")
    force(case, held, "closed", key="1")
    held.do(case, "reopen", by="agent:li")
    held.offer_compensation(case, "refund", "100 USD", by="agent:li")
    assert last(held, case).status == "offered"


def test_a_caller_cannot_say_what_the_policy_says(held: Engine, clock: ManualClock) -> None:
    from recovery.core.empowerment import events as money

    case = late(held, problem__driver="execution")
    event = money.CompensationOffered(
        by="agent:li", occurred_at=clock.now(), kind="gift", amount="5 USD", policy={"rule": "mine"}
    )
    with pytest.raises(EventRefused):
        held.handle(event, case)


def test_a_policy_that_cannot_be_read_is_said(engine: Engine) -> None:
    def broken() -> Any:
        raise RecoveryError("line 3 is wrong")

    engine.limits = Limits(rates=engine.limits.rates, policy=broken)
    case = late(engine)
    assert refusal(engine.spend, case, "gift", "5 USD").code == "no_policy"


def test_the_policy_of_the_project_is_that_of_its_engine(engine: Engine, project: Project) -> None:
    case = late(engine, problem__driver="execution")
    assert refusal(engine.offer_compensation, case, "apology_letter").code == "gesture_only"
    assert folded(engine, case) == case_of(engine, case)


def test_return_postage_at_the_customers_cost_needs_a_reason_with_a_policy_or_without(
    engine: Engine, held: Engine
) -> None:
    for policy_of in (held.limits.policy, lambda: None):
        engine.limits = Limits(rates=engine.limits.rates, policy=policy_of)
        case = late(engine)
        wants = {"postage": "customer", "because": " "}
        assert (
            refusal(engine.offer_compensation, case, "refund", "100 USD", **wants).code
            == "postage_at_customer"
        )
        for kind, postage in (("refund", "theirs"), ("gift", "customer"), ("refund", "")):
            wants = {"postage": postage, "because": "They pass by."}
            assert refusal(engine.offer_compensation, case, kind, "9 USD", **wants).code == "wrong_value"
        done = engine.offer_compensation(
            case, "refund", "100 USD", by="agent:li", postage="customer", because="They pass by on Friday."
        )
        assert "the customer pays for sending the goods back" in done.why
        assert last(engine, case).note == "They pass by on Friday."
