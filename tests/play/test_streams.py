"""Random streams of valid and nonsense lines over the ten steps, through the engine and a real database.

150 streams a run; `make streams` plays 10,000.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from recovery.clock import ManualClock
from recovery.core import events as ev
from recovery.core.case import Case, Stamp, apply, opened
from recovery.core.changes import recorded
from recovery.core.instants import to_text
from recovery.core.spec import MERGED, Workflow
from recovery.delivery.channels import Message
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Outcome, Rejected
from recovery.engine import Engine
from recovery.play.stage import PlayReport, play
from recovery.store.records import Record
from recovery.testing import Mailbox
from tests.play.streams import CASES, lines, streams
from tests.support import START, engine_on, folded, new_database, verified

PARTS = 2
"""As many tests as cores usually play."""

STREAMS = 10_000 if os.environ.get("RECOVERY_LONG") == "1" else 150


class Post(Mailbox):
    """Takes every message but those to nobody."""

    def deliver(self, message: Message) -> Outcome:
        if message.address == "nobody@example.org":
            return Rejected("There is nobody.")
        return super().deliver(message)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_stream_of_lines_crashes_a_play_or_breaks_a_rule(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, part: int
) -> None:
    project = new_database(tmp_path, tmp_path_factory.getbasetemp())
    number = itertools.count()
    clock = ManualClock(START)
    with engine_on(project, clock) as engine:
        workflow = engine.current()

        def stream_is_sound(stream: list[str | dict[str, Any]]) -> None:
            name = f"s{next(number)}"
            script = lines(stream, name)
            clock.set(START)
            _check_report(play(engine, clock, script, Post()), script)
            for id in engine.store.find_cases(engine.tenant, [f"{name}-{case}" for case in CASES]).values():
                _check_case(engine, id)

        stream_is_sound.__name__ = f"stream_of_part_{part}_is_sound"  # another part tries other streams
        settings(
            max_examples=STREAMS // PARTS,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )(given(streams(workflow))(stream_is_sound))()
        clock.set(clock.now().replace(hour=13) + timedelta(days=3650))
        deliver_due(engine, Post())
        for _ in range(5 * engine.store.outbox_counts(engine.tenant).get("due", 0)):
            clock.advance(timedelta(days=1))  # nobody gets more than so many a day
            deliver_due(engine, Post())
        report = verified(engine)
        assert report.problems == []
        assert report.cases > STREAMS // PARTS
        assert engine.store.outbox_counts(engine.tenant).get("due", 0) == 0


def _check_report(report: PlayReport, script: list[str]) -> None:
    """Every line is accounted for, and every refusal is explained to people and to programs."""
    assert report.events == len([line for line in script if line.strip()])
    assert report.accepted + len(report.refused) == report.events
    for row in report.refused:
        assert row["code"].isidentifier(), row
        assert row["message"].endswith("."), row
        assert row["fault"] in ("caller", "workflow"), row
        assert len(row["message"]) + len(row["hint"]) < 2_000, row
        assert 1 <= row["line"] <= len(script)


def _check_case(engine: Engine, id: int) -> None:
    case = engine.store.case(engine.tenant, id)
    assert case is not None
    assert folded(engine, id) == case
    assert case.quarantine is None
    waiting = list(engine.store.outbox(engine.tenant, case=id, status="due"))
    assert case.awaiting.keys() == {row.effect for row in waiting}
    # What a person wrote can be stopped for a while; what comes after it in its case waits behind it.
    assert all(row.due_at > to_text(engine.clock.now()) for row in waiting[:1])
    workflow = engine.workflow(case.bundle)
    log = engine.store.log(engine.tenant, id)
    _check_bounds(workflow, case)
    _check_owners(log)
    _check_moves(workflow, log)
    _check_messages(log, case.awaiting)


def _check_bounds(workflow: Workflow, case: Case) -> None:
    assert case.step in workflow.steps or case.step in workflow.ends
    assert 0 <= case.level < len(workflow.escalation)
    assert 1 <= case.severity <= workflow.severities
    assert (case.closed_at is not None) is workflow.is_end(case.step)
    assert (case.merged_into is not None) is (case.step == MERGED)


HANDED_ON = (ev.HandOffAccepted.__name__, ev.HandOffForced.__name__)


def _check_owners(log: list[Record]) -> None:
    """Once there is an owner there always is one, and only who accepts or is given it is the next."""
    owner: str | None = None
    for record in log:
        for change in record.changes:
            for value in (value for name, value, _ in recorded([change]) if name == "owner"):
                assert owner is None or record.kind in HANDED_ON
                owner = value
            assert change[0] != "forget" or "owner" not in change[1]


def _check_moves(workflow: Workflow, log: list[Record]) -> None:
    """Every step that was walked out of had its exit facts on record at that moment."""
    case: Case | None = None
    for record in log:
        stamp = Stamp(record.seq, record.by, record.occurred_at, record.recorded_at)
        leaving: Case | None = None
        for change in record.changes:
            if change[0] == "open":
                case = opened(record.tenant, record.case, *change[1:], stamp)
                leaving = case.copy()
                continue
            assert case is not None
            leaving = leaving or case.copy()
            if change[0] == "move":
                _, source, to, why, _ended = change
                assert source == case.step
                walked = why == "exit facts on record" or why.startswith("rule on leaving")
                if walked or (to == workflow.main_end and not why.startswith("forced")):
                    assert workflow.steps[source].met(leaving), (source, why)
            apply(case, change, stamp)
            if change[0] != "forget":
                leaving = case.copy()


def _check_messages(log: list[Record], awaited: Collection[str]) -> None:
    """No more than one apology in a cycle; every message asked for was settled once, or is still awaited."""
    cycle = 1
    asked: list[str] = []
    settled: list[str] = []
    apologies: list[int] = []
    for record in log:
        for change in record.changes:
            if change[:2] == ["count", "failures"]:
                cycle += 1
            elif change[0] == "effect":
                asked.append(change[1])
                apologies += [cycle] if change[2] == "apology" else []
            elif change[0] == "settled":
                settled.append(change[1])
    assert len(apologies) == len(set(apologies))
    assert sorted(asked) == sorted([*settled, *awaited])
    assert len(set(settled)) == len(settled)
