"""What becomes of a compensation: a yes or a no of the customer, taken back, fulfilled (domain.md §4)."""

from __future__ import annotations

from recovery.core.compensation.policy import PAID
from recovery.core.conversation import in_the_house
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment import events as money
from recovery.core.empowerment.couponing import no_coupon
from recovery.core.empowerment.offering import become_due, end, found, put, said
from recovery.core.empowerment.state import CompensationState
from recovery.core.event import person, role
from recovery.core.facts import is_blank
from recovery.core.moves import reasoned, supervisors

PAYING = ("engine", "import")
"""Roles of programs that tell what was paid: the service that pays, or the books."""


def accepted(draft: Draft, event: money.CompensationAccepted) -> None:
    """The customer takes what they were offered: from now on it is owed to them."""
    number, state = found(draft, event.compensation)
    _is_offered(number, state)
    if role(event.by) != "customer":
        in_the_house(draft, event.by, "say what the customer accepts")
    become_due(draft, number, state)


def declined(draft: Draft, event: money.CompensationDeclined) -> None:
    """The customer does not take it."""
    number, state = found(draft, event.compensation)
    _is_offered(number, state)
    if role(event.by) != "customer":
        in_the_house(draft, event.by, "say what the customer declines")
    end(draft, number, state, "declined", event.reason)


def revoked(draft: Draft, event: money.CompensationRevoked) -> None:
    """It is taken back. What the customer has accepted is owed: only a supervisor may take that back."""
    in_the_house(draft, event.by, "take an offer back")
    reasoned(event.reason, "Taking an offer back")
    number, state = found(draft, event.compensation)
    if state.status not in ("asked", "offered", "due"):
        raise Refused("compensation_ended", f"Compensation {number} is {state.status} already.")
    no_coupon(number, state)
    above = draft.workflow.may(role(event.by), supervisors(draft.workflow))
    if state.status == "due" and not above:
        message = f"The customer has accepted compensation {number}: it is owed to them."
        raise Refused("not_allowed", message, "A supervisor may take it back.")
    if not above and person(event.by) not in (person(state.by), draft.case.owner):
        message = f"{event.by} did not offer compensation {number}."
        raise Refused("not_allowed", message, f"{state.by}, the owner or a supervisor may take it back.")
    if state.taken_at is not None:
        message = f"Whoever pays has the order of compensation {number} since {state.taken_at}."
        raise Refused("being_paid", message, "Put their receipt on record.")
    _order_ends(draft, state, paid=False)
    end(draft, number, state, "revoked", event.reason)


def fulfilled(draft: Draft, event: money.CompensationFulfilled) -> None:
    """The customer has it; `receipt` is the reference of the payment."""
    if role(event.by) not in PAYING:
        in_the_house(draft, event.by, "put on record what was paid")
    number, state = found(draft, event.compensation)
    if state.status == "fulfilled":
        message = f"Compensation {number} was fulfilled at {state.fulfilled_at}."
        raise Refused("already_fulfilled", message, "Nobody is paid twice.")
    if state.status != "due":
        message = f"Compensation {number} is {state.status}, not due."
        raise Refused("not_due", message, "It is due when the customer has accepted it.")
    if state.kind in PAID and (event.receipt is None or is_blank(event.receipt)):
        raise Refused("no_receipt", "What was paid has a receipt.", "Give the reference of the payment.")
    _order_ends(draft, state, paid=True)
    fulfil(draft, number, state, event.receipt)


def fulfil(draft: Draft, number: str, state: CompensationState, receipt: str | None) -> None:
    """What was due has been given."""
    at = draft.stamp.recorded_at
    put(draft, number, state._replace(status="fulfilled", fulfilled_at=at, receipt=receipt), "paid")
    draft.why.append(f"compensation {number} was fulfilled: {said(state)}")


def _order_ends(draft: Draft, state: CompensationState, *, paid: bool) -> None:
    """See that nobody pays by the order any more: a person has paid, or nothing is to be paid.

    A person to whom it was given is done with it; one that has not left, or failed, is taken back.
    """
    order, case = state.order, draft.case
    if order is None or not (order in case.awaiting or order in case.undelivered):
        return
    handed = order in case.awaiting and order in case.tasks
    if order in case.tasks:
        draft.change("done", order)
    draft.change(*(("settled", order, None) if paid and handed else ("cancelled", order)))


def _is_offered(number: str, state: CompensationState) -> None:
    """Refuse where the customer has nothing to answer.

    Raises:
        Refused: `not_approved`, `already_accepted`, `offer_expired`, `compensation_ended`.
    """
    no_coupon(number, state)
    if state.status == "asked":
        hint = f"A {state.asked_of} is to approve it first."
        raise Refused("not_approved", f"Compensation {number} has not been approved yet.", hint)
    if state.status in ("due", "fulfilled"):
        raise Refused("already_accepted", f"Compensation {number} was accepted at {state.accepted_at}.")
    if state.status == "expired":
        message = f"Compensation {number} was good until {state.expires_at}."
        raise Refused("offer_expired", message, "Offer it again.")
    if state.status != "offered":
        raise Refused("compensation_ended", f"Compensation {number} is {state.status}.", "Offer it again.")
