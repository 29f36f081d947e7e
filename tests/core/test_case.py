"""The snapshot: only `apply` changes it, and folding the log gives it again."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from recovery.core.case import Case, Stamp, apply, opened
from recovery.core.changes import fold
from recovery.core.clocks.state import ClockState, Mark
from recovery.core.collaboration_state import CollaborationState
from recovery.core.coupon_state import CouponState
from recovery.core.empowerment.state import CompensationState, Hold
from recovery.core.promises import PromiseState
from recovery.core.stories.state import PraiseState, StoryState, UntoldState
from tests.core.builders import case_with

NOW = ("2026-11-20T08:00:00.000000Z", "2026-11-20T09:00:00.000000Z")
STAMP = Stamp(2, "agent:li", *NOW)


DUE = CompensationState(
    "refund",
    "refund@1",
    "40 USD",
    4000,
    "customer",
    "agent:li",
    "o",
    3,
    "due",
    (Hold("empowerment", "2026-11-30 person:li", "USD", 4000),),
    pay_within=0,
)


TOLD = StoryState("agent:bo", "o", 4, "It broke.", "Glad.", given=("1",))


def rich() -> Case:
    """A case in which every field says something of its own."""
    return Case(
        tenant="t",
        id=7,
        workflow="small",
        bundle="b",
        step="two",
        mode="history",
        external_id="x7",
        channel="mail",
        language="zh",
        subject="Order 17",
        customer={"name": "Ana"},
        severity=2,
        level=1,
        signal=True,
        failures=3,
        facts={"owner": "li"},
        said={"1 agent agent:li": ("o", "r", {"owner": "li"})},
        offered_to="bo",
        sent={"apology@1": "1.0"},
        awaiting={"1.0": ("apology", {})},
        inside=["1.1"],
        undelivered={"1.1": ("note", "bounced", {"told": True})},
        tasks={"1.1": ("undelivered", "note")},
        attachments={"ab": ("photo.jpg", "image/jpeg", 10)},
        coupons={"goodwill@1": CouponState("10 USD", "e", 1)},
        collaborations={"1": CollaborationState("pat", "to look", "w", "agent:li", "o")},
        promises={"1": PromiseState("to call", "w", "customer", "agent:li", "o", 3)},
        compensations={"1": DUE},
        stories={"1": TOLD},
        untold={"li": UntoldState("o", "w")},
        praise={"1": PraiseState("li", "Thank you.", True, "agent:bo", "o", 3)},
        clocks={"first": ClockState("running", "o", 1, 1, "1 day", "d")},
        due_at="d",
        marks={"message": Mark("o", 1, 1)},
        messages=4,
        merged_into=9,
        merged_from="one",
        absorbed=[5],
        quarantine="it broke",
        erased_at="e",
        received_at="r",
        opened_at="o",
        updated_at="u",
        closed_at="c",
        seq=11,
    )


def test_a_copy_says_the_same_and_can_be_changed_without_changing_the_case() -> None:
    case = rich()
    assert not [field.name for field in fields(Case) if getattr(case, field.name) in ("", 0, None, [], {})]
    copy = case.copy()
    assert copy == case
    apply(copy, ["facts", {"a": "x"}, "agent"], STAMP)
    apply(copy, ["forget", ["owner"]], STAMP)
    apply(copy, ["effect", "2.0", "note", "note", {}], STAMP)
    apply(copy, ["settled", "1.0", "bounced"], STAMP)
    apply(copy, ["attach", "cd", "bill.pdf", "application/pdf", 5], STAMP)
    apply(copy, ["coupon_ended", "goodwill@1", 1, "redeemed", None], STAMP)
    apply(copy, ["coupon", "goodwill@4", 1, "5 USD", "e", "2.0"], STAMP)
    apply(copy, ["absorb", 6], STAMP)
    apply(copy, ["move", "two", "closed", "why", True], STAMP)
    assert case == rich()


CHANGES: list[tuple[list[Any], dict[str, Any]]] = [
    (
        ["facts", {"a": "x", "b": 1}, "customer"],
        {
            "facts": {"owner": "li", "a": "x", "b": 1},
            "said": {**rich().said, "2 customer agent:li": (*NOW, {"a": "x", "b": 1})},
        },
    ),
    (
        ["facts", {"owner": "bo"}, "agent"],
        {"facts": {"owner": "bo"}, "said": {"2 agent agent:li": (*NOW, {"owner": "bo"})}},
    ),
    (
        ["fact", "owner", "bo", "agent", "agent:bo"],
        {"facts": {"owner": "bo"}, "said": {"2 agent agent:bo": (*NOW, {"owner": "bo"})}},
    ),
    (["forget", ["owner", "never known"]], {"facts": {}, "said": {}}),
    (["move", "two", "three", "why", False], {"step": "three", "closed_at": None}),
    (["move", "two", "closed", "why", True], {"step": "closed", "closed_at": STAMP.occurred_at}),
    (["set", "offered_to", None], {"offered_to": None}),
    (
        ["attach", "cd", "bill.pdf", "application/pdf", 5],
        {"attachments": {**rich().attachments, "cd": ("bill.pdf", "application/pdf", 5)}},
    ),
    (["set", "level", 2], {"level": 2}),
    (["story", "2", TOLD.row()], {"stories": {"1": TOLD, "2": TOLD}}),
    (
        ["untold", "bo", ["o", None, "a"]],
        {"untold": {**rich().untold, "bo": UntoldState("o", None, "a")}, "due_at": None},
    ),
    (["untold", "li", None], {"untold": {}, "due_at": None}),
    (
        ["praise", "2", ["bo", "Well done.", False, "agent:li", "o", 5, "5 USD"]],
        {
            "praise": {
                **rich().praise,
                "2": PraiseState("bo", "Well done.", False, "agent:li", "o", 5, "5 USD"),
            }
        },
    ),
    (["count", "failures"], {"failures": 4}),
    (
        ["effect", "2.0", "note", "note@4", {"told": True}],
        {
            "sent": {"apology@1": "1.0", "note@4": "2.0"},
            "awaiting": {"1.0": ("apology", {}), "2.0": ("note", {"told": True})},
        },
    ),
    (
        ["effect", "2.0", "note", "", {}],
        {"awaiting": {"1.0": ("apology", {}), "2.0": ("note", {})}},
    ),
    (["settled", "1.0", None], {"awaiting": {}}),
    (
        ["settled", "1.0", "no such mailbox"],
        {"awaiting": {}, "undelivered": {**rich().undelivered, "1.0": ("apology", "no such mailbox", {})}},
    ),
    (
        ["settled", "1.0", ""],
        {"awaiting": {}, "undelivered": {**rich().undelivered, "1.0": ("apology", "", {})}},
    ),
    (
        ["retry", "1.1"],
        {"awaiting": {"1.0": ("apology", {}), "1.1": ("note", {"told": True})}, "undelivered": {}},
    ),
    (["cancelled", "1.0"], {"awaiting": {}, "sent": {}}),
    (["cancelled", "1.1"], {"undelivered": {}}),
    (["task", "1.0", "phone", "apology"], {"tasks": {**rich().tasks, "1.0": ("phone", "apology")}}),
    (["done", "1.1"], {"tasks": {}}),
    (
        ["coupon", "goodwill@2", 1, "5 USD", "e", "2.0"],
        {"coupons": {**rich().coupons, "goodwill@2": CouponState("5 USD", "e", 1)}},
    ),
    (
        ["coupon_ended", "goodwill@1", 1, "redeemed", "order 7"],
        {"coupons": {"goodwill@1": CouponState("10 USD", "e", 1, "redeemed", "agent:li", NOW[1])}},
    ),
    (
        ["effect", "2.1", "note", "", {}, "owner"],
        {"awaiting": {**rich().awaiting, "2.1": ("note", {})}, "inside": ["1.1", "2.1"]},
    ),
    (
        ["clock", "first", ["paused", "o", 1, 1, "1 day"]],
        {"clocks": {"first": ClockState("paused", "o", 1, 1, "1 day")}, "due_at": None},
    ),
    (
        ["compensation", "2", DUE.row(), ["owed"]],
        {"compensations": {"1": DUE, "2": DUE}, "due_at": None},
    ),
    (["mark", "heard", 1], {"marks": {**rich().marks, "heard": Mark(NOW[0], 2, 1)}}),
    (["mark", "message"], {"marks": {"message": Mark(NOW[0], 2, 2)}}),
    (["absorb", 6], {"absorbed": [5, 6]}),
    (["release", 5], {"absorbed": []}),
]


@pytest.mark.parametrize(("change", "different"), CHANGES, ids=lambda part: str(part)[:40])
def test_each_kind_of_change_changes_its_own_fields_and_no_other(
    change: list[Any], different: dict[str, Any]
) -> None:
    case = rich()
    apply(case, change, STAMP)
    assert case == replace(rich(), **different)


def test_a_kind_of_change_nobody_knows_raises() -> None:
    with pytest.raises(KeyError):
        apply(rich(), ["unheard of"], STAMP)


def test_a_case_opens_with_its_header_and_both_times() -> None:
    case = opened("t", 3, "small", "b", {"step": "one", "severity": 2}, STAMP)
    assert (case.tenant, case.id, case.workflow, case.bundle) == ("t", 3, "small", "b")
    assert (case.step, case.severity, case.seq) == ("one", 2, 0)
    assert (case.received_at, case.opened_at) == (STAMP.occurred_at, STAMP.recorded_at)


RECORDS: list[dict[str, Any]] = [
    {
        "tenant": "t",
        "case": 3,
        "seq": 1,
        "by": "agent:li",
        "occurred_at": "08",
        "recorded_at": "09",
        "changes": [["open", "small", "b", {"step": "one"}], ["fact", "a", "x", "agent", "agent:li"]],
    },
    {
        "tenant": "t",
        "case": 3,
        "seq": 2,
        "by": "agent:li",
        "occurred_at": "10",
        "recorded_at": "11",
        "changes": [["move", "one", "closed", "done", True]],
    },
]


def test_folding_a_log_gives_the_case() -> None:
    case = fold(None, RECORDS)
    assert case is not None
    assert (case.step, case.seq, case.updated_at, case.closed_at) == ("closed", 2, "11", "10")
    assert case.facts == {"a": "x"}
    assert (case.received_at, case.opened_at) == ("08", "09")


def test_folding_goes_on_from_a_snapshot() -> None:
    assert fold(fold(None, RECORDS[:1]), RECORDS[1:]) == fold(None, RECORDS)


def test_an_event_that_changed_nothing_still_counts() -> None:
    still = {**RECORDS[1], "seq": 3, "recorded_at": "12", "changes": []}
    case = fold(None, [*RECORDS, still])
    assert case is not None
    assert (case.seq, case.updated_at) == (3, "12")


def test_an_empty_log_is_no_case() -> None:
    assert fold(None, []) is None
    assert fold(None, [{**RECORDS[0], "changes": []}]) is None


def test_a_log_that_does_not_begin_with_its_opening_is_a_fault() -> None:
    with pytest.raises(AssertionError, match="the first change of a log opens the case"):
        fold(None, RECORDS[1:])


def test_a_case_speaks_of_its_owner_its_cycle_and_its_facts() -> None:
    case = rich()
    assert (case.owner, case.cycle) == ("li", 4)
    fact = case.fact("owner")
    assert fact is not None
    assert (fact.value, fact.source, fact.by, fact.seq) == ("li", "agent", "agent:li", 1)
    empty = case_with()
    assert (empty.owner, empty.cycle, empty.fact("owner")) == (None, 1, None)


def test_a_case_begins_plain() -> None:
    case = Case("t", 1, "small", "b", "one")
    assert (case.mode, case.channel, case.language, case.severity) == ("live", "portal", "en", 1)
    assert (case.level, case.failures, case.messages, case.seq) == (0, 0, 0, 0)
    assert (case.received_at, case.opened_at, case.updated_at, case.closed_at) == ("", "", "", None)
