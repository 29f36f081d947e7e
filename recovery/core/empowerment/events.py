"""Events about money: offers, what the customer says to them, payments, and approvals (domain.md §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from recovery.core.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationOffered(Event):
    """Somebody of the house offers the customer something (domain.md §4).

    Attributes:
        kind: such as `refund` or `gift` (`compensation.policy.OFFER_KINDS`).
        amount: what they get, or what it costs: `40 USD`.
        offer: what the offer is called; the kind when left out. The same one is made once in a cycle.
        to: who gets it: the customer, or another one's name.
        expires_at: until when it stands; by the budget when left out.
        pay_within: in how many days after their yes they have it; 0: the same day.
        postage: of a refund: who pays for sending the goods back, `ours` (when left out) or `customer`.
        because: why less than the whole is paid back, or later, or more than the policy allows, or why the
            customer is to pay the postage.
        hours: so many of an agent's that went into it, `1.5`; they cost too.
        standing: how much of which limits is used; the engine fills it in, under a lock.
        policy: what the compensation policy says of it; the engine fills that in too.
    """

    kind: str
    amount: str | None = None
    offer: str | None = None
    to: str = "customer"
    expires_at: datetime | None = None
    pay_within: int | None = None
    postage: str | None = None
    note: str | None = None
    because: str | None = None
    hours: str | None = None
    standing: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationSpent(Event):
    """Somebody of the house gives something at once, and needs no yes for it: a comfort gesture.

    Its fields are of those of `CompensationOffered`; `receipt` is the reference of the payment.
    """

    kind: str
    amount: str | None = None
    offer: str | None = None
    to: str = "customer"
    receipt: str | None = None
    note: str | None = None
    because: str | None = None
    hours: str | None = None
    standing: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationAccepted(Event):
    """The customer takes what they were offered; `by` is who writes it down. `compensation` is its number."""

    compensation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationDeclined(Event):
    """The customer does not take what they were offered."""

    compensation: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationRevoked(Event):
    """A compensation is taken back before it was fulfilled; what has been accepted only by a supervisor."""

    compensation: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationFulfilled(Event):
    """The customer has it. `receipt` is the reference of the payment; what was paid needs one."""

    compensation: str
    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGranted(Event):
    """A supervisor approves a compensation above somebody's limit, within their own: `standing` is theirs."""

    compensation: str
    standing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRefused(Event):
    """A supervisor does not approve a compensation."""

    compensation: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDelegated(Event):
    """A supervisor who cannot answer names who does in their place, within the same limit."""

    compensation: str
    to: str
    reason: str | None = None


EVENTS: tuple[type[Event], ...] = (
    CompensationOffered,
    CompensationSpent,
    CompensationAccepted,
    CompensationDeclined,
    CompensationRevoked,
    CompensationFulfilled,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalDelegated,
)
"""Every one of them, in this order."""
