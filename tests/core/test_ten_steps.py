"""The ten steps: one case told from beginning to end, and any order of events around it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.core import events as ev
from recovery.core.decision import Decision
from tests.core.builders import Story, begun, moves_of, sent_by
from tests.core.invariants import check
from tests.core.random_workflows import examples
from tests.core.strategies import SENSIBLE, STREAMS, Planned
from tests.core.ten_steps import STEPS, TEN_STEPS

KNOWN: dict[str, dict[str, Any]] = {
    "identify": {"problem.restated": "Late.", "problem.category": "delivery", "problem.driver": "execution"},
    "clarify": {
        "expectation.wanted": "My money.",
        "expectation.feasible": "fully",
        "expectation.reasonable": True,
    },
    "own": {"owner": "li", "policy.refs": ["returns 3"]},
    "reassure": {"promise.next_contact": "2026-11-23T15:00:00Z"},
    "stay_objective": {"emotion.level": 2, "emotion.heard": True},
    "resolve": {"resolution.kind": "refund", "resolution.done_at": "2026-11-23T14:00:00Z"},
    "follow_up": {"goodwill.waived": "They asked for nothing more."},
    "big_picture": {"recurrence.checked": True},
    "root_cause": {"recovery_cause": "none"},
}
FROM_THE_CUSTOMER: dict[str, dict[str, Any]] = {
    "identify": {"problem.confirmed": True},
    "resolve": {"resolution.accepted": True},
    "follow_up": {"followup.satisfaction": 5},
}


def work(story: Story, **instead: Any) -> None:
    """Do what the present step asks for; `instead` gives the customer's answers."""
    step = story.case.step
    if step == "stay_positive":
        story.do(ev.EffectDelivered, by="engine", effect=story.case.sent[f"apology@{story.case.cycle}"])
        return
    for facts, source in ((KNOWN[step], "agent"), (instead or FROM_THE_CUSTOMER.get(step), "customer")):
        unknown = {name: value for name, value in (facts or {}).items() if name not in story.case.facts}
        if unknown:
            story.record(unknown, source=source)


def test_a_complaint_walks_the_ten_steps_and_one_apology_goes_out() -> None:
    story = begun(TEN_STEPS)
    stood = []
    while not TEN_STEPS.is_end(story.case.step):
        stood.append(story.case.step)
        work(story)
    assert stood == [step.id for step in STEPS]
    assert story.case.step == "closed"
    assert [name for decision in story.decisions for name in sent_by(decision)] == [
        "acknowledgement",
        "assurance",
        "apology",
        "follow-up",
        "rating-ask",
    ]
    assert all(step.met(story.case) for step in STEPS)


def test_a_bad_follow_up_puts_the_case_back_one_level_up_in_a_new_cycle_with_an_apology_of_its_own() -> None:
    story = begun(TEN_STEPS)
    while story.case.step != "follow_up":
        work(story)
    work(story, **{"followup.satisfaction": 1})
    case = story.case
    assert (case.step, case.level, case.cycle, case.owner) == ("resolve", 1, 2, "li")
    assert {"apology@1", "apology@2"} <= case.sent.keys()
    assert not {"resolution.accepted", "followup.satisfaction", "goodwill.waived"} & case.facts.keys()
    while not TEN_STEPS.is_end(story.case.step):
        work(story)
    assert story.case.step == "closed"
    again = story.ask("reopen", by="customer")
    assert (again.case.step, again.case.severity, again.case.cycle) == ("resolve", 2, 3)
    assert sent_by(again) == ["apology"]


def test_everything_known_at_the_door_carries_a_case_as_far_as_the_apology_and_past_it() -> None:
    known = {name: value for facts in KNOWN.values() for name, value in facts.items()}
    story = begun(TEN_STEPS, facts=known)
    assert story.case.step == "identify"
    story.record(
        {"problem.confirmed": True, "resolution.accepted": True, "followup.satisfaction": 4},
        source="customer",
    )
    assert story.case.step == "stay_positive"
    arrived = story.do(ev.EffectDelivered, by="engine", effect=story.case.sent["apology@1"])
    assert moves_of(arrived) == ["resolve", "follow_up", "big_picture", "root_cause", "closed"]


WORK = Planned(ev.CaseReleased, {})
"""Stands for doing what the present step asks for."""


@pytest.mark.slow
@settings(max_examples=examples(100))
@given(st.lists(st.one_of(st.just(WORK), st.just(WORK), st.just(WORK), SENSIBLE), min_size=8, max_size=30))
def test_a_desk_that_works_on_in_any_order_breaks_no_invariant(stream: list[Planned]) -> None:
    story = begun(TEN_STEPS)
    check(story, None, story.decisions[0])
    for plan in stream:
        before, told = story.case, len(story.decisions)
        if plan is WORK and before.quarantine is None and not TEN_STEPS.is_end(before.step):
            event = Planned(ev.FactsRecorded, {}).event(story)
            if before.step == "stay_positive":
                event = Planned(ev.EffectDelivered, {}).event(story)
        elif plan is WORK:
            continue
        else:
            event = plan.event(story)
        answer = story.handle(event)
        if isinstance(answer, Decision):
            assert len(story.decisions) == told + 1
            check(story, before, answer)
    _one_apology_a_cycle(story)


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(STREAMS)
def test_no_stream_of_events_breaks_the_ten_steps(stream: list[Planned]) -> None:
    story = begun(TEN_STEPS)
    for plan in stream:
        before = story.case
        answer = story.handle(plan.event(story))
        if isinstance(answer, Decision):
            check(story, before, answer)
    _one_apology_a_cycle(story)


def _one_apology_a_cycle(story: Story) -> None:
    """An apology goes out exactly once in each cycle that came as far as step six (domain.md §1)."""
    cycles: Counter[int] = Counter()
    owed = set()
    cycle = 1
    for record in story.log:
        for change in record["changes"]:
            if change[:2] == ["count", "failures"]:
                cycle += 1
            if change[0] == "effect" and change[2] == "apology":
                cycles[cycle] += 1
            forced = change[0] == "move" and change[3].startswith(("forced", "merge"))
            if change[0] == "move" and change[2] == "stay_positive" and not forced:
                owed.add(cycle)
    assert set(cycles.values()) <= {1}
    assert owed <= cycles.keys()
