"""Promises: made by an hour that can be kept, told with a margin, kept or broken, each on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from recovery.core.events import (
    EffectDelivered,
    FactRetracted,
    PromiseKept,
    PromiseMade,
    PromiseReleased,
)
from recovery.core.facts import FactType
from recovery.core.instants import from_text
from recovery.core.promises import told
from recovery.core.spec import Need, Send, Workflow
from tests.core.builders import START, Story, begun, step, texts, transition, workflow

ENGINE = frozenset({"engine"})
FACTS = texts("a") | {
    "promise.next_contact": FactType("promise.next_contact", "instant"),
    "promise.until": FactType("promise.until", "instant", said_by=ENGINE),
    "promise.what": FactType("promise.what", "text", said_by=ENGINE),
    "promise.estimate": FactType("promise.estimate", "instant", said_by=ENGINE),
    "promise.open": FactType("promise.open", "list", said_by=ENGINE),
}
KOLKATA = ZoneInfo("Asia/Kolkata")
LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def small(**more: Any) -> Workflow:
    return workflow(
        step("one", Need("a")),
        facts=more.pop("facts", FACTS),
        transitions=[transition("tell", "one", "same", then=[Send("news", once="always")])],
        **more,
    )


def statuses(story: Story, now: datetime = START) -> list[str]:
    return [one.status(now.isoformat().replace("+00:00", ".000000Z")) for one in story.case.promises.values()]


# --- the margin ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("takes", "is_told"),
    [
        (timedelta(days=15), timedelta(days=18)),
        (timedelta(days=10), timedelta(days=13)),
        (timedelta(days=20), timedelta(days=24)),
        (timedelta(days=5), timedelta(days=6)),
        (timedelta(hours=10), timedelta(hours=12)),
        (timedelta(hours=2), timedelta(hours=3)),
        (timedelta(), timedelta(hours=1)),
    ],
)
def test_the_customer_is_told_the_estimate_and_its_margin(takes: timedelta, is_told: timedelta) -> None:
    assert told(NOON + takes, NOON) == NOON + is_told


@pytest.mark.parametrize("zone", [UTC, KOLKATA, ZoneInfo("Asia/Kathmandu")])
def test_what_is_told_is_a_full_hour_on_the_customer_s_clock_and_never_before_the_margin(zone: Any) -> None:
    for minutes in range(0, 2_000, 7):
        estimate = NOON + timedelta(minutes=minutes)
        found = told(estimate, NOON, zone)
        local = found.astimezone(zone)
        assert (local.minute, local.second) == (0, 0)
        assert timedelta(hours=1) <= found - estimate < timedelta(minutes=minutes) / 5 + timedelta(hours=2)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (datetime(2027, 10, 31, 1, tzinfo=LONDON), "2027-10-31T00:00:00.000000Z"),
        (datetime(2027, 3, 28, 1, tzinfo=LONDON), "2027-03-28T01:00:00.000000Z"),
    ],
)
def test_an_hour_that_the_clock_shows_twice_or_never_is_a_full_hour(written: datetime, kept: str) -> None:
    """The first of the two, and the one that the offset before the gap gives (docs/time.md)."""
    story = begun(small())
    story.do(PromiseMade, what="to send the refund", by_when=written)
    assert story.case.promises["1"].by_when == kept


# --- making one ---------------------------------------------------------------------------------------------


def test_a_promise_is_a_row_with_whom_what_and_by_when() -> None:
    story = begun(small())
    story.do(PromiseMade, what="to send the refund", by_when=NOON)
    row = story.case.promises["1"]
    assert (row.what, row.to, row.by, row.by_when) == (
        "to send the refund",
        "customer",
        "agent:li",
        "2026-11-23T12:00:00.000000Z",
    )
    assert story.case.facts["promise.until"] == row.by_when
    assert story.case.facts["promise.what"] == row.what
    assert story.case.facts["promise.open"] == ["2026-11-23 12:00: to send the refund"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"by_when": NOON}, "no_promise"),
        ({"what": "to call"}, "no_moment"),
        ({"what": "to call", "by_when": START - timedelta(hours=1)}, "in_the_past"),
        ({"what": "to call", "estimate": START}, "in_the_past"),
        ({"what": "to call", "by_when": NOON + timedelta(minutes=30)}, "not_to_the_hour"),
        ({"what": "to call", "by_when": NOON, "estimate": NOON + timedelta(hours=1)}, "before_the_estimate"),
        ({"what": "to call", "by_when": NOON + timedelta(days=3_651)}, "too_far"),
        ({"what": "to call", "estimate": datetime.max.replace(tzinfo=UTC)}, "too_far"),
        ({"what": "to call", "by_when": NOON, "by": "customer"}, "not_allowed"),
    ],
)
def test_what_is_no_promise_is_refused(fields: dict[str, Any], code: str) -> None:
    story = begun(small())
    assert story.refuse(PromiseMade, **fields).code == code
    assert story.case.promises == {}


def test_the_hour_is_one_on_the_customer_s_clock() -> None:
    story = begun(small(), customer={"zone": "Asia/Kolkata"})
    refusal = story.refuse(PromiseMade, what="to call", by_when=NOON)
    assert refusal.code == "not_to_the_hour"
    assert "2026-11-23T18:00+05:30" in refusal.hint
    story.do(PromiseMade, what="to call", by_when=NOON + timedelta(minutes=30))


def test_nothing_is_promised_in_a_case_of_the_past() -> None:
    story = begun(small(), mode="history")
    assert story.refuse(PromiseMade, what="to call", by_when=NOON).code == "history"
    story.record({"promise.next_contact": "2026-11-23T15:00:00Z"})
    assert story.case.promises == {}


def test_a_workflow_without_the_facts_keeps_promises_all_the_same() -> None:
    story = begun(small(facts=texts("a")))
    story.do(PromiseMade, what="to call", by_when=NOON)
    assert statuses(story) == ["open"]
    assert story.refuse(PromiseMade, contact=True, by_when=NOON).code == "no_contact_fact"


# --- keeping it ---------------------------------------------------------------------------------------------


def test_what_is_done_in_time_is_kept_and_what_is_done_late_was_broken() -> None:
    story = begun(small())
    for what in ("to call", "to write"):
        story.do(PromiseMade, what=what, by_when=NOON)
    story.do(PromiseKept, promise="1", occurred_at=NOON)
    story.do(PromiseKept, promise="2", occurred_at=NOON + timedelta(seconds=1), note="sorry")
    assert statuses(story) == ["kept", "broken"]
    assert "promise.until" not in story.case.facts
    assert story.refuse(PromiseKept, promise="1").code == "no_open_promise"
    assert story.refuse(PromiseKept, promise="7").code == "no_open_promise"


def test_what_nobody_settles_is_broken_at_its_hour() -> None:
    story = begun(small())
    story.do(PromiseMade, what="to call", by_when=NOON)
    assert statuses(story, NOON - timedelta(seconds=1)) == ["open"]
    assert statuses(story, NOON) == ["broken"]


def test_a_promise_is_released_with_a_reason() -> None:
    story = begun(small())
    story.do(PromiseMade, what="to call", by_when=NOON)
    assert story.refuse(PromiseReleased, promise="1", reason=" ").code == "no_reason"
    story.do(PromiseReleased, promise="1", reason="she called herself")
    assert (statuses(story), story.case.promises["1"].note) == (["released"], "she called herself")


def test_two_things_promised_for_one_hour_are_told_together() -> None:
    story = begun(small())
    for what in ("to call", "to write"):
        story.do(PromiseMade, what=what, by_when=NOON)
    assert story.case.facts["promise.what"] == "to call; to write"
    story.do(PromiseKept, promise="1")
    assert story.case.facts["promise.what"] == "to write"


# --- contact ------------------------------------------------------------------------------------------------


def test_the_fact_of_the_next_contact_is_a_promise_and_hearing_from_us_keeps_it() -> None:
    story = begun(small())
    sent_before = story.ask("tell").effects[0].key
    story.record({"promise.next_contact": "2026-11-23T15:00:00Z"})
    row = story.case.promises["1"]
    assert (row.contact, from_text(row.by_when)) == (True, NOON + timedelta(hours=3))
    story.do(EffectDelivered, by="engine", effect=sent_before)
    assert statuses(story) == ["open"], "it was on its way before anything was promised"
    story.do(EffectDelivered, by="engine", effect=story.ask("tell").effects[0].key)
    assert statuses(story) == ["kept"]


def test_a_contact_promised_by_the_hour_is_the_fact_too() -> None:
    story = begun(small())
    story.do(PromiseMade, contact=True, by_when=NOON)
    assert story.case.facts["promise.next_contact"] == "2026-11-23T12:00:00.000000Z"
    assert list(story.case.promises) == ["1"]
    assert story.refuse(PromiseMade, contact=True, by_when=NOON).code == "already_promised"
    story.do(PromiseMade, contact=True, by_when=NOON + timedelta(hours=1))
    assert statuses(story) == ["released", "open"]


def test_a_contact_whose_fact_is_retracted_is_promised_no_longer() -> None:
    story = begun(small())
    story.record({"promise.next_contact": "2026-11-23T15:00:00Z"})
    story.do(FactRetracted, fact="promise.next_contact", reason="a slip")
    assert statuses(story) == ["released"]
