"""The recovery fund, on both databases: what is set aside, what failed recoveries draw, and what is left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from recovery.async_engine import AsyncEngine
from recovery.clock import ManualClock
from recovery.core.errors import EventRefused, RecoveryError
from recovery.core.events import FactsRecorded, MoveForced
from recovery.engine import Engine
from recovery.jobs.every import jobs_of
from recovery.jobs.job import Moment
from recovery.project import Project, read_settings
from recovery.store.ledger_reading import all_balances
from recovery.store.verify import verify
from tests.money.both import clock, engine, house, made_once, opened
from tests.postgres import postgres_server

__all__ = ["clock", "engine", "house", "made_once", "postgres_server"]


def failed(engine: Engine, case: int) -> None:
    """The customer is unhappy with the recovery: another cycle begins."""
    now = engine.clock.now()
    for event in (
        FactsRecorded(by="agent:li", occurred_at=now, facts={"owner": "li"}),
        MoveForced(by="supervisor:eva", occurred_at=now, to="follow_up", reason="in a test"),
        FactsRecorded(
            by="customer",
            occurred_at=now,
            source="customer",
            facts=dict.fromkeys(("followup.result", "followup.manner", "followup.ease"), 1),
        ),
        FactsRecorded(by="agent:li", occurred_at=now, facts={"goodwill.waived": "first things first"}),
    ):
        engine.handle(event, case)
    assert engine.case(case).cycle == 2


def test_what_a_failed_recovery_costs_is_drawn_from_the_fund(engine: Engine, clock: ManualClock) -> None:
    engine.set_aside("500 USD", by="manager:noor")
    case = opened(engine)
    engine.spend(case, "gift", "30 USD", by="agent:li")
    assert engine.fund().drawn == []
    failed(engine, case)
    engine.spend(case, "gift", "20 USD", by="agent:li")
    engine.offer_compensation(case, "refund", "100 USD", by="agent:li")
    engine.accept_compensation(case, "3")
    (balance,) = engine.fund().balances
    assert (balance.set_aside, balance.drawn, balance.balance) == (500_00, 20_00, 480_00)
    engine.fulfil_compensation(case, "3", by="agent:bo", receipt="T-1")
    (balance,) = engine.fund().balances
    assert (balance.balance, balance.burn, balance.lasts_days) == (380_00, 120_00, 95)
    assert [(one.compensation, one.units) for one in engine.fund().drawn] == [("3", 100_00), ("2", 20_00)]
    clock.advance(timedelta(days=31))
    (later,) = engine.fund().balances
    assert (later.drawn, later.burn, later.lasts_days) == (120_00, 0, None)
    assert engine.fund("2027-06-01T00:00:00.000000Z").drawn == []


def test_nobody_is_kept_from_paying_by_an_empty_fund(engine: Engine) -> None:
    case = opened(engine)
    failed(engine, case)
    engine.spend(case, "gift", "700 JPY", by="agent:li")
    (balance,) = engine.fund().balances
    assert (balance.currency, balance.decimals, balance.balance, balance.lasts_days) == ("JPY", 0, -700, 0)
    assert all_balances(engine.store, engine.tenant)["drawn", "JPY"] == 700


def test_who_sets_aside_what(engine: Engine) -> None:
    with pytest.raises(EventRefused):
        engine.set_aside("5 USD", by="agent:li")
    for amount in ("much", "0 USD", "-5 USD", "0.001 USD"):
        with pytest.raises(RecoveryError):
            engine.set_aside(amount, by="supervisor:eva")
    assert engine.set_aside("5 USD", by="supervisor:eva")
    assert engine.set_aside("0.005 KWD", by="supervisor:eva")
    assert asyncio.run(AsyncEngine(engine).set_aside("5 USD", by="supervisor:eva"))
    found = asyncio.run(AsyncEngine(engine).fund()).balances
    assert [(one.currency, one.balance) for one in found] == [("KWD", 5), ("USD", 1000)]


def test_what_is_sent_again_under_its_key_is_set_aside_once(engine: Engine) -> None:
    """As every command is: whoever lost the answer sends it again."""
    answers = [engine.set_aside("5 USD", by="supervisor:eva", key="k-1") for _ in range(3)]
    assert answers == [True, False, False]
    assert engine.set_aside("5 USD", by="supervisor:eva", key="k-2")
    case = opened(engine)
    engine.spend(case, "gift", "5 USD", by="agent:li", key="k-3")
    for amount, by, key, code in (
        ("6 USD", "supervisor:eva", "k-1", "key_reused"),
        ("5 USD", "manager:noor", "k-1", "key_reused"),
        ("5 USD", "supervisor:eva", "k-3", "key_reused"),
        ("5 USD", "supervisor:eva", "", "wrong_key"),
    ):
        with pytest.raises(EventRefused) as caught:
            engine.set_aside(amount, by=by, key=key)
        assert caught.value.refusal.code == code
    with pytest.raises(EventRefused) as caught:
        engine.spend(case, "gift", "6 USD", by="agent:li", key="k-1")
    assert caught.value.refusal.code == "key_reused"
    (balance,) = engine.fund().balances
    assert balance.set_aside == 10_00


def test_every_month_is_set_aside_for_once_also_those_that_were_missed(
    house: Project, engine: Engine
) -> None:
    (job,) = jobs_of(replace(house, fund="1000 USD"))
    due, now = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 2, 10, tzinfo=UTC)
    for _ in range(2):  # whoever died in the middle is followed by somebody who begins anew
        assert job.work(engine, Moment(due, now)) is None
    (balance,) = engine.fund().balances
    assert balance.set_aside == 3_000_00
    assert jobs_of(house) == []


def test_a_setting_that_says_no_amount_is_found() -> None:
    for text, code in (
        ("1000 USD per month", None),
        ("1000 USD", "wrong_value"),
        ("-1 USD per month", "wrong_value"),
    ):
        _, findings = read_settings(f"fund: {text}".encode(), "config/recovery.yaml")
        assert [one.code for one in findings] == ([] if code is None else [code])


def test_what_was_set_aside_and_does_not_sum_to_zero_is_found(
    house: Project, clock: ManualClock, engine: Engine
) -> None:
    engine.set_aside("5 USD", by="supervisor:eva")
    with engine.store.working(lambda cursor, _: cursor) as cursor:
        cursor.execute("update recovery_ledger set units = 600 where account = 'fund'")
    codes = [one.code for one in verify(engine.store, None).problems]
    with engine.store.working(lambda cursor, _: cursor) as cursor:
        cursor.execute("update recovery_ledger set units = 500 where account = 'fund'")
    assert codes == ["ledger_unbalanced"]
