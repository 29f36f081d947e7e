"""One installation sends: whoever takes a database over holds what was due, and keeps others from sending."""

from __future__ import annotations

import pytest

from recovery.commands import Outcome
from recovery.store.store import Store
from tests.store.house import TENANT, House, found
from tests.store.leasing import LONG, asked, claimed, row_of, settle, three_letters


@pytest.fixture
def house(house: House) -> House:
    """A house whose cases ask for three messages each: 2.0, 2.1 and 2.2."""
    house.workflow = three_letters()
    return house


def test_taking_a_database_over_holds_everything_that_was_due(house: House, store: Store) -> None:
    (case,) = asked(house)
    claimed(store, limit=1)
    assert store.take_over("another-shop", "agent:li", house.now) == 3
    assert store.sender_id() == "another-shop"
    assert claimed(store, "two") == []
    held = list(store.outbox(TENANT, case=case))
    assert {row.status for row in held} == {"held"}
    assert {row.lease_owner for row in held} == {None}
    assert all("another-shop" in (row.note or "") for row in held)
    assert found(house) == []


def test_whoever_still_sends_for_the_installation_before_gets_nothing_more(
    house: House, store: Store
) -> None:
    asked(house)
    before = store.sender_id()
    store.take_over("another-shop", "agent:li", house.now)
    asked(house)
    assert store.claim(TENANT, "old", LONG, 50, installation=before) == []
    assert len(claimed(store, "new")) == 3


def test_what_was_on_its_way_when_another_took_over_is_known_to_have_left(house: House, store: Store) -> None:
    (case,) = asked(house)
    (row, *_) = claimed(store)
    store.take_over("another-shop", "agent:li", house.now)
    assert isinstance(settle(house, row), Outcome)
    assert [one.status for one in store.outbox(TENANT, case=case)] == ["delivered", "held", "held"]
    assert found(house) == []


def test_what_was_to_be_tried_later_when_another_took_over_stays_held(house: House, store: Store) -> None:
    (case,) = asked(house)
    (row, *_) = claimed(store)
    store.take_over("another-shop", "agent:li", house.now)
    settle(house, row, "later", again_at=house.now)
    assert row_of(house, case, "2.0").status == "held"
