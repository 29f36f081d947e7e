"""Clocks in a database: time passes first, everything happens once and in order, and nobody is woken."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from recovery import applying as module
from recovery.bootstrap import publish, upgrade_database
from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core import events as ev
from recovery.core.decide import decide
from recovery.core.instants import to_text
from recovery.core.spec import Workflow
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.project import Project
from recovery.sealing import KEY_VARIABLE
from recovery.store.verify import verify
from recovery.testing import Mailbox
from recovery.ticking import fire_due, next_moment, pass_time
from tests.postgres import new_database, postgres_server
from tests.support import case_of, engine_on

__all__ = ["postgres_server"]

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "a key from the environment"

FILES = {
    "config/calendars.yaml": """\
calendars:
  desk: {zone: Europe/London, hours: {mon-fri: 09:00-17:00}}
  daytime: {zone: Europe/London, hours: {mon-sun: 09:00-20:00}}
""",
    "workflows/small.yaml": """\
workflow: small
title: Small
calendar: desk
contact_hours: daytime
facts:
  answered: {type: boolean}
  quiet: {type: boolean}
steps:
  one:
    title: One
    on_enter: [{send: acknowledgement}]
    needs: {answered: true}
clocks:
  answer:
    stops: answered
    within: {severity 1: 4 hours, severity 2: 2 hours, any severity: 1 hour}
    on_breach: [{send: late, to: owner, once: always}]
  silence:
    if: quiet is unknown
    while: open
    every: 24 hours
    on_breach: [{send: holding, once: always}]
transitions:
  drop: {from: any, to: withdrawn, by: customer}
""",
    "templates/en/acknowledgement.md": "---\npurpose: acknowledgement\nsubject: Here\n---\nWe have it.\n",
    "templates/en/late.md": "---\npurpose: brief\nsubject: Late\n---\nIt is late.\n",
    "templates/en/holding.md": "---\npurpose: holding\nsubject: News\n---\nWe are at it.\n",
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def project(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    """A small project of its own, on a database that is to be made."""
    for name, words in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(words, encoding="utf-8")
    if request.param == "sqlite":
        yield Project(tmp_path, f"sqlite:///{tmp_path / 'recovery.db'}", "small", tmp_path / "outbox")
        return
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with new_database(request.getfixturevalue("postgres_server"), "recovery_clocks") as url:
        made = Project(tmp_path, url, "small", tmp_path / "outbox")
        upgrade_database(made)
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(FRIDAY)


@pytest.fixture
def engine(project: Project, clock: ManualClock) -> Iterator[Engine]:
    with engine_on(project, clock, make=True) as found:
        yield found


def opened(engine: Engine, **more: Any) -> int:
    """A case without the clock of silence."""
    customer = {"address": "ana@example.org", **more.pop("customer", {})}
    facts = {"quiet": True, **more.pop("facts", {})}
    return engine.open_case("It never came.", customer=customer, facts=facts, **more).case


def asked(engine: Engine, template: str) -> list[tuple[int, str, str]]:
    """The messages of a template: case, when they were asked for, when they may leave; in the order asked."""
    rows = [row for row in engine.store.outbox(engine.tenant) if row.template == template]
    return [(row.case, row.asked_at, row.due_at) for row in rows]


def sql(engine: Engine, project: Project, statement: str) -> list[Any]:
    """Run SQL behind the engine's back."""
    other = create_engine(project.url)
    with other.begin() as connection:
        answer = connection.execute(text(statement))
        rows = list(answer) if answer.returns_rows else []
    other.dispose()
    return rows


def sound(engine: Engine) -> None:
    assert verify(engine.store, None).problems == []


# --- time passes first --------------------------------------------------------------------------------------


def test_time_passes_before_an_event_so_whoever_comes_late_finds_the_clock_run_out(
    engine: Engine, clock: ManualClock
) -> None:
    case = opened(engine)
    clock.advance(5 * HOUR)
    engine.record(case, {"answered": True}, by="agent:li")
    kinds = [record.kind for record in engine.store.log(engine.tenant, case)]
    assert kinds == ["ComplaintReceived", "TimerFired", "FactsRecorded"]
    state = case_of(engine, case).clocks["answer"]
    assert (state.status, state.breached_at) == ("stopped", to_text(FRIDAY + 4 * HOUR))
    assert [row[0] for row in asked(engine, "late")] == [case]
    sound(engine)


def test_what_happened_in_time_and_is_told_late_is_in_time(engine: Engine, clock: ManualClock) -> None:
    case = opened(engine)
    clock.advance(5 * HOUR)
    event = ev.FactsRecorded(by="agent:li", occurred_at=FRIDAY + 3 * HOUR, facts={"answered": True})
    engine.handle(event, case)
    assert case_of(engine, case).clocks["answer"].breached_at is None


def test_the_next_moment_is_a_column_of_the_case(engine: Engine, project: Project) -> None:
    case = opened(engine)
    due_at = to_text(FRIDAY + 4 * HOUR)
    assert case_of(engine, case).due_at == engine.store.next_due(engine.tenant) == due_at
    assert next_moment(engine, FRIDAY) == FRIDAY + 4 * HOUR
    engine.record(case, {"answered": True}, by="agent:li")
    assert engine.store.next_due(engine.tenant) is None
    assert sql(engine, project, "select due_at from recovery_case") == [(None,)]


# --- in order, and once -------------------------------------------------------------------------------------


def test_across_cases_everything_happens_in_the_order_of_its_due_time(
    engine: Engine, clock: ManualClock
) -> None:
    four, two, one = (opened(engine, severity=severity) for severity in (1, 2, 3))
    again = opened(engine, severity=2)
    assert fire_due(engine) == 0
    clock.advance(5 * HOUR)
    assert fire_due(engine) == 4
    assert [row[0] for row in asked(engine, "late")] == [one, two, again, four]
    assert fire_due(engine) == 0
    sound(engine)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_more_than_a_batch_takes_is_done_in_batches_in_the_same_order(
    engine: Engine, clock: ManualClock, limit: int
) -> None:
    cases = [opened(engine, severity=severity) for severity in (1, 2, 3, 1, 2, 3, 3)]
    clock.advance(5 * HOUR)
    rounds = []
    while (seen := fire_due(engine, limit=limit)) > 0:
        rounds.append(seen)
    assert sum(rounds) >= len(cases)
    assert max(rounds) <= limit
    order = [row[0] for row in asked(engine, "late")]
    assert order == sorted(cases, key=lambda case: (-case_of(engine, case).severity, case))
    sound(engine)


def test_two_workers_at_once_fire_nothing_twice(project: Project, engine: Engine, clock: ManualClock) -> None:
    cases = [opened(engine, severity=1 + number % 3) for number in range(40)]
    clock.advance(5 * HOUR)
    together = threading.Barrier(2)
    problems: list[Exception] = []
    seen = [0, 0]

    def work(number: int) -> None:
        try:
            with engine_on(project, clock) as worker:
                together.wait(timeout=30)
                while worker.store.next_due(worker.tenant) is not None:
                    seen[number] += fire_due(worker, limit=3)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert problems == []
    assert sum(seen) >= len(cases)
    assert sorted(row[0] for row in asked(engine, "late")) == cases
    sound(engine)


def test_a_case_that_cannot_be_seen_to_is_set_aside_with_the_reason_and_the_rest_go_on(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, bad, last = (opened(engine) for _ in range(3))
    clock.advance(5 * HOUR)

    def stumbling(workflow: Workflow, case: Any, event: ev.Event, now: datetime) -> Any:
        if case.id == bad and isinstance(event, ev.TimerFired):
            raise ZeroDivisionError("by nobody foreseen")
        return decide(workflow, case, event, now)

    monkeypatch.setattr(module, "decide", stumbling)
    assert fire_due(engine) == 3
    assert [row[0] for row in asked(engine, "late")] == [first, last]
    aside = case_of(engine, bad)
    assert "ZeroDivisionError" in (aside.quarantine or "")
    assert aside.due_at is None
    assert fire_due(engine) == 0
    sound(engine)
    monkeypatch.undo()
    lifted = ev.QuarantineLifted(by="supervisor:kim", occurred_at=clock.now(), reason="mended")
    engine.handle(lifted, bad)
    assert fire_due(engine) == 1
    assert [row[0] for row in asked(engine, "late")] == [first, last, bad]


def test_a_case_whose_version_is_gone_is_set_aside_and_the_rest_go_on(
    engine: Engine, project: Project, clock: ManualClock
) -> None:
    lost = opened(engine)
    flow = project.root / "workflows" / "small.yaml"
    flow.write_text(FILES["workflows/small.yaml"].replace("title: Small", "title: Newer"), encoding="utf-8")
    publish(engine, project.root)
    good = opened(engine)
    gone = case_of(engine, lost).bundle
    sql(engine, project, f"delete from recovery_bundle where hash = '{gone}'")
    engine._bundles.clear()
    engine._workflows.clear()
    clock.advance(5 * HOUR)
    assert fire_due(engine) == 2
    assert [row[0] for row in asked(engine, "late")] == [good]
    assert "cannot be handled" in (case_of(engine, lost).quarantine or "")
    assert fire_due(engine) == 0


def test_a_case_whose_version_is_gone_is_set_aside_by_whoever_asks_something_of_it(
    engine: Engine, project: Project, clock: ManualClock
) -> None:
    lost = opened(engine)
    sql(engine, project, "delete from recovery_bundle")
    engine._bundles.clear()
    engine._workflows.clear()
    clock.advance(5 * HOUR)
    note = ev.NoteAdded(by="agent:li", occurred_at=clock.now(), text="What now?")
    (answer,) = engine.handle_many([Command(note, lost)])
    assert answer.code == "no_version"  # type: ignore[union-attr]
    assert case_of(engine, lost).quarantine is not None


# --- an outage ----------------------------------------------------------------------------------------------


def test_after_three_days_everything_happens_once_and_says_how_late(
    engine: Engine, clock: ManualClock
) -> None:
    box = Mailbox()
    case = engine.open_case("It never came.", customer={"address": "ana@example.org"}).case
    deliver_due(engine, box)
    clock.advance(timedelta(days=3, hours=1))
    assert fire_due(engine) == 1
    assert fire_due(engine) == 0
    assert [row[0] for row in asked(engine, "late")] == [case]
    assert [row[0] for row in asked(engine, "holding")] == [case], "silence is told once, not for each day"
    why = [line for record in engine.store.log(engine.tenant, case) for line in record.why]
    assert any("ran out at 2026-11-20T13:00:00Z, late by 2 days, 21:00:00" in line for line in why)
    assert case_of(engine, case).clocks["silence"].due_at == to_text(clock.now() + timedelta(days=1))
    sound(engine)


@pytest.mark.parametrize(
    ("zone", "hour", "morning"),
    [
        (None, 0, "T09:00:00.000000Z"),
        ("America/New_York", 4, "T14:00:00.000000Z"),
        ("Asia/Shanghai", 0, "T01:00:00.000000Z"),
    ],
)
def test_what_falls_into_the_night_goes_out_in_the_morning_where_the_customer_is(
    engine: Engine, clock: ManualClock, zone: str | None, hour: int, morning: str
) -> None:
    """The worker was down for three days and comes back when the customer sleeps."""
    box = Mailbox()
    customer = {"address": "ana@example.org", **({} if zone is None else {"zone": zone})}
    engine.open_case("It never came.", customer=customer)
    # What was asked for before the outage, too: the acknowledgement is due since Friday.
    night = datetime(2026, 11, 24, hour, 30, tzinfo=UTC)
    clock.set(night)
    fire_due(engine)
    deliver_due(engine, box)
    assert [message.template for message in box.messages if message.address is not None] == []
    leaves = max(row[2] for row in asked(engine, "holding") + asked(engine, "acknowledgement"))
    assert leaves == f"2026-11-24{morning}"
    pass_time(engine, clock, night + timedelta(hours=12), box)
    assert sorted(box.templates) == ["acknowledgement", "holding", "late"]
    sound(engine)


def test_an_acknowledgement_leaves_at_once_at_any_hour(engine: Engine, clock: ManualClock) -> None:
    clock.set(datetime(2026, 11, 20, 3, 0, tzinfo=UTC))
    box = Mailbox()
    engine.open_case("It never came.", customer={"address": "ana@example.org"})
    deliver_due(engine, box)
    assert box.templates == ["acknowledgement"]


# --- what has no clock --------------------------------------------------------------------------------------


def test_a_silently_opened_case_keeps_what_its_clocks_send_held(engine: Engine, clock: ManualClock) -> None:
    event = ev.ComplaintReceived(
        by="import",
        occurred_at=FRIDAY,
        text="It never came.",
        hold=True,
        customer={"address": "ana@example.org"},
    )
    engine.handle(event)
    clock.advance(timedelta(days=2))
    fire_due(engine)
    rows = list(engine.store.outbox(engine.tenant))
    assert {row.status for row in rows} == {"held"}
    assert {row.template for row in rows} == {"acknowledgement", "holding", "late"}


def test_history_never_runs_a_clock(engine: Engine, clock: ManualClock) -> None:
    event = ev.ComplaintReceived(by="import", occurred_at=FRIDAY - timedelta(days=900), mode="history")
    case = engine.handle(event).case
    clock.advance(timedelta(days=9))
    assert (fire_due(engine), case_of(engine, case).clocks) == (0, {})


# --- the database's own check -------------------------------------------------------------------------------


@pytest.mark.parametrize("due_at", ["'2027-11-20T13:00:00.000000Z'", "null"])
def test_a_due_time_that_was_tampered_with_is_found(engine: Engine, project: Project, due_at: str) -> None:
    case = opened(engine)
    sound(engine)
    sql(engine, project, f"update recovery_case set due_at = {due_at}")
    (problem,) = verify(engine.store, None).problems
    assert (problem.code, problem.case) == ("snapshot_changed", case)
    assert "due_at" in problem.message


def test_a_clock_that_was_tampered_with_is_found(engine: Engine, project: Project) -> None:
    opened(engine)
    sql(engine, project, "update recovery_case set data = replace(data, '4 hours', '9 hours')")
    (problem,) = verify(engine.store, None).problems
    assert "clocks" in problem.message


def test_letting_time_pass_does_everything_at_its_own_moment(engine: Engine, clock: ManualClock) -> None:
    box = Mailbox()
    engine.open_case("It never came.", customer={"address": "ana@example.org"})
    pass_time(engine, clock, FRIDAY + timedelta(days=3), box)
    assert clock.now() == FRIDAY + timedelta(days=3)
    moments = [at for _, at, _ in asked(engine, "holding")]
    assert moments == [to_text(FRIDAY + timedelta(days=day)) for day in (1, 2, 3)]
