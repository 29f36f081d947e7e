"""How often a trouble happens, counted from the record: what is alike, and from how many on it is often."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from recovery.async_engine import AsyncEngine
from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.errors import EventRefused
from recovery.core.events import CaseMerged, FactsRecorded
from recovery.engine import Engine
from recovery.insight.recurrence import CHECKED, Often, control_limit
from recovery.project import read_settings
from tests.support import case_of, clock, engine, folded, project

__all__ = ["clock", "engine", "project"]

LAMP = {"problem.category": "delivery", "origin.product": "lamp"}


def opened(engine: Engine, who: str | None = None, **facts: Any) -> int:
    customer = {} if who is None else {"address": f"{who}@example.org"}
    return engine.open_case("It is late.", customer=customer, facts={**LAMP, **facts}).case


def looked(engine: Engine, case: int, **facts: Any) -> Any:
    """Somebody says that they have looked; gives what is on record then."""
    engine.record(case, {CHECKED: True, **facts}, by="agent:li")
    return case_of(engine, case).fact("recurrence.recurrent")


def test_the_fifth_case_alike_in_thirty_days_happens_often(engine: Engine, clock: ManualClock) -> None:
    opened(engine)
    clock.advance(timedelta(days=31))
    first, *_ = [opened(engine) for _ in range(4)]
    assert looked(engine, first).value is False
    last = opened(engine)
    told = engine.record(last, {CHECKED: True, "recurrence.recurrent": False}, by="agent:li")
    assert told.why == ("counted from the record: recurrence.recurrent is true",)
    found = case_of(engine, last).fact("recurrence.recurrent")
    assert (found.value, found.source, found.by) == (True, "engine", "engine")
    assert folded(engine, last) == case_of(engine, last)
    assert engine.recurrence(last).alike == tuple(range(last, first - 1, -1))


def test_what_is_neither_yes_nor_no_is_refused_and_not_passed_over(engine: Engine) -> None:
    case = opened(engine)
    for said in ("maybe", 0, "false"):
        with pytest.raises(EventRefused) as caught:
            looked(engine, case, **{"recurrence.recurrent": said})
        assert caught.value.refusal.code == "wrong_value"


def test_alike_is_what_has_the_same_category_and_what_else_is_known(engine: Engine) -> None:
    case = opened(engine)
    for facts in (
        {"problem.category": "quality"},
        {"origin.product": "chair"},
    ):
        opened(engine, **facts)
    engine.open_case("Late.", facts={"problem.category": "delivery"})
    assert engine.recurrence(case).alike == (case,)
    vague = engine.open_case("Late.", facts={"problem.category": "delivery"}).case
    assert len(engine.recurrence(vague).alike) == 4
    merged = opened(engine)
    engine.handle(CaseMerged(by="agent:li", occurred_at=engine.clock.now(), into=case), merged)
    assert engine.recurrence(case).alike == (case,)
    unknown = engine.open_case("Late.").case
    assert (engine.recurrence(unknown).alike, engine.recurrence(unknown).recurs) == ((), False)


def a_year(engine: Engine, clock: ManualClock, alike: tuple[int, ...]) -> None:
    """Months of thirty days in each of which somebody complained, of a late lamp in some."""
    for number in range(12):
        engine.open_case("Something else.", facts={"problem.category": "billing"})
        for _ in range(alike.count(number)):
            opened(engine)
        clock.advance(timedelta(days=30))
    clock.advance(timedelta(minutes=1))


def test_more_than_its_own_past_explains_is_often_below_the_threshold(
    engine: Engine, clock: ManualClock
) -> None:
    a_year(engine, clock, alike=(3,))
    _, second, third = [opened(engine) for _ in range(3)]
    found = engine.recurrence(third)
    assert (found.past_windows, found.past_alike, found.limit) == (12, 1, 2)
    assert (found.is_more_than_ever, found.recurs) == (True, True)
    assert looked(engine, third, **{"recurrence.recurrent": False}).value is True
    engine.handle(CaseMerged(by="agent:li", occurred_at=clock.now(), into=third), second)
    assert not engine.recurrence(third).recurs  # two are never many


def test_what_comes_every_month_is_as_ever_until_the_threshold(engine: Engine, clock: ManualClock) -> None:
    a_year(engine, clock, alike=tuple(range(12)) * 2)
    last = [opened(engine) for _ in range(4)][-1]
    found = engine.recurrence(last)
    assert (found.past_alike, found.is_more_than_ever, found.recurs) == (24, False, False)
    assert looked(engine, last).value is False


def test_a_past_with_a_gap_goes_back_no_further(engine: Engine, clock: ManualClock) -> None:
    a_year(engine, clock, alike=())
    clock.advance(timedelta(days=60))
    for _ in range(3):
        engine.open_case("Something else.")
        clock.advance(timedelta(days=30))
    clock.advance(timedelta(minutes=1))
    last = [opened(engine) for _ in range(4)][-1]
    found = engine.recurrence(last)
    assert (found.past_windows, found.limit, found.recurs) == (3, None, False)


def test_a_past_of_too_many_cases_is_not_looked_at(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_year(engine, clock, alike=())
    last = [opened(engine) for _ in range(3)][-1]
    assert engine.recurrence(last).recurs
    monkeypatch.setattr("recovery.recurring.LOOKED_AT", 14)
    found = engine.recurrence(last)
    assert (len(found.alike), found.past_windows, found.recurs) == (3, 0, False)
    assert looked(engine, last).value is False


def test_the_control_limit_is_that_of_chance() -> None:
    """Poisson: more than the limit come once in 740 windows or more rarely."""
    limits = [control_limit(12, cases) for cases in (0, 1, 11, 47, 119)]
    assert limits == [2, 2, 5, 11, 21]
    assert [control_limit(windows, 0) for windows in (3, 4)] == [None, 3]


def test_the_control_limit_of_a_busy_past_is_found_too() -> None:
    """From some 745 in a window on the chance of none at all is too small for a float."""
    assert [control_limit(4, 4 * mean - 1) for mean in (700, 744, 746, 1_250)] == [781, 827, 829, 1_357]


def test_a_customer_who_meets_it_twice_has_met_it_often(engine: Engine) -> None:
    opened(engine, "ana")
    opened(engine, "bo")
    again = opened(engine, "ANA")
    found = asyncio.run(AsyncEngine(engine).recurrence(again))
    assert (len(found.of_customer), found.recurs) == (2, True)
    assert looked(engine, again).value is True


def test_who_knows_of_more_than_the_record_may_say_so(engine: Engine) -> None:
    case = opened(engine)
    found = looked(engine, case, **{"recurrence.recurrent": True})
    assert (found.value, found.source) == (True, "agent")


def test_a_batch_counts_what_came_before_in_it(engine: Engine) -> None:
    engine.often = Often(3, timedelta(days=1))
    cases = [opened(engine) for _ in range(3)]
    now = engine.clock.now()
    commands = [
        Command(FactsRecorded(by="agent:li", occurred_at=now, facts={CHECKED: True}), case, f"k-{case}")
        for case in cases
    ]
    answers = engine.handle_many(commands)
    assert [case_of(engine, case).facts["recurrence.recurrent"] for case in cases] == [True] * 3
    assert [one.repeated for one in engine.handle_many(commands)] == [True] * 3  # type: ignore[union-attr]
    assert len(answers) == 3


def test_what_is_refused_counts_nothing(engine: Engine) -> None:
    case = opened(engine)
    event = FactsRecorded(by="agent:li", occurred_at=engine.clock.now(), facts={CHECKED: True, "no.such": 1})
    (answer,) = engine.handle_many([Command(event, case)])
    assert getattr(answer, "code", None) == "unknown_fact"
    assert "recurrence.recurrent" not in case_of(engine, case).facts


@pytest.mark.parametrize(
    ("text", "codes"), [("3 in 7d", []), ("often", ["wrong_value"]), ("1 in 7d", ["wrong_value"])]
)
def test_what_is_often_is_a_setting(text: str, codes: list[str]) -> None:
    _, findings = read_settings(f"recurrence: {text}".encode(), "config/recovery.yaml")
    assert [one.code for one in findings] == codes
