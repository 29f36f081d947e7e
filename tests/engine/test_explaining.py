"""An explanation says how every deadline stands, by whose clock and which rule, and what comes next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.engine import Engine
from recovery.ticking import fire_due

FRIDAY = datetime(2026, 11, 20, 17, 55, tzinfo=UTC)
ANA = {"name": "Ana", "address": "ana@example.org", "zone": "Asia/Shanghai"}


@pytest.fixture
def case(engine: Engine, clock: ManualClock) -> int:
    clock.set(FRIDAY)
    return engine.open_case("My order never came.", customer=ANA).case


def named(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if name in (row.get("name"), row.get("clock")))


def test_a_deadline_is_told_on_both_clocks_with_the_rule_it_follows(engine: Engine, case: int) -> None:
    told = named(engine.explain(case)["clocks"], "first-answer")
    assert told["status"] == "running"
    assert told["starts_by"] == "received"
    assert told["due_at"] == "2026-11-23T12:55:00.000000Z"
    assert told["due_local"] == "2026-11-23T12:55:00+00:00"
    assert told["due_for_customer"] == "2026-11-23T20:55:00+08:00"
    file, _, line = told["rule"].partition(":")
    assert file == "workflows/ten-step.yaml"
    assert int(line) > 1


def test_what_has_passed_of_a_deadline_counts_open_hours_alone(
    engine: Engine, case: int, clock: ManualClock
) -> None:
    clock.set(datetime(2026, 11, 23, 9, 10, tzinfo=UTC))
    assert named(engine.explain(case)["clocks"], "first-answer")["accrued_seconds"] == 15 * 60


def test_a_clock_that_does_not_run_says_what_it_waits_for(engine: Engine, case: int) -> None:
    waiting = engine.explain(case)["not_started"]
    assert named(waiting, "answer")["waits_for"] == ["the customer has not written again"]
    assert named(waiting, "confirmation")["waits_for"] == ["restatement has not been delivered"]
    assert named(waiting, "promise")["waits_for"] == ["promise.next_contact is not known"]
    assert named(waiting, "follow-up")["waits_for"] == [
        'case.step == "follow_up" is false',
        "the case has not come to follow_up",
    ]


def test_what_clocks_will_do_is_told_in_order_with_conditions_and_contact_hours(
    engine: Engine, case: int
) -> None:
    coming = engine.explain(case)["coming"]
    assert [row["at"] for row in coming] == sorted(row["at"] for row in coming)
    first = coming[0]
    assert (first["clock"], first["on"], first["does"]) == (
        "first-answer",
        "warning",
        ["send answer-due to owner"],
    )
    holding = next(row for row in coming if "send holding to customer" in row["does"])
    assert holding["fires"] is False
    assert "update.news is not known" in holding["if"]
    assert holding["at"] == "2026-11-24T18:00:00.000000Z"
    assert holding["leaves_at"] == "2026-11-25T01:00:00.000000Z", "two at night in Shanghai"


def test_a_clock_that_ran_out_says_when_and_how_often(engine: Engine, case: int, clock: ManualClock) -> None:
    clock.set(datetime(2026, 11, 23, 12, 55, tzinfo=UTC))
    fire_due(engine)
    told = named(engine.explain(case)["clocks"], "first-answer")
    assert (told["status"], told["runs"]) == ("breached", 1)
    assert told["breached_at"] == told["due_at"] == "2026-11-23T12:55:00.000000Z"
    assert told["warned_at"] is not None


def test_titles_come_in_the_agent_s_language(engine: Engine, case: int) -> None:
    assert named(engine.explain(case)["clocks"], "first-answer")["title"] == "First answer"
    assert named(engine.explain(case, "zh")["clocks"], "first-answer")["title"] == "首次答复"
    assert named(engine.explain(case, "zh")["not_started"], "answer")["title"] == "来信必复"


def test_a_message_on_its_way_says_since_when_it_may_leave(engine: Engine, case: int) -> None:
    (message,) = engine.explain(case)["messages"]
    assert message == {
        "effect": "1.0",
        "template": "acknowledgement",
        "to": "customer",
        "status": "due",
        "leaves_at": "2026-11-20T17:55:00.000000Z",
        "note": None,
    }


def test_a_case_of_the_past_has_no_deadlines_to_wait_for(engine: Engine) -> None:
    case = engine.open_case("It broke.", mode="history").case
    told = engine.explain(case)
    assert (told["clocks"], told["not_started"], told["coming"]) == ([], [], [])
