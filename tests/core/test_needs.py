"""Needs: what must be on record before a step may be left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recovery.core.guards import And, Compare, Constant, FactValue, Known
from recovery.core.spec import AnyOf, Need
from tests.core.builders import as_read, case_with, step

FEASIBLE = Compare("!=", FactValue("feasible"), Constant("fully"))

TABLE = [
    (Need("f"), {}, False),
    (Need("f"), {"f": "x"}, True),
    (Need("f"), {"f": False}, True),
    (Need("f", "is", True), {"f": True}, True),
    (Need("f", "is", True), {"f": False}, False),
    (Need("f", "is", True), {}, False),
    (Need("f", "is", "x"), {"f": "x"}, True),
    (Need("f", "in", ("x", "y")), {"f": "y"}, True),
    (Need("f", "in", ("x", "y")), {"f": "z"}, False),
    (Need("f", "in", ("x", "y")), {}, False),
    (Need("f", "at_least", 4), {"f": 4}, True),
    (Need("f", "at_least", 4), {"f": 3}, False),
    (Need("f", "at_least", 4), {}, False),
    (Need("f", "at_least", 2), {"f": ["a", "b"]}, True),
    (Need("f", "at_least", 2), {"f": ["a"]}, False),
    (Need("f", "at_least", 10), {"f": "9.99"}, False),
    (Need("f", "at_least", 10), {"f": "10.00"}, True),
    (Need("f", "at_least", 1), {"f": "a letter"}, False),
    (Need("f", "at_least", 1), {"f": "NaN"}, False),
]


@pytest.mark.parametrize(("need", "facts", "met"), TABLE, ids=lambda part: f"{part}")
def test_a_need_is_met_by_the_fact_it_asks_for(need: Need, facts: dict[str, Any], met: bool) -> None:
    assert replace(need, test=as_read(need.test)).met(case_with(facts)) is met


@pytest.mark.parametrize(
    ("facts", "met"),
    [
        ({"feasible": "fully"}, True),
        ({"feasible": "partly"}, False),
        ({"feasible": "partly", "alternatives": ["a refund"]}, True),
        ({}, False),
        ({"alternatives": ["a refund"]}, False),
    ],
)
def test_a_conditional_need_counts_when_its_condition_holds_and_bars_while_that_is_unknown(
    facts: dict[str, Any], met: bool
) -> None:
    assert Need("alternatives", "at_least", 1, when=FEASIBLE).met(case_with(facts)) is met


@pytest.mark.parametrize(
    ("facts", "met"),
    [({}, False), ({"rating": 3}, True), ({"unreachable": True}, True), ({"unreachable": False}, False)],
)
def test_any_of_is_met_by_one_alternative(facts: dict[str, Any], met: bool) -> None:
    either = AnyOf("any", (Need("rating"), Need("unreachable", "is", True)))
    assert either.met(case_with(facts)) is met


def test_a_need_names_every_fact_its_answer_hangs_on() -> None:
    need = Need("alternatives", when=And((FEASIBLE, Known("price"))))
    assert list(need.names()) == ["alternatives", "feasible", "price"]
    assert list(Need("alternatives").names()) == ["alternatives"]
    assert list(AnyOf("any", (Need("a"), need)).names()) == ["a", "alternatives", "feasible", "price"]


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (Need("f"), "f"),
        (Need("f", "is", True), "f = true"),
        (Need("f", "is", False), "f = false"),
        (Need("f", "is", "x"), "f = x"),
        (Need("f", "in", ("x", 2)), "f in x, 2"),
        (Need("f", "at_least", 2), "f (at least 2)"),
        (AnyOf("any", (Need("a"), Need("b", "is", True))), "a or b = true"),
    ],
    ids=str,
)
def test_a_need_reads_as_people_would_say_it(need: Need | AnyOf, words: str) -> None:
    assert str(need) == words


def test_a_step_is_met_when_every_need_is_and_names_the_others_in_order() -> None:
    one = step("one", Need("a"), AnyOf("any", (Need("b"), Need("c"))), Need("d"))
    assert one.met(case_with({"a": 1, "c": 1, "d": 1})) is True
    assert one.met(case_with({"c": 1, "d": 1})) is False
    assert [str(need) for need in one.missing(case_with({"c": 1}))] == ["a", "d"]
    assert one.missing(case_with({"a": 1, "b": 1, "d": 1})) == []


def test_a_step_without_needs_is_met() -> None:
    assert step("one").met(case_with()) is True
