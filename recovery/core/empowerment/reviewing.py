"""Whoever was paid again and again: some of them are looked at, always the same ones (domain.md §4)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from recovery.core.event import known_as


class Paid(NamedTuple):
    """A payment: to whom, in which case, how much of which currency's smallest coin, by whom and when."""

    payee: str
    case: int
    currency: str
    units: int
    by: str
    at: str


class Payee(NamedTuple):
    """Somebody who was paid several times.

    Attributes:
        times: how often.
        cases: in which cases, in order; `by` whose limits it counted in.
        sums: currency → so many of its smallest coin.
        last_at: when last (text instant).
    """

    payee: str
    times: int
    cases: tuple[int, ...]
    by: tuple[str, ...]
    sums: dict[str, int]
    last_at: str


def repeat_payees(paid: Iterable[Paid], at_least: int, one_in: int, salt: str = "") -> list[Payee]:
    """Those who were paid at least so often, the most often paid first.

    Args:
        one_in: of how many one is chosen, by a hash, so that asking again chooses the same; 1: all.
        salt: another one chooses others.
    """
    found: dict[str, list[Paid]] = {}
    for one in paid:
        found.setdefault(known_as(one.payee), []).append(one)
    payees = [
        _payee(payments[0].payee, payments)
        for payee, payments in found.items()
        if len(payments) >= at_least and _number(f"{salt}\0{payee}") % one_in == 0
    ]
    return sorted(payees, key=lambda one: (-one.times, one.payee))


def _payee(payee: str, payments: list[Paid]) -> Payee:
    sums: dict[str, int] = {}
    for one in payments:
        sums[one.currency] = sums.get(one.currency, 0) + one.units
    return Payee(
        payee,
        len(payments),
        tuple(sorted({one.case for one in payments})),
        tuple(sorted({one.by for one in payments})),
        sums,
        max(one.at for one in payments),
    )


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])
