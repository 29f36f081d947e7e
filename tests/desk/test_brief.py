"""The brief: a case on a page, in the customer's own words, as it stands now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.clock import ManualClock
from recovery.core.brief import Brief
from recovery.engine import Engine
from tests.support import NO_ANSWER, OWNED, SAID, TO_OWN, clock, engine, project

__all__ = ["clock", "engine", "project"]

WORDS = "My order never came.\nI have called three times!"


@pytest.fixture
def case(engine: Engine) -> int:
    customer = {"name": "Ana", "address": "ana@example.org", "zone": "America/New_York"}
    return engine.open_case(WORDS, customer=customer).case


def part(found: Brief, id: str) -> list[tuple[str, str]]:
    (section,) = (one for one in found.sections if one.id == id)
    return [(line.text, line.quote) for line in section.lines]


def texts(found: Brief, id: str) -> str:
    return "\n".join(text or quote for text, quote in part(found, id))


def test_it_quotes_the_customers_own_words(engine: Engine, case: int) -> None:
    assert part(engine.brief(case), "problem") == [("", WORDS)]
    assert WORDS.splitlines()[1] in engine.brief(case, "zh").as_text()


def test_it_says_what_nobody_has_asked_or_done_yet(engine: Engine, case: int) -> None:
    found = engine.brief(case)
    assert texts(found, "understood") == "Nobody has said it back yet."
    assert texts(found, "expectation") == "They have not been asked yet."
    assert texts(found, "tried") == "Nothing has been done about it yet."
    assert texts(found, "given") == "Nothing so far."
    assert "How do you say it back, in your own words?" in texts(found, "next")
    assert (found.owner, found.retold) == (None, None)


def test_it_is_always_current(engine: Engine, case: int) -> None:
    engine.record(case, {**TO_OWN, "retold": 2}, by="agent:li")
    engine.record(case, SAID, by="agent:li", source="customer")
    engine.record(case, OWNED, by="agent:li")
    found = engine.brief(case)
    assert part(found, "understood") == [("", "Order 17 is a week late."), ("They confirmed it.", "")]
    assert part(found, "expectation") == [("", "my parcel"), ("All of it can be done.", "")]
    assert "Told the story again: 2" in texts(found, "feelings")
    assert "Owner: li" in texts(found, "next")
    assert (found.owner, found.retold) == ("li", 2)


def test_a_promise_is_told_on_the_customers_clock(engine: Engine, case: int) -> None:
    engine.record(case, {"promise.next_contact": "2026-11-23T15:00:00Z"}, by="agent:li")
    assert texts(engine.brief(case), "promises") == (
        "by 2026-11-23 10:00 America/New_York: To be in touch (open)"
    )


def test_what_was_tried_before_is_not_forgotten(engine: Engine, case: int) -> None:
    engine.record(case, TO_OWN, by="agent:li")
    engine.record(case, SAID, by="agent:li", source="customer")
    engine.record(case, {**OWNED, "emotion.level": 3, "emotion.heard": True}, by="agent:li")
    engine.record(case, {"apology.in_person": True}, by="agent:li")
    done = {"resolution.kind": "redelivery", "resolution.done_at": "2026-11-20T10:00:00Z"}
    engine.record(case, done, by="agent:li")
    engine.record(case, {"resolution.accepted": False}, by="customer", source="customer")
    assert "They did not accept it" in texts(engine.brief(case), "tried")
    engine.do(case, "offer_alternative", by="agent:li")
    tried = texts(engine.brief(case), "tried")
    assert "Done, 2026-11-20 05:00 America/New_York: redelivery" in tried
    assert "They did not accept it" in tried
    assert "重新送货" in texts(engine.brief(case, "zh-CN"), "tried")


def test_an_escalation_has_the_brief_as_it_was_then(engine: Engine, case: int, clock: ManualClock) -> None:
    then = engine.brief(case).as_text()
    clock.advance(timedelta(days=10))
    engine.see_to_due(10)
    messages = {row.template: row for row in engine.store.outbox(engine.tenant, case=case)}
    told = messages["overdue"].context["brief"]
    assert WORDS.splitlines()[1] in told
    assert told.splitlines()[0] == then.splitlines()[0]
    assert "brief" not in messages["acknowledgement"].context


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_state_of_a_case_can_be_told(engine: Engine, case: int, language: str) -> None:
    engine.record(case, NO_ANSWER, by="agent:li")
    engine.do(case, "withdraw", by="customer")
    found = engine.brief(case, language)
    parts = ("problem", "understood", "expectation", "promises", "tried", "given", "feelings", "next")
    assert tuple(one.id for one in found.sections) == parts
    assert found.as_dict()["sections"][0]["lines"] == [{"text": "", "quote": WORDS}]
