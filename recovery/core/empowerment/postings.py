"""What the ledger has of a change: double entry, in the smallest coin of each currency, never a float.

Three accounts belong to each account of a budget: `used` is what counts against the limit, `reserved` what of
it is only promised, `spent` what has been given. Beside them, in the currency of the payment: `cost` by kind,
what the house `owed` its customers, and what was `paid`. Every movement sums to zero in each currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from recovery.core.empowerment.state import CompensationState, read_compensation

COMPENSATION = "compensation"
"""The change that says how a compensation stands: its number, its row, and what moves."""

MOVEMENTS = ("reserved", "released", "owed", "waived", "paid", "drawn")
"""`waived` is what was owed and, by a supervisor's word, is not any more; `drawn` what a recovery that had
failed before takes of the fund."""

USED, RESERVED, SPENT, COST, OWED, PAID = "used", "reserved", "spent", "cost", "owed", "paid"
FUND, SET_ASIDE, DRAWN = "fund", "set aside", "drawn"


class Posting(NamedTuple):
    """One line of the ledger; `units` are of the currency's smallest coin, and may be negative."""

    account: str
    currency: str
    units: int


def account(side: str, budget: str, of: str) -> str:
    """An account of a budget, such as `used empowerment 2026-11-30 person:li`."""
    return f"{side} {budget} {of}"


def postings(change: Sequence[Any]) -> Iterator[Posting]:
    """The lines that a `compensation` change writes into the ledger."""
    _, _number, row, moves = change
    state = read_compensation(row)
    for move in moves:
        yield from _lines(state, move)


def _lines(state: CompensationState, move: str) -> Iterator[Posting]:
    if move in ("reserved", "released"):
        sign = 1 if move == "reserved" else -1
        for budget, of, currency, units in state.holds:
            yield Posting(account(USED, budget, of), currency, sign * units)
            yield Posting(account(RESERVED, budget, of), currency, -sign * units)
    elif move == "paid":
        for budget, of, currency, units in state.holds:
            yield Posting(account(RESERVED, budget, of), currency, units)
            yield Posting(account(SPENT, budget, of), currency, -units)
        if state.units:
            yield Posting(OWED, state.currency, state.units)
            yield Posting(PAID, state.currency, -state.units)
    elif move == "drawn":
        yield Posting(FUND, state.currency, -state.units)
        yield Posting(DRAWN, state.currency, state.units)
    elif state.units:
        sign = 1 if move == "owed" else -1
        yield Posting(f"{COST} {state.kind}", state.currency, sign * state.units)
        yield Posting(OWED, state.currency, -sign * state.units)
