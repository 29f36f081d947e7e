"""Random clocks, over facts that every random workflow has."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.clocks.model import Anchor, Clock, Limit, Open
from recovery.core.guards import CaseValue, Compare, Constant, FactValue, Guard, Known
from recovery.core.spec import Action, CountFailure, Escalate, Forget, RaiseSeverity, Record, Rule, Send
from recovery.workflow.spans import read_span

LUNCH = (Window(9 * 60, 12 * 60), Window(13 * 60, 17 * 60))
SHOP = Calendar("shop", "Europe/London", (LUNCH,) * 5 + (LUNCH[:1], ()))
NIGHT = Calendar("night", "Australia/Lord_Howe", ((Window(22 * 60, 30 * 60),),) * 7)

OK: Guard = Compare("==", FactValue("ok"), Constant(value=True))
NOT_OK: Guard = Compare("==", FactValue("ok"), Constant(value=False))
KIND_X: Guard = Compare("==", FactValue("kind"), Constant("x"))
FIRST_STEP: Guard = Compare("==", CaseValue("step"), Constant("s0"))
SEVERE: Guard = Compare(">", CaseValue("severity"), Constant(1))
UNANSWERED: Guard = Compare("==", CaseValue("unanswered"), Constant(value=True))

CONDITIONS = st.sampled_from([None, None, OK, KIND_X, FIRST_STEP, SEVERE, Known("rating"), Open()])
PAUSES = st.sampled_from([None, NOT_OK, KIND_X, FIRST_STEP])
ANCHORS = st.sampled_from(
    [
        *(Anchor("mark", name) for name in ("message", "heard", "first_answer", "step s1", "sent apology")),
        *(Anchor("fact", name) for name in ("rating", "ok")),
        *(Anchor("guard", guard=guard) for guard in (OK, NOT_OK, UNANSWERED)),
    ]
)
STARTS = st.one_of(st.just(Anchor("received")), st.just(Anchor("received")), ANCHORS)
LENGTHS = (
    *("90 minutes", "4 hours", "36 hours", "3 business hours", "9 business hours"),
    *("1 business day", "3 business days", "1 day", "2 weeks", "1 month"),
)
SPANS = st.sampled_from(LENGTHS).map(read_span)
LIMITS = st.one_of(
    SPANS.map(lambda span: (Limit(span),)),
    st.tuples(SPANS, SPANS).map(lambda two: (Limit(two[0], 1), Limit(two[1]))),
    st.tuples(SPANS, SPANS).map(lambda two: (Limit(two[0], when=KIND_X), Limit(two[1], 1))),
)
ACTIONS: list[Action] = [
    Send("late", once="always", to="owner"),
    Send("hello"),
    Escalate(1),
    RaiseSeverity(),
    CountFailure(),
    Record({"ok": True}),
    Record({"kind": "x"}),
    Forget(("ok", "rating")),
]
RULES = st.lists(
    st.builds(Rule, st.tuples(st.sampled_from(ACTIONS)), st.sampled_from([None, None, OK, SEVERE])),
    max_size=2,
).map(tuple)


KINDS = st.sampled_from(["within", "within", "every", "due", "from", "before"])
COUNTS, TIMES = st.integers(0, 3), st.sampled_from([None, 1, 3])
WARNS = st.sampled_from([{}, {"warn_share": 75}, {"warn_before": read_span("2 hours")}])
CALENDARS = st.sampled_from([SHOP, NIGHT])
STOPS = st.lists(ANCHORS, max_size=2)
RESTARTS = st.sampled_from([None, None, Anchor("mark", "heard"), Anchor("fact", "rating")])
SELDOM, EVEN = st.sampled_from([False, False, True]), st.booleans()


@st.composite
def clocks(draw: st.DrawFn) -> dict[str, Clock]:
    """None to three clocks of any kind."""
    return {name: draw(_clock(name)) for name in "abc"[: draw(COUNTS)]}


@cache
@st.composite
def _clock(draw: st.DrawFn, name: str) -> Clock:
    kind = draw(KINDS)
    more: dict[str, Any] = {}
    if kind == "due":
        more = {"due_by": "next", "starts": Anchor("fact", "next")}
    elif kind in ("from", "before"):
        more = {"counts_from": "next", "counts_back": kind == "before"}
    if kind == "every":
        more = {"repeats": True, "times": draw(TIMES)}
    warns = draw(WARNS)
    return Clock(
        name=name,
        calendar=draw(CALENDARS),
        limits=() if kind == "due" else draw(LIMITS),
        stops=tuple(draw(STOPS)),
        restarts=draw(RESTARTS),
        when=draw(CONDITIONS),
        while_=draw(CONDITIONS),
        pause_while=draw(PAUSES),
        after_hours=draw(EVEN),
        legal=draw(SELDOM),
        in_ends=draw(SELDOM),
        on_warn=draw(RULES),
        on_breach=draw(RULES),
        at_last=draw(RULES),
        **{"starts": draw(STARTS), **warns, **more},
    )
