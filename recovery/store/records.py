"""What the store gives to read: small frozen records. Instants are text (UTC), as in the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from recovery.core.case import Change
from recovery.store.codec import decode, effect_key


@dataclass(frozen=True, slots=True)
class Record:
    """One event of the log.

    Attributes:
        position: its number over all cases, in the order of writing.
        event: the event's own fields (`core.payloads.payload`).
        changes: what it changed, as `core.case.apply` takes it.
        effects: keys (`seq.n`) of the messages it asked for.
        why: the trace of the decision.
    """

    position: int
    tenant: str
    case: int
    seq: int
    kind: str
    by: str
    occurred_at: str
    recorded_at: str
    event: dict[str, Any]
    changes: list[Change]
    effects: tuple[str, ...]
    why: list[str]
    hash: str


TELLS, TOLD_IN = "tells", "told_in"
"""In the kept words of a letter: the messages of other cases that it tells; of such a message: its letter."""


class OutboxRow(NamedTuple):
    """A message that was asked for, and what became of it.

    Attributes:
        effect: `seq.n` within the case.
        recipient: `customer`, `owner` or `supervisor`.
        bundle: the version its case runs on, whose template is to be used.
        status: `due`, `held`, `handed` (to a person), `delivered`, `failed` or `cancelled`.
        rendered: JSON of what was sent; None before.
        version: how often it has been leased; `lease_until` is by the database's clock.
    """

    tenant: str
    case: int
    effect: str
    template: str
    recipient: str
    address: str | None
    channel: str
    language: str
    context: dict[str, Any]
    status: str
    due_at: str
    attempts: int
    rendered: str | None
    settled_at: str | None
    note: str | None
    asked_at: str
    lease_owner: str | None
    lease_until: str | None
    version: int
    bundle: str


class Coupon(NamedTuple):
    """A coupon, without its code.

    Attributes:
        offer: the offer and the cycle of its case, `goodwill@1`.
        serial: 1, and one more for each code of it that was lost.
        value: an amount, `10 USD`.
        status: `issued`, `redeemed`, `revoked`, or `expired`.
        expires_at: when its last day has ended everywhere (see `core.instants.end_of`).
        settled_by: who redeemed or revoked it; `note` is what they said: a reference, or the reason.
    """

    case: int
    offer: str
    serial: int
    value: str
    status: str
    issued_at: str
    expires_at: str
    settled_at: str | None
    settled_by: str | None
    note: str | None


def coupon_row(row: Sequence[Any]) -> Coupon:
    """A row of `recovery_coupon`."""
    return Coupon(*row[2:])


def outbox_row(row: Sequence[Any]) -> OutboxRow:
    """A row of `recovery_effect`, followed by the version its case runs on."""
    _, tenant, case, seq, n, template, recipient, address, channel, language, context, *rest = row
    what = (template, recipient, address, channel, language, _context(context))
    return OutboxRow(tenant, case, effect_key(seq, n), *what, *rest)


def _context(text: str) -> dict[str, Any]:
    """What a message may say; nothing where somebody made it unreadable, so that the others still leave."""
    try:
        found = decode(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Pause(NamedTuple):
    """What sends nothing for now: `kind` is `tenant`, `channel` or `workflow`, `name` which one."""

    kind: str
    name: str
    by: str
    reason: str
    since: str


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A version of a workflow with every file it uses: path → text."""

    hash: str
    workflow: str
    files: Mapping[str, str]
    created_at: str


class Remembered(msgspec.Struct, frozen=True, gc=False):
    """A command done before: the hash of what it asked for, and the answer that was given."""

    fingerprint: str
    answer: Any


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema's revision in the database (None: not made yet) and the one this version works with."""

    current: str | None
    expected: str

    @property
    def is_current(self) -> bool:
        """Whether this version can work with the database."""
        return self.current == self.expected
