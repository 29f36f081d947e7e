"""Compensations, approvals and what runs out, as the core decides them; limits are told by hand here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recovery.core import events as ev
from recovery.core.empowerment import events as money
from recovery.core.empowerment.budgets import Budget
from recovery.core.empowerment.postings import postings
from recovery.core.empowerment.state import CompensationState, Hold, read_compensation, rows
from recovery.core.facts import FactType
from recovery.core.instants import to_text
from recovery.core.spec import Need
from tests.core.builders import START, Story, begun, sent_by, step, workflow

LEVELS = ("agent", "supervisor", "manager")
FACTS = {
    "approval.wanted": FactType("approval.wanted", "text"),
    "approval.cost": FactType("approval.cost", "money"),
}


def house(**more: Any) -> Story:
    budget = Budget(
        "daily",
        "USD",
        2,
        {"agent": 5000, "supervisor": 20000, "manager": 90000},
        ask="supervisor",
        ask_with=("please",),
        late_with="late",
    )
    small = workflow(
        step("one", Need("owner")), facts=FACTS, escalation=LEVELS, budgets={"daily": budget}, **more
    )
    return begun(small, customer={"name": "Ana", "address": "ana@example.org"})


def standing(units: int, used: int = 0, limit: int = 5000, of: str = "li") -> dict[str, Any]:
    account = {"account": f"2026-11-22 person:{of}", "currency": "USD"}
    return {"units": units, "holds": {"daily": {**account, "units": units, "limit": limit, "used": used}}}


def offered(story: Story, dollars: int = 40, **more: Any) -> str:
    """A refund that was offered; gives its number."""
    fields = {"kind": "refund", "amount": f"{dollars} USD", "standing": standing(dollars * 100), **more}
    story.do(money.CompensationOffered, **fields)
    return str(len(story.case.compensations))


def no(story: Story, event: type[ev.Event], **fields: Any) -> str:
    """The code of the refusal that an event meets."""
    return story.refuse(event, **fields).code


def ledger(story: Story) -> dict[str, int]:
    """What each account comes to; in every event, each currency sums to zero."""
    found: dict[str, int] = {}
    for record in story.log:
        sums: dict[str, int] = {}
        for change in record["changes"]:
            for line in postings(change) if change[0] == "compensation" else ():
                found[line.account] = found.get(line.account, 0) + line.units
                sums[line.currency] = sums.get(line.currency, 0) + line.units
        assert not any(sums.values()), record
    return {name: units for name, units in found.items() if units}


OF_LI = "daily 2026-11-22 person:li"


def test_what_is_offered_is_kept_then_owed_then_paid() -> None:
    story = house()
    number = offered(story, pay_within=2)
    assert ledger(story) == {f"used {OF_LI}": 4000, f"reserved {OF_LI}": -4000}
    story.do(money.CompensationAccepted, by="customer", compensation=number)
    assert story.case.compensations[number].status == "due"
    assert story.case.tasks == {"c1": ("payment", "refund 40 USD")}
    assert ledger(story)["owed"] == -4000
    story.do(money.CompensationFulfilled, by="agent:bo", compensation=number, receipt="T-1")
    assert ledger(story) == {
        f"used {OF_LI}": 4000,
        f"spent {OF_LI}": -4000,
        "cost refund": 4000,
        "paid": -4000,
    }
    assert story.case.tasks == {}
    assert story.case.due_at is None


def test_whoever_pays_tells_the_receipt_with_the_task() -> None:
    story = house()
    number = offered(story)
    story.do(money.CompensationAccepted, by="agent:li", compensation=number)
    assert no(story, ev.TaskDone, by="agent:bo", task="c1") == "no_receipt"
    story.do(ev.TaskDone, by="agent:bo", task="c1", note="T-9")
    assert story.case.compensations[number].receipt == "T-9"
    assert no(story, money.CompensationFulfilled, compensation=number, receipt="T") == "already_fulfilled"


def test_a_letter_costs_nothing_and_needs_no_receipt() -> None:
    story = house()
    story.do(money.CompensationOffered, kind="apology_letter", offer="by-hand")
    story.do(money.CompensationAccepted, by="customer", compensation="1")
    story.do(money.CompensationFulfilled, compensation="1")
    assert ledger(story) == {}
    assert rows(story.case.compensations)[0]["offer"] == "by-hand@1"


def test_a_spend_is_offered_taken_and_given_in_one() -> None:
    story = house()
    story.do(money.CompensationSpent, kind="gift", amount="5 USD", standing=standing(500), receipt="till 4")
    (one,) = story.case.compensations.values()
    assert (one.status, one.accepted_at, one.fulfilled_at) == (
        "fulfilled",
        to_text(START + timedelta(minutes=1)),
        one.accepted_at,
    )
    assert ledger(story)["paid"] == -500
    assert ledger(story).get("owed") is None


@pytest.mark.parametrize(
    ("used", "dollars", "status"),
    [(0, 50, "offered"), (1000, 40, "offered"), (1001, 40, "asked"), (0, 51, "asked")],
)
def test_a_limit_may_be_used_up_to_its_last_cent(used: int, dollars: int, status: str) -> None:
    story = house()
    offered(story, dollars, standing=standing(dollars * 100, used))
    assert story.case.compensations["1"].status == status


def test_above_a_limit_the_lowest_level_that_may_alone_is_asked() -> None:
    story = house()
    decision = story.do(
        money.CompensationOffered,
        kind="refund",
        amount="60 USD",
        note="They paid twice.",
        standing=standing(6000),
    )
    assert sent_by(decision) == ["please"]
    assert story.case.facts["approval.wanted"] == "refund 60 USD"
    assert story.case.facts["approval.cost"] == "60 USD"
    assert story.case.compensations["1"].asked_of == "supervisor"
    assert story.case.tasks == {"c1": ("approval", "refund 60 USD")}
    assert ledger(story) == {}
    story.do(money.CompensationOffered, kind="credit", amount="300 USD", standing=standing(30000))
    assert story.case.compensations["2"].asked_of == "manager"
    refusal = story.refuse(money.CompensationOffered, kind="gift", amount="901 USD", standing=standing(90100))
    assert refusal.code == "above_every_limit"
    assert no(story, ev.TaskDone, task="c1") == "approval_asked"


def test_an_approval_takes_of_the_limit_of_whoever_grants_it() -> None:
    story = house()
    offered(story, 60)
    too_much = standing(6000, 15000, 20000, "eva")
    assert (
        no(story, money.ApprovalGranted, by="supervisor:eva", compensation="1", standing=too_much)
        == "above_own_limit"
    )
    assert story.case.compensations["1"].status == "asked"
    story.now += timedelta(hours=1)
    decision = story.do(
        money.ApprovalGranted,
        by="supervisor:eva",
        compensation="1",
        standing=standing(6000, 14000, 20000, "eva"),
    )
    assert "after 1:0" in decision.why[0]
    assert story.case.compensations["1"].spent_by == "supervisor:eva"
    assert ledger(story) == {
        "used daily 2026-11-22 person:eva": 6000,
        "reserved daily 2026-11-22 person:eva": -6000,
    }


def test_a_spend_that_is_approved_is_due_and_then_given() -> None:
    story = house()
    story.do(money.CompensationSpent, kind="gift", amount="60 USD", standing=standing(6000))
    story.do(
        money.ApprovalGranted, by="manager:noor", compensation="1", standing=standing(6000, 0, 90000, "noor")
    )
    assert story.case.compensations["1"].status == "due"
    assert no(story, money.CompensationAccepted, by="customer", compensation="1") == "already_accepted"
    story.do(money.CompensationFulfilled, by="agent:li", compensation="1")
    assert ledger(story)["paid"] == -6000


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("agent:bo", "not_allowed"),
        ("supervisor:li", "own_approval"),
        ("supervisor:ana", "own_approval"),
        ("supervisor:Li", "own_approval"),
        ("supervisor: li ", "own_approval"),
        ("supervisor:ｌｉ", "own_approval"),
        ("supervisor", "no_name"),
    ],
)
def test_not_everybody_may_answer(by: str, code: str) -> None:
    story = house()
    offered(story, 60)
    fine = standing(6000, 0, 20000)
    assert no(story, money.ApprovalGranted, by=by, compensation="1", standing=fine) == code
    assert no(story, money.ApprovalRefused, by=by, compensation="1", reason="no") == code


def test_what_is_not_approved_has_ended_and_may_be_offered_again() -> None:
    story = house()
    offered(story, 60)
    assert no(story, money.ApprovalRefused, by="manager:noor", compensation="1", reason=" ") == "no_reason"
    story.do(money.ApprovalRefused, by="manager:noor", compensation="1", reason="Repair it first.")
    one = story.case.compensations["1"]
    assert (one.status, one.answered_by, one.note) == ("refused", "manager:noor", "Repair it first.")
    assert no(story, money.CompensationAccepted, by="customer", compensation="1") == "compensation_ended"
    assert no(story, money.ApprovalGranted, by="manager:noor", compensation="1") == "not_asked"
    assert offered(story, 40) == "2"


def test_a_delegate_answers_within_the_limit_of_who_handed_it_on() -> None:
    story = house()
    offered(story, 60)
    for to in ("li", "Ana", "LI ", "agent:li", " "):
        code = "wrong_value" if to == " " else "own_approval"
        assert no(story, money.ApprovalDelegated, by="supervisor:eva", compensation="1", to=to) == code
    story.do(money.ApprovalDelegated, by="supervisor:eva", compensation="1", to="agent:bo", reason="Away.")
    story.do(money.ApprovalGranted, by="agent:bo", compensation="1", standing=standing(6000, 0, 20000, "eva"))
    assert story.case.compensations["1"].spent_by == "supervisor:eva"


def test_an_approval_nobody_answers_goes_up_and_stops_at_the_top() -> None:
    story = house()
    offered(story, 60)
    for role in ("manager", "manager"):
        due_at = story.case.due_at
        if due_at is None:
            break
        story.now += timedelta(hours=4)
        decision = story.do(ev.TimerFired, by="engine", due_at=story.now)
        assert sent_by(decision) == ["please"]
        assert story.case.compensations["1"].asked_of == role
    assert story.case.due_at is None
    assert (
        no(story, money.ApprovalGranted, by="supervisor:eva", compensation="1", standing=standing(6000))
        == "not_allowed"
    )


def test_an_offer_ends_by_itself_and_what_it_kept_is_free() -> None:
    story = house()
    offered(story, expires_at=START + timedelta(hours=2))
    assert story.case.due_at == to_text(START + timedelta(hours=2))
    story.now = START + timedelta(hours=2)
    story.do(ev.TimerFired, by="engine", due_at=story.now)
    assert story.case.compensations["1"].status == "expired"
    assert ledger(story) == {}
    assert story.case.due_at is None
    assert no(story, money.CompensationAccepted, by="customer", compensation="1") == "offer_expired"
    assert (
        no(story, money.CompensationOffered, kind="gift", expires_at=START, standing=standing(1))
        == "in_the_past"
    )


def test_an_offer_stands_for_a_fortnight_where_nobody_says_how_long() -> None:
    story = house()
    offered(story)
    assert story.case.compensations["1"].expires_at == to_text(START + timedelta(days=14, minutes=1))


def test_a_payment_that_is_late_is_told_to_the_owner_once() -> None:
    story = house()
    offered(story, pay_within=0)
    story.do(money.CompensationAccepted, by="customer", compensation="1")
    due_at = story.case.compensations["1"].pay_by
    assert due_at == story.case.due_at == "2026-11-21T12:00:00.000000Z"
    story.now = START + timedelta(days=2)
    assert sent_by(story.do(ev.TimerFired, by="engine", due_at=story.now)) == ["late"]
    assert story.case.due_at is None
    assert story.case.compensations["1"].status == "due"
    assert (
        no(story, money.CompensationOffered, kind="gift", pay_within=9999, standing=standing(1))
        == "wrong_value"
    )


def test_what_is_set_aside_waits_and_what_was_due_then_happens() -> None:
    story = house()
    offered(story, expires_at=START + timedelta(hours=2))
    story.do(ev.CaseQuarantined, by="engine", reason="it broke")
    assert story.case.due_at is None
    story.do(ev.QuarantineLifted, by="supervisor:eva", reason="mended")
    assert story.case.due_at == to_text(START + timedelta(hours=2))


def test_what_was_accepted_is_owed_and_only_a_supervisor_takes_it_back() -> None:
    story = house()
    offered(story)
    assert no(story, money.CompensationRevoked, by="agent:bo", compensation="1", reason="x") == "not_allowed"
    story.do(money.CompensationAccepted, by="customer", compensation="1")
    assert no(story, money.CompensationRevoked, compensation="1", reason="x") == "not_allowed"
    assert no(story, money.CompensationRevoked, by="manager:n", compensation="1", reason=" ") == "no_reason"
    story.do(money.CompensationRevoked, by="supervisor:eva", compensation="1", reason="Fraud.")
    assert ledger(story) == {}
    assert story.case.tasks == {}
    assert (
        no(story, money.CompensationRevoked, by="manager:n", compensation="1", reason="x")
        == "compensation_ended"
    )
    assert no(story, money.CompensationFulfilled, compensation="1", receipt="T") == "not_due"


def test_a_customer_who_declines_leaves_nothing_behind() -> None:
    story = house()
    offered(story)
    story.do(money.CompensationDeclined, by="customer", compensation="1", reason="A repair, please.")
    assert ledger(story) == {}
    assert no(story, money.CompensationDeclined, by="customer", compensation="1") == "compensation_ended"
    assert no(story, money.CompensationAccepted, by="customer", compensation="2") == "no_such_compensation"


WRONG = {
    "by a customer": ({"by": "customer"}, "not_allowed"),
    "of no kind": ({"kind": "hug"}, "unknown_kind"),
    "a coupon, which has a code": ({"kind": "coupon"}, "unknown_kind"),
    "without an amount": ({"amount": None}, "wrong_value"),
    "of nothing": ({"amount": "0 USD"}, "wrong_value"),
    "of less than nothing": ({"amount": "-5 USD", "standing": standing(-500)}, "wrong_value"),
    "of no amount": ({"amount": "forty"}, "wrong_value"),
    "to nobody": ({"to": " "}, "wrong_value"),
    "to oneself": ({"to": "Li"}, "pays_themselves"),
    "to oneself, oddly spaced": ({"to": " li "}, "pays_themselves"),
    "to oneself, with a role": ({"to": "agent:li"}, "pays_themselves"),
    "past the engine": ({"standing": {}}, "no_standing"),
}


@pytest.mark.parametrize(("fields", "code"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_given_is_refused(fields: dict[str, Any], code: str) -> None:
    story = house()
    sound = {"kind": "refund", "amount": "40 USD", "standing": standing(4000)}
    assert no(story, money.CompensationOffered, **{**sound, **fields}) == code
    assert story.case.compensations == {}


def test_an_approval_that_came_past_the_engine_is_refused() -> None:
    story = house()
    offered(story, 60)
    assert no(story, money.ApprovalGranted, by="supervisor:eva", compensation="1") == "no_standing"


def test_nothing_is_given_in_a_case_that_is_history_or_goes_on_elsewhere() -> None:
    story = house()
    story.do(ev.CaseMerged, into=9)
    sound = {"kind": "refund", "amount": "40 USD", "standing": standing(4000)}
    assert no(story, money.CompensationOffered, **sound) == "merged"
    past = begun(house().workflow, mode="history")
    assert no(past, money.CompensationSpent, **sound) == "history"


def test_a_new_cycle_may_be_offered_the_same_again() -> None:
    story = house()
    offered(story)
    assert (
        no(story, money.CompensationOffered, kind="refund", amount="40 USD", standing=standing(4000))
        == "already_offered"
    )
    assert offered(story, kind="credit") == "2"


def test_a_row_reads_back_as_it_was() -> None:
    for state in (
        CompensationState("gift", "gift@1", None, 0, "customer", "agent:li", "a", 2, "offered"),
        CompensationState(
            "refund",
            "refund@1",
            "1 USD",
            100,
            "customer",
            "agent:li",
            "a",
            2,
            "due",
            (Hold("daily", "x", "USD", 100),),
            pay_within=0,
        ),
    ):
        assert read_compensation(state.row()) == state
