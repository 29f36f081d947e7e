"""Gesture only (domain.md §1, step 7): words and gifts alone resolve no failure of the lower drivers."""

from __future__ import annotations

import pytest

from recovery.core.explain import explain
from tests.content.reading import Story
from tests.content.test_ten_step import at_resolve

DONE = {"resolution__done_at": "2026-11-21T10:00:00+00:00"}


def resolved(driver: str, kind: str) -> Story:
    """A case in which everything else is on record: it was done, and the customer accepts it."""
    story = at_resolve(driver=driver).record("agent", resolution__kind=kind, **DONE)
    return story.record("customer", resolution__accepted=True)


@pytest.mark.parametrize("driver", ["core_offer", "support_systems", "execution"])
def test_gesture_only_cannot_resolve_a_failure_of_the_lower_three_drivers(driver: str) -> None:
    story = resolved(driver, "gesture")
    assert story.case.step == "resolve"
    (waits_for,) = explain(story.workflow, story.case)["waits_for"]
    assert "resolution.kind" in str(waits_for)
    assert story.record("agent", resolution__kind="redo").case.step == "follow_up"


@pytest.mark.parametrize("driver", ["contact", "emotion"])
def test_a_gesture_may_resolve_a_failure_of_the_upper_two_drivers(driver: str) -> None:
    assert resolved(driver, "gesture").case.step == "follow_up"


@pytest.mark.parametrize("driver", ["core_offer", "support_systems", "execution"])
def test_an_explanation_alone_is_words_and_resolves_no_failure_of_the_lower_three_drivers(
    driver: str,
) -> None:
    assert resolved(driver, "explanation").case.step == "resolve"
