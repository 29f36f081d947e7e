"""Events as the log keeps them, and who did them."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest

from recovery.core import events as ev
from recovery.core.empowerment import events as money
from recovery.core.payloads import payload
from recovery.core.stories import events as told
from tests.core.builders import NAIVE, START


def test_who_did_it_is_a_role_with_or_without_a_name() -> None:
    assert (ev.role("agent:li"), ev.person("agent:li")) == ("agent", "li")
    assert (ev.role("customer"), ev.person("customer")) == ("customer", "")
    assert (ev.role("agent:li:2"), ev.person("agent:li:2")) == ("agent", "li:2")


def test_a_payload_holds_the_events_own_fields_and_leaves_out_what_says_nothing() -> None:
    received = ev.ComplaintReceived(by="customer", occurred_at=START, text="Late.")
    assert payload(received) == {
        "text": "Late.",
        "language": "en",
        "severity": 1,
        "source": "customer",
        "mode": "live",
    }
    held = ev.HandOffOffered(by="agent:li", occurred_at=START, to="bo", hold=True)
    assert payload(held) == {"to": "bo", "hold": True}
    assert payload(ev.HandOffAccepted(by="agent:bo", occurred_at=START)) == {}


def test_a_nought_says_something() -> None:
    assert payload(ev.CaseMerged(by="agent:li", occurred_at=START, into=0)) == {"into": 0}


def test_a_false_fact_and_a_nought_stay_in_a_payload() -> None:
    recorded = ev.FactsRecorded(by="agent:li", occurred_at=START, facts={"confirmed": False, "count": 0})
    assert payload(recorded) == {"facts": {"confirmed": False, "count": 0}, "source": "agent"}


def test_a_payload_is_json_whatever_python_types_the_facts_came_in() -> None:
    facts = MappingProxyType(
        {
            "day": date(2026, 11, 22),
            "at": datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(hours=1))),
            "unclear": NAIVE,
            "price": Decimal("12.50"),
            "alternatives": ("a refund", "a new one"),
            "refs": ["1"],
        }
    )
    found = payload(ev.FactsRecorded(by="agent:li", occurred_at=START, facts=facts))
    assert found["facts"] == {
        "day": "2026-11-22",
        "at": "2026-11-22T08:00:00.000000Z",
        "unclear": "2026-11-20T09:00:00",
        "price": "12.50",
        "alternatives": ["a refund", "a new one"],
        "refs": ["1"],
    }
    assert json.loads(json.dumps(found)) == found


def test_a_payload_does_not_share_the_callers_lists() -> None:
    refs = ["1"]
    found = payload(ev.FactsRecorded(by="agent:li", occurred_at=START, facts={"refs": refs}))
    refs.append("2")
    assert found["facts"] == {"refs": ["1"]}


def test_every_event_is_listed_by_its_name_frozen_and_keyword_only() -> None:
    for name, kind in ev.EVENTS.items():
        assert kind.__name__ == name
        assert issubclass(kind, ev.Event)
        with pytest.raises(TypeError):
            kind("agent:li", START)  # type: ignore[call-arg]
    accepted = ev.HandOffAccepted(by="agent:bo", occurred_at=START)
    with pytest.raises(FrozenInstanceError):
        accepted.by = "agent:li"  # type: ignore[misc]


def test_every_kind_of_event_the_modules_define_is_listed() -> None:
    defined = {
        name
        for name, kind in {**vars(ev), **vars(money), **vars(told)}.items()
        if isinstance(kind, type) and issubclass(kind, ev.Event) and kind is not ev.Event
    }
    assert set(ev.EVENTS) == defined


def test_what_nobody_says_has_a_plain_default() -> None:
    received = ev.ComplaintReceived(by="customer", occurred_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert (received.source, received.mode, received.language, received.severity) == (
        "customer",
        "live",
        "en",
        1,
    )
    assert received.hold is False
    recorded = ev.FactsRecorded(by="agent:li", occurred_at=START, facts={})
    assert (recorded.source, recorded.hold) == ("agent", False)
    assert ev.MoveRequested(by="agent:li", occurred_at=START, transition="reopen").source == "agent"
