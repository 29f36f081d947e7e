"""Random workflows, with whatever needs, rules, transitions and clocks."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from recovery.core.empowerment.budgets import default_budgets
from recovery.core.facts import BUILT_IN, FactType
from recovery.core.guards import And, CaseValue, Compare, Constant, FactValue, Guard, Known, Not, Or
from recovery.core.spec import (
    SAME,
    Action,
    AnyOf,
    CountFailure,
    Coupon,
    Escalate,
    Go,
    Need,
    RaiseSeverity,
    Record,
    Rule,
    Send,
    Transition,
    Workflow,
)
from tests.clocks.strategies import clocks
from tests.core.builders import step, transition, workflow

LONG = os.environ.get("RECOVERY_LONG") == "1"


def examples(usually: int) -> int:
    """How many examples a property tries: forty times more with RECOVERY_LONG=1."""
    return usually * 40 if LONG else usually


FACTS = {
    "ok": FactType("ok", "boolean"),
    "rating": FactType("rating", "integer", minimum=1, maximum=5),
    "kind": FactType("kind", "choice", choices=("x", "y")),
    "price": FactType("price", "decimal"),
    "ideas": FactType("ideas", "list"),
    "next": FactType("next", "instant"),
    "promise.next_contact": FactType("promise.next_contact", "instant"),
    "promise.until": FactType("promise.until", "instant", said_by=frozenset({"engine"})),
    "promise.what": FactType("promise.what", "text", said_by=frozenset({"engine"})),
    "promise.open": FactType("promise.open", "list", said_by=frozenset({"engine"})),
    "apology.sent": FactType("apology.sent", "boolean", said_by=frozenset({"engine"})),
}
KINDS_OF_VALUES: dict[str, list[Any]] = {
    "text": ["in plain words", "用自己的话"],
    "boolean": [True, False],
    "decimal": ["10", "9.50"],
    "money": ["12.50 USD"],
    "instant": ["2026-11-23T15:00:00Z", "2026-12-01T09:30:00Z"],
    "person": ["li", "bo", "cy"],
    "list": [["a refund", "a new one"], ["a refund"]],
}


def values(kind: FactType) -> list[Any]:
    """A few values a fact may have; the first one helps a case along."""
    if kind.kind == "integer":
        return list(range(kind.maximum or 5, (kind.minimum or 0) - 1, -2))
    return list(kind.choices) or KINDS_OF_VALUES[kind.kind]


VALUES = {name: values(kind) for name, kind in {**BUILT_IN, **FACTS}.items()}
SAYABLE = [name for name, kind in FACTS.items() if not kind.said_by]
ACTORS = ["customer", "engine", "import", "supervisor:eve", "manager", "agent:li", "agent:bo", "agent:cy"]

# --- workflows ---

OK, RATING, KIND = FactValue("ok"), FactValue("rating"), FactValue("kind")
GOOD, POOR = Compare(">=", RATING, Constant(3)), Compare("<", RATING, Constant(3))
KIND_X, KIND_Y = Compare("==", KIND, Constant("x")), Compare("in", KIND, Constant(("y", "z")))
CHEAP = Compare("<", FactValue("price", decimal=True), Constant(Decimal(10)))
FIRST_TIME = Compare("==", CaseValue("failures"), Constant(0))
GUARDS: st.SearchStrategy[Guard] = st.sampled_from(
    [
        OK,
        Not(OK),
        GOOD,
        POOR,
        KIND_X,
        KIND_Y,
        CHEAP,
        FIRST_TIME,
        Known("ideas"),
        Known("ok", known=False),
        And((GOOD, FIRST_TIME)),
        And((KIND_X, Or((OK, POOR)))),
        Or((KIND_Y, Not(And((OK, GOOD))))),
    ]
)

_PLAIN_NEEDS = [
    *(Need(name) for name in [*FACTS, "owner"]),
    Need("ok", "is", True),
    Need("apology.sent", "is", True),
    Need("kind", "in", ("x",)),
    Need("rating", "at_least", 3),
    Need("price", "at_least", 10),
    Need("ideas", "at_least", 2),
    Need("ideas", when=POOR),
    Need("ok", "is", True, when=Not(KIND_X)),
    Need("owner", when=Known("kind")),
]
NEEDS: st.SearchStrategy[Need | AnyOf] = st.sampled_from(
    [
        *_PLAIN_NEEDS,
        AnyOf("any", (Need("rating"), Need("ok", "is", False))),
        AnyOf("any", (Need("price", "at_least", 10), Need("ideas", when=GOOD))),
    ]
)


def _actions(step_id: str, places: tuple[str, ...]) -> st.SearchStrategy[tuple[Action, ...]]:
    hello = f"hello-{step_id}"
    messages: list[Action] = [
        Send(hello),
        Send(hello, once="always"),
        Send(hello, once="case", to="owner"),
        Send("apology", {"apology.sent": True}),
        Send("apology", {"apology.sent": True}, once="case"),
        Send("note", to="supervisor"),
        Send("gift", coupon=Coupon("goodwill", "10 USD", 60)),
        Send("gift", once="always", coupon=Coupon("goodwill", "5.50 EUR", 1)),
    ]
    others: list[Action] = [Escalate(1), Escalate(3), RaiseSeverity(), CountFailure()]
    records: list[Action] = [
        Record({"ok": True}),
        Record({"ok": False}),
        Record({"kind": "x", "rating": 4}),
    ]
    forgets: list[tuple[str, ...] | None] = [None, (), ("ok", "owner", "rating")]
    ways: list[Action] = [Go(place, forget) for place in places for forget in forgets]
    action = st.one_of(*(st.sampled_from(some) for some in (messages, messages, others, records, ways)))
    return st.one_of(st.tuples(action), st.tuples(action, action))


@cache
def _rules(step_id: str, places: tuple[str, ...]) -> st.SearchStrategy[tuple[Rule, ...]]:
    return st.lists(st.builds(Rule, _actions(step_id, places), WHEN), max_size=2).map(tuple)


@cache
def _move(places: tuple[str, ...]) -> st.SearchStrategy[Transition]:
    anywhere = (*places, SAME)
    return st.builds(
        transition,
        st.sampled_from(["t0", "t1", "t2"]),
        st.sets(st.sampled_from(places), min_size=1).map(" ".join),
        st.sampled_from(anywhere),
        by=st.sampled_from([("agent",), ("customer", "agent"), ("supervisor",)]),
        when=WHEN,
        needs=st.lists(st.sampled_from(_PLAIN_NEEDS), max_size=1).map(tuple),
        forget=st.one_of(st.none(), st.just(()), st.just(("ok", "owner"))),
        then=_rules("then", anywhere),
    )


WHEN = st.one_of(st.none(), GUARDS)
SOME_NEEDS = st.lists(NEEDS, max_size=2)
CLOCKS = clocks()
ORDERS = st.sampled_from(["in_order", "in_order", "in_order", "free"])
STEPS, MOVES = st.integers(2, 6), st.integers(0, 4)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """A workflow of two to six steps with whatever needs, rules and transitions.

    What it is drawn from is made once: to look through it anew for each workflow takes most of the time.
    """
    ids = [f"s{n}" for n in range(draw(STEPS))]
    places = (*ids, "closed", "withdrawn")
    steps = [
        step(
            id,
            *draw(SOME_NEEDS),
            on_enter=draw(_rules(id, places)),
            on_leave=draw(_rules(id, places)),
        )
        for id in ids
    ]
    moves = [draw(_move(places)) for _ in range(draw(MOVES))]
    order = draw(ORDERS)
    money = default_budgets(("agent", "supervisor", "manager"))
    if draw(st.booleans()):
        money = {name: replace(budget, pay_with="pay") for name, budget in money.items()}
    more: dict[str, Any] = {"clocks": draw(CLOCKS), "budgets": money}
    return workflow(*steps, facts=FACTS, transitions=moves, order=order, **more)
