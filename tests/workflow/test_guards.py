"""Guards: what a condition may say, what it becomes, and what is refused with which advice."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.facts import FactType
from recovery.core.guards import And, CaseValue, Compare, Constant, FactValue, Known, Not, Or
from recovery.workflow.expressions import read_guard, vocabulary

FACTS = {
    kind.name: kind
    for kind in (
        FactType("mark", "integer", minimum=1, maximum=5),
        FactType("tries", "integer", minimum=0),
        FactType("left", "integer", maximum=9),
        FactType("kind", "choice", choices=("late", "broken")),
        FactType("happy", "boolean"),
        FactType("price", "money"),
        FactType("paid", "money"),
        FactType("weight", "decimal"),
        FactType("notes", "list"),
        FactType("day", "date"),
        FactType("until", "date"),
        FactType("told.at", "instant"),
        FactType("told.by", "person"),
        FactType("words", "text"),
    )
}
WORDS = vocabulary(FACTS, ["hear", "mend", "closed"], severities=3, levels=3)


def read(text: str) -> Any:
    guard, problems = read_guard(text, WORDS)
    assert problems == []
    return guard


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("happy", FactValue("happy")),
        ("happy == true", Compare("==", FactValue("happy"), Constant(True))),
        ("mark >= 4", Compare(">=", FactValue("mark"), Constant(4))),
        ("4 <= mark", Compare("<=", Constant(4), FactValue("mark"))),
        ("tries > -1 or tries == 0", None),
        ("weight > 12.5", Compare(">", FactValue("weight", decimal=True), Constant(Decimal("12.5")))),
        ("weight > 12", Compare(">", FactValue("weight", decimal=True), Constant(Decimal(12)))),
        ('kind == "late"', Compare("==", FactValue("kind"), Constant("late"))),
        ("kind != 'late'", Compare("!=", FactValue("kind"), Constant("late"))),
        ('kind in ["late", "broken"]', Compare("in", FactValue("kind"), Constant(("late", "broken")))),
        ('kind not in ["late"]', Compare("not in", FactValue("kind"), Constant(("late",)))),
        ("mark in [1, 2]", Compare("in", FactValue("mark"), Constant((1, 2)))),
        ('"refund" in notes', Compare("in", Constant("refund"), FactValue("notes"))),
        ("words in notes", Compare("in", FactValue("words"), FactValue("notes"))),
        ("told.at is known", Known("told.at")),
        ("told.at is unknown", Known("told.at", known=False)),
        ("told.at is not known", Known("told.at", known=False)),
        ("not told.at is unknown", Known("told.at")),
        ("not happy", Not(FactValue("happy"))),
        ("not (mark > 2)", Not(Compare(">", FactValue("mark"), Constant(2)))),
        ('day < "2026-11-22"', Compare("<", FactValue("day"), Constant("2026-11-22"))),
        ("day < until", Compare("<", FactValue("day"), FactValue("until"))),
        ("mark < weight", Compare("<", FactValue("mark"), FactValue("weight", decimal=True))),
        ("told.by == words", Compare("==", FactValue("told.by"), FactValue("words"))),
        ('price == "5 USD"', Compare("==", FactValue("price"), Constant("5 USD"))),
        ("price != paid", Compare("!=", FactValue("price"), FactValue("paid"))),
        (
            'told.at >= "2026-11-22T10:00+01:00"',
            Compare(">=", FactValue("told.at"), Constant("2026-11-22T09:00:00.000000Z")),
        ),
        ('case.step == "mend"', Compare("==", CaseValue("step"), Constant("mend"))),
        ("case.severity > 1", Compare(">", CaseValue("severity"), Constant(1))),
        ('case.mode == "history"', Compare("==", CaseValue("mode"), Constant("history"))),
        ('case.channel == "mail"', Compare("==", CaseValue("channel"), Constant("mail"))),
        ("mark > 2 and happy and tries > 1", None),
        ("mark > 2 or happy and tries > 1", None),
    ],
)
def test_a_condition_becomes_a_guard(text: str, guard: Any) -> None:
    found, problems = read_guard(text, WORDS)
    if text == "tries > -1 or tries == 0":
        assert found is None
        assert [p.code for p in problems] == ["constant_guard"]
        return
    assert problems == []
    if guard is not None:
        assert found == guard


def test_and_binds_tighter_than_or_and_terms_keep_their_order() -> None:
    guard = read("mark > 2 or happy and tries > 1 or weight > 3")
    assert isinstance(guard, Or)
    assert [type(term) for term in guard.terms] == [Compare, And, Compare]
    assert str(guard.terms[1]) == "happy and tries > 1"


@pytest.mark.parametrize(
    ("text", "code", "advice"),
    [
        ("marc > 2", "unknown_fact", "Did you mean mark?"),
        ("severity > 2", "unknown_fact", "Did you mean case.severity?"),
        ("kind == late", "unknown_fact", 'Put a text in quotes: "late"'),
        ("case.sevirity > 2", "unknown_case_value", "severity"),
        ("case.owner == 2", "unknown_case_value", "One of"),
        ('kind == "lat"', "impossible_value", "Did you mean late?"),
        ("kind == 3", "impossible_value", "One of late, broken"),
        ('kind in ["late", "lost"]', "impossible_value", "late, broken"),
        ('happy == "yes"', "impossible_value", "write true"),
        ("happy == 1", "impossible_value", ""),
        ('mark == "3"', "impossible_value", ""),
        ("mark == 6", "impossible_value", ""),
        ("mark == true", "impossible_value", ""),
        ("mark == 2.5", "impossible_value", ""),
        ('case.step == "mended"', "impossible_value", "Did you mean mend?"),
        ("case.severity == 4", "impossible_value", ""),
        ('price == "lots"', "impossible_value", ""),
        ('day == "tomorrow"', "impossible_value", ""),
        ("mark > 5", "constant_guard", ""),
        ("mark < 1", "constant_guard", ""),
        ("mark >= 6", "constant_guard", ""),
        ("mark <= 0", "constant_guard", ""),
        ("mark >= 1", "constant_guard", "mark is known"),
        ("mark <= 5", "constant_guard", "mark is known"),
        ("mark > 0", "constant_guard", "mark is known"),
        ("mark < 6", "constant_guard", "mark is known"),
        ("0 < mark", "constant_guard", "mark is known"),
        ("left > 9", "constant_guard", ""),
        ("tries < 0", "constant_guard", ""),
        ("case.level > 2", "constant_guard", ""),
        ("true", "constant_guard", ""),
        ("none", "constant_guard", ""),
        ("1 == 1", "constant_guard", ""),
        ("case.step is known", "constant_guard", ""),
        ("mark", "not_a_condition", "mark is known"),
        ("case.severity", "not_a_condition", ""),
        ("mark and happy", "not_a_condition", ""),
        ('price > "5 USD"', "wrong_type", "=="),
        ("price > paid", "wrong_type", "=="),
        ('kind > "late"', "wrong_type", "in"),
        ("happy > false", "wrong_type", ""),
        ("kind > words", "wrong_type", ""),
        ("mark == kind", "wrong_type", ""),
        ("notes == notes", "wrong_type", ""),
        ('notes == "a"', "wrong_type", "in notes"),
        ("kind == ['late']", "wrong_type", "Use `in`"),
        ("kind in 'late'", "wrong_type", 'Write ["late"]'),
        ("kind in words", "wrong_type", "in ["),
        ("mark in notes", "wrong_type", ""),
        ("3 in notes", "wrong_type", ""),
        ("mark == none", "guard_syntax", "is unknown"),
        ("mark is defined", "guard_syntax", "is known"),
        ("mark is known(1)", "guard_syntax", ""),
        ("mark is divisibleby 3", "guard_syntax", ""),
        ("1 < mark < 3", "guard_syntax", "and"),
        ("mark + 1 > 2", "guard_syntax", ""),
        ("-mark > 2", "guard_syntax", ""),
        ("words ~ 'a' == 'b'", "guard_syntax", ""),
        ("words[0] == 'a'", "guard_syntax", ""),
        ("words.upper() == 'A'", "guard_syntax", ""),
        ("words | upper == 'A'", "guard_syntax", ""),
        ("mark > 2 if happy else mark > 3", "guard_syntax", ""),
        ("mark in (1, 2)", "guard_syntax", ""),
        ("kind in []", "guard_syntax", ""),
        ("mark in [[1], 2]", "guard_syntax", ""),
        ("{'a': 1} == mark", "guard_syntax", ""),
        ("(mark > 2) == happy", "guard_syntax", ""),
        ("(mark is known) == happy", "guard_syntax", ""),
        ("weight > 1e999", "guard_syntax", ""),
        ("mark >", "guard_syntax", ""),
        ("mark > 2 mark", "guard_syntax", ""),
        ("mark = 2", "guard_syntax", ""),
        ("mark > 2 }} {% set x = 1 %}", "guard_syntax", ""),
        ("'unclosed", "guard_syntax", ""),
        ("", "guard_syntax", ""),
        ("(" * 900 + "happy" + ")" * 900, "guard_syntax", ""),
        ("not " * 3000 + "happy", "guard_syntax", ""),
    ],
)
def test_a_condition_that_cannot_be_is_refused_with_advice(text: str, code: str, advice: str) -> None:
    guard, problems = read_guard(text, WORDS)
    assert guard is None
    assert [problem.code for problem in problems] == [code]
    assert advice in problems[0].hint
    assert problems[0].message.endswith(".")


def test_everything_wrong_in_one_condition_is_said_at_once() -> None:
    _, problems = read_guard('marc > 2 and (kind == "lat" or mark) and not hapy', WORDS)
    codes = [problem.code for problem in problems]
    assert codes == ["unknown_fact", "impossible_value", "not_a_condition", "unknown_fact"]


def test_a_long_row_of_terms_is_read() -> None:
    guard = read(" or ".join(["happy"] * 100))
    assert len(guard.terms) == 100


@given(st.text(max_size=60))
def test_no_text_crashes_the_reader(text: str) -> None:
    guard, problems = read_guard(text, WORDS)
    assert (guard is None) is bool(problems)


PIECES = (
    "mark happy kind notes weight price words case.step case.level told.at true false none 1 2.5 -3 'late' "
    '"x" [ ] ( ) , . == != < <= > >= in not and or is known unknown if else + ~ | upper {{ }} {% %}'
).split()


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_no_row_of_words_crashes_the_reader_and_what_is_read_can_be_evaluated(text: str) -> None:
    guard, problems = read_guard(text, WORDS)
    assert (guard is None) is bool(problems)
    if guard is not None:
        empty = SimpleNamespace(facts={}, step="hear", severity=1, level=0, failures=0, channel="mail",
                                language="en", mode="live")  # fmt: skip
        known = {
            "mark": 3, "tries": 1, "left": 2, "kind": "late", "happy": True, "price": "5 USD",
            "paid": "5 USD", "weight": "1.5", "notes": ["x"], "day": "2026-11-22", "until": "2026-11-23",
            "told.at": "2026-11-22T09:00:00.000000Z", "told.by": "li", "words": "x",
        }  # fmt: skip
        guard.evaluate(empty)
        full = SimpleNamespace(**{**vars(empty), "facts": known})
        assert guard.evaluate(full) is not None
