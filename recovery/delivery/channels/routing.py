"""Which channel takes a message, and who may be written to at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from recovery.delivery.message import Message
from recovery.delivery.outcomes import Cancelled, Outcome, Rejected

if TYPE_CHECKING:
    from recovery.delivery.channels import Channel


class Channels:
    """A case's channels (`mail`, `portal`, `phone` …), each delivered in its own way.

    Args:
        ways: a case's channel → what delivers it.
    """

    def __init__(self, ways: Mapping[str, Channel]) -> None:
        self.ways = dict(ways)

    def deliver(self, message: Message) -> Outcome:
        """Deliver by the case's channel; one that is not set up takes nothing (see `Channel.deliver`)."""
        way = self.ways.get(message.channel)
        if way is None:
            known = ", ".join(sorted(self.ways))
            return Rejected(f"config/channels.yaml has no channel {message.channel}; it has {known}")
        return way.deliver(message)


class OnlyTo:
    """Lets a channel reach those on a list and nobody else, so that a test installation mails no customer.

    Args:
        allowed: addresses, and domains as `@example.org`; capitals do not count.
    """

    def __init__(self, channel: Channel, allowed: frozenset[str]) -> None:
        self._channel = channel
        self._allowed = frozenset(entry.casefold() for entry in allowed)

    def deliver(self, message: Message) -> Outcome:
        """Deliver to those on the list; to others it is not sent, then or later (see `Channel.deliver`)."""
        address = (message.address or "").strip().casefold()
        domain = "@" + address.rpartition("@")[2]
        if address in self._allowed or ("@" in address and domain in self._allowed):
            return self._channel.deliver(message)
        return Cancelled(
            f"{message.address or 'Nobody'} is not on the list of those who may be written to (only_to)"
        )
