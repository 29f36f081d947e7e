"""Random streams of lines for plays of the ten steps: stories that lead to an end, torn and full of noise."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from recovery.core.facts import FactType
from recovery.core.instants import to_text
from recovery.core.spec import Workflow
from recovery.play.script import LINES
from tests.support import OWNED, SAID, START, TO_OWN

ACTORS = ["customer", "engine", "import", "supervisor:kim", "manager", "agent:li", "agent:bo", "agent:cy", ""]
PEOPLE = ["li", "bo", "cy", "two words", ""]
SOURCES = ["customer", "agent", "engine", "import", "robot"]
ADDRESSES = ["ana@example.org", "nobody@example.org", None]
CASES = ["a", "b", "c"]
WORDS = st.one_of(
    st.sampled_from(
        [
            "{{ 7*7 }}",
            "{$39.00}",
            "<script>",
            "a\r\nb",
            "\u202eabc",
            "\x1b[31m",
            "👨‍👩‍👧",
            " ",
            "",
            "\0",
            "\ud83d",
        ]
    ),
    st.text(st.characters(codec=None), max_size=12),
)
JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    WORDS,
    st.lists(WORDS, max_size=2),
    st.dictionaries(WORDS, st.integers(), max_size=2),
)

CALL = {**OWNED, "emotion.level": 3, "emotion.heard": True}
SOLVED = {"resolution.kind": "redelivery", "resolution.done_at": "2026-11-21T09:00:00Z"}
LEARNT = {"recurrence.checked": True, "recurrence.recurrent": False, "recovery_cause": "none"}

STORY: list[dict[str, Any]] = [
    {"event": "complaint", "text": "My order never came.", "from": "ana@example.org"},
    {"event": "record", "by": "agent:li", "facts": TO_OWN},
    {"event": "record", "by": "agent:li", "facts": SAID, "source": "customer"},
    {"event": "record", "by": "agent:li", "facts": CALL},
    {"event": "record", "by": "agent:li", "facts": SOLVED},
    {"event": "record", "by": "agent:li", "facts": {"resolution.accepted": True}, "source": "customer"},
    {"event": "record", "by": "agent:li", "facts": {"goodwill.waived": "they asked for none"}},
    {"event": "record", "by": "agent:li", "facts": {"followup.satisfaction": 5}, "source": "customer"},
    {"event": "record", "by": "agent:li", "facts": LEARNT},
]
"""A recovery that goes well; each line is one turn."""

TURNS: list[dict[str, Any]] = [
    {"event": "record", "by": "agent:li", "facts": {"followup.satisfaction": 1}, "source": "customer"},
    {"event": "record", "by": "agent:li", "facts": {"resolution.accepted": False}, "source": "customer"},
    {"event": "record", "by": "agent:li", "facts": {"expectation.feasible": "not_at_all"}},
    {"event": "record", "by": "agent:li", "facts": {"apology.in_person": True}},
    {"event": "record", "by": "agent:bo", "facts": {"alternatives": ["a refund"], "account_given": "lost"}},
    {"event": "retract", "by": "agent:li", "fact": "problem.driver", "reason": "a slip"},
    {"event": "retract", "by": "agent:li", "fact": "resolution.kind", "reason": "a slip"},
    {"event": "do", "by": "customer", "transition": "reopen"},
    {"event": "do", "by": "customer", "transition": "withdraw"},
    {"event": "do", "by": "customer", "transition": "resume"},
    {"event": "do", "by": "agent:li", "transition": "offer_alternative"},
    {
        "event": "do",
        "by": "agent:li",
        "transition": "send_goodwill",
        "facts": {"goodwill.kind": "coupon", "goodwill.detail": "10 %"},
    },
    {"event": "do", "by": "agent:li", "transition": "dignity"},
    {"event": "do", "by": "customer", "transition": "escalate"},
    {"event": "do", "by": "supervisor:kim", "transition": "end", "facts": {"ended.reason": "threats"}},
    {"event": "do", "by": "supervisor:kim", "transition": "resume"},
    {"event": "force", "by": "supervisor:kim", "to": "follow_up", "reason": "as agreed"},
    {"event": "force", "by": "supervisor:kim", "to": "closed", "reason": "as agreed"},
    {"event": "hand_off", "by": "agent:li", "to": "bo"},
    {"event": "accept", "by": "agent:bo"},
    {"event": "decline", "by": "agent:bo"},
    {"event": "message", "text": "Any news?", "message_id": "<1@example.org>"},
    {"event": "say", "by": "agent:li", "text": "I have found it.", "subject": "Your order"},
    {"event": "say", "by": "agent:li", "text": "I am sorry.", "template": "apology", "wait": 0},
    {"event": "note", "by": "agent:li", "text": "She sounds tired."},
    {"event": "merge", "by": "agent:li", "into": "a"},
    {"event": "merge", "by": "agent:li", "into": "b"},
    {"event": "unmerge", "by": "agent:li"},
    {"event": "lift", "by": "supervisor:kim", "reason": "mended"},
    {"event": "tick"},
]
"""What else people do, at whatever moment."""

_SAMPLES: dict[str, list[Any]] = {
    "text": ["in plain words", "用自己的话"],
    "boolean": [True, False],
    "decimal": ["9.50"],
    "money": ["12.50 USD", "12.50"],
    "instant": ["2026-11-23T15:00:00Z", "tomorrow"],
    "date": ["2026-11-23"],
    "person": PEOPLE,
    "list": [["a refund", "a new one"], []],
}


def _value(kind: FactType) -> st.SearchStrategy[Any]:
    if kind.kind == "integer":
        return st.integers((kind.minimum or 0) - 1, (kind.maximum or 5) + 1)
    return st.sampled_from(list(kind.choices) or _SAMPLES[kind.kind])


def _facts(workflow: Workflow) -> st.SearchStrategy[dict[str, Any]]:
    fact = st.sampled_from(list(workflow.facts)).flatmap(
        lambda name: st.tuples(st.just(name), st.one_of(_value(workflow.facts[name]), JUNK))
    )
    return st.lists(st.one_of(fact, st.tuples(WORDS, JUNK)), max_size=3).map(dict)


def _nonsense(workflow: Workflow) -> st.SearchStrategy[dict[str, Any]]:
    """A line with the right fields of its kind, or nearly, and whatever in them."""
    names = {
        "text": WORDS,
        "from": st.sampled_from(ADDRESSES),
        "facts": _facts(workflow),
        "source": st.sampled_from(SOURCES),
        "by": st.sampled_from(ACTORS),
        "to": st.sampled_from([*PEOPLE, *workflow.steps, *workflow.ends]),
        "transition": st.sampled_from([*workflow.moves.names, "walk_on", "go"]),
        "fact": st.sampled_from([*workflow.facts, "nothing"]),
        "into": st.sampled_from(CASES),
        "severity": st.integers(-1, 5),
        "language": st.sampled_from(["en", "zh", "zh-Hans", "tlh"]),
        "workflow": st.sampled_from(["ten-step", "online-shop", "helpdesk-log", "nowhere"]),
    }

    def line(kind: str) -> st.SearchStrategy[dict[str, Any]]:
        _, known = LINES[kind]
        needed = [name for name, field in known.items() if field.required]
        more = [name for name in known if name not in needed]
        return st.fixed_dictionaries(
            {"event": st.just(kind), **{name: names.get(name, WORDS) for name in [*needed, "by"]}},
            optional={name: st.one_of(names.get(name, WORDS), JUNK) for name in more},
        )

    return st.sampled_from(list(LINES)).flatmap(line)


def _rubbish() -> st.SearchStrategy[str]:
    """What is no line at all."""
    row = st.dictionaries(
        st.one_of(st.sampled_from(["at", "event", "case", "by", "facts"]), WORDS), JUNK, max_size=4
    )
    return st.one_of(
        WORDS,
        row.map(json.dumps),
        st.sampled_from(["[" * 5_000, "1" * 5_000, '{"at": NaN}', "\udcff", '{"event": "tick", "event": 1}']),
    ).filter(str.strip)


def streams(workflow: Workflow) -> st.SearchStrategy[list[str | dict[str, Any]]]:
    """Lines in order: texts as they are, and rows that still lack the name of their case and their moment.

    A row's `case` is one of `CASES`, and `at` is in minutes since `START`; `lines` makes JSON of them.
    """
    return _streams(_nonsense(workflow), _rubbish())


@st.composite
def _streams(
    draw: st.DrawFn, nonsense: st.SearchStrategy[dict[str, Any]], rubbish: st.SearchStrategy[str]
) -> list[str | dict[str, Any]]:
    cases = CASES[: draw(st.integers(1, 3))]
    told = [{**turn, "case": case} for case in cases for turn in STORY[: draw(st.integers(1, len(STORY)))]]
    kinds = {"t": st.sampled_from(TURNS), "s": st.sampled_from(STORY), "n": nonsense, "r": rubbish}
    for kind in draw(st.lists(st.sampled_from("tttttttssnnnr"), min_size=4, max_size=20)):
        line = draw(kinds[kind])
        row = {"case": draw(st.sampled_from(cases)), **line} if isinstance(line, dict) else line
        told.insert(draw(st.integers(1, len(told))), row)  # type: ignore[arg-type]
    minute = 0
    for row in told:
        if isinstance(row, dict):
            minute += draw(st.sampled_from([0, 1, 30, 1_000, -20]))
            row["at"] = minute
    return told  # type: ignore[return-value]


def lines(stream: list[str | dict[str, Any]], name: str) -> list[str]:
    """A stream as JSON Lines; `name` sets its cases apart from those of other streams."""
    return [row if isinstance(row, str) else json.dumps(_placed(row, name)) for row in stream]


def _placed(row: dict[str, Any], name: str) -> dict[str, Any]:
    placed = {**row, "at": to_text(START + timedelta(minutes=row["at"])), "case": f"{name}-{row['case']}"}
    if isinstance(row.get("into"), str) and row["event"] == "merge":
        placed["into"] = f"{name}-{row['into']}"
    return placed
