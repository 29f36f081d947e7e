"""Merging two cases that are one trouble, and undoing it."""

from __future__ import annotations

import pytest

from recovery.core.decision import Decision
from recovery.core.events import (
    CaseAbsorbed,
    CaseMerged,
    CaseQuarantined,
    CaseReleased,
    FactsRecorded,
    HandOffOffered,
    MergeUndone,
)
from recovery.core.spec import Need, Send
from tests.core.builders import Story, begun, step, texts, workflow

SMALL = workflow(
    step("one", Need("owner")), step("two", Need("a"), on_enter=[Send("in-2")]), facts=texts("a", "b")
)


def owned(id: int) -> Story:
    story = Story(SMALL, id)
    story.open(facts={"owner": "li"})
    return story


def carried_out(decision: Decision, other: Story) -> Decision:
    """What a decision brings about in another case."""
    ((id, event),) = decision.also
    assert id == other.id
    answer = other.handle(event)
    assert isinstance(answer, Decision), answer
    return answer


def test_a_merged_case_rests_and_the_other_knows_of_it() -> None:
    one, two = owned(1), owned(2)
    merged = one.do(CaseMerged, into=2)
    assert merged.changes == [
        ["set", "merged_from", "two"],
        ["set", "merged_into", 2],
        ["move", "two", "merged", "merged into case 2", True],
    ]
    assert (one.case.step, one.case.merged_into, one.case.merged_from) == ("merged", 2, "two")
    assert merged.also == ((2, CaseAbsorbed(by="agent:li", occurred_at=merged.event.occurred_at, other=1)),)
    absorbed = carried_out(merged, two)
    assert absorbed.changes == [["absorb", 1]]
    assert absorbed.why == ["case 1 goes on here"]
    assert two.case.absorbed == [1]


def test_undoing_a_merge_puts_both_cases_where_they_stood() -> None:
    one, two = owned(1), owned(2)
    carried_out(one.do(CaseMerged, into=2), two)
    undone = one.do(MergeUndone)
    assert (one.case.step, one.case.merged_into, one.case.merged_from) == ("two", None, None)
    assert one.case.closed_at is None
    assert undone.effects == []
    assert undone.why == ["merged → two: merge into case 2 undone"]
    released = carried_out(undone, two)
    assert released.changes == [["release", 1]]
    assert released.why == ["case 1 goes on by itself"]
    assert two.case.absorbed == []
    carried_out(one.do(CaseMerged, into=2), two)
    assert two.case.absorbed == [1]


def test_a_fact_for_a_merged_case_belongs_where_the_case_goes_on() -> None:
    one = owned(1)
    one.do(CaseMerged, into=2)
    refusal = one.refuse(FactsRecorded, facts={"a": "x"})
    assert (refusal.code, refusal.message) == ("merged", "The case goes on in case 2.")
    assert refusal.hint == "Record it in case 2."


@pytest.mark.parametrize("by", ["customer", "customer:ana"])
def test_a_customer_does_not_merge_cases(by: str) -> None:
    refusal = owned(1).refuse(CaseMerged, into=2, by=by)
    assert (refusal.code, refusal.message) == ("not_allowed", f"{by} may not merge cases.")
    assert refusal.hint == "An agent may."


def test_a_hand_off_under_way_ends_with_the_merge() -> None:
    one = owned(1)
    one.do(HandOffOffered, to="bo")
    assert one.do(CaseMerged, into=2).case.offered_to is None


@pytest.mark.parametrize("id", [1, 40_432])
def test_a_case_is_not_merged_into_itself(id: int) -> None:
    refusal = owned(id).refuse(CaseMerged, into=int(str(id)))
    assert (refusal.code, refusal.message) == ("same_case", "A case cannot be merged into itself.")


def test_only_an_open_case_is_merged() -> None:
    one = owned(1)
    one.do(CaseMerged, into=2)
    refusal = one.refuse(CaseMerged, into=3)
    assert refusal.code == "case_ended"
    assert refusal.message == "The case is merged; only an open case can be merged."


def test_a_workflow_without_the_end_cannot_merge() -> None:
    story = begun(workflow(step("one", Need("a")), facts=texts("a"), ends=("closed",)))
    refusal = story.refuse(CaseMerged, into=2)
    assert (refusal.code, refusal.fault) == ("cannot_merge", "workflow")
    assert refusal.message == "Workflow small has no end `merged`."


def test_a_case_in_quarantine_is_not_merged() -> None:
    one = owned(1)
    one.do(CaseQuarantined, by="engine", reason="it broke")
    assert one.refuse(CaseMerged, into=2).code == "quarantined"


def test_a_merged_case_absorbs_no_other_and_says_which_case_to_name() -> None:
    one = owned(1)
    one.do(CaseMerged, into=2)
    refusal = one.refuse(CaseAbsorbed, other=3)
    assert refusal.code == "case_ended"
    assert refusal.message == "Case 1 was itself merged into case 2."
    assert refusal.hint == "Merge into case 2."


def test_no_trouble_is_merged_into_a_case_that_has_ended_and_so_lost() -> None:
    one = owned(1)
    one.record({"a": "x"})
    refusal = one.refuse(CaseAbsorbed, other=3)
    assert (refusal.code, refusal.message) == ("case_ended", "Case 1 is closed; nothing goes on there.")
    assert refusal.hint == "Reopen it first."


def test_the_younger_case_may_go_on_in_the_older_one() -> None:
    assert owned(3).do(CaseMerged, into=1).case.merged_into == 1


def test_a_merge_that_never_was_is_not_undone() -> None:
    refusal = owned(1).refuse(MergeUndone)
    assert (refusal.code, refusal.message) == ("not_merged", "The case is not merged.")


def test_a_case_that_was_not_absorbed_is_not_released() -> None:
    refusal = owned(1).refuse(CaseReleased, other=3)
    assert refusal.code == "not_absorbed"
    assert refusal.message == "Case 3 was not merged into case 1."


def test_several_cases_may_be_absorbed_and_one_released() -> None:
    one = owned(1)
    for other in (2, 3, 4):
        one.do(CaseAbsorbed, other=other)
    assert one.do(CaseReleased, other=3).case.absorbed == [2, 4]


def test_a_passed_step_keeps_its_facts_while_the_case_is_merged() -> None:
    picky = workflow(step("one", Need("b", "is", "x")), step("two", Need("a")), facts=texts("a", "b"))
    story = begun(picky, facts={"b": "x"})
    story.do(CaseMerged, into=2)
    assert story.refuse(FactsRecorded, facts={"b": "y"}).code == "merged"
