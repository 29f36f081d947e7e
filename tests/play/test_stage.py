"""Plays: timed events through the engine under a clock that follows them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.instants import from_text, to_text
from recovery.engine import Engine
from recovery.play.stage import BATCH, PlayReport, play
from recovery.testing import Mailbox
from tests.support import OWNED, SAID, START, TO_OWN, case_of, verified


def line(event: str, case: str | None = "c-1", minute: float = 0, **fields: Any) -> str:
    row = {"at": to_text(START + timedelta(minutes=minute)), "event": event, **fields}
    return json.dumps(row if case is None else {**row, "case": case})


def complaint(case: str = "c-1", minute: float = 0, **fields: Any) -> str:
    return line("complaint", case, minute, **{"text": "It never came.", "from": "a@example.org", **fields})


def run(engine: Engine, clock: ManualClock, *lines: str, **more: Any) -> PlayReport:
    return play(engine, clock, lines, Mailbox(), **more)


def id_of(engine: Engine, name: str = "c-1") -> int:
    return engine.store.find_cases(engine.tenant, [name])[name]


def test_a_case_walks_from_a_complaint_to_its_end(engine: Engine, clock: ManualClock) -> None:
    report = run(
        engine,
        clock,
        complaint(),
        line("record", minute=5, by="agent:li", facts=TO_OWN),
        line("record", minute=6, by="agent:li", facts=SAID, source="customer"),
        line("record", minute=7, by="agent:li", facts=OWNED),
        line("record", minute=8, by="agent:li", facts={"emotion.level": 2, "emotion.heard": True}),
        line("do", minute=9, by="customer", transition="withdraw"),
    )
    assert report.as_dict() == {
        "events": 6,
        "accepted": 6,
        "repeated": 0,
        "refused": [],
        "cases": 1,
        "delivered": 3,
        "undelivered": 0,
    }
    assert case_of(engine, id_of(engine)).step == "withdrawn"
    assert verified(engine).ok


def test_events_happen_when_the_script_says(engine: Engine, clock: ManualClock) -> None:
    run(
        engine,
        clock,
        complaint(minute=10),
        line("record", minute=70, by="agent:li", facts={"origin.place": "Leeds"}),
    )
    log = engine.store.log(engine.tenant, id_of(engine))
    assert [(record.kind, record.occurred_at[11:16], record.recorded_at[11:16]) for record in log] == [
        ("ComplaintReceived", "09:10", "09:10"),
        ("EffectDelivered", "09:10", "09:10"),
        ("FactsRecorded", "10:10", "10:10"),
    ]
    assert clock.now() == START + timedelta(minutes=70)


def test_a_line_from_before_is_learned_of_now(engine: Engine, clock: ManualClock) -> None:
    run(
        engine,
        clock,
        complaint(minute=60),
        line("record", minute=30, by="agent:li", facts={"origin.place": "Leeds"}),
    )
    *_, record = engine.store.log(engine.tenant, id_of(engine))
    assert (record.occurred_at[11:16], record.recorded_at[11:16]) == ("09:30", "10:00")
    assert clock.now() == START + timedelta(minutes=60)
    assert verified(engine).ok


def test_a_tick_lets_time_pass_and_clocks_run_out_at_their_moments(
    engine: Engine, clock: ManualClock
) -> None:
    report = run(engine, clock, complaint(), line("tick", None, minute=600))
    assert (report.events, report.accepted) == (2, 2)
    assert clock.now() == START + timedelta(minutes=600)
    log = engine.store.log(engine.tenant, id_of(engine))
    fired = [record.recorded_at[11:16] for record in log if record.kind == "TimerFired"]
    assert fired == ["12:00", "13:00"], "the first answer is due after four business hours"


def test_a_complaint_twice_opens_one_case(engine: Engine, clock: ManualClock) -> None:
    report = run(engine, clock, complaint(), complaint(minute=5), complaint("c-2", minute=6))
    assert (report.cases, report.repeated, report.accepted) == (2, 1, 3)


def test_refused_lines_are_listed_with_their_number_and_reason(engine: Engine, clock: ManualClock) -> None:
    report = run(
        engine,
        clock,
        "rubbish",
        complaint(),
        line("record", by="agent:li", facts={"problem.restatd": "x"}),
        line("record", "c-9", by="agent:li", facts={"origin.place": "Leeds"}),
        complaint("c-2", workflow="nowhere"),
        line("message", text="Any news?"),
        complaint("c-3"),
    )
    assert [(row["line"], row["case"], row["event"], row["code"]) for row in report.refused] == [
        (1, None, None, "unreadable"),
        (3, "c-1", "record", "unknown_fact"),
        (4, "c-9", "record", "no_such_case"),
        (5, "c-2", "complaint", "unknown_workflow"),
    ]
    assert all(row["message"] for row in report.refused)
    assert (report.events, report.accepted, report.cases) == (7, 3, 2)
    assert json.loads(json.dumps(report.as_dict())) == report.as_dict()


def test_refused_lines_are_listed_in_the_order_of_the_script(engine: Engine, clock: ManualClock) -> None:
    lines = [
        line("record", f"c-{n % 3}", by="agent:li", facts={"no.such": 1}) if n % 2 else f"bad {n}"
        for n in range(20)
    ]
    report = run(engine, clock, complaint("c-0"), complaint("c-1"), complaint("c-2"), *lines)
    numbers = [row["line"] for row in report.refused]
    assert numbers == sorted(numbers)


def test_one_case_merges_into_another_and_comes_back(engine: Engine, clock: ManualClock) -> None:
    report = run(
        engine,
        clock,
        complaint("c-1"),
        complaint("c-2"),
        line("merge", "c-2", 1, into="c-1", by="agent:li"),
        line("message", "c-2", 2, text="Any news?"),
        line("merge", "c-1", 3, into="c-2", by="agent:li"),
        line("merge", "c-1", 3, into="c-1", by="agent:li"),
        line("merge", "c-1", 3, into="c-9", by="agent:li"),
        line("unmerge", "c-2", 4, by="agent:li"),
    )
    assert [row["code"] for row in report.refused] == ["case_ended", "same_case", "no_such_case"]
    assert case_of(engine, id_of(engine, "c-1")).messages == 1
    assert case_of(engine, id_of(engine, "c-2")).step == "identify"
    assert verified(engine).ok


def test_a_hand_off_is_played_by_its_people(engine: Engine, clock: ManualClock) -> None:
    report = run(
        engine,
        clock,
        complaint(),
        line("record", by="agent:li", facts={"owner": "li"}),
        line("hand_off", by="agent:li", to="bo"),
        line("decline", by="agent:bo", reason="on leave"),
        line("hand_off", by="agent:li", to="kim"),
        line("accept", by="agent:bo"),
        line("accept", by="agent:kim"),
    )
    assert [row["code"] for row in report.refused] == ["not_asked"]
    assert case_of(engine, id_of(engine)).owner == "kim"


def test_wrong_facts_are_retracted_and_cases_forced(engine: Engine, clock: ManualClock) -> None:
    report = run(
        engine,
        clock,
        complaint(),
        line("record", by="agent:li", facts={"origin.place": "Leeds", "owner": "li"}),
        line("retract", by="agent:li", fact="origin.place", reason="it was York"),
        line("force", by="agent:li", to="resolve", reason="I want to"),
        line("force", by="supervisor:kim", to="resolve", reason="solved by phone"),
        line("lift", by="supervisor:kim", reason="mended"),
    )
    assert [row["code"] for row in report.refused] == ["not_allowed", "not_quarantined"]
    found = case_of(engine, id_of(engine))
    assert (found.step, "origin.place" in found.facts) == ("resolve", False)


def test_many_cases_share_a_transaction_and_every_case_keeps_its_order(
    engine: Engine, clock: ManualClock
) -> None:
    told: list[int] = []
    names = [f"c-{n}" for n in range(BATCH + 30)]
    notes = [line("record", name, 1, by="agent:li", facts={"owner": "li"}) for name in names]
    report = run(engine, clock, *(complaint(name) for name in names), *notes, progress=told.append)
    assert (report.cases, report.accepted) == (len(names), 2 * len(names))
    assert told[-1] == report.events
    assert told == sorted(told)
    assert engine.store.count_by(engine.tenant, "owner") == {"li": len(names)}


def test_a_script_of_nothing_is_a_play_of_nothing(engine: Engine, clock: ManualClock) -> None:
    assert run(engine, clock).events == 0


@pytest.mark.parametrize(
    "words", ["{{ 7*7 }}", "{$39.00}", "<script>", "a\r\nb", "\u202eabc\u202c", "👨‍👩‍👧 很生气", "\x1b[31m"]
)
def test_a_customers_words_are_kept_as_they_were_written(
    engine: Engine, clock: ManualClock, words: str
) -> None:
    report = run(engine, clock, complaint(text=words, name=words, subject=words), line("message", text=words))
    assert report.refused == []
    found = case_of(engine, id_of(engine))
    assert found.facts["problem.statement"] == found.customer["name"] == found.subject == words
    assert engine.store.log(engine.tenant, found.id)[-1].event["text"] == words


def test_half_a_character_anywhere_in_a_line_is_refused(engine: Engine, clock: ManualClock) -> None:
    half = "\ud83d"
    report = run(
        engine,
        clock,
        complaint(),
        complaint("c-2", text=half),
        complaint("c-3", name=half),
        complaint("c-4", workflow=half),
        complaint(half),
        line("record", by=f"agent:{half}", facts={"owner": "li"}),
        line("record", by="agent:li", facts={half: "li"}),
        line("record", by="agent:li", facts={"problem.restated": half}),
        line("do", by="agent:li", transition=half),
        line("merge", by="agent:li", into=half),
    )
    assert (report.cases, len(report.refused)) == (1, 9)
    assert json.dumps(report.as_dict(), ensure_ascii=False).encode("utf-8", "backslashreplace")


def test_the_clock_of_a_play_never_goes_back(engine: Engine, clock: ManualClock) -> None:
    run(engine, clock, line("tick", None, 60), line("tick", None, -600), complaint(minute=-600))
    assert clock.now() == START + timedelta(minutes=60)
    found = case_of(engine, id_of(engine))
    assert from_text(found.received_at) == START - timedelta(minutes=600)
    assert from_text(found.opened_at) == clock.now()


def test_messages_of_a_play_leave_through_its_channel(
    engine: Engine, clock: ManualClock, tmp_path: Path
) -> None:
    mailbox = Mailbox()
    play(engine, clock, [complaint(name="Ana"), complaint("c-2", **{"from": None})], mailbox)
    assert [(message.address, message.channel) for message in mailbox.messages] == [
        ("a@example.org", "mail"),
        (None, "portal"),
    ]
