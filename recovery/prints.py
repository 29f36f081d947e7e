"""What a command with a key is known by."""

from __future__ import annotations

from typing import Any

import msgspec

from recovery.commands import Command, fingerprint, usable
from recovery.core.errors import Refusal
from recovery.core.events import EVENTS
from recovery.core.facts import shown
from recovery.core.payloads import payload
from recovery.core.shape import MAX_NAME, problem

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
        return Refusal("wrong_key", "The key cannot be used.", f"Give 1 to {MAX_NAME} characters.")
    try:
        told = payload(event)
        return Print(told, fingerprint(command, told))
    except (TypeError, ValueError, RecursionError) as error:
        return problem(event) or Refusal("wrong_field", f"The event cannot be read: {error}.")
