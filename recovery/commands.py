"""What goes through the engine's door and what comes back: commands, settlements, outcomes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeGuard

import msgspec

from recovery.core.case import Case
from recovery.core.decision import Decision
from recovery.core.errors import Refusal
from recovery.core.events import EVENTS, Event
from recovery.core.facts import shown, unusable
from recovery.core.payloads import payload
from recovery.core.shape import MAX_NAME, problem

LARGEST = 2**63 - 1
"""The largest case number, and the largest position of the log."""


class Command(msgspec.Struct, frozen=True):
    """An event and where it goes.

    Attributes:
        case: the case it is for; None for a `ComplaintReceived`, which opens one.
        key: the caller's idempotency key: the same key gives the same answer and does nothing twice.
        workflow: for a `ComplaintReceived`, the workflow to open it in; None for the engine's default.
        recorded_at: when we learn of it (aware); None for the engine's clock. Plays set it.
        otherwise: asked when a case refuses the event: the event to let in instead, in the same transaction
            and under the same key, or None to leave it at the refusal. Imports record what happened by it.
    """

    event: Event
    case: int | None = None
    key: str | None = None
    workflow: str | None = None
    recorded_at: datetime | None = None
    otherwise: Callable[[Refusal, Case], Event | None] | None = None


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What an accepted event led to.

    Attributes:
        seq: the event's number within the case.
        step: where the case stands now.
        effects: keys (`seq.n`) of the messages that were asked for.
        why: the trace, one line for each rule looked at and each move made.
        repeated: nothing was done now, because the same key or the same complaint had come before.
        instead: the code of the refusal the event met, when the command's `otherwise` was let in; else empty.
    """

    case: int
    seq: int
    step: str
    effects: tuple[str, ...]
    why: tuple[str, ...]
    repeated: bool = False
    instead: str = ""


End = Literal["delivered", "failed", "cancelled", "handed", "later", "untried"]


class Settlement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How an attempt to deliver an effect ended.

    Attributes:
        effect: `seq.n` within the case.
        at: when (aware).
        end: `delivered`; `failed`: it will not be tried again; `cancelled`: a rule keeps it back; `handed`: a
            person has it, as the task `reason`; `later`: it is tried again at `again_at`; `untried`: it is
            given back as it was, but for its words.
        rendered: what was sent, as JSON text; None when it could not be rendered.
        reason: why it was not delivered; None when it was.
        version: of the lease it was sent under; None: it was not leased (a host that sends by itself).
        again_at: for `later` (aware).
        is_attempt: whether a `later` counts as an attempt.
        receipt: of a payment order that was `delivered`, what the payment is known by; None: not paid yet.
        told_in: the case, the key and the version of the message of another case that says it too. Where that
            one's lease was lost, this one is given back as it was; without a lease of its own, left alone.
    """

    case: int
    effect: str
    at: datetime
    end: End = "delivered"
    rendered: str | None = None
    reason: str | None = None
    version: int | None = None
    again_at: datetime | None = None
    is_attempt: bool = True
    receipt: str | None = None
    told_in: tuple[int, str, int] | None = None


def usable(name: object) -> TypeGuard[str]:
    """Whether something can be looked up in the database: a short text without half characters or NUL."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        return False
    return (name.isascii() and "\x00" not in name) or not unusable(name)


def is_number(value: object) -> TypeGuard[int]:
    """Whether something can be a case's number."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST


def outcome_of(decision: Decision, instead: str = "") -> Outcome:
    """The caller's view of a decision."""
    case = decision.case
    keys = tuple([effect.key for effect in decision.effects])
    return Outcome(case.id, case.seq, case.step, keys, tuple(decision.why), False, instead)


def plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain data, to be shown, and to be remembered under its key."""
    return {
        "case": outcome.case,
        "seq": outcome.seq,
        "step": outcome.step,
        "effects": outcome.effects,
        "why": outcome.why,
        "instead": outcome.instead,
    }


KINDS = frozenset(EVENTS.values())


class Print(msgspec.Struct, frozen=True, gc=False):
    """What a command with a key says: its event's `payload`, and the hash by which it is known again."""

    told: dict[str, Any]
    hash: str


def print_of(command: Command) -> Print | Refusal | None:
    """What a command is known by; None for one without a key, the refusal of one that no case can take."""
    event, key = command.event, command.key
    if type(event) not in KINDS:
        return Refusal("wrong_field", f"{shown(event)} is no event.", f"Give one of {', '.join(EVENTS)}.")
    if key is None:
        return None
    if not usable(key):
        return wrong_key()
    try:
        told = payload(event)
        return Print(told, fingerprint(command, told))
    except (TypeError, ValueError, RecursionError) as error:
        return problem(event) or Refusal("wrong_field", f"The event cannot be read: {error}.")


FINGERPRINT = 32
"""How many hexadecimal digits of its hash a command is known by. Rows that are older have all 64."""


def fingerprint(command: Command, told: dict[str, Any]) -> str:
    """The same for the same command sent twice. When it happened is left out: a retry may stamp anew.

    Args:
        told: the event's `payload`.

    Raises:
        TypeError, ValueError, RecursionError: the event holds something that no event may hold.
    """
    event = command.event
    said = [type(event).__name__, event.by, told, command.case, command.workflow]
    return hashlib.sha256(_sorted.encode(said)).hexdigest()[:FINGERPRINT]


_sorted = msgspec.json.Encoder(order="sorted")


def repeat(key: str, given: str, known: str, answer: Mapping[str, Any]) -> Outcome | Refusal:
    """The remembered answer to a key, or the refusal of a key used for something else before."""
    if not known:
        message = f"What was done under key {key} was about somebody who has been erased."
        return Refusal("erased", message, "A new complaint opens a new case.")
    if given != known[:FINGERPRINT]:
        return key_reused(key)
    return Outcome(
        answer["case"],
        answer["seq"],
        answer["step"],
        tuple(answer["effects"]),
        tuple(answer["why"]),
        repeated=True,
        instead=answer.get("instead", ""),
    )


def key_reused(key: str) -> Refusal:
    """A key was used for something else before."""
    return Refusal(
        "key_reused",
        f"Key {key} was used before for another command.",
        "Use a new key for a new command; repeat the old command word for word to retry it.",
    )


def wrong_key() -> Refusal:
    """A key is none that can be kept."""
    return Refusal("wrong_key", "The key cannot be used.", f"Give 1 to {MAX_NAME} characters.")
