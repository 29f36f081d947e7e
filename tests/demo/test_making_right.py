"""The demo's last case: people decide what to give, and each rule of it shows."""

from __future__ import annotations

from random import Random

import pytest

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.demo.making_right import MONDAY, MakingRight, make_right
from recovery.project import find_project
from tests.support import verified


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> MakingRight:
    return make_right(tmp_path_factory.mktemp("demo") / "making-right", Random(7).randbytes)


def came(right: MakingRight, did: str) -> str:
    (found,) = (one.came for one in right.moments if did in one.did)
    return found


def test_a_budget_is_spent_and_what_is_left_is_known(right: MakingRight) -> None:
    assert "compensation 1 given: comfort_gesture 120 USD" in came(right, "has lunch sent")
    assert "1880.00 USD of 2000.00 USD" in came(right, "offers to pay back")


def test_an_approval_is_asked_and_granted(right: MakingRight) -> None:
    assert "a supervisor, mia, is asked" in came(right, "offers to pay back")
    assert "approved by supervisor:mia after 0:25:00" in came(right, "reads the brief and approves it")
    assert "was fulfilled: refund 2400 USD" in came(right, "has it paid")


def test_a_gesture_is_refused_as_the_only_remedy(right: MakingRight) -> None:
    refused = came(right, "would give a gift")
    assert refused.startswith("Refused: A failure of execution is not put right by words and gifts alone")
    assert "such as a refund" in refused


def test_a_phrase_is_refused_with_its_better_sentence(right: MakingRight) -> None:
    assert "Say, for example: This was ours to get right." in came(right, "It is the booking team's fault")
    assert not came(right, "We pay for the other one").startswith("Refused")


def test_a_story_is_told_and_stands_on_the_line_up_sheet(right: MakingRight) -> None:
    assert came(right, "tells the story") == "li told the story of the case"
    sheet = right.sheet.read_text(encoding="utf-8")
    assert "told by li" in sheet
    assert "a comfort gesture 120 USD, refund 2,400 USD" in sheet


def test_it_is_a_project_that_people_can_go_on_with(right: MakingRight) -> None:
    engine = open_engine(find_project(right.project), clock=ManualClock(MONDAY))
    try:
        assert verified(engine).ok
        assert [story.case for story in engine.stories().stories] == [right.case]
    finally:
        engine.store.close()
