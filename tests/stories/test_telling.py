"""Stories at the engine, on both databases: told, listed by team and what was given, missed, erased."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.async_engine import AsyncEngine
from recovery.clock import ManualClock
from recovery.core.errors import EventRefused, RecoveryError
from recovery.core.people import Directory, Person, Team
from recovery.engine import Engine
from recovery.store.people import People
from tests.money.both import clock, engine, house, made_once, opened
from tests.postgres import postgres_server
from tests.support import START, case_of, folded

__all__ = ["clock", "engine", "house", "made_once", "postgres_server"]

LI = Person("li", "Li", teams=("care",))
BO = Person("bo", "Bo", teams=("night",))


@pytest.fixture(autouse=True)
def listed(engine: Engine) -> None:
    teams = {name: Team(name, {"en": name}) for name in ("care", "night")}
    with engine.store.working(People, engine.tenant) as kept:
        kept.publish(Directory({one.id: one for one in (LI, BO)}, teams), START)


def asked(engine: Engine, clock: ManualClock) -> None:
    """Let the time pass in which a story is waited for."""
    clock.advance(timedelta(days=7))
    engine.see_to_due(50)


def test_a_story_says_what_happened_what_was_done_and_how_they_felt(engine: Engine) -> None:
    case = opened(engine)
    engine.spend(case, "comfort_gesture", "30 USD", by="agent:li")
    engine.tell_story(case, "She laughed, and stayed.", by="agent:li", key="k")
    assert engine.tell_story(case, "She laughed, and stayed.", by="agent:li", key="k").repeated
    (story,) = engine.stories().stories
    assert (story.by, story.teams, story.felt) == ("li", ("care",), "She laughed, and stayed.")
    assert story.happened == case_of(engine, case).facts["problem.statement"]
    assert (story.done_in("en"), story.done_in("zh")) == ("a comfort gesture 30 USD", "等候时的心意 30 USD")
    assert folded(engine, case) == case_of(engine, case)


def test_they_are_found_by_team_and_by_what_was_given_a_page_at_a_time(engine: Engine) -> None:
    for by, amount in (("li", "10 USD"), ("bo", "60 USD"), ("li", "80 USD"), ("li", "9000 JPY")):
        case = opened(engine)
        engine.spend(case, "gift", amount, by=f"agent:{by}")
        engine.tell_story(case, amount, by=f"agent:{by}")
    felt = [one.felt for one in engine.stories().stories]
    assert felt == ["9000 JPY", "80 USD", "60 USD", "10 USD"]
    assert [one.felt for one in engine.stories(team="care", at_least="20 USD").stories] == ["80 USD"]
    first = engine.stories(limit=3)
    assert [one.felt for one in first.stories] == felt[:3]
    rest = engine.stories(limit=3, cursor=first.cursor)
    assert ([one.felt for one in rest.stories], rest.cursor) == (felt[3:], None)
    assert engine.stories(since="2027-01-01T00:00:00.000000Z").stories == []
    with pytest.raises(RecoveryError):
        engine.stories(at_least="much")


def test_who_was_asked_and_has_not_told_is_on_the_list(engine: Engine, clock: ManualClock) -> None:
    case = opened(engine)
    engine.spend(case, "gift", "10 USD", by="agent:li")
    assert engine.untold() == []
    asked(engine, clock)
    (one,) = engine.untold("care")
    assert (one.case, one.by) == (case, "li")
    assert engine.untold("night") == []
    with pytest.raises(EventRefused) as caught:
        engine.task_done(case, "s:li", by="agent:li")
    assert caught.value.refusal.code == "tell_it"
    engine.tell_story(case, "Glad.", by="agent:li")
    assert engine.untold() == []


def test_what_a_person_told_of_a_customer_goes_with_the_customer(engine: Engine) -> None:
    case = opened(engine)
    engine.spend(case, "gift", "10 USD", by="agent:li")
    engine.tell_story(case, "Ana wept for joy.", by="agent:li")
    engine.give_praise(case, "li", "Ana thanks Li.", by="agent:bo", from_customer=True, reward="25 USD")
    engine.erase(case=case, by="supervisor:eva", reason="r-1", despite="she asked for it")
    assert engine.stories().stories == []
    assert "Ana" not in str([record.event for record in engine.store.log(engine.tenant, case)])
    assert case_of(engine, case).praise["1"].reward == "25 USD"


def test_nobody_praises_themselves(engine: Engine) -> None:
    case = opened(engine)
    for to, reward in (("li", None), ("bo", "0 USD"), ("bo", "much")):
        with pytest.raises(EventRefused):
            engine.give_praise(case, to, "Well done.", by="agent:li", reward=reward)


async def told(engine: Engine, case: int) -> int:
    waiting = AsyncEngine(engine)
    await waiting.tell_story(case, "Glad.", by="agent:li")
    await waiting.give_praise(case, "bo", "Thank you.", by="agent:li")
    page = await waiting.stories(limit=5)
    return len(page.stories) + len(await waiting.untold())


def test_hosts_that_await_tell_them_too(engine: Engine) -> None:
    import asyncio

    assert asyncio.run(told(engine, opened(engine))) == 1
