"""What people mean when they tend to messages, and what they are told: checked conditions, pages, answers."""

from __future__ import annotations

from typing import NamedTuple

from recovery.asking import require_whole
from recovery.commands import usable
from recovery.core.errors import RecoveryError, Refusal
from recovery.core.facts import shown
from recovery.store.choosing import Messages
from recovery.store.outbox import STATUSES
from recovery.store.records import OutboxRow


class OutboxPage(NamedTuple):
    """Some of the messages of the outbox, in the order they were asked for.

    Attributes:
        cursor: what to ask for the next page with; None when this is the last one.
    """

    messages: list[OutboxRow]
    cursor: str | None


class NotTended(NamedTuple):
    """A message that was left as it was, and why."""

    case: int
    effect: str
    refusal: Refusal


class Tended(NamedTuple):
    """What became of the messages somebody meant.

    Attributes:
        found: how many they were.
        done: how many it was done to; 0 for a dry run.
        refused: those that were left as they were.
        first: the first few of them, as they were before.
    """

    found: int
    done: int
    refused: list[NotTended]
    first: list[OutboxRow]


class Task(NamedTuple):
    """Something that waits for a person.

    Attributes:
        task: the effect (`seq.n`) of the message it is about, or `c1` for compensation 1; with the case it
            names the task.
        kind: `phone` or `letter` (a message to be delivered by hand), `undelivered`, `approval` or `payment`.
        template: of the message; of a compensation what it is.
        reason: why a message could not be delivered; None for the other kinds.
        message: the message itself, with its words (`rendered`) where it has any; None of a compensation.
    """

    case: int
    external_id: str | None
    task: str
    kind: str
    template: str
    owner: str | None
    reason: str | None
    message: OutboxRow | None


class TaskPage(NamedTuple):
    """The tasks of some cases, in the order of their numbers; `cursor` as in `OutboxPage`."""

    tasks: list[Task]
    cursor: str | None


def require_reason(reason: str) -> None:
    """Make sure that a reason has words.

    Raises:
        RecoveryError: it has none.
    """
    if not usable(reason) or not reason.strip():
        raise RecoveryError(f"{shown(reason)} is no reason.", hint="Say why in a few words.")


def require_usable(which: Messages) -> None:
    """Make sure that messages can be looked for by what is said of them.

    Raises:
        RecoveryError: a condition cannot be used.
    """
    if which.status is not None and which.status not in STATUSES:
        hint = f"One of {', '.join(STATUSES)}."
        raise RecoveryError(f"{shown(which.status)} is no status of a message.", hint=hint)
    for name in ("channel", "template", "workflow", "note"):
        text = getattr(which, name)
        if text is not None and not usable(text):
            raise RecoveryError(f"{shown(text)} is no {name}.", hint="Give a short text.")
    if which.case is not None:
        require_whole(which.case, "a case number")
    if which.effect is not None:
        parts = str(which.effect).split(".")
        if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts):
            raise RecoveryError(f"{shown(which.effect)} is no message of a case.", hint="Such as 4.0.")
    if which.asked_before is not None and which.asked_before.utcoffset() is None:
        raise RecoveryError(f"{which.asked_before} says no zone.", hint="Give an aware datetime.")
