"""Whether what somebody wants to give is what the policy allows (domain.md §1 step 7 and §4)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from recovery.core.compensation.facts import Situation
from recovery.core.compensation.offers import Offer, Warned, gesture_only, sum_of, warnings_of
from recovery.core.compensation.policy import Policy
from recovery.core.compensation.recommending import Recommendation, recommend
from recovery.core.errors import Refusal
from recovery.core.money import Money
from recovery.core.rates import NoRate


class Verdict(NamedTuple):
    """Offers that may be made.

    Attributes:
        total: what they cost without what is owed by law, in the policy's currency.
        ceiling: see `Recommendation`.
        recommended: what the policy itself would give.
    """

    offers: tuple[Offer, ...]
    total: Money
    ceiling: Money | None
    warnings: tuple[Warned, ...]
    recommended: Recommendation


def judge(
    policy: Policy,
    situation: Situation,
    offers: tuple[Offer, ...],
    *,
    because: str = "",
    hours: Decimal = Decimal(0),
) -> Verdict | Refusal:
    """Whether some offers may be made in a case.

    Args:
        because: the reason of an override: with one, less than the whole may be paid back, or the customer
            may pay for sending goods back. It goes on record with the offer.

    Returns:
        The verdict, or the first refusal: `gesture_only`, `part_refund`, `postage_at_customer`,
        `amount_without_rate` or `above_ceiling`.
    """
    if refusal := gesture_only(offers, situation):
        return refusal
    for offer in offers:
        if refusal := _wrong(offer, policy, situation, because.strip()):
            return refusal
    recommended = recommend(policy, situation, hours)
    if isinstance(recommended, Refusal):
        return recommended
    total, ceiling = sum_of(policy, offers, situation), recommended.ceiling
    if ceiling is not None and total.amount > ceiling.amount:
        why = "; ".join(recommended.ceiling_why)
        message = f"{total} is above the ceiling of {ceiling} ({why})."
        return Refusal("above_ceiling", message, "Offer less, or ask for an approval.")
    found = [*warnings_of(policy, offers, situation)]
    if total.amount < recommended.total.amount:
        message = f"{total} is less than the base remedy, {recommended.total}: everybody gets at least that."
        found.append(Warned("below_base", message))
    return Verdict(offers, total, ceiling, tuple(found), recommended)


def _wrong(offer: Offer, policy: Policy, situation: Situation, because: str) -> Refusal | None:
    if offer.postage == "customer" and not because:
        message = "The customer would pay for sending the goods back."
        return Refusal("postage_at_customer", message, "Pay it, or say why not.")
    for amount in filter(None, (offer.amount, offer.cost)):
        try:
            situation.rates.exact(amount, policy.currency)
        except NoRate as error:
            return Refusal(
                "amount_without_rate", f"{amount}: {error}.", "Add the rate, or use another currency."
            )
    if offer.kind == "refund" and offer.amount is not None and not because:
        return _part(offer.amount, situation)
    return None


def _part(refund: Money, situation: Situation) -> Refusal | None:
    """The refusal of a part refund: less than was paid, and less than was claimed."""
    wholes = [whole for name in ("price", "claim") if (whole := situation.money(name)) is not None]
    try:
        if any(situation.rates.exact(refund, whole.currency) >= whole.amount for whole in wholes):
            return None
    except NoRate as error:
        return Refusal("amount_without_rate", f"{refund}: {error}.", "Add the rate.")
    if not wholes:
        return None
    message = f"{refund} is a part of {' and of '.join(map(str, wholes))}; refunds are whole and at once."
    return Refusal("part_refund", message, "Refund the whole, or say why a part is right.")
