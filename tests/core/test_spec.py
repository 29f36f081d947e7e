"""What a workflow knows about itself, and its table of moves."""

from __future__ import annotations

import pytest

from recovery.core.guards import FactValue
from recovery.core.machine import WALK_ON, MoveTable
from recovery.core.spec import AnyOf, Need, Send, Transition
from tests.core.builders import step, texts, transition, workflow

THREE = workflow(
    step("one", Need("a"), Need("owner"), Need("a", "is", "x")),
    step("two", AnyOf("any", (Need("b"), Need("c", when=FactValue("a"))))),
    step("three", Need("d"), Need("owner")),
    facts=texts("a", "b", "c", "d"),
    transitions=[
        transition("reopen", "closed withdrawn", "two"),
        transition("skip", "one", "three"),
        transition("skip", "two", "closed"),
        transition("note", "one two", "same"),
    ],
)


def test_the_order_of_the_steps_is_the_walking_order_and_the_first_end_its_goal() -> None:
    assert (THREE.start, THREE.main_end) == ("one", "closed")
    assert THREE.index == {"one": 0, "two": 1, "three": 2}
    assert THREE.next_of == {"one": "two", "two": "three", "three": "closed"}
    assert THREE.is_end("withdrawn") is True
    assert THREE.is_end("two") is False


def test_every_workflow_has_the_built_in_facts_unless_it_says_otherwise() -> None:
    assert list(THREE.facts) == ["problem.statement", "owner", "a", "b", "c", "d"]
    own = texts("owner")
    assert workflow(step("one"), facts=own).facts["owner"] is own["owner"]


def test_a_workflow_knows_which_steps_hang_on_a_fact() -> None:
    assert THREE.steps_needing == {
        "a": ("one", "two"),
        "owner": ("one", "three"),
        "b": ("two",),
        "c": ("two",),
        "d": ("three",),
    }


def test_the_facts_needed_between_two_steps_never_include_the_owner() -> None:
    assert THREE.needed_between("one", "three") == ("a", "b", "c", "d")
    assert THREE.needed_between("two", "two") == ("b", "c")
    assert THREE.needed_between("two", "closed") == ("b", "c", "d")
    assert THREE.needed_between("three", "one") == ()


@pytest.mark.parametrize(
    ("role", "allowed", "may"),
    [
        ("agent", {"agent"}, True),
        ("supervisor", {"agent"}, True),
        ("manager", {"agent"}, True),
        ("manager", {"supervisor"}, True),
        ("agent", {"supervisor"}, False),
        ("supervisor", {"manager"}, False),
        ("customer", {"agent"}, False),
        ("customer", {"customer", "agent"}, True),
        ("manager", {"customer"}, False),
        ("engine", {"engine"}, True),
    ],
)
def test_a_higher_level_may_do_what_a_lower_one_may(role: str, allowed: set[str], may: bool) -> None:
    assert THREE.may(role, frozenset(allowed)) is may


def test_the_table_knows_where_a_move_starts_and_leads() -> None:
    moves = THREE.moves
    assert moves.names == ("reopen", "skip", "note")
    assert [(move.name, to) for move, to in moves.named("skip", "one")] == [("skip", "three")]
    assert [(move.name, to) for move, to in moves.named("skip", "two")] == [("skip", "closed")]
    assert [to for _, to in moves.named("note", "two")] == ["two"]
    assert moves.named("skip", "three") == []
    assert moves.named("unheard_of", "one") == []
    assert [move.name for move in moves.leaving("two")] == ["skip", "note"]
    assert moves.leaving("merged") == []


def test_walking_leads_from_step_to_step_to_the_main_end_and_no_further() -> None:
    assert [THREE.moves.following(state) for state in ("one", "two", "three", "closed")] == [
        "two",
        "three",
        "closed",
        None,
    ]


def test_nothing_walks_in_a_free_workflow() -> None:
    free = workflow(step("one"), step("two"), transitions=THREE.transitions[2:3], order="free")
    assert free.moves.following("one") is None
    assert free.moves.following("two") is None


def test_a_transition_that_starts_from_nowhere_is_no_move() -> None:
    nowhere = Transition("lost", frozenset(), "two", frozenset({"agent"}))
    table = workflow(step("one"), step("two"), transitions=[nowhere]).moves
    assert isinstance(table, MoveTable)
    assert table.named("lost", "one") == []


def test_a_transition_may_be_called_as_the_walk_is_without_being_taken_for_it() -> None:
    named = workflow(step("one"), step("two"), transitions=[transition(WALK_ON, "one", "closed")])
    assert named.moves.following("one") == "two"
    assert [to for _, to in named.moves.named(WALK_ON, "one")] == ["closed"]


def test_a_message_goes_to_the_customer_once_a_cycle_unless_said_otherwise() -> None:
    message = Send("apology")
    assert (message.once, message.to, dict(message.when_delivered)) == ("cycle", "customer", {})
