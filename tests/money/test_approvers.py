"""Approvals go where the list of people says: to whoever is above, or stands in, and one level up in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.empowerment.state import CompensationState
from recovery.core.errors import EventRefused
from recovery.core.money import read_money
from recovery.core.people import Absence, Directory, Person
from recovery.engine import Engine
from recovery.store.people import People
from tests.support import case_of, clock, engine, folded, project, verified

__all__ = ["clock", "engine", "project"]

AWAY = (Absence(date(2026, 11, 1), date(2026, 12, 31)),)
LI = Person("li", "Li Wei", supervisor="mia")
BO = Person("bo", "Bo", supervisor="mia")
MIA = Person("mia", "Mia", "supervisor", supervisor="noor")
NOOR = Person("noor", "Noor", "manager")


def house(engine: Engine, *people: Person) -> int:
    """A case in a house of these people."""
    with engine.store.working(People, engine.tenant) as listed:
        listed.publish(Directory({one.id: one for one in people}), engine.clock.now())
    return engine.open_case("It broke.", customer={"name": "Ana"}).case


def wanted(engine: Engine, case: int, amount: str = "2500 USD", **more: Any) -> CompensationState:
    engine.offer_compensation(case, "refund", amount, by="agent:li", **more)
    return state(engine, case)


def state(engine: Engine, case: int) -> CompensationState:
    assert verified(engine).ok
    assert folded(engine, case) == case_of(engine, case)
    return [*case_of(engine, case).compensations.values()][-1]


def told(engine: Engine, case: int) -> list[str | None]:
    """Whom requests for an approval were sent to, in order."""
    rows = engine.store.outbox(engine.tenant, case=case)
    return [row.address for row in rows if row.template == "approval-request"]


def test_the_supervisor_of_whoever_asks_is_asked_by_name(engine: Engine) -> None:
    case = house(engine, LI, BO, MIA, NOOR)
    asked = wanted(engine, case)
    assert (asked.asked_of, asked.asked_to, asked.delegate) == ("supervisor", "mia", None)
    assert told(engine, case) == ["mia"]
    engine.approve(case, "1", by="supervisor:mia")
    assert state(engine, case).status == "offered"


def test_while_they_are_away_their_delegate_answers_within_their_limit(engine: Engine) -> None:
    away = Person("mia", "Mia", "supervisor", supervisor="noor", delegate="bo", away=AWAY)
    case = house(engine, LI, BO, away, NOOR)
    asked = wanted(engine, case)
    assert (asked.asked_to, asked.delegate, asked.delegated_by) == ("mia", "bo", "supervisor:mia")
    assert told(engine, case) == ["bo"]
    engine.approve(case, "1", by="agent:bo")
    assert state(engine, case).spent_by == "supervisor:mia"
    assert engine.limits_of("supervisor:mia")[0].used == 2500_00


def test_whoever_asks_stands_in_for_nobody_in_their_own_matter(engine: Engine) -> None:
    away = Person("mia", "Mia", "supervisor", supervisor="noor", delegate="li", away=AWAY)
    asked = wanted(engine, house(engine, LI, away, NOOR))
    assert (asked.asked_of, asked.asked_to) == ("manager", "noor")


def test_where_nobody_stands_in_whoever_is_next_above_is_asked(engine: Engine) -> None:
    away = Person("mia", "Mia", "supervisor", supervisor="noor", away=AWAY)
    case = house(engine, LI, away, NOOR)
    assert wanted(engine, case).asked_to == "noor"
    assert told(engine, case) == ["noor"]


def test_whose_limit_is_too_low_is_not_asked(engine: Engine) -> None:
    poor = Person("mia", "Mia", "supervisor", supervisor="noor", limit=read_money("2400 USD"))
    assert wanted(engine, house(engine, LI, poor, NOOR)).asked_to == "noor"


def test_who_would_get_it_is_not_asked(engine: Engine) -> None:
    assert wanted(engine, house(engine, LI, MIA, NOOR), to="mia").asked_to == "noor"


def test_who_would_get_it_is_known_by_their_address_too(engine: Engine) -> None:
    mia = replace(MIA, address="mia@shop.example")
    assert wanted(engine, house(engine, LI, mia, NOOR), to="Mia@shop.example").asked_to == "noor"


@pytest.mark.parametrize("to", ["Li Wei", "li@shop.example", "agent:li"])
def test_nobody_pays_themselves_under_their_name_or_address(engine: Engine, to: str) -> None:
    case = house(engine, replace(LI, address="li@shop.example"), MIA)
    engine.offer_compensation(case, "refund", "2500 USD", by="agent:bo", to=to)
    for work, code in (
        (lambda: engine.spend(case, "gift", "5 USD", by="agent:LI", to=to), "pays_themselves"),
        (lambda: engine.spend(case, "gift", by="agent:li", to=to), "pays_themselves"),
        (lambda: engine.approve(case, "1", by="supervisor:li"), "own_approval"),
    ):
        with pytest.raises(EventRefused) as caught:
            work()
        assert caught.value.refusal.code == code


def test_a_customer_who_works_here_is_paid_by_somebody_else(engine: Engine) -> None:
    house(engine, replace(LI, address="li@shop.example"), BO)
    case = engine.open_case("Mine broke.", customer={"address": "li@shop.example"}).case
    with pytest.raises(EventRefused) as caught:
        engine.offer_compensation(case, "refund", "5 USD", by="agent:li")
    assert caught.value.refusal.code == "pays_themselves"
    engine.offer_compensation(case, "refund", "5 USD", by="agent:bo")
    assert state(engine, case).status == "offered"


def test_whoever_is_listed_is_found_however_they_are_written(engine: Engine) -> None:
    case = house(engine, replace(LI, limit=read_money("100 USD")), MIA, NOOR)
    engine.offer_compensation(case, "refund", "150 USD", by="agent:Li")
    assert state(engine, case).asked_to == "mia"


def test_who_does_not_answer_in_time_is_passed_over_one_level_up(engine: Engine, clock: ManualClock) -> None:
    case = house(engine, LI, MIA, NOOR)
    assert [one.name for one in wanted(engine, case).then] == ["noor"]
    clock.advance(timedelta(days=4))
    engine.see_to_due(100)
    asked = state(engine, case)
    assert (asked.asked_of, asked.asked_to, asked.answer_by, asked.then) == ("manager", "noor", None, ())
    assert told(engine, case) == ["mia", "noor"]
    with pytest.raises(EventRefused):
        engine.approve(case, "1", by="supervisor:mia")
    engine.approve(case, "1", by="manager:noor")
    assert state(engine, case).status == "offered"


def test_after_the_last_of_the_list_the_role_above_is_asked(engine: Engine, clock: ManualClock) -> None:
    case = house(engine, LI, Person("mia", "Mia", "supervisor"))
    wanted(engine, case)
    clock.advance(timedelta(days=4))
    engine.see_to_due(100)
    asked = state(engine, case)
    assert (asked.asked_of, asked.asked_to, told(engine, case)) == ("manager", None, ["mia", None])


def test_where_nobody_can_be_asked_it_bounces_and_says_who_is_away(engine: Engine) -> None:
    case = house(engine, LI, Person("mia", "Mia", "supervisor", away=AWAY))
    with pytest.raises(EventRefused) as caught:
        wanted(engine, case)
    refusal = caught.value.refusal
    assert (refusal.code, "mia is away, and nobody stands in" in refusal.message) == ("nobody_to_ask", True)
    assert "delegate" in refusal.hint
    assert case_of(engine, case).compensations == {}


@pytest.mark.parametrize("people", [(), (MIA, NOOR), (Person("li", "Li"), MIA)])
def test_without_somebody_above_on_the_list_a_role_is_asked(
    engine: Engine, people: tuple[Person, ...]
) -> None:
    case = house(engine, *people)
    asked = wanted(engine, case)
    assert (asked.asked_of, asked.asked_to, told(engine, case)) == ("supervisor", None, [None])


def test_nobody_approves_their_own_or_above_their_own_limit(engine: Engine) -> None:
    case = house(engine, LI, MIA, NOOR)
    engine.offer_compensation(case, "refund", "21000 USD", by="supervisor:mia")
    assert state(engine, case).asked_to == "noor"
    with pytest.raises(EventRefused) as caught:
        engine.approve(case, "1", by="manager:mia")
    assert caught.value.refusal.code == "own_approval"
