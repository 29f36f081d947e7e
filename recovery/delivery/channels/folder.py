"""Into a folder, to be looked at: each message as a mail file, and tasks for people as plain text."""

from __future__ import annotations

import os
from pathlib import Path

from recovery.delivery.mail import as_mail
from recovery.delivery.message import Message, Sender
from recovery.delivery.outcomes import Delivered, Handed, Outcome, OutOfOrder

NOBODY = Sender("recovery@localhost", "Service Recovery")
"""Who mail comes from where nobody has said who sends it. Such mail stays in its folder."""


class FolderChannel:
    """Writes each message as a mail (`.eml`, which mail programs open) into a folder a case.

    A message is written under its effect's name, whole or not at all, so a second attempt changes nothing.
    What is addressed to the `portal` is not written: it is shown where its case is. A payment order is a task
    for a person besides: a folder pays nobody.
    """

    def __init__(self, folder: Path, sender: Sender = NOBODY) -> None:
        self.folder = folder
        self._sender = sender

    def deliver(self, message: Message) -> Outcome:
        """Write the file (see `Channel.deliver`)."""
        if message.channel == "portal":
            return Delivered("shown with its case")
        done = write(self.folder, message, "eml", as_mail(message, self._sender))
        return Handed("payment") if message.payment is not None and isinstance(done, Delivered) else done


def write(folder: Path, message: Message, ending: str, data: bytes) -> Outcome:
    """Write what is left of a message into `case-NNNNNN/SEQ.N-TEMPLATE.ENDING`, whole or not at all.

    What belongs to no case goes into `desk`.
    """
    path = (
        folder
        / (f"case-{message.case:06d}" if message.case else "desk")
        / f"{message.effect}-{message.template}.{ending}"
    )
    unfinished = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(data)
            os.replace(unfinished, path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        return OutOfOrder(f"{error.filename or path}: {error.strerror or error}")
    return Delivered(path.relative_to(folder).as_posix())
