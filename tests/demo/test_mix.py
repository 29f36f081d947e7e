"""What a demo must show: every turn often enough, every rule kept, nothing refused."""

from __future__ import annotations

import os
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest

from recovery.core.changes import recorded
from recovery.core.explain import explain
from recovery.core.instants import from_text
from recovery.core.spec import MERGED
from recovery.demo.hours import at_work, awake
from recovery.demo.mix import TURNS
from recovery.demo.show import DemoReport, run_demo
from recovery.engine import Engine
from recovery.store.records import Record
from tests.demo.conftest import starter

pytestmark = pytest.mark.slow

LEAST_SHARE = 0.08
LEAST_OF_A_THOUSAND = 20
REAL = 1000 if os.environ.get("RECOVERY_LONG") == "1" else 250
"""How many real complaints are played."""


def check_mix(report: DemoReport) -> None:
    """Every turn at least 8 %, every move at least 20 in a thousand, all at an end, every rule kept."""
    data = report.as_dict()
    shares = {turn: data["mix"][turn]["share"] for turn in TURNS}
    assert min(shares.values()) >= LEAST_SHARE, shares
    least = LEAST_OF_A_THOUSAND * data["cases"] / 1000
    assert {name: count for name, count in data["transitions"].items() if count < least} == {}
    assert set(data["by_state"]) == {"closed", "withdrawn", MERGED, "ended"}
    assert sum(data["by_state"].values()) == data["cases"]
    assert (data["refusals"], data["breaches"], data["undelivered"]) == ([], [], 0)
    assert report.is_sound


def test_three_hundred_built_in_complaints_show_the_whole_mix(played: DemoReport) -> None:
    assert played.as_dict()["cases"] == 300
    check_mix(played)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [0, 2026])
def test_another_seed_shows_the_mix_as_well(tmp_path: Path, seed: int) -> None:
    check_mix(run_demo(starter(), tmp_path / "demo", limit=100, seed=seed))


def test_real_complaints_show_the_whole_mix(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "cfpb-2015-2020.csv"
    report = run_demo(starter(), tmp_path / "demo", source=source, mapping="cfpb", limit=REAL)
    data = report.as_dict()
    assert (data["cases"], data["rejected"]) == (REAL, 0)
    check_mix(report)
    written = {path.name.split("-", 1)[1] for path in report.place.outbox.rglob("*.eml")}
    told = {"answer-due", "overdue", "news-due", "urgent", "promise-due", "promise-broken", "hand-off"}
    rung_up = {"follow-up"}  # the third try is a call
    assert written <= {f"{name}.eml" for name in told | rung_up}, "only colleagues have an address"


def test_real_chinese_reviews_are_told_in_chinese(real_data: Path, tmp_path: Path) -> None:
    report = run_demo(starter(), tmp_path / "demo", source=real_data / "hotel-complaints-zh.csv", limit=60)
    assert report.is_sound
    assert report.story.language == "zh"


def test_one_apology_was_asked_for_in_each_cycle_of_every_ended_case(engine: Engine) -> None:
    asked: dict[int, int] = {}
    for row in engine.store.outbox(engine.tenant):
        asked[row.case] = asked.get(row.case, 0) + (row.template == "apology")
    wrong = {
        id: count
        for id, count in asked.items()
        if (case := engine.store.case(engine.tenant, id)) is not None
        and (count > 1 if case.step == MERGED else count != case.cycle)
    }
    assert wrong == {}


def test_every_closed_case_waits_for_nothing_in_any_step(engine: Engine) -> None:
    workflow = engine.current()
    closed = engine.store.list_cases(engine.tenant, step="closed", limit=1000)
    assert closed
    missing = {
        (case.id, step.id): [str(need) for need in step.missing(case)]
        for case in closed
        for step in workflow.steps.values()
        if not step.met(case)
    }
    assert missing == {}
    assert all(explain(workflow, case)["messages"] == [] for case in closed)


def test_facts_only_the_customer_can_know_come_from_the_customer(engine: Engine) -> None:
    theirs = {"problem.confirmed", "expectation.wanted", "resolution.accepted", "followup.satisfaction"}
    sources = {
        source
        for record in engine.store.logs(engine.tenant)
        for name, _, source in recorded(record.changes)
        if name in theirs
    }
    assert sources == {"customer"}


def test_nobody_uses_a_door_that_people_do_not_have(engine: Engine) -> None:
    kinds = {record.kind for record in engine.store.logs(engine.tenant)}
    assert kinds.isdisjoint({"MoveForced", "CaseQuarantined", "EffectFailed"})
    by_engine = {r.kind for r in engine.store.logs(engine.tenant) if r.by == "engine"}
    assert by_engine == {"EffectDelivered", "TimerFired", "FactsRecorded"}


def test_what_happens_often_is_counted_by_the_engine(engine: Engine) -> None:
    said = [r for r in engine.store.logs(engine.tenant) if (r.kind, r.by) == ("FactsRecorded", "engine")]
    assert {name for r in said for name in r.event["facts"]} == {"recurrence.recurrent"}
    assert {r.event["facts"]["recurrence.recurrent"] for r in said} == {True}


def test_time_never_runs_backwards_within_a_case(engine: Engine) -> None:
    for _, log in groupby(engine.store.logs(engine.tenant), key=attrgetter("case")):
        moments = [(record.occurred_at, record.recorded_at) for record in log]
        assert moments == sorted(moments)
        assert all(occurred <= recorded for occurred, recorded in moments)


def test_agents_act_on_working_days_and_customers_while_they_are_awake(engine: Engine) -> None:
    for record in engine.store.logs(engine.tenant):
        moment = from_text(record.occurred_at)
        if record.by.startswith(("agent", "supervisor")):
            assert at_work(moment), record
        elif record.by == "customer":
            assert awake(moment), record


def test_some_cases_walk_through_several_steps_at_once(engine: Engine) -> None:
    def walked(record: Record) -> int:
        return sum(change[3] == "exit facts on record" for change in record.changes if change[0] == "move")

    assert sum(walked(record) >= 4 for record in engine.store.logs(engine.tenant)) >= 20


def test_who_writes_twice_has_both_complaints_in_one_case(engine: Engine) -> None:
    merged = engine.store.list_cases(engine.tenant, step=MERGED, limit=1000)
    assert merged
    for case in merged:
        assert case.merged_into is not None
        host = engine.store.case(engine.tenant, case.merged_into)
        assert host is not None
        assert host.customer == case.customer
        assert case.id in host.absorbed
