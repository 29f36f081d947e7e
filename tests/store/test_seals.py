"""Sealing: everything since the last seal, in batches, and only with the right key."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from recovery.core.errors import RecoveryError
from recovery.store.seals import BATCH, WrongSealKey
from tests.store.house import KEY, House, ask_sql, run_sql


def test_a_seal_covers_every_event_since_the_last_one(sealed: House) -> None:
    assert sealed.store.seal(KEY, sealed.now) == 0
    sealed.tell(4, sealed.facts(said="x"))
    sealed.now += timedelta(minutes=1)
    assert sealed.store.seal(KEY, sealed.now) == 1
    first, second = ask_sql(sealed, "select since, through, events, entries from recovery_seal")
    assert first[:3] == (0, 16, 16)
    assert [entry[:3] for entry in json.loads(first[3])] == [
        ["default", 1, 5],
        ["default", 2, 5],
        ["default", 3, 5],
        ["default", 4, 1],
    ]
    assert second[:3] == (16, 17, 1)


def test_many_events_are_sealed_in_batches(house: House) -> None:
    house.open(BATCH + 1)
    assert house.store.seal(KEY, house.now) == BATCH + 1
    assert ask_sql(house, "select events from recovery_seal") == [(BATCH,), (1,)]


def test_a_key_that_is_too_short_is_refused(house: House) -> None:
    with pytest.raises(RecoveryError, match="5 bytes") as caught:
        house.store.seal(b"short", house.now)
    assert "at least 16" in caught.value.hint


@pytest.mark.parametrize(
    "statement",
    [
        "update recovery_meta set value = value",
        "delete from recovery_seal",
        "delete from recovery_meta where key = 'seal_tip'",
        "update recovery_seal set mac = 'x'",
    ],
)
def test_a_seal_is_never_put_after_one_that_is_not_the_keys(sealed: House, statement: str) -> None:
    run_sql(sealed, statement)
    sealed.tell(4, sealed.facts(said="x"))
    key = b"another key altogether" if "value = value" in statement else KEY
    seals = ask_sql(sealed, "select * from recovery_seal")
    with pytest.raises(WrongSealKey, match="not made with this key"):
        sealed.store.seal(key, sealed.now)
    assert ask_sql(sealed, "select * from recovery_seal") == seals
