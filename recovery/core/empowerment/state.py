"""How a compensation stands in its case: a row of the snapshot, changed only through `case.apply`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from recovery.core.event import person

CompensationStatus = Literal[
    "asked", "offered", "due", "fulfilled", "declined", "expired", "revoked", "refused"
]
STATUSES: tuple[CompensationStatus, ...] = get_args(CompensationStatus)
"""`asked`: a supervisor is to approve it; `offered`: the customer is to accept it; `due`: it is owed;
`fulfilled`: they have it. The others have ended with nothing given; `refused` is an approval's no."""

LIVE = frozenset({"asked", "offered", "due", "fulfilled"})
"""As long as one stands like this the same offer is not made again."""


class Hold(NamedTuple):
    """What of a budget is used up by a compensation.

    Attributes:
        account: whose and of which period: `2026-11-30 person:li`.
        units: of the currency's smallest coin.
    """

    budget: str
    account: str
    currency: str
    units: int


class Asked(NamedTuple):
    """Somebody who may approve something, by the list of people, and who stands in while they are away."""

    role: str
    name: str
    stands_in: str | None = None

    @property
    def answers(self) -> str:
        """Who is to answer."""
        return self.stands_in or self.name


class CompensationState(NamedTuple):
    """One compensation of one case. All moments are text instants.

    Attributes:
        offer: its name and the cycle of the case, `refund@1`.
        amount: what the customer gets or what it costs, `40 USD`; None: nothing that costs money.
        units: the same in the smallest coin of its currency.
        to: who gets it: the customer, or another one's name.
        by: who offered it, `role:name`.
        seq: the event in which that was.
        holds: what it takes of budgets; nothing while it is `asked`.
        at_once: no yes of the customer is waited for.
        expires_at: when an offer ends that nobody has accepted.
        over: the budget in which it is above the limit of whoever offered it.
        asked_of: the role that is to approve it, or one above.
        answer_by: when the role above is asked; None at the top.
        delegate: who answers in the place of `delegated_by`.
        answered_by, answered_at: of the approval or its refusal.
        pay_within: how many days after the customer's yes it is to be fulfilled; 0: the same day.
        pay_by: when it should have been fulfilled; `late_at`: when it was noticed that it had not.
        receipt: the reference of the payment.
        note: why, or the reason of its end.
        order: the effect that tells whoever pays (`seq.n`); None: a person pays it as a task of its own.
        taken_at: when they had it; their receipt is waited for.
        time_cost: what the agent's hours cost that went into it, `20 USD`.
        asked_to: who of that role is asked, where the list of people says; `then` is who is asked after them.
    """

    kind: str
    offer: str
    amount: str | None
    units: int
    to: str
    by: str
    made_at: str
    seq: int
    status: CompensationStatus
    holds: tuple[Hold, ...] = ()
    at_once: bool = False
    expires_at: str | None = None
    pay_within: int | None = None
    over: str | None = None
    asked_of: str | None = None
    asked_at: str | None = None
    answer_by: str | None = None
    delegate: str | None = None
    delegated_by: str | None = None
    answered_by: str | None = None
    answered_at: str | None = None
    accepted_at: str | None = None
    pay_by: str | None = None
    late_at: str | None = None
    fulfilled_at: str | None = None
    receipt: str | None = None
    ended_at: str | None = None
    note: str | None = None
    order: str | None = None
    taken_at: str | None = None
    time_cost: str | None = None
    asked_to: str | None = None
    then: tuple[Asked, ...] = ()

    @property
    def waits_for(self) -> str | None:
        """What a person is to do about it, as a task of this kind; None: nothing, or its order says it."""
        if self.status == "asked":
            return "approval"
        if self.status != "due" or (self.order is not None and self.taken_at is None):
            return None
        return "payment" if self.order is None else "receipt"

    @property
    def spent_by(self) -> str:
        """Whose limit it takes of: of an approved one that of whoever approved it, or handed it on."""
        if self.answered_by is None:
            return self.by
        if self.delegated_by is not None and person(self.answered_by) == self.delegate:
            return self.delegated_by
        return self.answered_by

    @property
    def currency(self) -> str:
        """Of its amount; empty where it has none."""
        return "" if self.amount is None else self.amount[-3:]

    @property
    def draws_on_fund(self) -> bool:
        """Whether it is paid from what was set aside: it costs something, after a failure of the recovery."""
        return self.units > 0 and self.offer.rpartition("@")[2] not in ("", "1")

    @property
    def next_at(self) -> str | None:
        """When something is to be done about it next."""
        if self.status == "asked":
            return self.answer_by
        if self.status == "offered":
            return self.expires_at
        return self.pay_by if self.status == "due" and self.late_at is None else None

    def row(self) -> list[Any]:
        """It as the log keeps it; what is as in a new one at the end is left out."""
        row: list[Any] = list(self)
        row[_HOLDS] = [list(hold) for hold in self.holds]
        row[-1] = [list(one) for one in self.then]
        while len(row) > _HOLDS and (row[-1] is None or row[-1] is False or row[-1] == []):
            row.pop()
        return row


_HOLDS = CompensationState._fields.index("holds")


def read_compensation(row: Sequence[Any]) -> CompensationState:
    """What `CompensationState.row` gave."""
    state = CompensationState(*row)
    return state._replace(
        holds=tuple(Hold(*hold) for hold in state.holds), then=tuple(Asked(*one) for one in state.then)
    )


def next_of_compensations(compensations: Mapping[str, CompensationState]) -> str | None:
    """The next moment at which something is to be done about any of them."""
    return min((at for one in compensations.values() if (at := one.next_at) is not None), default=None)


def is_waited_for(compensations: Mapping[str, CompensationState]) -> bool:
    """Whether the customer is offered something just now, or soon may be. A coupon is theirs already."""
    return any(one.status in ("asked", "offered") and one.kind != "coupon" for one in compensations.values())


def rows(compensations: Mapping[str, CompensationState]) -> list[dict[str, Any]]:
    """Compensations as plain data, in their order, each with its number."""
    return [
        {
            "compensation": number,
            **one._asdict(),
            "holds": [hold._asdict() for hold in one.holds],
            "then": [asked._asdict() for asked in one.then],
        }
        for number, one in compensations.items()
    ]
