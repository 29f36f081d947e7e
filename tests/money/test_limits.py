"""Limits and the ledger at the engine, on both databases: exact, in every currency, and checked."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.empowerment import events as money
from recovery.core.empowerment.budgets import Budget
from recovery.core.errors import EventRefused, NotFound, RecoveryError, Refusal
from recovery.core.money import Money
from recovery.core.rates import Rates
from recovery.engine import Engine
from recovery.project import Project
from recovery.standing import Limits, Member
from recovery.store.ledger_reading import all_balances
from recovery.store.verify import verify
from recovery.workflow.rates import decimals
from tests.money.both import balanced, clock, engine, house, made_once, opened
from tests.postgres import libpq, postgres_server
from tests.support import START, case_of, engine_on, folded

__all__ = ["clock", "engine", "house", "made_once", "postgres_server"]


def refused(work: Any, *args: Any, **more: Any) -> str:
    """The code of the refusal that a command meets."""
    with pytest.raises(EventRefused) as caught:
        work(*args, **more)
    return caught.value.refusal.code


def left(engine: Engine, by: str = "agent:li", case: int | None = None) -> int:
    return engine.limits_of(by, case)[0].left


def test_a_case_goes_from_an_offer_to_the_receipt(engine: Engine) -> None:
    case = opened(engine)
    first = engine.offer_compensation(case, "refund", "40 USD", by="agent:li", key="k-1")
    again = engine.offer_compensation(case, "refund", "40 USD", by="agent:li", key="k-1")
    assert (again.seq, again.repeated) == (first.seq, True)
    assert left(engine) == 1_960_00
    engine.accept_compensation(case, "1")
    engine.fulfil_compensation(case, "1", by="agent:bo", receipt="T-1")
    assert all_balances(engine.store, engine.tenant) == {
        ("cost refund", "USD"): 4000,
        ("owed", "USD"): 0,
        ("paid", "USD"): -4000,
        ("reserved empowerment 2026-11-20 person:li", "USD"): 0,
        ("spent empowerment 2026-11-20 person:li", "USD"): -4000,
        ("used empowerment 2026-11-20 person:li", "USD"): 4000,
    }
    assert [line.seq for line in engine.ledger(case)] == [2, 2, 3, 3, 4, 4, 4, 4]
    assert folded(engine, case) == case_of(engine, case)


def test_nobody_can_say_themselves_how_much_of_a_limit_is_used(engine: Engine) -> None:
    case = opened(engine)
    lie = {"units": 1, "holds": {}}
    event = money.CompensationSpent(
        by="agent:li", occurred_at=START, kind="gift", amount="2001 USD", standing=lie
    )
    engine.handle(event, case)
    assert case_of(engine, case).compensations["1"].status == "asked"


def test_commands_of_one_batch_count_on_the_same_rest(engine: Engine) -> None:
    cases = [opened(engine) for _ in range(3)]
    event = money.CompensationSpent(by="agent:li", occurred_at=START, kind="gift", amount="900 USD")
    answers = engine.handle_many([Command(event, case) for case in cases])
    assert not any(isinstance(answer, Refusal) for answer in answers)
    assert [case_of(engine, case).compensations["1"].status for case in cases] == [
        "fulfilled",
        "fulfilled",
        "asked",
    ]
    assert left(engine) == 200_00


def test_of_two_who_spend_the_last_of_it_one_is_asked_to_wait(engine: Engine) -> None:
    cases = [opened(engine) for _ in range(2)]
    together = threading.Barrier(2)

    def spend(case: int) -> None:
        together.wait()
        engine.spend(case, "gift", "1500 USD", by="agent:li")

    threads = [threading.Thread(target=spend, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(case_of(engine, case).compensations["1"].status for case in cases) == ["asked", "fulfilled"]


def test_whoever_writes_their_name_in_another_way_has_the_same_limit(engine: Engine) -> None:
    case = opened(engine)
    engine.spend(case, "gift", "1500 USD", by="agent:li")
    engine.spend(case, "gift", "1500 USD", by="agent: Li", offer="again")
    assert case_of(engine, case).compensations["2"].status == "asked"
    assert {left(engine, by) for by in ("agent:li", "agent:LI", "agent: li ")} == {500_00}
    assert [one.by for one in engine.limits_now()] == ["agent:li"]


@pytest.mark.parametrize(
    ("amount", "used"),
    [("100 JPY", 67), ("0.001 KWD", 1), ("10.50 EUR", 1155), ("1999 USD", 199900), ("1 CNY", 14)],
)
def test_every_currency_counts_in_the_limits_own_rounded_up(engine: Engine, amount: str, used: int) -> None:
    case = opened(engine)
    engine.spend(case, "refund", amount, by="agent:li", receipt="T-1")
    (mine,) = engine.limits_of("agent:li")
    assert mine.used == used
    sums = all_balances(engine.store, engine.tenant)
    of = decimals(amount[-3:])
    assert sums["paid", amount[-3:]] == -int(Decimal(amount[:-4]).scaleb(of))
    assert balanced(engine)


def test_what_cannot_be_counted_is_refused(engine: Engine) -> None:
    case = opened(engine)
    assert refused(engine.spend, case, "gift", "1 CHF", by="agent:li") == "amount_without_rate"
    assert refused(engine.spend, case, "gift", "1.5 JPY", by="agent:li") == "wrong_value"
    assert refused(engine.spend, case, "gift", "1 XQX", by="agent:li") == "wrong_value"
    assert refused(engine.offer_compensation, case, "refund", by="agent:li") == "wrong_value"
    assert refused(engine.approve, case, "1", by="supervisor:eva") == "no_such_compensation"
    assert all_balances(engine.store, engine.tenant) == {}


def test_a_day_is_that_of_the_person_and_ends_at_their_midnight(engine: Engine, clock: ManualClock) -> None:
    zones = {"li": "Asia/Shanghai", "bo": "America/New_York", "kim": None}
    engine.limits = Limits(members=lambda name: Member(zones.get(name)))
    clock.set(datetime(2026, 11, 20, 15, 59, tzinfo=UTC))
    case = opened(engine)
    for name in zones:
        engine.spend(case, "gift", "2000 USD", by=f"agent:{name}", offer=f"first-{name}")
        assert left(engine, f"agent:{name}") == 0
    clock.set(datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
    assert [left(engine, f"agent:{name}") for name in zones] == [2_000_00, 0, 0]
    clock.set(datetime(2026, 11, 21, 0, 0, tzinfo=UTC))
    assert [left(engine, f"agent:{name}") for name in zones] == [2_000_00, 0, 2_000_00]
    clock.set(datetime(2026, 11, 21, 5, 0, tzinfo=UTC))
    assert [left(engine, f"agent:{name}") for name in zones] == [2_000_00, 2_000_00, 2_000_00]
    engine.spend(case, "gift", "1 USD", by="agent:li", offer="next")
    assert [(one.by, one.account, one.left) for one in engine.limits_now()] == [
        ("agent:li", "2026-11-21 person:li", 1_999_00)
    ]


def test_a_persons_own_limit_wins_over_that_of_their_role(engine: Engine) -> None:
    own = {"li": Member(limit=Money(Decimal("50.00"), "EUR")), "bo": Member()}
    engine.limits = Limits(
        members=lambda name: own.get(name, Member()),
        rates=lambda: Rates("USD", "2026-01-02", {"EUR": Decimal("1.10")}, decimals),
    )
    case = opened(engine)
    assert (left(engine, "agent:li"), left(engine, "agent:bo")) == (55_00, 2_000_00)
    engine.spend(case, "gift", "50.01 EUR", by="agent:li")
    assert case_of(engine, case).compensations["1"].status == "asked"


def test_several_budgets_must_all_allow_it(engine: Engine, clock: ManualClock) -> None:
    case, other = opened(engine), opened(engine, "Bea")
    workflow = engine.workflow(case_of(engine, case).bundle)
    usual = workflow.budgets
    try:
        workflow.budgets = {
            "people": Budget("people", "USD", 2, {"agent": 100_00}, "week", "team", "supervisor"),
            "case": Budget(
                "case", "USD", 2, {"agent": 60_00, "supervisor": 90_00}, "case", "case", "supervisor"
            ),
            "incident": Budget("incident", "JPY", 0, {"agent": 20_000}, "incident", "guest"),
            "month": Budget("month", "USD", 2, {"agent": 500_00}, "month", "guest"),
        }
        engine.spend(case, "gift", "50 USD", by="agent:li")
        engine.spend(case, "refund", "20 USD", by="agent:li")
        assert case_of(engine, case).compensations["2"].over == "case"
        engine.approve(case, "2", by="supervisor:eva")
        engine.spend(other, "gift", "40 USD", by="agent:bo")
        assert case_of(engine, other).compensations["1"].over == "people"
        found = {one.budget: (one.account, one.used) for one in engine.limits_of("agent:li", other)}
        assert found["people"] == ("2026-W47 team:", 70_00)
        assert found["case"] == (f"case-{other} case:{other}", 0)
        assert found["month"][0].startswith("2026-11 guest:")
        assert [one.budget for one in engine.limits_of("agent:li")] == ["people"]
        assert "ana" not in str(engine.ledger(case))
    finally:
        workflow.budgets = usual


def test_an_offer_that_runs_out_gives_back_what_it_kept(engine: Engine, clock: ManualClock) -> None:
    case = opened(engine)
    engine.offer_compensation(
        case, "refund", "2000 USD", by="agent:li", expires_at=START + timedelta(hours=1)
    )
    assert left(engine) == 0
    clock.advance(timedelta(hours=1))
    assert engine.see_to_due(10) == (1, [])
    assert left(engine) == 2_000_00
    assert refused(engine.accept_compensation, case, "1") == "offer_expired"


def test_whoever_comes_late_finds_the_offer_ended_also_without_a_worker(
    engine: Engine, clock: ManualClock
) -> None:
    case = opened(engine)
    engine.offer_compensation(case, "refund", "2000 USD", by="agent:li")
    clock.advance(timedelta(days=15))
    assert refused(engine.accept_compensation, case, "1") == "offer_expired"


def test_tasks_name_what_waits_for_somebody(engine: Engine) -> None:
    case = opened(engine)
    engine.offer_compensation(case, "refund", "2001 USD", by="agent:li")
    (task,) = engine.tasks().tasks
    assert (task.task, task.kind, task.template, task.message) == ("c1", "approval", "refund 2001 USD", None)
    engine.refuse_approval(case, "1", "Repair it.", by="supervisor:eva")
    assert engine.tasks().tasks == []


def test_questions_about_nobody_or_about_no_case_are_refused(engine: Engine) -> None:
    with pytest.raises(RecoveryError, match="names nobody"):
        engine.limits_of("agent")
    with pytest.raises(NotFound):
        engine.ledger(7)
    assert engine.limits_now() == []


def test_nothing_is_kept_of_a_spend_that_was_not_committed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = opened(engine)

    def cut(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("recovery.store.ledger.Ledger.flush", cut)
        with pytest.raises(KeyboardInterrupt):
            engine.spend(case, "gift", "5 USD", by="agent:li", key="k")
    assert left(engine) == 2_000_00
    assert not engine.spend(case, "gift", "5 USD", by="agent:li", key="k").repeated
    assert left(engine) == 1_995_00


def test_repeat_payees_are_sampled_for_review(engine: Engine) -> None:
    for name, times in (("Ana", 3), ("Bea", 2), ("Cem", 3)):
        for _ in range(times):
            engine.spend(opened(engine, name), "gift", "1.50 USD", by="agent:li")
    engine.spend(opened(engine, "Ana"), "gift", "7 JPY", by="agent:bo")
    engine.spend(opened(engine, "Ana"), "refund", "1 USD", by="agent:bo", to="Dee", receipt="T-1")
    first, second = engine.repeat_payees(START - timedelta(days=1))
    assert (first.times, first.sums, first.by) == (4, {"USD": 450, "JPY": 7}, ("agent:bo", "agent:li"))
    assert (second.times, len(second.cases)) == (3, 3)
    assert "ana" not in str(first).casefold()
    chosen = [engine.repeat_payees(START, one_in=2, salt=salt) for salt in map(str, range(8))]
    assert chosen == [engine.repeat_payees(START, one_in=2, salt=salt) for salt in map(str, range(8))]
    assert len({len(some) for some in chosen}) > 1
    assert engine.repeat_payees(START + timedelta(days=1), at_least=1) == []
    assert "Dee" in {one.payee for one in engine.repeat_payees(START, at_least=1)}
    engine.spend(opened(engine, "Bea"), "refund", "1 USD", by="agent:bo", to="dee ", receipt="T-2")
    assert ("Dee", 2) in {one[:2] for one in engine.repeat_payees(START, at_least=2)}
    with pytest.raises(RecoveryError):
        engine.repeat_payees(START, one_in=0)


TAMPERING = {
    "ledger_missing": "delete from recovery_ledger where n = 0",
    "ledger_extra": "insert into recovery_ledger select tenant_id, case_id, seq, 9, compensation, account, "
    "currency, 0, by, at from recovery_ledger where n = 0",
    "ledger_changed": "update recovery_ledger set account = 'used of somebody else' where n = 0",
    "ledger_unbalanced": "update recovery_ledger set units = 1 where n = 0",
}


@pytest.mark.parametrize(("code", "statement"), TAMPERING.items(), ids=TAMPERING)
def test_a_ledger_that_was_changed_is_found(house: Project, code: str, statement: str) -> None:
    with engine_on(house) as engine:
        engine.spend(opened(engine), "gift", "5 USD", by="agent:li")
        with engine.store.write() as unit:
            unit._cursor.execute(statement)
        found = {problem.code for problem in verify(engine.store, None).problems}
        assert code in found
        assert found <= {code, "ledger_unbalanced", "ledger_changed"}


@pytest.mark.postgres
@pytest.mark.parametrize("house", ["postgres"], indirect=True)
def test_whoever_spends_of_the_same_limit_waits_for_the_one_before(engine: Engine, house: Project) -> None:
    first, second = opened(engine), opened(engine)
    done = threading.Event()

    def spend() -> None:
        engine.spend(second, "gift", "1500 USD", by="agent:li")
        done.set()

    with psycopg.connect(libpq(house.url)) as host, psycopg.connect(libpq(house.url)) as onlooker:
        onlooker.autocommit = True
        engine.spend(first, "gift", "1500 USD", by="agent:li", connection=host)
        thread = threading.Thread(target=spend)
        thread.start()
        waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        while not done.is_set() and onlooker.execute(waits).fetchone() == (0,):
            pass
        assert not done.is_set()
        engine.spend(opened(engine, "Bea"), "gift", "1500 USD", by="agent:bo")
        host.commit()
        thread.join()
    assert case_of(engine, second).compensations["1"].status == "asked"
