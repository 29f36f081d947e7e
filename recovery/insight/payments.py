"""What compensations came to: how many became what, how fast money was paid, and how long approvals waited.

Refund speed runs from the customer's yes to the receipt; what was given at once has none (domain.md §1, §8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from recovery.core.empowerment.postings import COMPENSATION
from recovery.core.empowerment.state import CompensationState, read_compensation
from recovery.core.instants import from_text
from recovery.core.money import read_money
from recovery.insight.process import in_words
from recovery.store.records import Record


@dataclass(slots=True)
class Payments:
    """Figures over many compensations.

    Attributes:
        statuses: how a compensation stands → how many do.
        paid: kind and currency → what was given of it.
        time: currency → what the agents' hours cost that are on record.
        late: how many were promised by a day and paid after it, or are not paid yet.
        to_payment: of each that was paid after a yes, from the yes to the receipt.
        to_answer: of each approval that was answered, from asking to the answer.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    paid: dict[tuple[str, str], Any] = field(default_factory=dict)
    time: dict[str, Any] = field(default_factory=dict)
    late: int = 0
    to_payment: list[timedelta] = field(default_factory=list)
    to_answer: list[timedelta] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for JSON; amounts as text, durations in seconds and in words."""
        return {
            "statuses": dict(self.statuses.most_common()),
            "paid": [
                {"kind": kind, "amount": f"{amount} {currency}"}
                for (kind, currency), amount in sorted(self.paid.items())
            ],
            "time": [f"{amount} {currency}" for currency, amount in sorted(self.time.items())],
            "late": self.late,
            "accepted_to_paid": _spans(self.to_payment),
            "asked_to_answered": _spans(self.to_answer),
        }


def payments(logs: Iterable[Record]) -> Payments:
    """Read the log and add up how every compensation stands in the end."""
    last: dict[tuple[int, str], CompensationState] = {}
    for record in logs:
        for change in record.changes:
            if change[0] == COMPENSATION:
                last[record.case, change[1]] = read_compensation(change[2])
    total = Payments()
    for state in last.values():
        _count(total, state)
    return total


def _count(total: Payments, state: CompensationState) -> None:
    total.statuses[state.status] += 1
    total.late += state.late_at is not None
    if state.time_cost is not None:
        cost = read_money(state.time_cost)
        total.time[cost.currency] = total.time.get(cost.currency, 0) + cost.amount
    if state.asked_at is not None and state.answered_at is not None:
        total.to_answer.append(from_text(state.answered_at) - from_text(state.asked_at))
    if state.status != "fulfilled" or state.accepted_at is None or state.fulfilled_at is None:
        return
    if state.amount is not None:
        given = read_money(state.amount)
        key = (state.kind, given.currency)
        total.paid[key] = total.paid.get(key, 0) + given.amount
    if state.accepted_at != state.fulfilled_at:
        total.to_payment.append(from_text(state.fulfilled_at) - from_text(state.accepted_at))


def _spans(found: Sequence[timedelta]) -> dict[str, Any]:
    """How many there are; the shortest, the middle one, what nine of ten do not exceed, and the longest."""
    spans = sorted(found)
    ranks = {
        "min": 0,
        "median": (len(spans) - 1) // 2,
        "nine_of_ten": -(-9 * len(spans) // 10) - 1,
        "max": -1,
    }
    figures = {name: spans[rank] for name, rank in ranks.items()} if spans else {}
    return {
        "count": len(spans),
        **{
            name: {"seconds": span // timedelta(seconds=1), "text": in_words(span)}
            for name, span in figures.items()
        },
    }
