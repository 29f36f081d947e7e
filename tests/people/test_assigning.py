"""Who is to own a case: skill first, then language, then whom the customer knows, then the fewest cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recovery.core.assigning import Wanted, choose
from recovery.core.errors import RecoveryError
from recovery.core.people import Directory, Person
from recovery.engine import Engine
from recovery.store.people import People
from tests.people.test_keeping_people import TODAY
from tests.support import START, clock, engine, project

__all__ = ["clock", "engine", "project"]

LI = Person("li", "Li", skills=("billing",), languages=("zh", "en"))
SAM = Person("sam", "Sam", skills=("delivery",))
BO = Person("bo", "Bo")
MIA = Person("mia", "Mia", role="supervisor")
HOUSE = Directory({one.id: one for one in (BO, LI, MIA, SAM)})
BILLING = Wanted("agent", "billing", "en")


def chosen(wanted: Wanted, house: Directory = HOUSE) -> str | None:
    return choose(house, wanted, START).person


def test_the_fewest_open_cases_among_those_who_know_how() -> None:
    assert chosen(replace(BILLING, loads={"bo": 3, "li": 2})) == "li"
    assert chosen(replace(BILLING, loads={"bo": 1, "li": 2, "sam": 0})) == "bo"


def test_the_same_customer_has_the_same_owner() -> None:
    assert chosen(replace(BILLING, loads={"li": 9}, known_to={"li": 12})) == "li"
    assert chosen(replace(BILLING, known_to={"sam": 12})) == "bo"  # who does not know how


def test_whoever_writes_their_language() -> None:
    assert chosen(replace(BILLING, language="zh-CN", loads={"li": 9})) == "li"
    assert chosen(replace(BILLING, language="fr")) == "bo"  # better somebody than nobody


def test_who_is_away_full_or_of_another_level_is_not_chosen() -> None:
    away = Directory({**HOUSE.people, "bo": replace(BO, away=tuple(TODAY)), "li": replace(LI, cases=2)})
    found = choose(away, replace(BILLING, loads={"li": 2}), START)
    assert found.person == "sam"
    out = {one.person: one.out for one in found.candidates}
    assert out == {
        "sam": None,
        "bo": "is away",
        "li": "has 2 open cases, and is given 2 at most",
        "mia": "is of another level than agent",
    }
    assert chosen(replace(BILLING, role="supervisor")) == "mia"
    assert chosen(replace(BILLING, not_={"bo", "li", "sam"})) is None


def test_every_choice_says_why() -> None:
    found = choose(HOUSE, replace(BILLING, loads={"li": 1}, known_to={"li": 12}), START)
    reasons = ("knows billing", "writes en", "this customer knows them, from case 12", "1 open case")
    assert found.candidates[0].reasons == reasons
    assert found.as_dict()["person"] == "li"


def opened(engine: Engine, **facts: str) -> int:
    customer = {"name": "Ana", "address": "ana@example.org"}
    return engine.open_case("It is late.", customer=customer, facts=facts, source="agent", by="agent:x").case


def test_a_case_is_given_and_then_offered(engine: Engine) -> None:
    with engine.store.working(People, engine.tenant) as kept:
        kept.publish(HOUSE, START)
    first = opened(engine)
    given = engine.assign(first, by="supervisor:mia")
    assert (given.choice.person, engine.case(first).owner) == ("bo", "bo")
    second = opened(engine)
    assert engine.choose_owner(second).candidates[0].reasons[1] == (
        f"this customer knows them, from case {first}"
    )
    again = engine.assign(first, by="supervisor:mia")
    assert (engine.case(first).owner, engine.case(first).offered_to) == ("bo", again.choice.person)


def test_without_a_list_nobody_can_be_chosen(engine: Engine) -> None:
    with pytest.raises(RecoveryError, match="Nobody on the list"):
        engine.assign(opened(engine), by="agent:li")
