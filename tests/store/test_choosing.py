"""Which messages somebody means, what they do about them, and what waits for people: on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.core import events as ev
from recovery.core.instants import to_text
from recovery.store.choosing import Messages, cases_with_tasks
from recovery.store.store import Store
from tests.store.house import TENANT, House, found, on_sqlite
from tests.store.test_leases import LONG, asked, claimed, three_letters
from tests.store.test_plans import plan


@pytest.fixture
def house(house: House) -> House:
    """A house whose cases ask for three messages each: 2.0, 2.1 (to the owner) and 2.2."""
    house.workflow = three_letters()
    return house


def meant(store: Store, statuses: tuple[str, ...] = (), **conditions: object) -> list[tuple[int, str]]:
    which = Messages(**conditions)  # type: ignore[arg-type]
    rows = store.chosen(TENANT, which, statuses, 0, 50)
    assert store.count_chosen(TENANT, which, statuses) == len(rows)
    return [(row.case, row.effect) for _, row in rows]


def test_messages_are_found_by_all_that_is_said_of_them(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    house.now += timedelta(days=1)
    (third,) = asked(house)
    assert len(meant(store)) == 9
    assert meant(store, template="hello", case=first) == [(first, "2.0")]
    assert meant(store, case=second, effect="2.1") == [(second, "2.1")]
    assert meant(store, channel="desk") == [(case, "2.1") for case in (first, second, third)]
    assert {case for case, _ in meant(store, asked_before=house.now)} == {first, second}
    assert len(meant(store, workflow=house.workflow.id)) == 9
    assert meant(store, workflow="another") == []
    assert meant(store, ("held", "failed")) == []


@pytest.mark.parametrize(
    ("words", "count"),
    [("BOX full", 1), ("100%", 1), ("%", 1), ("a_b", 1), ("_", 1), ("\\", 1), ("axb", 0), ("满", 1)],
)
def test_words_in_a_note_are_found_as_they_stand(house: House, store: Store, words: str, count: int) -> None:
    (case,) = asked(house)
    with store.write() as unit:
        unit.outbox.hold(TENANT, [(case, "2.0")], "Mailbox full (100%), a_b \\ 邮箱已满")
        unit.outbox.hold(TENANT, [(case, "2.1")], "another reason")
    assert len(meant(store, note=words)) == count


def test_pages_follow_each_other_without_a_gap(house: House, store: Store) -> None:
    asked(house, 2)
    pages, after = [], 0
    while rows := store.chosen(TENANT, Messages(), (), after, 4):
        after = rows[-1][0]
        pages.append([(row.case, row.effect) for _, row in rows])
    assert [len(page) for page in pages] == [4, 2]
    assert [one for page in pages for one in page] == meant(store)


def test_messages_are_held_and_let_go_and_others_are_told_apart(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    claimed(store, limit=3)
    both = [(first, "2.0"), (second, "2.0"), (second, "9.0")]
    with store.write() as unit:
        assert unit.outbox.hold(TENANT, both, "why") == {(first, "2.0"): "leased", (second, "9.0"): ""}
    assert meant(store, ("held",)) == [(second, "2.0")]
    with store.write() as unit:
        assert unit.outbox.let_go(TENANT, both, "now") == {(first, "2.0"): "leased", (second, "9.0"): ""}
    assert [row.note for row in store.outbox(TENANT, case=second)] == ["now", None, None]
    assert {row.case for row in claimed(store, lasting=LONG)} == {second}
    assert found(house) == []


def test_what_waits_for_people_is_found_case_by_case(house: House, store: Store) -> None:
    first, second, third = asked(house, 3)
    for case in (first, third):
        house.tell(case, house.failed("2.0"))
    house.tell(third, house.failed("2.2"))
    assert [case.id for case in store.cases_with_tasks(TENANT, None, 0, 50)] == [first, third]
    assert [case.id for case in store.cases_with_tasks(TENANT, "li", first, 50)] == [third]
    assert store.cases_with_tasks(TENANT, "pat", 0, 50) == []
    messages = store.messages_of(TENANT, [first, third])
    assert [(row.case, row.effect) for row in messages if row.status == "failed"] == [
        (first, "2.0"),
        (third, "2.0"),
        (third, "2.2"),
    ]
    house.tell(first, ev.TaskDone(by="agent:li", occurred_at=house.now, task="2.0"))
    assert [case.id for case in store.cases_with_tasks(TENANT, None, 0, 50)] == [third]
    assert second not in {row.case for row in messages}


def test_the_message_that_has_waited_longest_is_known(house: House, store: Store) -> None:
    assert store.oldest_due(TENANT) is None
    asked(house)
    begun = house.now
    house.now += timedelta(hours=1)
    asked(house)
    assert store.oldest_due(TENANT) == to_text(begun)


@on_sqlite
@pytest.mark.parametrize("of_owner", [True, False])
def test_tasks_are_found_through_an_index_in_its_order(house: House, of_owner: bool) -> None:
    reads, sorts = plan(house, cases_with_tasks(of_owner))
    assert reads[0].startswith("recovery_case: tenant_id=?")
    assert not sorts
