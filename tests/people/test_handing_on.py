"""Handing cases on where a list of people is published: to somebody known and here, one or all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recovery.core.errors import EventRefused, NotFound, RecoveryError
from recovery.core.events import HandOffOffered
from recovery.core.people import Directory, Person
from recovery.engine import Engine
from recovery.store.people import People
from tests.people.test_keeping_people import TODAY
from tests.support import START, clock, engine, owned, project

__all__ = ["clock", "engine", "project"]

LI = Person("li", "Li", delegate="sam")
SAM, BO, EVE = Person("sam", "Sam"), Person("bo", "Bo"), Person("eve", "Eve", left=True)


@pytest.fixture(autouse=True)
def listed(engine: Engine) -> None:
    with engine.store.working(People, engine.tenant) as kept:
        kept.publish(Directory({one.id: one for one in (LI, SAM, BO, EVE)}), START)


def offered(engine: Engine, case: int, to: str) -> str | None:
    engine.handle(HandOffOffered(by="agent:li", occurred_at=engine.clock.now(), to=to), case)
    return engine.case(case).offered_to


def refusal(engine: Engine, case: int, to: str) -> str:
    with pytest.raises(EventRefused) as refused:
        offered(engine, case, to)
    return refused.value.refusal.code


def test_a_case_is_offered_to_somebody_known(engine: Engine) -> None:
    case = owned(engine)
    assert offered(engine, case, "bo") == "bo"
    assert refusal(engine, case, "boo") == "unknown_person"
    assert refusal(engine, case, "eve") == "not_here"


def test_who_is_asked_gets_the_brief(engine: Engine) -> None:
    case = owned(engine)
    offered(engine, case, "bo")
    (letter,) = (row for row in engine.store.outbox(engine.tenant, case=case) if row.template == "hand-off")
    assert (letter.recipient, letter.address) == ("asked", "bo")
    assert "My order never came." in letter.context["brief"]


def test_while_somebody_is_away_their_delegate_is_asked(engine: Engine) -> None:
    engine.absent("bo", TODAY, by="supervisor:mia")
    case = owned(engine)
    assert refusal(engine, case, "bo") == "not_here"
    with engine.store.working(People, engine.tenant) as kept:
        kept.publish(Directory({one.id: one for one in (LI, SAM, replace(BO, delegate="sam"))}), START)
    assert offered(engine, case, "bo") == "sam"
    assert "bo is away; sam answers for them" in engine.store.log(engine.tenant, case)[-1].why


def test_each_open_case_of_who_leaves_is_offered(engine: Engine) -> None:
    first, second = owned(engine), owned(engine)
    left = engine.leave("li", to="sam", by="supervisor:mia")
    assert (left.offered, left.refused) == ([second, first], [])
    assert [engine.case(case).offered_to for case in (first, second)] == ["sam", "sam"]
    assert [engine.case(case).owner for case in (first, second)] == ["li", "li"]
    assert engine.people().people["li"].left


def test_with_a_reason_a_supervisor_gives_them_at_once(engine: Engine) -> None:
    case = owned(engine)
    with pytest.raises(EventRefused, match="may not give cases"):
        engine.leave("li", to="sam", by="agent:bo", reason="I say so")
    engine.leave("li", to="sam", by="supervisor:mia", reason="li was called away")
    assert engine.case(case).owner == "sam"


def test_who_leaves_and_who_takes_over_are_two_who_are_known(engine: Engine) -> None:
    with pytest.raises(NotFound, match="boo"):
        engine.leave("li", to="boo", by="supervisor:mia")
    with pytest.raises(RecoveryError, match="is leaving"):
        engine.leave("li", to="li", by="supervisor:mia")
