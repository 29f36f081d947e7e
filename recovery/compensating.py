"""Money at the engine: offered, spent, accepted, approved, paid."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, Any

from recovery.budgeting import Budgeting
from recovery.commands import Outcome
from recovery.core.empowerment import events as money
from recovery.core.event import Event

if TYPE_CHECKING:
    from recovery.store.lending import Lendable


class Compensating(Budgeting):
    """What an engine does with compensations and limits.

    Everything that changes raises `EventRefused` for what is refused, and `Unlendable` and `EnvironmentFault`
    as `Engine.handle` does. `compensation` is the number of one in its case, from 1.
    """

    @abstractmethod
    def handle(
        self,
        event: Event,
        case: int | None = None,
        *,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Let one event into its case."""

    def _tell(
        self, what: type[Event], case: int, key: str | None, connection: Lendable | None, **fields: Any
    ) -> Outcome:
        """Let an event that happens just now into a case."""
        event = what(occurred_at=self.clock.now(), **fields)
        return self.handle(event, case, key=key, connection=connection)

    # --- giving ---------------------------------------------------------------------------------------------

    def offer_compensation(
        self,
        case: int,
        kind: str,
        amount: str | None = None,
        *,
        by: str,
        offer: str | None = None,
        to: str = "customer",
        expires_at: datetime | None = None,
        pay_within: int | None = None,
        postage: str | None = None,
        note: str | None = None,
        because: str | None = None,
        hours: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Offer the customer something; what it takes of limits is kept until they answer.

        Above a limit nothing is offered yet: a supervisor is asked, and the answer says so.

        Args:
            kind: such as `refund` (`compensation.policy.OFFER_KINDS`).
            amount: what they get, or what it costs, such as `40 USD`.
            offer: what the offer is called; the kind when left out. The same one is made once in a cycle.
            to: who gets it: the customer, or another one's name.
            expires_at: aware; by the budget when left out.
            pay_within: in how many days after their yes it is to be paid; by the policy when left out.
            postage: who pays for sending goods back, `ours` (when left out) or `customer`.
            because: why less than the whole is paid back, or later, or more than the policy allows; or why
                the customer is to pay the postage.
            hours: so many of an agent's that went into it, such as `1.5`; they cost too.

        Raises:
            EventRefused: `already_offered`, `pays_themselves`, `above_every_limit`, `wrong_value`,
                `postage_at_customer`, or what the compensation policy refuses: `gesture_only`, `part_refund`,
                `small_claim` …
        """
        return self._tell(
            money.CompensationOffered,
            case,
            key,
            connection,
            by=by,
            kind=kind,
            amount=amount,
            offer=offer,
            to=to,
            expires_at=expires_at,
            pay_within=pay_within,
            postage=postage,
            note=note,
            because=because,
            hours=hours,
        )

    def spend(
        self,
        case: int,
        kind: str,
        amount: str | None = None,
        *,
        by: str,
        offer: str | None = None,
        to: str = "customer",
        receipt: str | None = None,
        note: str | None = None,
        because: str | None = None,
        hours: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Give something at once, as a comfort gesture is given: it needs no yes of the customer.

        Above a limit nothing is given yet: a supervisor is asked; once they approve, it is due.

        Raises:
            EventRefused: see `offer_compensation`.
        """
        return self._tell(
            money.CompensationSpent,
            case,
            key,
            connection,
            by=by,
            kind=kind,
            amount=amount,
            offer=offer,
            to=to,
            receipt=receipt,
            note=note,
            because=because,
            hours=hours,
        )

    def accept_compensation(
        self,
        case: int,
        compensation: str,
        *,
        by: str = "customer",
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """The customer takes what they were offered; `by` is who writes it down. From now on it is owed.

        Raises:
            EventRefused: `offer_expired`, `already_accepted`, `not_approved` …
        """
        return self._tell(money.CompensationAccepted, case, key, connection, by=by, compensation=compensation)

    def decline_compensation(
        self,
        case: int,
        compensation: str,
        *,
        by: str = "customer",
        reason: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """The customer does not take it; what was kept for it is free again."""
        return self._tell(
            money.CompensationDeclined, case, key, connection, by=by, compensation=compensation, reason=reason
        )

    def revoke_compensation(
        self,
        case: int,
        compensation: str,
        reason: str,
        *,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Take back what has not been given. What the customer has accepted only a supervisor takes back."""
        return self._tell(
            money.CompensationRevoked, case, key, connection, by=by, compensation=compensation, reason=reason
        )

    def fulfil_compensation(
        self,
        case: int,
        compensation: str,
        *,
        by: str,
        receipt: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Put on record that the customer has it. `receipt` is the reference of the payment.

        Raises:
            EventRefused: `already_fulfilled`, `not_due`, `no_receipt` …
        """
        return self._tell(
            money.CompensationFulfilled,
            case,
            key,
            connection,
            by=by,
            compensation=compensation,
            receipt=receipt,
        )

    # --- approving ------------------------------------------------------------------------------------------

    def approve(
        self,
        case: int,
        compensation: str,
        *,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Approve what is above somebody's limit. It takes of the limit of whoever approves it.

        Raises:
            EventRefused: `own_approval`, `above_own_limit`, `not_asked`, `not_allowed` …
        """
        return self._tell(money.ApprovalGranted, case, key, connection, by=by, compensation=compensation)

    def refuse_approval(
        self,
        case: int,
        compensation: str,
        reason: str,
        *,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Do not approve it, with the reason."""
        return self._tell(
            money.ApprovalRefused, case, key, connection, by=by, compensation=compensation, reason=reason
        )

    def delegate_approval(
        self,
        case: int,
        compensation: str,
        to: str,
        *,
        by: str,
        reason: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Let somebody answer in the place of whoever is asked, within the same limit. `to` is their name."""
        return self._tell(
            money.ApprovalDelegated,
            case,
            key,
            connection,
            by=by,
            compensation=compensation,
            to=to,
            reason=reason,
        )
