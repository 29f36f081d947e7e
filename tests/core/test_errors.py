"""Errors say whose fault it is and what to do."""

from __future__ import annotations

import pytest

from recovery.core.errors import (
    EngineFault,
    EnvironmentFault,
    EventRefused,
    NotFound,
    RecoveryError,
    Refusal,
    closest,
    sentence,
)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (RecoveryError("x"), "caller"),
        (NotFound("x"), "caller"),
        (EnvironmentFault("x"), "environment"),
        (EngineFault("x"), "engine"),
    ],
)
def test_an_error_says_whose_fault_it_is(error: RecoveryError, fault: str) -> None:
    assert error.fault == fault
    assert isinstance(error, RecoveryError)


def test_an_error_reads_as_its_message_followed_by_its_hint() -> None:
    assert str(RecoveryError("The disk is full.", hint="Make room.")) == "The disk is full. Make room."
    assert str(RecoveryError("The disk is full.")) == "The disk is full."
    assert RecoveryError("x").hint == ""


def test_a_refusal_travels_as_an_error_or_as_plain_data() -> None:
    refusal = Refusal("two_open_moves", "Two rules.", "Exclude.", "workflow", ("more",))
    error = EventRefused(refusal)
    assert (error.refusal, error.fault, str(error)) == (refusal, "workflow", "Two rules. Exclude.")
    assert refusal.as_dict() == {
        "code": "two_open_moves",
        "message": "Two rules.",
        "hint": "Exclude.",
        "fault": "workflow",
        "details": ["more"],
    }
    assert Refusal("code", "message").as_dict() == {
        "code": "code",
        "message": "message",
        "hint": "",
        "fault": "caller",
        "details": [],
    }


def test_a_misspelt_word_brings_a_suggestion() -> None:
    known = ["problem.statement", "owner"]
    assert closest("problem.statment", known) == "did you mean problem.statement?"
    assert closest("zzz", known) == ""
    assert closest("ownr", []) == ""


def test_of_two_near_words_the_nearest_is_suggested() -> None:
    assert closest("reopen", ["reopened", "reopens"]) == "did you mean reopens?"


def test_a_sentence_begins_with_a_capital_and_keeps_the_names_in_it() -> None:
    assert sentence("did you mean orderNo?") == "Did you mean orderNo?"
    assert sentence("") == ""
