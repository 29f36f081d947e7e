"""What may be forgotten is forgotten and nothing else, and everybody can see what a database takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.store import keeping
from recovery.store.keeping import forget_words, sizes
from recovery.store.tables import metadata
from recovery.store.verify import verify
from tests.store.house import KEY, START, TENANT, House, ask_sql, ran, run_sql

WORDS = "select case_id, seq, status from recovery_effect where rendered is not null order by id"


@pytest.fixture
def told(house: House) -> House:
    """Three ended cases and an open one, whose messages were all rendered; one of them was given up."""
    ran(house)
    (open_one,) = house.open()
    house.tell(open_one, house.facts(said="x"))
    house.tell(open_one, house.facts(owner="li"))
    house.tell(open_one, house.delivered("2.0"))
    (failed,) = house.open()
    house.walk(failed)
    house.tell(failed, house.failed("5.0"))
    run_sql(house, "update recovery_effect set rendered = 'words', settled_at = due_at")
    return house


def test_words_of_ended_cases_are_forgotten_and_the_log_is_still_sound(told: House) -> None:
    told.store.seal(KEY, told.now)
    before = ask_sql(told, WORDS)
    seen: list[int] = []
    forgotten = forget_words(told.store, TENANT, told.now + timedelta(days=1), seen.append)
    left = ask_sql(told, WORDS)
    assert forgotten == len(before) - len(left) > 0
    ended = {id for (id,) in ask_sql(told, "select id from recovery_case where closed_at is not null")}
    assert all(case not in ended or status not in ("delivered", "cancelled") for case, _, status in left)
    assert {status for case, _, status in left if case in ended} >= {"failed"}
    assert [case for case, _, status in left if case not in ended and status == "delivered"] != []
    assert verify(told.store, KEY).ok
    assert seen[-1] == ask_sql(told, "select max(id) from recovery_effect")[0][0]
    assert forget_words(told.store, TENANT, told.now + timedelta(days=1)) == 0


def test_what_left_later_keeps_its_words(told: House) -> None:
    assert forget_words(told.store, TENANT, START - timedelta(days=1)) == 0


def test_another_tenant_keeps_its_words(told: House) -> None:
    assert forget_words(told.store, "other", told.now + timedelta(days=1)) == 0


def test_it_goes_a_few_rows_at_a_time_and_gives_way(told: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[int] = []
    monkeypatch.setattr(keeping, "WINDOW", 2)
    monkeypatch.setattr(told.store, "give_way", lambda: ways.append(1))
    seen: list[int] = []
    assert forget_words(told.store, TENANT, told.now + timedelta(days=1), seen.append) > 0
    assert len(ways) == len(seen) > 3


def test_every_table_has_its_rows_and_bytes(told: House) -> None:
    found = {one.table: one for one in sizes(told.store)}
    assert found.keys() == metadata.tables.keys()
    assert found["recovery_case"].rows == ask_sql(told, "select count(*) from recovery_case")[0][0]
    effects = found["recovery_effect"]
    assert effects.bytes is not None
    assert effects.bytes > 0
    assert effects.index_bytes is not None
    assert effects.index_bytes > 0


def test_without_the_means_to_know_bytes_the_rows_are_said(
    told: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = keeping.Statement(keeping.text("select a, b, c from there_is_no_such_table"))
    monkeypatch.setitem(keeping._BYTES, told.store.dialect.name, broken)
    assert {(one.bytes, one.index_bytes) for one in sizes(told.store)} == {(None, None)}
