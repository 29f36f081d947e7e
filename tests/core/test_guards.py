"""Guards: every node, three-valued, and what they say about themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from recovery.core.guards import (
    CASE_VALUES,
    OPERATORS,
    And,
    CaseValue,
    Compare,
    Constant,
    FactValue,
    Guard,
    Known,
    Not,
    Or,
    why,
)
from tests.core.builders import case_with

YES, NO, UNKNOWN = Constant(True), Constant(False), FactValue("never.said")
NOBODY = case_with()

VALUES: list[bool | None] = [True, False, None]
NODES: dict[bool | None, Guard] = {True: YES, False: NO, None: UNKNOWN}


def kleene_and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def kleene_or(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


@pytest.mark.parametrize("left", VALUES)
@pytest.mark.parametrize("right", VALUES)
def test_and_and_or_follow_kleene(left: bool | None, right: bool | None) -> None:
    terms = (NODES[left], NODES[right])
    assert And(terms).evaluate(NOBODY) is kleene_and(left, right)
    assert Or(terms).evaluate(NOBODY) is kleene_or(left, right)


@pytest.mark.parametrize("first", VALUES)
@pytest.mark.parametrize("second", VALUES)
@pytest.mark.parametrize("third", VALUES)
def test_three_terms_are_two_joined_with_a_third(
    first: bool | None, second: bool | None, third: bool | None
) -> None:
    terms = (NODES[first], NODES[second], NODES[third])
    assert And(terms).evaluate(NOBODY) is kleene_and(kleene_and(first, second), third)
    assert Or(terms).evaluate(NOBODY) is kleene_or(kleene_or(first, second), third)


@pytest.mark.parametrize(("value", "expected"), [(True, False), (False, True), (None, None)])
def test_not_turns_an_answer_round_and_leaves_unknown_unknown(
    value: bool | None, expected: bool | None
) -> None:
    assert Not(NODES[value]).evaluate(NOBODY) is expected


def test_no_terms_at_all_are_true_for_and_and_false_for_or() -> None:
    assert And(()).evaluate(NOBODY) is True
    assert Or(()).evaluate(NOBODY) is False


COMPARISONS = [
    ("==", 3, 3, True),
    ("==", 3, 4, False),
    ("==", "a", "a", True),
    ("!=", 3, 4, True),
    ("!=", 3, 3, False),
    ("<", 3, 4, True),
    ("<", 3, 3, False),
    ("<=", 3, 3, True),
    ("<=", 4, 3, False),
    (">", 4, 3, True),
    (">", 3, 3, False),
    (">=", 3, 3, True),
    (">=", 3, 4, False),
    ("in", "a", ("a", "b"), True),
    ("in", "c", ("a", "b"), False),
    ("not in", "c", ("a", "b"), True),
    ("not in", "a", ("a", "b"), False),
]


@pytest.mark.parametrize(("operator", "left", "right", "expected"), COMPARISONS)
def test_a_comparison_of_known_values_is_true_or_false(
    operator: str, left: Any, right: Any, expected: bool
) -> None:
    compare = Compare(operator, FactValue("left"), Constant(right))
    assert compare.evaluate(case_with({"left": left})) is expected


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_comparison_with_a_missing_fact_is_unknown_on_either_side(operator: str) -> None:
    assert Compare(operator, UNKNOWN, Constant("a")).evaluate(NOBODY) is None
    assert Compare(operator, Constant("a"), UNKNOWN).evaluate(NOBODY) is None
    assert Compare(operator, UNKNOWN, UNKNOWN).evaluate(NOBODY) is None


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "in", "not in"])
def test_what_cannot_be_compared_is_unknown_and_no_crash(operator: str) -> None:
    assert Compare(operator, Constant("a"), Constant(3)).evaluate(NOBODY) is None


def test_false_and_nought_are_known_values() -> None:
    case = case_with({"confirmed": False, "count": 0})
    assert FactValue("confirmed").evaluate(case) is False
    assert Compare("==", FactValue("confirmed"), NO).evaluate(case) is True
    assert Compare("<", FactValue("count"), Constant(1)).evaluate(case) is True


def test_a_decimal_fact_is_compared_as_a_number_not_as_text() -> None:
    case = case_with({"price": "9.50"})
    limit = Constant(Decimal("10"))
    assert Compare("<", FactValue("price", decimal=True), limit).evaluate(case) is True
    assert Compare("==", FactValue("price", decimal=True), Constant(Decimal("9.5"))).evaluate(case) is True
    assert Compare("<", FactValue("price"), limit).evaluate(case) is None


def test_a_decimal_fact_that_holds_no_number_is_unknown() -> None:
    assert FactValue("price", decimal=True).evaluate(case_with({"price": "cheap"})) is None
    assert FactValue("price", decimal=True).evaluate(NOBODY) is None


def test_known_is_always_true_or_false() -> None:
    case = case_with({"said": False})
    assert Known("said").evaluate(case) is True
    assert Known("said", known=False).evaluate(case) is False
    assert Known("unsaid").evaluate(case) is False
    assert Known("unsaid", known=False).evaluate(case) is True


def test_a_guard_may_ask_of_the_case_itself() -> None:
    case = case_with(severity=2, level=1, failures=3, channel="mail", language="zh", mode="history")
    asked = {name: CaseValue(name).evaluate(case) for name in CASE_VALUES}
    assert asked == {
        "step": "one",
        "severity": 2,
        "level": 1,
        "failures": 3,
        "channel": "mail",
        "language": "zh",
        "mode": "history",
        "unanswered": False,
        "signal": False,
    }
    assert list(CaseValue("severity").facts()) == []


def test_a_guard_names_every_fact_it_hangs_on() -> None:
    guard = And(
        (
            Or((Known("a"), Not(FactValue("b")))),
            Compare("==", FactValue("c"), FactValue("d")),
            Compare(">=", CaseValue("severity"), Constant(2)),
        )
    )
    assert list(guard.facts()) == ["a", "b", "c", "d"]


WORDS = [
    (Constant("fully"), '"fully"'),
    (Constant(True), "true"),
    (Constant(False), "false"),
    (Constant(3), "3"),
    (Constant(Decimal("1.50")), "1.50"),
    (Constant(("a", 2)), '["a", 2]'),
    (FactValue("a.b"), "a.b"),
    (CaseValue("severity"), "case.severity"),
    (Compare(">=", FactValue("a"), Constant(4)), "a >= 4"),
    (Compare("not in", FactValue("a"), Constant(("x", "y"))), 'a not in ["x", "y"]'),
    (Known("a"), "a is known"),
    (Known("a", known=False), "a is unknown"),
    (Not(Known("a")), "not (a is known)"),
    (And((Known("a"), Known("b"))), "a is known and b is known"),
    (Or((Known("a"), Known("b"))), "a is known or b is known"),
    (And((Or((Known("a"), Known("b"))), Known("c"))), "(a is known or b is known) and c is known"),
    (Or((And((Known("a"), Known("b"))), Known("c"))), "a is known and b is known or c is known"),
]


@pytest.mark.parametrize(("guard", "words"), WORDS, ids=str)
def test_a_guard_reads_as_it_was_written(guard: Guard, words: str) -> None:
    assert str(guard) == words


REASONS = [
    (FactValue("b"), {"b": True}, "b is true (b is true)"),
    (FactValue("b"), {"b": False}, "b is false (b is false)"),
    (FactValue("b"), {}, "b is unknown (b is not known)"),
    (Compare("==", FactValue("a"), Constant("x")), {"a": "y"}, 'a == "x" is false (a is "y")'),
    (
        And((Known("a"), Compare(">", FactValue("a"), FactValue("b")))),
        {"a": 1},
        "a is known and a > b is unknown (a is 1, b is not known)",
    ),
    (Known("l"), {"l": ["x", "y"]}, "l is known is true (l is ['x', 'y'])"),
    (Compare(">=", CaseValue("severity"), Constant(2)), {}, "case.severity >= 2 is false"),
]


@pytest.mark.parametrize(("guard", "facts", "words"), REASONS, ids=lambda part: f"{part}")
def test_a_reason_gives_the_answer_and_the_facts_it_hung_on(
    guard: Guard, facts: dict[str, Any], words: str
) -> None:
    assert why(guard, case_with(facts)) == words


def test_a_reason_shows_the_beginning_of_a_long_letter_only() -> None:
    exactly, longer = "x" * 60, "x" * 61
    assert why(Known("a"), case_with({"a": exactly})) == f'a is known is true (a is "{exactly}")'
    assert why(Known("a"), case_with({"a": longer})) == f'a is known is true (a is "{"x" * 57}...")'
