"""What `decide` answers: a `Decision` to be written together with the case, or a `Refusal`."""

from __future__ import annotations

from typing import Any, NamedTuple

from recovery.core.case import Case, Change
from recovery.core.events import Event

built = tuple.__new__
"""`built(Effect, (key, n, …))` is a record of all its fields in order. `Effect(…)`, which takes them by name
too, runs Python code of its own first and takes five times as long; three are made in every step."""


class Effect(NamedTuple):
    """A message to be rendered and sent after commit.

    Attributes:
        n: its number within the event; `key` is `seq.n` within the case.
        address: the customer's address or the owner's name; None where nobody is known by name: a customer
            without an address, the supervisor, the owner before there is one.
        context: what its template may say, frozen at the moment of the decision.
        held: put in the outbox but not sent until somebody releases it.
        due_at: when it may go (text instant); None: at once.
    """

    key: str
    n: int
    template: str
    to: str
    address: str | None
    channel: str
    language: str
    context: dict[str, Any]
    held: bool = False
    due_at: str | None = None


class Draw(NamedTuple):
    """A coupon whose code is to be drawn, inside the transaction that writes the decision.

    Attributes:
        offer: the offer and the cycle of its case, `goodwill@1`.
        serial: 1, and one more for each code that was lost.
        expires_at: from when on it is worth nothing (text instant).
        effect: key of the message that hands it over; its context has `coupon`, and is to be given the code.
    """

    offer: str
    serial: int
    value: str
    expires_at: str
    effect: str


class Decision(NamedTuple):
    """Everything an event leads to, written together or not at all.

    Attributes:
        case: the next snapshot.
        changes: how it differs from the last one, as the log keeps it.
        effects: messages to send.
        why: the trace, one line for each rule that was looked at and each move that was made.
        also: events for other cases that belong to the same transaction.
        draws: coupons to be given a code.
    """

    case: Case
    event: Event
    changes: list[Change]
    effects: list[Effect]
    why: list[str]
    also: tuple[tuple[int, Event], ...] = ()
    draws: tuple[Draw, ...] = ()
