"""Channels: where a message goes. A channel delivers or says why it cannot; it decides nothing else."""

from __future__ import annotations

from typing import Protocol

from recovery.delivery.channels.folder import FolderChannel
from recovery.delivery.message import Message
from recovery.delivery.outcomes import Outcome

__all__ = ["Channel", "FolderChannel", "Message", "Outcome"]


class Channel(Protocol):
    """Something that can deliver a message. Delivering the same key twice must do no harm."""

    def deliver(self, message: Message) -> Outcome:
        """Deliver, and say what became of it (see `recovery.delivery.outcomes`).

        Raises nothing for what can be foreseen: a server that is away, a full disk, an address that is none.
        """
