"""The hashes that hold the log together (design.md §4).

Each event has a *commitment*, the salted hash of what a person may one day want erased: who did it and the
body. The event's *hash* links everything else and the commitment to the event before. So a body can be erased
later (keeping its commitment) without breaking the chain, and without the salt nobody can guess what it said.

Every text is hashed with its length before it, so that no two different events hash the same bytes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from recovery.store.codec import encode_bytes

SALT_BYTES = 16

BEGINNING = ""
"""The hash before the first event of a case."""


def commitment(salt: str, by: str, body: str) -> str:
    """The salted hash of an event's contents (hexadecimal)."""
    return sha256(f"{len(salt)}:{salt}{len(by)}:{by}{body}".encode()).hexdigest()


def link(
    before: str,
    tenant: str,
    case: int,
    seq: int,
    kind: str,
    occurred_at: str,
    recorded_at: str,
    committed: str,
) -> str:
    """The hash of an event that follows the one with hash `before` (hexadecimal)."""
    return sha256(
        f"{len(before)}:{before}{len(tenant)}:{tenant}{case}:{seq}:{len(kind)}:{kind}"
        f"{len(occurred_at)}:{occurred_at}{len(recorded_at)}:{recorded_at}{committed}".encode()
    ).hexdigest()


def effect_digest(
    template: str, recipient: str, address: str | None, channel: str, language: str, context: Any
) -> str:
    """What an event's body keeps of an effect, so that the outbox cannot be changed behind the log.

    `context` is its JSON text as the outbox keeps it.
    """
    way = encode_bytes([template, recipient, address, channel, language])
    return sha256(way + context.encode()).hexdigest()
