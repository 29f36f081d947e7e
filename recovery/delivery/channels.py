"""Channels: where a message goes. A channel delivers or says why it cannot; it decides nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it leaves.

    Attributes:
        key: `installation:tenant:case:seq:n`, the same on every attempt.
        address: where it goes; None where nothing is addressed (portal, desk without an owner).
        channel: the case's channel, such as `mail` or `portal`; `desk` for people of the house.
    """

    key: str
    case: int
    effect: str
    template: str
    address: str | None
    channel: str
    language: str
    subject: str
    body: str

    def as_text(self) -> str:
        """Head and body, as they stand in a file."""
        head = {
            "To": self.address or "",
            "Subject": self.subject,
            "Language": self.language,
            "Channel": self.channel,
            "Key": self.key,
        }
        lines = [f"{name}: {' '.join(value.split())}" for name, value in head.items()]
        return "\n".join([*lines, "", self.body.rstrip(), ""])


class DeliveryFailed(Exception):
    """The receiver will not take this message; trying again will not help."""


class Channel(Protocol):
    """Something that can deliver a message. Delivering the same key twice must do no harm."""

    def deliver(self, message: Message) -> None:
        """Deliver.

        Raises:
            DeliveryFailed: this message cannot be delivered.
            OSError: nothing can be delivered now; the message stays due.
        """


class FolderChannel:
    """Writes each message as a text file into a folder a case; `portal` messages are kept and not written.

    A message is written under its effect's name, whole or not at all, so a second attempt changes nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, message: Message) -> None:
        """Write the file (see `Channel.deliver`)."""
        if message.channel == "portal":
            return
        folder = self.folder / f"case-{message.case:06d}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{message.effect}-{message.template}.md"
        unfinished = path.with_suffix(".part")
        try:
            unfinished.write_text(message.as_text(), encoding="utf-8", newline="\n")
            os.replace(unfinished, path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
