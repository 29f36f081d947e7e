"""Whoever pays, for tests: pays once for each key, whatever it is told, and may be slow to say so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from recovery.delivery.channels import Message
from recovery.delivery.outcomes import Delivered, Outcome, RetryLater


@dataclass
class Payer:
    """A service that pays; messages that are no orders it takes and forgets.

    Attributes:
        loses: the answers to so many orders get lost after it has paid.
        later: it takes an order and says the receipt another time.
        refuses: what it says in place of paying.
    """

    loses: int = 0
    later: bool = False
    refuses: Outcome | None = None
    told: Counter[str] = field(default_factory=Counter)
    orders: list[Message] = field(default_factory=list)
    paid: dict[str, str] = field(default_factory=dict)

    def deliver(self, message: Message) -> Outcome:
        """Pay, unless the key is known (see `Channel.deliver`)."""
        if message.payment is None:
            return Delivered("taken")
        if self.refuses is not None:
            return self.refuses
        self.told[message.key] += 1
        self.orders.append(message)
        receipt = self.paid.setdefault(message.key, f"T-{len(self.paid) + 1}")
        if self.loses:
            self.loses -= 1
            return RetryLater("the answer was lost", may_have_been_accepted=True)
        return Delivered("taken", None if self.later else receipt)
