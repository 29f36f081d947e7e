"""Malformed events: refused with the field's name, before anybody judges them."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from recovery.core import events as ev
from recovery.core.errors import Refusal
from recovery.core.facts import MAX_INTEGER, MAX_TEXT
from recovery.core.shape import problem
from tests.core.builders import NAIVE, START, Story, begun, step, texts, workflow

GOOD: dict[str, Any] = {
    "by": "agent:li",
    "occurred_at": START,
    "due_at": START,
    "hold": False,
    "text": "It broke.",
    "customer": {"name": "Ana"},
    "channel": "mail",
    "language": "en",
    "subject": None,
    "external_id": "7",
    "severity": 1,
    "facts": {"a": 1},
    "source": "agent",
    "mode": "live",
    "fact": "a",
    "reason": "because",
    "transition": "reopen",
    "to": "bo",
    "effect": "1.0",
    "task": "phone",
    "note": "n",
    "into": 2,
    "other": 2,
    "message_id": "<1@example.org>",
    "in_reply_to": None,
    "attachments": {"0" * 64: "photo.jpg"},
    "template": None,
    "wait": 60,
    "despite": None,
    "doubts": {},
    "name": "photo.jpg",
    "type": "image/jpeg",
    "size": 10,
    "sha256": "0" * 64,
    "offer": "goodwill",
    "value": "10 USD",
    "expires_after_days": 60,
    "serial": 1,
    "reference": "order 7",
    "what": "to send the refund",
    "by_when": START,
    "estimate": None,
    "contact": False,
    "promise": "1",
    "kind": "refund",
    "amount": "40 USD",
    "expires_at": None,
    "pay_within": 3,
    "receipt": None,
    "compensation": "1",
    "standing": {},
    "of": "bo",
    "collaboration": "1",
    "answer": "Here.",
    "felt": "Glad.",
    "happened": None,
    "done": "A lunch.",
    "from_customer": True,
    "reward": None,
}

BAD_TEXTS = [None, 5, b"x", ["x"], "half \ud800", "nul \x00"]
BAD: dict[str, list[Any]] = {
    "str": [*BAD_TEXTS, "x" * (MAX_TEXT + 1)],
    "str | None": [*BAD_TEXTS[1:], "x" * (MAX_TEXT + 1)],
    "datetime": [None, "2026-11-22", NAIVE, datetime.min.replace(tzinfo=timezone.max)],
    "datetime | None": ["2026-11-22", NAIVE, datetime.min.replace(tzinfo=timezone.max)],
    "bool": [None, 1, "true"],
    "int": [None, True, 1.0, "1", -1, MAX_INTEGER + 1, 10**6000],
    "int | None": [True, 1.0, "1", -1, MAX_INTEGER + 1, 10**6000],
    "Mapping[str, str]": [None, [], "x", {1: "x"}, {"a": 1}, {"a": None}, {"a": "\ud800"}, {"\x00": "x"}],
    "Mapping[str, Any]": [None, [], "x", {1: "x"}, {"\ud800": 1}, {None: 1}],
    "Source": [None, "Agent", "nobody", ["agent"]],
    "Mode": [None, "past", {}],
}


def event(kind: type[ev.Event], /, **changed: Any) -> ev.Event:
    own = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in GOOD.items() if name in own} | changed)


@pytest.mark.parametrize("kind", ev.EVENTS.values(), ids=ev.EVENTS)
def test_a_well_formed_event_has_no_problem(kind: type[ev.Event]) -> None:
    assert problem(event(kind)) is None


@pytest.mark.parametrize("kind", ev.EVENTS.values(), ids=ev.EVENTS)
def test_a_value_of_a_wrong_type_is_refused_in_every_field_of_every_event(kind: type[ev.Event]) -> None:
    for field in fields(kind):
        for value in BAD[str(field.type)]:
            refusal = problem(event(kind, **{field.name: value}))
            assert refusal is not None, (field.name, value)
            assert (refusal.code, refusal.fault) == ("wrong_field", "caller")
            assert refusal.message.startswith(f"{field.name}: ")
            assert len(refusal.message) < 200
            assert refusal.message.isprintable()
            assert refusal.hint == f"Mend it and send the {kind.__name__} again."


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("text", 5, "text: 5 is not a text."),
        ("text", "x" * (MAX_TEXT + 1), "text: 1,000,001 characters are more than 1,000,000."),
        ("external_id", "x" * 501, "external_id: 501 characters are more than 500."),
        ("text", "\x00", "text: the text holds a NUL character; send it without."),
        ("hold", "yes", "hold: 'yes' is not true or false."),
        ("severity", 1.5, "severity: 1.5 is not a whole number from 0 up."),
        ("customer", {"name": 5}, "customer: name: 5 is not a text."),
        ("customer", {5: "x"}, "customer: name 5: 5 is not a text."),
        ("customer", [], "customer: [] is not a mapping of names to values."),
        ("facts", {"x" * 501: 1}, "facts: name 'xxx"),
        ("source", "Agent", "source: 'Agent' is not one of customer, agent, engine, import."),
        ("mode", "past", "mode: 'past' is not one of live, history."),
        ("occurred_at", "soon", "occurred_at: 'soon' is not a datetime."),
        ("occurred_at", NAIVE, "occurred_at: 2026-11-20T09:00:00 has no time zone"),
    ],
)
def test_the_refusal_says_what_would_have_been_accepted(field: str, value: Any, says: str) -> None:
    refusal = problem(event(ev.ComplaintReceived, **{field: value}))
    assert refusal is not None
    assert refusal.message.startswith(says)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "x" * MAX_TEXT),
        ("text", None),
        ("subject", "x" * 501),
        ("external_id", "x" * 500),
        ("severity", 0),
        ("severity", MAX_INTEGER),
        ("facts", {}),
        ("customer", {}),
        ("occurred_at", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_last_accepted_value_is_accepted(field: str, value: Any) -> None:
    assert problem(event(ev.ComplaintReceived, **{field: value})) is None


def test_people_may_write_long_reasons_but_names_are_short() -> None:
    assert problem(event(ev.MoveForced, reason="x" * 501)) is None
    assert problem(event(ev.MoveForced, to="x" * 501)) is not None


def test_every_wrong_field_is_named_in_one_answer() -> None:
    refusal = problem(event(ev.ComplaintReceived, text=5, severity="high", mode="past"))
    assert refusal is not None
    assert refusal.message.startswith("text: ")
    assert [line.partition(":")[0] for line in refusal.details] == ["severity", "mode"]


@pytest.mark.parametrize("kind", [ev.ComplaintReceived, ev.FactsRecorded, ev.MoveRequested])
def test_nobody_but_the_engine_speaks_as_the_engine(kind: type[ev.Event]) -> None:
    refusal = problem(event(kind, source="engine", by="agent:li"))
    assert refusal == Refusal(
        "wrong_source",
        "agent:li cannot record what only the engine knows.",
        "Name who said it: the customer, the agent or the import.",
    )
    assert problem(event(kind, source="engine", by="engine")) is None
    assert problem(event(kind, source="engine", by="engine:follow-up")) is None


def test_a_malformed_complaint_opens_nothing_and_a_malformed_event_changes_nothing() -> None:
    small = workflow(step("one"), facts=texts("a"))
    assert Story(small).refuse(ev.ComplaintReceived, text="x", occurred_at=NAIVE).code == "wrong_field"
    assert begun(small).refuse(ev.FactsRecorded, facts={"a": "x"}, occurred_at=NAIVE).code == "wrong_field"
    late = START + timedelta(days=1)
    assert begun(small).refuse(ev.FactsRecorded, facts=["a"], occurred_at=late).code == "wrong_field"


def test_an_event_of_an_unknown_kind_is_a_mistake_of_the_program_and_raises() -> None:
    class SomethingElse(ev.Event):
        pass

    with pytest.raises(KeyError):
        problem(SomethingElse(by="agent:li", occurred_at=START))
