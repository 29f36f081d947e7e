"""A coupon that somebody offers by hand counts against their limit like anything else (domain.md §4).

Its value is kept from the day it is offered until it is redeemed, then it is given; or until its last day is
over. A code that was revoked may be reissued, so it keeps its value as long.
"""

from __future__ import annotations

from recovery.core.draft import Draft, Refused
from recovery.core.empowerment.state import CompensationState
from recovery.core.spec import Send

COUPON = "coupon"


def hand_over(draft: Draft, state: CompensationState) -> None:
    """Send the letter of the offer, and let a code be drawn for it."""
    assert state.amount is not None
    assert state.expires_at is not None
    letter = draft.workflow.offers[state.offer.partition("@")[0]]
    draft.send(Send(letter.template, letter.when_delivered, "always"))
    draft.draw(state.offer, 1, state.amount, state.expires_at)


def of_offer(draft: Draft, offer: str) -> tuple[str, CompensationState] | None:
    """The compensation that a coupon offered by hand is, while its value is kept; `offer` is `goodwill@1`."""
    for number, one in draft.case.compensations.items():
        if (one.kind, one.offer) == (COUPON, offer) and one.status in ("asked", "offered"):
            return number, one
    return None


def no_coupon(number: str, state: CompensationState) -> None:
    """Refuse what is done to coupons by their codes.

    Raises:
        Refused: `is_a_coupon`.
    """
    if state.kind == COUPON and state.status != "asked":
        message = f"Compensation {number} is a coupon, which the customer redeems."
        raise Refused("is_a_coupon", message, "`recovery coupon` revokes and reissues codes.")
