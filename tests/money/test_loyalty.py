"""Loyalty by loss (TARP), and the value at stake."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from recovery.core.loyalty import OUTCOMES, TARP, value_at_stake


def per_cent(loss: str) -> list[Fraction]:
    shares = TARP.shares(Decimal(loss))
    return [shares[name] * 100 for name in OUTCOMES]


@pytest.mark.parametrize(
    ("loss", "shares"),
    [
        ("0", [37, 46, 70, 95]),
        ("5", [37, 46, 70, 95]),
        ("100", [9, 19, 54, 82]),
        ("2500", [9, 19, 54, 82]),
        ("52.50", [23, Fraction(65, 2), 62, Fraction(177, 2)]),
    ],
)
def test_loyalty_is_the_published_one_up_to_the_small_and_from_the_large_loss_and_straight_between(
    loss: str, shares: list[Fraction]
) -> None:
    assert per_cent(loss) == shares


def test_who_is_satisfied_quickly_stays_most_often_whatever_the_loss() -> None:
    for loss in range(0, 200, 7):
        shares = per_cent(str(loss))
        assert shares == sorted(shares)


def test_value_at_stake_is_what_is_lost_when_the_complaint_leaves_them_unsatisfied() -> None:
    stake = value_at_stake(Decimal(1000), Decimal(200))
    assert stake.kept == {
        "silent": 90, "unsatisfied": 190, "satisfied": 540, "quickly_satisfied": 820,
    }  # fmt: skip
    assert (stake.at_stake, stake.worth_recovering) == (810, 630)


def test_a_value_below_zero_is_not_at_stake() -> None:
    assert value_at_stake(Decimal(-50), Decimal(200)).at_stake == 0
