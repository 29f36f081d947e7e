"""`verify` finds every change to the seals themselves, and says a wrong or absent key as such."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recovery.store.problems import Report
from recovery.store.seals import Seal
from recovery.store.verify import verify
from tests.store.house import KEY, House, ask_sql, found, rewrite, run_sql


@pytest.fixture
def thrice(sealed: House) -> House:
    """A house sealed three times."""
    for fact in ("said", "owner"):
        sealed.tell(4, sealed.facts(**{fact: "li"}))
        assert sealed.store.seal(KEY, sealed.now) == 1
    assert verify(sealed.store, KEY) == Report(cases=4, events=18, seals=3)
    return sealed


@pytest.mark.parametrize("id", [1, 2, 3])
@pytest.mark.parametrize(
    "change",
    [
        "mac = 'x'",
        "entries = replace(entries, '4', '5')",
        "sealed_at = '2026-11-21T09:00:00.000000Z'",
        "through = through + 1",
        "since = since + 1",
        "events = events - 1",
        "before = 'x'",
    ],
)
def test_a_changed_seal_is_named(thrice: House, id: int, change: str) -> None:
    assert run_sql(thrice, f"update recovery_seal set {change} where id = {id}") == 1
    (problem,) = verify(thrice.store, KEY).problems
    assert (problem.code, problem.message) == ("seal_changed", f"Seal {id} is not as it was made.")


@pytest.mark.parametrize("id", [1, 2, 3])
def test_a_removed_first_middle_or_last_seal_is_named(thrice: House, id: int) -> None:
    run_sql(thrice, f"delete from recovery_seal where id = {id}")
    assert [code for code, _, _ in found(thrice)] == ["seal_missing"]


def test_the_last_seal_removed_together_with_what_it_sealed_is_named(thrice: House) -> None:
    run_sql(thrice, "delete from recovery_seal where id = 3")
    rewrite(thrice, 4, 2)
    assert [code for code, _, _ in found(thrice)] == ["seal_missing"]


def test_every_seal_removed_is_named(thrice: House) -> None:
    run_sql(thrice, "delete from recovery_seal")
    (problem,) = verify(thrice.store, KEY).problems
    assert problem.code == "seal_missing"
    assert "Every seal is gone" in problem.message


def test_a_seal_forged_with_another_key_is_named(thrice: House, tmp_path: Path) -> None:
    forged = ask_sql(thrice, "select * from recovery_seal where id = 3")[0]
    run_sql(
        thrice,
        "delete from recovery_seal where id = 3",
        "delete from recovery_meta where key = 'seal_tip'",
        ("insert into recovery_seal values (?, ?, ?, ?, ?, ?, ?, ?)", (*forged[:-1], "f" * 64)),
    )
    assert [code for code, _, _ in found(thrice)] == ["seal_changed"]


def test_a_wrong_key_is_said_as_such_and_nothing_else(thrice: House) -> None:
    problems = verify(thrice.store, b"another key altogether").problems
    assert [problem.code for problem in problems] == ["wrong_key"]


def test_an_absent_key_is_said_as_such_and_the_rest_is_checked(thrice: House) -> None:
    assert [problem.code for problem in verify(thrice.store, None).problems] == ["no_key"]
    run_sql(thrice, "update recovery_case set step = 'x' where id = 1")
    codes = [problem.code for problem in verify(thrice.store, None).problems]
    assert codes == ["snapshot_changed", "no_key"]


def test_two_copies_that_went_their_own_ways_cannot_be_mixed(thrice: House) -> None:
    second = Seal(*ask_sql(thrice, "select * from recovery_seal where id = 2")[0])
    other = replace(second, sealed_at="2026-11-23T00:00:00.000000Z")
    signed = other.signature(KEY, thrice.store.installation_id())
    run_sql(
        thrice,
        ("update recovery_seal set sealed_at = ?, mac = ? where id = 2", (other.sealed_at, signed)),
    )
    (problem,) = verify(thrice.store, KEY).problems
    assert problem.code == "seal_changed"
    assert "Seal 2 is not the one that seal 3 was made after" in problem.message
