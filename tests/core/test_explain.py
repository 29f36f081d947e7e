"""What an agent is told about a case: what it waits for, what is open, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from recovery.core.events import CaseMerged, CaseQuarantined, EffectFailed, HandOffOffered
from recovery.core.explain import accepts, explain, words
from recovery.core.facts import FactType
from recovery.core.guards import Compare, Constant, FactValue
from recovery.core.spec import AnyOf, Need, Rule, Send, Step, Workflow
from tests.core.builders import begun, step, texts, transition, workflow

FEASIBLE = Compare("!=", FactValue("feasible"), Constant("fully"))
RATING = FactType(
    "rating",
    "integer",
    minimum=1,
    maximum=5,
    said_by=frozenset({"customer"}),
    ask={"en": "How satisfied are you?", "zh": "您满意吗？"},
)
FACTS = texts("a", "reason", "alternatives") | {
    "feasible": FactType("feasible", "choice", choices=("fully", "partly")),
    "rating": RATING,
    "unreachable": FactType("unreachable", "boolean"),
    "apology.sent": FactType("apology.sent", "boolean"),
}
GUIDED = Step(
    "one",
    {"en": "Find the problem", "zh": "找出问题所在"},
    purpose={"en": "They feel understood.", "zh": "先让顾客感到被理解。"},
    worth={"en": "Nobody repeats themselves."},
    do=({"en": "Listen.", "zh": "倾听。"},),
    never=({"en": "Do not interrupt.", "zh": "不要打断。"},),
    needs=(
        Need("a"),
        Need("alternatives", when=FEASIBLE),
        AnyOf("any", (Need("rating", "at_least", 3), Need("unreachable", "is", True))),
        Need("apology.sent", "is", True),
    ),
    on_enter=(Rule((Send("sorry", when_delivered={"apology.sent": True}), Send("note"))),),
    on_leave=(Rule((Send("thanks"),), when=FEASIBLE, line=9), Rule((Send("bye"),))),
)


def small(**more: Any) -> Workflow:
    return workflow(
        GUIDED,
        step("two", Need("a")),
        facts=FACTS,
        transitions=[
            transition("withdraw", "one", "withdrawn", by=("customer", "agent"), needs=(Need("reason"),)),
            transition(
                "hurry", "one", "same", by=("agent",), when=FEASIBLE, title={"en": "Hurry", "zh": "加急"}
            ),
        ],
        **more,
    )


def test_a_case_at_its_beginning_is_told_whole() -> None:
    story = begun(small(), severity=2)
    assert explain(small(), story.case) == {
        "case": 1,
        "workflow": "small",
        "step": {
            "id": "one",
            "title": "Find the problem",
            "purpose": "They feel understood.",
            "worth": "Nobody repeats themselves.",
            "do": ["Listen."],
            "never": ["Do not interrupt."],
        },
        "owner": None,
        "offered_to": None,
        "level": "agent",
        "severity": 2,
        "cycle": 1,
        "waits_for": [
            {
                "need": "a",
                "fact": "a",
                "ask": "",
                "accepts": "text",
                "said_by": [],
                "on_record": None,
                "because": None,
                "comes_with": None,
            },
            {
                "need": "alternatives",
                "fact": "alternatives",
                "ask": "",
                "accepts": "text",
                "said_by": [],
                "on_record": None,
                "because": 'feasible != "fully" is unknown (feasible is not known)',
                "comes_with": None,
            },
            {
                "need": "rating (at least 3) or unreachable = true",
                "any_of": [
                    {
                        "need": "rating (at least 3)",
                        "fact": "rating",
                        "ask": "How satisfied are you?",
                        "accepts": "integer from 1 to 5",
                        "said_by": ["customer"],
                        "on_record": None,
                        "because": None,
                        "comes_with": None,
                    },
                    {
                        "need": "unreachable = true",
                        "fact": "unreachable",
                        "ask": "",
                        "accepts": "boolean",
                        "said_by": [],
                        "on_record": None,
                        "because": None,
                        "comes_with": None,
                    },
                ],
            },
            {
                "need": "apology.sent = true",
                "fact": "apology.sent",
                "ask": "",
                "accepts": "boolean",
                "said_by": [],
                "on_record": None,
                "because": None,
                "comes_with": "sorry",
            },
        ],
        "rules": [{"line": 9, "if": 'feasible != "fully" is unknown (feasible is not known)', "fires": None}],
        "transitions": [
            {
                "name": "withdraw",
                "title": "",
                "to": "withdrawn",
                "by": ["agent", "customer"],
                "open": True,
                "because": None,
                "needs": ["reason"],
            },
            {
                "name": "hurry",
                "title": "Hurry",
                "to": "same",
                "by": ["agent"],
                "open": None,
                "because": 'feasible != "fully" is unknown (feasible is not known)',
                "needs": [],
            },
        ],
        "messages": [{"effect": "1.0", "template": "sorry"}, {"effect": "1.1", "template": "note"}],
        "undelivered": [],
        "tasks": [],
        "merged_into": None,
        "quarantine": None,
        "erased_at": None,
    }


def test_what_became_known_is_no_longer_waited_for_and_opens_or_closes_moves() -> None:
    story = begun(small())
    story.record({"feasible": "fully", "rating": 2, "reason": "x"}, source="customer")
    told = explain(small(), story.case)
    assert [row["need"] for row in told["waits_for"]] == [
        "a",
        "rating (at least 3) or unreachable = true",
        "apology.sent = true",
    ]
    assert told["waits_for"][1]["any_of"][0]["on_record"] == 2
    assert [(row["open"], row["needs"]) for row in told["transitions"]] == [(True, []), (False, [])]
    assert told["rules"][0]["fires"] is False
    story.record({"feasible": "partly"})
    told = explain(small(), story.case)
    assert (told["transitions"][1]["open"], told["rules"][0]["fires"]) == (True, True)


def test_the_agents_language_is_spoken_where_there_are_words_for_it() -> None:
    told = explain(small(), begun(small()).case, "zh")
    assert told["step"]["title"] == "找出问题所在"
    assert told["step"]["purpose"] == "先让顾客感到被理解。"
    assert told["step"]["worth"] == "Nobody repeats themselves."
    assert (told["step"]["do"], told["step"]["never"]) == (["倾听。"], ["不要打断。"])
    assert told["waits_for"][2]["any_of"][0]["ask"] == "您满意吗？"
    assert told["transitions"][1]["title"] == "加急"
    assert explain(small(), begun(small()).case, "fr")["step"]["title"] == "Find the problem"


def test_a_case_in_an_end_waits_for_nothing() -> None:
    story = begun(small())
    story.do(CaseMerged, into=2)
    told = explain(small(), story.case, "zh")
    assert told["step"] == {"id": "merged", "title": "merged"}
    assert (told["waits_for"], told["rules"], told["transitions"]) == ([], [], [])
    assert told["merged_into"] == 2


def test_what_went_wrong_and_what_is_under_way_is_told() -> None:
    story = begun(small(), facts={"owner": "li"})
    story.do(HandOffOffered, to="bo")
    story.do(EffectFailed, by="engine", effect="1.0", reason="no such mailbox")
    story.do(CaseQuarantined, by="engine", reason="it broke")
    told = explain(small(), replace(story.case, level=1, failures=1))
    assert (told["owner"], told["offered_to"], told["level"], told["cycle"]) == ("li", "bo", "supervisor", 2)
    assert told["undelivered"] == [{"effect": "1.0", "template": "sorry", "reason": "no such mailbox"}]
    assert told["messages"] == [{"effect": "1.1", "template": "note"}]
    assert told["quarantine"] == "it broke"
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ({"en": "Hello", "zh": "你好"}, "zh", "你好"),
        ({"en": "Hello", "zh": "你好"}, "fr", "Hello"),
        ({"zh": "你好"}, "fr", "你好"),
        ({"en": "Hello", "zh": ""}, "zh", "Hello"),
        ({}, "en", ""),
    ],
)
def test_a_text_is_said_in_the_language_asked_for_else_in_english_else_somehow(
    text: dict[str, str], language: str, said: str
) -> None:
    assert words(text, language) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FactType("x", "text"), "text"),
        (FactType("x", "choice", choices=("a", "b")), "one of a, b"),
        (FactType("x", "integer", minimum=1, maximum=5), "integer from 1 to 5"),
        (FactType("x", "integer", minimum=0), "integer from 0"),
        (FactType("x", "decimal", maximum=0), "decimal to 0"),
    ],
)
def test_what_a_fact_accepts_is_said_in_a_few_words(kind: FactType, said: str) -> None:
    assert accepts(kind) == said
