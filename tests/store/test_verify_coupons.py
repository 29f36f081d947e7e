"""`verify` compares every coupon with the log that issued it, redeemed it or took it back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery.store import codes
from recovery.store.verify import verify
from tests.support import engine_on, entropy, project

__all__ = ["project"]

CODE = codes.kept("default", codes.draw(entropy(99)))


@pytest.fixture
def forge(project: object) -> Iterator[object]:
    """Changes a database with three coupons, issued, redeemed and replaced, and says what `verify` finds."""
    with engine_on(project) as engine:  # type: ignore[arg-type]
        cases = [engine.open_case("It broke.").case for _ in range(3)]
        for case in cases:
            engine.offer_coupon(case, "goodwill", "10 USD", days=60, by="agent:li")
        engine.redeem(engine.coupon_codes(cases[1])["goodwill@1", 1], by="agent:till", reference="7")
        engine.reissue_coupon(cases[2], "goodwill", by="agent:li", reason="lost")
        path = Path(project.database_path)  # type: ignore[attr-defined]

        def change(*statements: str) -> list[tuple[str, int | None]]:
            with sqlite3.connect(path) as database:
                for statement in statements:
                    assert database.execute(statement).rowcount > 0 or statement.startswith("drop")
            database.close()
            return [
                (found.code, found.case)
                for found in verify(engine.store, None).problems
                if found.code != "no_key"
            ]

        yield change


def test_coupons_as_they_were_written_are_sound(forge: object) -> None:
    assert forge("update recovery_coupon set note = note") == []  # type: ignore[operator]


@pytest.mark.parametrize(
    ("statement", "code", "case"),
    [
        ("delete from recovery_coupon where case_id = 1", "coupon_missing", 1),
        ("update recovery_coupon set status = 'issued' where case_id = 2", "coupon_status", 2),
        ("update recovery_coupon set status = 'redeemed' where case_id = 1", "coupon_status", 1),
        ("update recovery_coupon set settled_by = 'agent:eve' where case_id = 2", "coupon_status", 2),
        ("update recovery_coupon set note = null where case_id = 2", "coupon_status", 2),
        ("update recovery_coupon set status = 'issued' where case_id = 3 and serial = 1", "coupon_status", 3),
        ("update recovery_coupon set value = '99 USD' where case_id = 1", "coupon_changed", 1),
        (
            "update recovery_coupon set expires_at = '2099-01-01T12:00:00.000000Z' where case_id = 1",
            "coupon_changed",
            1,
        ),
        (f"update recovery_coupon set code = '{CODE}' where case_id = 1", "coupon_changed", 1),
    ],
)
def test_a_changed_coupon_is_named(forge: object, statement: str, code: str, case: int) -> None:
    assert forge(statement) == [(code, case)]  # type: ignore[operator]


INSERT = (
    "insert into recovery_coupon select tenant_id, '{code}', case_id, offer, {serial}, value, 'issued', "
    "issued_at, expires_at, null, null, null from recovery_coupon where case_id = 1"
)


def test_a_coupon_that_nobody_issued_is_named(forge: object) -> None:
    assert forge(INSERT.format(code=CODE, serial=2)) == [("coupon_extra", 1)]  # type: ignore[operator]


def test_a_second_coupon_in_the_place_of_one_is_named(forge: object) -> None:
    again = ("drop index recovery_coupon_offer", INSERT.format(code=CODE, serial=1))
    found = forge(*again)  # type: ignore[operator]
    assert ("coupon_extra", 1) in found
