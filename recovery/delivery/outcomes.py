"""What became of one attempt to deliver a message. The set is closed: who handles these handles all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Delivered:
    """It has left.

    Attributes:
        receipt: what the receiver said, or where the file lies.
        paid_as: of a payment order, what the payment is known by; None: whoever pays has only taken it.
    """

    receipt: str
    paid_as: str | None = None


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Not now, perhaps later: this message is to be tried again, with the same key and the same bytes.

    Attributes:
        after: the pause the receiver asked for; None leaves it to the sender.
        may_have_been_accepted: the answer was lost after everything had been sent, so the next attempt may
            be a second delivery. Receivers that know our key or our Message-ID can tell.
    """

    reason: str
    after: timedelta | None = None
    may_have_been_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """This message will never be taken; trying again would not help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Snoozed:
    """The channel will not take it before a moment (aware); that is no failure and counts as no attempt."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It is not to be sent at all, and nothing is wrong with it: a rule of this place keeps it back."""

    reason: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A person has it, and it is delivered when they say so.

    Attributes:
        task: what they do: `phone`, `letter` or `payment` (`core.events.TASKS`).
    """

    task: str


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """The channel itself does not work: nothing is said about this message, which stays as it was.

    Attributes:
        after: the pause the receiver asked for; None leaves it to the sender.
    """

    reason: str
    after: timedelta | None = None


Outcome = Delivered | Handed | RetryLater | Rejected | Snoozed | Cancelled | OutOfOrder
