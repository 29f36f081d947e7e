"""When a phrase counts: negation, quotations, exceptions, kinds of text and facts."""

from __future__ import annotations

import pytest

from recovery.core.phrases.folding import SENTENCE_AT_MOST
from recovery.core.phrases.rules import KNOWN, blocked, kind_of, untruths
from tests.phrases.guards import found, shipped, small

SHARED = 'negations: [not, never, nobody, "instead of"]\nnew_clause: [but]\n'
TOLD = SHARED + 'quoting: ["you wrote [that]"]\nmentions: [called]\n'


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("It is the courier fault.", True),
        ("It is not the courier fault.", False),
        ("Nobody here says that it is the courier fault.", False),
        ("Instead of naming the courier fault, I help.", False),
        ("I am not sure, it is the courier fault.", True),
        ("I do not know but it is the courier fault.", True),
        ("It is not so that we two can really say it is the courier fault.", True),
    ],
)
def test_a_negation_in_the_same_clause_makes_a_phrase_harmless(text: str, counts: bool) -> None:
    assert bool(found(small("courier fault", head=SHARED), text)) is counts
    assert found(small("courier fault", head=SHARED, even_negated="true"), text)


def test_a_gap_does_not_reach_over_a_negation() -> None:
    assert found(small("it is ... fault", head=SHARED), "It is never our fault.") == []


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Calm down.", True),
        ("> Calm down.\n\nI am sorry.", False),
        ('You wrote: "He said: calm down. Twice." I am sorry.', False),
        ("You wrote that he told you to calm down.", False),
        ("You wrote that it broke, so calm down.", True),
        ('"Calm down", our agent called. That was wrong.', False),
        ('Please "calm down".', True),
        ("You wrote: “calm down”.", False),
        ("You wrote: 'calm down'.", False),
        ("We don't say it. Calm down. It isn't hard.", True),
    ],
)
def test_what_the_customer_said_does_not_count(text: str, counts: bool) -> None:
    assert bool(found(small("calm down", head=TOLD), text)) is counts
    assert found(small("calm down", head=TOLD, not_in="[]"), text)


def test_a_quotation_is_found_after_hundreds_of_words_without_a_full_stop() -> None:
    guard = small("calm down", head=TOLD)
    text = "word " * SENTENCE_AT_MOST + 'one called "calm down", to calm down'
    assert [hit.start for hit in guard.check(text)] == [text.rindex("calm down")]


def test_of_rules_that_find_the_same_words_the_first_counts() -> None:
    [hit] = shipped("en").check("Don't take it personally.")
    assert hit.rule == "defensiveness/soothing"


def test_the_customers_own_words_do_not_count_where_they_are_known() -> None:
    guard = small("calm down")
    text = "The driver told me to CALM  down! And: calm down."
    assert found(guard, text, quotes=["told me to calm down"]) == ["calm down"]
    assert found(guard, text, quotes=["calm"]) == ["CALM  down", "calm down"]
    assert found(guard, "calm down calm down", quotes=["calm down"]) == []


def test_exceptions_hold_in_the_sentence_the_clause_or_the_text() -> None:
    guard = small("our policy", unless="['but I can']")
    assert found(guard, "It is our policy, but I can help. It is our policy.") == ["our policy"]
    guard = small("our policy", unless_before="[if]")
    assert found(guard, "If it is our policy, it is our policy.") == ["our policy"]
    guard = small("our policy", unless_text="['here is what I can do']")
    assert found(guard, "It is our policy. Here is what I can do.") == []


def test_a_rule_holds_in_the_kinds_of_text_it_is_for() -> None:
    guard = small("what happened", only_in="[follow_up]")
    assert found(guard, "What happened?", kind="follow_up")
    assert not found(guard, "What happened?")
    assert not found(small("calm down"), "calm down", kind="internal_note")
    with pytest.raises(ValueError, match="no kind of text"):
        guard.check("a", kind="novel")


NEEDS = {"rule": "untruth", "needs": '["resolution.kind=refund|credit", "apology.sent or apology.in_person"]'}
HAS = {"resolution.kind": "credit", "apology.in_person": True}


@pytest.mark.parametrize(
    ("facts", "lacks"),
    [
        (HAS, None),
        ({**HAS, "resolution.kind": KNOWN}, None),
        ({**HAS, "resolution.kind": "repair"}, ("resolution.kind=refund|credit",)),
        ({**HAS, "apology.in_person": False}, ("apology.sent or apology.in_person",)),
        ({}, ("resolution.kind=refund|credit", "apology.sent or apology.in_person")),
    ],
)
def test_a_claim_is_an_untruth_while_the_case_lacks_what_bears_it_out(
    facts: dict[str, object], lacks: tuple[str, ...] | None
) -> None:
    hits = small("we refunded", **NEEDS).check("We refunded it.", facts=facts)
    assert [(hit.level, hit.lacks, hit.overridable) for hit in hits] == (
        [("block", lacks, False)] if lacks else []
    )


def test_a_claim_is_marked_where_nobody_knows_what_the_case_has() -> None:
    hits = small("we refunded", **NEEDS).check("We refunded it.")
    assert [hit.level for hit in hits] == ["annotate"]
    assert blocked(hits) == []


def test_a_text_states_an_untruth_when_the_case_lacks_a_fact_it_declares() -> None:
    assert untruths(["a", "b.c", "d"], {"a": 1, "b.c": None, "d": False}) == ["b.c"]


def test_only_an_untruth_cannot_be_overridden() -> None:
    hits = shipped("en").check("This happens a lot. We have refunded you.", facts={})
    assert [(hit.cls, hit.level, hit.overridable) for hit in hits] == [
        ("normalising", "block", True),
        ("untruth", "block", False),
    ]


def test_the_kind_of_a_template_follows_from_its_purpose() -> None:
    assert [kind_of(purpose) for purpose in ("follow-up", "apology", "brief", "quote", "rating-ask")] == [
        "follow_up",
        "message",
        "internal_note",
        "message",
        "rating_ask",
    ]
