"""Properties of the core over random workflows and random streams of events.

RECOVERY_LONG=1 tries forty times as many: 10,000 streams over random workflows. `Story` itself checks after
each event that the log, also read back from JSON, folds to the case, and that deciding changed nothing of
what it was given.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.core import events as ev
from recovery.core.decide import decide
from recovery.core.decision import Decision
from recovery.core.errors import Refusal
from recovery.core.guards import Guard, Not, Or
from recovery.core.spec import Workflow
from tests.core.builders import Story, case_with
from tests.core.invariants import check
from tests.core.random_workflows import GUARDS, NEEDS, SAYABLE, VALUES, examples, workflows
from tests.core.strategies import COMPLAINTS, SENSIBLE, STREAMS, Planned, nonsense

KNOWN = st.fixed_dictionaries({}, optional={name: st.sampled_from(VALUES[name]) for name in SAYABLE})
pytestmark = pytest.mark.slow
SLOW_TO_BUILD = [HealthCheck.too_slow, HealthCheck.data_too_large]


def opened(flow: Workflow, complaint: dict[str, Any]) -> Story | None:
    """A story begun with this complaint; None where the workflow itself refuses every complaint."""
    story = Story(flow)
    answer = story.handle(ev.ComplaintReceived(**{"by": "customer", "occurred_at": story.now, **complaint}))
    if isinstance(answer, Refusal):
        explained(answer)
        return None
    check(story, None, answer)
    return story


def explained(refusal: Refusal) -> None:
    """A refusal can be read by people and by programs."""
    assert refusal.code.isidentifier()
    assert refusal.message.endswith(".")
    assert refusal.fault in ("caller", "workflow")
    for line in (refusal.message, refusal.hint, *refusal.details):
        line.encode("utf-8")
        assert len(line) < 2_000


@settings(max_examples=examples(250), suppress_health_check=SLOW_TO_BUILD)
@given(workflows(), COMPLAINTS, STREAMS)
def test_no_stream_of_events_breaks_an_invariant(
    flow: Workflow, complaint: dict[str, Any], stream: list[Planned]
) -> None:
    story = opened(flow, complaint)
    for plan in stream if story else ():
        assert story is not None
        before = story.case
        answer = story.handle(plan.event(story))
        if isinstance(answer, Decision):
            check(story, before, answer)
        else:
            explained(answer)
            assert story.case is before


@settings(max_examples=examples(150), suppress_health_check=SLOW_TO_BUILD)
@given(workflows(), st.lists(st.one_of(SENSIBLE, nonsense(), nonsense()), min_size=2, max_size=8))
def test_no_value_whatever_makes_the_core_raise(flow: Workflow, stream: list[Planned]) -> None:
    story = opened(flow, {"text": "It broke."})
    for plan in stream if story else ():
        assert story is not None
        before = story.case
        answer = story.handle(plan.event(story))
        if isinstance(answer, Decision):
            check(story, before, answer)
        else:
            explained(answer)


@settings(max_examples=examples(50))
@given(st.one_of(nonsense(), nonsense().map(lambda plan: Planned(ev.ComplaintReceived, plan.values))))
def test_no_complaint_whatever_makes_the_core_raise(plan: Planned) -> None:
    from tests.core.test_recording import SMALL

    story = Story(SMALL)
    own = ev.ComplaintReceived.__dataclass_fields__
    values = {name: value for name, value in plan.values.items() if name in own}
    answer = story.handle(ev.ComplaintReceived(**{"by": "customer", "occurred_at": story.now, **values}))
    if isinstance(answer, Refusal):
        explained(answer)


@settings(max_examples=examples(50), suppress_health_check=SLOW_TO_BUILD)
@given(workflows(), COMPLAINTS, STREAMS)
def test_the_same_question_gets_the_same_answer(
    flow: Workflow, complaint: dict[str, Any], stream: list[Planned]
) -> None:
    story = opened(flow, complaint)
    for plan in stream if story else ():
        assert story is not None
        event, before, now = plan.event(story), story.case, story.now
        first = story.handle(event)
        assert decide(flow, before, event, now) == first


@settings(max_examples=examples(100))
@given(
    GUARDS,
    GUARDS,
    st.fixed_dictionaries({}, optional={name: st.sampled_from(VALUES[name]) for name in SAYABLE}),
)
def test_what_is_unknown_becomes_true_or_false_only_by_what_is_learnt(
    guard: Guard, other: Guard, facts: dict[str, Any]
) -> None:
    case = case_with(facts)
    answer = guard.evaluate(case)
    assert answer in (True, False, None)
    either, neither = Or((guard, other)).evaluate(case), Not(Or((guard, other))).evaluate(case)
    assert neither == (None if either is None else not either)
    if answer is None:
        assert any(name not in facts for name in guard.facts())
    if all(name in facts for name in guard.facts()):
        assert answer is not None


@settings(max_examples=examples(100))
@given(NEEDS, KNOWN)
def test_a_need_hangs_on_the_facts_it_names_and_on_no_other(need: Any, facts: dict[str, Any]) -> None:
    named = set(need.names())
    assert need.met(case_with(facts)) == need.met(
        case_with({name: value for name, value in facts.items() if name in named})
    )
