"""What a recovery has to teach: causes from its own record, praise, and figures of teams alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.events import HandOffAccepted, HandOffDeclined, HandOffOffered, MoveForced
from recovery.core.people import Directory, Person, Team
from recovery.engine import Engine
from recovery.store.people import People
from tests.support import START, clock, engine, owned, project

__all__ = ["clock", "engine", "project"]

LI = Person("li", "Li", teams=("care",), skills=("billing",))
BO = Person("bo", "Bo", teams=("night",))


@pytest.fixture(autouse=True)
def listed(engine: Engine) -> None:
    teams = {name: Team(name, {"en": name}) for name in ("care", "night")}
    with engine.store.working(People, engine.tenant) as kept:
        kept.publish(Directory({one.id: one for one in (LI, BO)}, teams), START)


def closed(engine: Engine, mark: int, *, escalated: bool = False, owner: str = "li") -> int:
    """A case that is put right, rated and closed within the hour."""
    case = owned(engine)
    if owner != "li":
        give(engine, case, owner)
    if escalated:
        engine.do(case, "escalate", by=f"agent:{owner}")
    by = f"agent:{owner}"
    done: dict[str, Any] = {"emotion.level": 2, "emotion.heard": True, "apology.in_person": True}
    engine.record(case, done, by=by)
    remedy = {"resolution.kind": "redelivery", "resolution.done_at": "2026-11-20T09:30:00Z"}
    engine.record(case, remedy, by=by)
    rated(engine, case, mark)
    return case


def rated(engine: Engine, case: int, mark: int) -> None:
    """The customer gives their marks, and the case is closed."""
    marks = dict.fromkeys(("followup.result", "followup.manner", "followup.ease"), mark)
    for step in ("follow_up", "closed"):
        now = engine.clock.now()
        engine.handle(MoveForced(by="supervisor:mia", occurred_at=now, to=step, reason="in a test"), case)
        if step == "follow_up":
            engine.record(case, marks, by="customer", source="customer")


def give(engine: Engine, case: int, to: str) -> None:
    engine.handle(HandOffOffered(by="agent:li", occurred_at=START, to=to), case)
    engine.handle(HandOffAccepted(by=f"agent:{to}", occurred_at=START), case)


def signals(engine: Engine, case: int) -> dict[str, dict[str, int]]:
    return {one.cause: one.signals for one in engine.causes(case)}


def test_a_recovery_within_target_and_well_rated_is_recognised(engine: Engine) -> None:
    case = closed(engine, 5)
    closed(engine, 3)
    found = engine.praise()
    assert [(one.case, one.owner, one.teams, one.mark) for one in found.recognitions] == [
        (case, "li", ("care",), 5)
    ]


def test_what_came_late_is_not(engine: Engine, clock: ManualClock) -> None:
    case = owned(engine)
    clock.advance(timedelta(days=10))
    engine.see_to_due(10)
    rated(engine, case, 5)
    assert engine.praise().recognitions == []


def test_satisfaction_is_a_figure_of_teams(engine: Engine) -> None:
    closed(engine, 5)
    closed(engine, 3)
    closed(engine, 4, owner="bo")
    assert [tuple(one) for one in engine.praise().teams] == [("care", 2, 1, 1), ("night", 1, 1, 1)]
    assert [one.team for one in engine.praise("night").teams] == ["night"]
    assert engine.praise(since="2027-01-01T00:00:00Z").recognitions == []


def test_an_escalation_lowers_no_figure(engine: Engine) -> None:
    plain, escalated = closed(engine, 5), closed(engine, 5, escalated=True)
    found = engine.praise()
    assert {one.case for one in found.recognitions} == {plain, escalated}
    assert [tuple(one) for one in found.teams] == [("care", 2, 2, 2)]


def test_hand_offs_and_an_owner_without_the_skill_speak_for_the_wrong_person(engine: Engine) -> None:
    case = owned(engine)  # of the category delivery
    assert signals(engine, case) == {"wrong_person": {"owner_lacks_skill": 1}}
    engine.handle(HandOffOffered(by="agent:li", occurred_at=START, to="bo"), case)
    engine.handle(HandOffDeclined(by="agent:bo", occurred_at=START), case)
    assert signals(engine, case)["wrong_person"] == {"refused": 1, "owner_lacks_skill": 1}


def test_a_hand_off_that_nobody_answered_speaks_too(engine: Engine, clock: ManualClock) -> None:
    case = owned(engine)
    engine.handle(HandOffOffered(by="agent:li", occurred_at=START, to="bo"), case)
    clock.advance(timedelta(days=1))
    engine.see_to_due(10)
    assert engine.case(case).offered_to is None
    assert signals(engine, case)["wrong_person"]["unanswered"] >= 1


def test_the_story_told_again_speaks_for_weak_systems(engine: Engine) -> None:
    case = owned(engine)
    engine.record(case, {"retold": 3, "problem.category": "billing"}, by="agent:li")
    assert signals(engine, case) == {"weak_support_systems": {"retold": 3}}


def test_a_good_recovery_without_a_word_of_praise_says_so(engine: Engine) -> None:
    case = closed(engine, 5)
    assert signals(engine, case)["no_recognition"] == {"praised": 1}
    engine.give_praise(case, "li", "Well done.", by="agent:bo", reward="25 USD")
    assert "no_recognition" not in signals(engine, case)
