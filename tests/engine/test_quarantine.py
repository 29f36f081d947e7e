"""A case that nobody can handle is set aside; everything else goes on."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from recovery import applying as module
from recovery.commands import Command, Outcome, Settlement
from recovery.core import events as ev
from recovery.core.errors import EnvironmentFault, EventRefused, Refusal
from recovery.engine import Engine
from tests.support import START, case_of, owned, verified


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Cases whose facts nobody can record: deciding raises."""
    cases: set[int] = set()
    whole = module.decide

    def stumbling(workflow: Any, case: Any, event: ev.Event, now: Any) -> Any:
        known = isinstance(event, (ev.CaseQuarantined, ev.QuarantineLifted, ev.EffectFailed))
        if case.id in cases and not known:
            raise ZeroDivisionError("by nobody foreseen")
        return whole(workflow, case, event, now)

    monkeypatch.setattr(module, "decide", stumbling)
    return cases


def note(case: int, **facts: Any) -> Command:
    return Command(ev.FactsRecorded(by="agent:li", occurred_at=START, facts=facts), case)


def test_a_poison_case_is_set_aside_while_the_rest_of_its_batch_goes_on(
    engine: Engine, poisoned: set[int]
) -> None:
    first, bad, last = (engine.open_case("It never came.").case for _ in range(3))
    poisoned.add(bad)
    answers = engine.handle_many([note(case, owner="li") for case in (first, bad, last)])
    assert [type(answer) for answer in answers] == [Outcome, Refusal, Outcome]
    refusal = answers[1]
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.fault) == ("quarantined", "engine")
    assert "ZeroDivisionError" in refusal.message
    assert case_of(engine, first).owner == case_of(engine, last).owner == "li"
    found = case_of(engine, bad)
    assert found.owner is None
    assert found.quarantine is not None
    assert "FactsRecorded" in found.quarantine
    assert engine.store.quarantined(engine.tenant) == [bad]
    assert verified(engine).ok


def test_a_poison_case_is_set_aside_once_however_often_it_is_tried(
    engine: Engine, poisoned: set[int]
) -> None:
    bad = engine.open_case("It never came.").case
    poisoned.add(bad)
    for _ in range(3):
        with pytest.raises(EventRefused) as refused:
            engine.record(bad, {"owner": "li"}, by="agent:li")
        assert refused.value.fault == "engine"
    assert case_of(engine, bad).seq == 2


def test_a_case_moves_again_when_its_quarantine_is_lifted(engine: Engine, poisoned: set[int]) -> None:
    bad = owned(engine)
    poisoned.add(bad)
    with pytest.raises(EventRefused):
        engine.record(bad, {"emotion.heard": True}, by="agent:li")
    with pytest.raises(EventRefused):
        engine.do(bad, "withdraw", by="customer")
    poisoned.clear()
    with pytest.raises(EventRefused, match="in quarantine"):
        engine.do(bad, "withdraw", by="customer")
    engine.record(bad, {"emotion.heard": True, "emotion.level": 2}, by="agent:li")
    assert case_of(engine, bad).step == "stay_objective", "what is known is kept, but nothing moves"
    lifted = ev.QuarantineLifted(by="supervisor:kim", occurred_at=START, reason="mended in 0.1.1")
    assert engine.handle(lifted, bad).step == "stay_positive"
    assert engine.store.quarantined(engine.tenant) == []
    assert verified(engine).ok


def test_a_poison_case_cannot_be_merged_into_and_the_other_stays_as_it_was(
    engine: Engine, poisoned: set[int]
) -> None:
    good, bad = owned(engine), owned(engine)
    poisoned.add(bad)
    before = case_of(engine, good)
    with pytest.raises(EventRefused, match=f"Case {bad} was set aside"):
        engine.handle(ev.CaseMerged(by="agent:li", occurred_at=START, into=bad), good)
    assert case_of(engine, good) == before
    assert case_of(engine, bad).quarantine is not None


def test_what_was_sent_for_a_poison_case_is_not_sent_again(engine: Engine, poisoned: set[int]) -> None:
    bad = engine.open_case("It never came.").case
    poisoned.add(bad)
    (answer,) = engine.settle_many(
        [Settlement(case=bad, effect="1.0", at=START, rendered='{"subject": "Hello"}')]
    )
    assert isinstance(answer, Refusal)
    assert engine.store.due_effects(engine.tenant, 10) == []
    (row,) = engine.store.outbox(engine.tenant)
    assert row.rendered == '{"subject": "Hello"}'
    assert "could not take note" in str(row.note)
    template, why, _ = case_of(engine, bad).undelivered["1.0"]
    assert template == "acknowledgement"
    assert "It was sent, but" in why
    assert verified(engine).ok


def test_a_disk_that_fails_is_no_reason_to_set_a_case_aside(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = engine.open_case("It never came.").case

    def failing(*_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("recovery.store.unit.Unit.load", failing)
        with pytest.raises(EnvironmentFault, match="disk reports an error"):
            engine.record(case, {"owner": "li"}, by="agent:li")
    assert case_of(engine, case).quarantine is None


def test_a_case_whose_version_is_gone_is_refused_and_the_rest_go_on(engine: Engine) -> None:
    lost = engine.open_case("Broken.", workflow="online-shop").case
    good = engine.open_case("It never came.").case
    with sqlite3.connect(engine.store.path) as database:
        database.execute("delete from recovery_bundle where workflow = 'online-shop'")
    database.close()
    engine._bundles.clear()
    engine._workflows.clear()
    answers = engine.handle_many([note(lost, owner="li"), note(good, owner="li")])
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == "no_version"
    assert isinstance(answers[1], Outcome)


def test_only_cases_that_are_set_aside_are_named_whatever_else_is_called_so(engine: Engine) -> None:
    engine.open_case('It never came: "quarantine":', customer={"quarantine": "yes", "name": "Ana"})
    assert engine.store.quarantined(engine.tenant) == []
