"""Channels that need no server: the portal, the terminal, and tasks for people."""

from __future__ import annotations

from pathlib import Path

from recovery.delivery.channels.folder import write
from recovery.delivery.message import Message
from recovery.delivery.outcomes import Delivered, Handed, Outcome, OutOfOrder, Rejected

_JOINERS = "\u200c\u200d"
"""What holds emoji and the letters of some scripts together; whatever else is unseen is shown as a code."""


class PortalChannel:
    """Sends nothing: the message is shown where its case is, on the host's own pages."""

    def deliver(self, message: Message) -> Outcome:  # noqa: ARG002
        """Let it stand in the outbox (see `Channel.deliver`)."""
        return Delivered("shown with its case")


class ConsoleChannel:
    """Prints each message on standard output. Nothing in it is obeyed by the terminal."""

    def deliver(self, message: Message) -> Outcome:
        """Print it (see `Channel.deliver`)."""
        head = f"--- {message.channel} to {message.address or 'nobody by name'}: {message.subject}"
        try:
            print(*map(_visible, [head, "", *message.text.split("\n")]), sep="\n", flush=True)
        except OSError as error:
            return OutOfOrder(f"standard output: {error.strerror or error}")
        return Delivered("printed")


PAYMENT_TASK = "payment_task"


class TaskChannel:
    """Writes down what a person is to do by hand, with the words to say, into the outbox folder.

    The message counts as delivered when that person says that it is done; a payment, when they put its
    receipt on record.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self._kind = kind

    def deliver(self, message: Message) -> Outcome:
        """Write the task (see `Channel.deliver`)."""
        if self._kind == PAYMENT_TASK and message.payment is None:
            return Rejected("There is nothing to be paid in it")
        if message.address is None and self._kind != PAYMENT_TASK:
            return Rejected(f"Nobody knows where to {TASKS[self._kind][0]}: the customer has no address")
        done = write(self.folder, message, f"{self._kind}.txt", _task(message, self._kind).encode())
        return Handed(self._kind.removesuffix("_task")) if isinstance(done, Delivered) else done


TASKS = {
    "phone_task": ("call", "Call {address} about case {case}, and say in your own words:"),
    "letter_task": ("write", "Send a letter to {address} about case {case}, with these words:"),
    PAYMENT_TASK: ("pay", "Pay what case {case} owes, and put the receipt on record:"),
}
"""Kind of task → what is done, and the first line of the task."""


def _task(message: Message, kind: str) -> str:
    first = TASKS[kind][1].format(address=_visible(message.address or ""), case=message.case)
    words = message.text.encode("utf-8", "replace").decode().rstrip()
    return f"{first}\n\n{_visible(message.subject)}\n\n{words}\n"


def _visible(line: str) -> str:
    """A text on one line, with what a terminal would act on shown as a code."""
    shown = (letter if letter.isprintable() or letter in _JOINERS else ascii(letter)[1:-1] for letter in line)
    return "".join(shown)
