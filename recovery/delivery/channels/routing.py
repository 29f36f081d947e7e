"""Which channel takes a message, and who may be written to at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from recovery.delivery.mail import mailbox
from recovery.delivery.message import Message
from recovery.delivery.outcomes import Cancelled, Handed, Outcome, Rejected

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
        if way is None and message.payment is not None:
            return Handed("payment")  # nobody else pays: a person does
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
        self._allowed = frozenset(map(_plain, allowed))

    def deliver(self, message: Message) -> Outcome:
        """Deliver to those on the list; to others it is not sent, then or later (see `Channel.deliver`)."""
        address = message.address or ""
        domain = "@" + (mailbox(address) or "").rpartition("@")[2]
        names = {_plain(domain)} if address.startswith("@") else {_plain(domain), _plain(address)}
        if names & self._allowed:
            return self._channel.deliver(message)
        return Cancelled(
            f"{message.address or 'Nobody'} is not on the list of those who may be written to (only_to)"
        )


def _plain(entry: str) -> str:
    """An address, or a domain with its `@`, as it is compared; what is neither stays as it is."""
    found = (mailbox(f"a{entry}") or "")[1:] if entry.startswith("@") else mailbox(entry)
    return (found or entry).strip().casefold()
