"""Whether what somebody wants to give is what the policy allows (domain.md §1 step 7 and §4)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from recovery.core.compensation.facts import Situation
from recovery.core.compensation.offers import Offer, Warned, gesture_only, sum_of, warnings_of
from recovery.core.compensation.policy import Policy
from recovery.core.compensation.recommending import SETTLING, Recommendation, recommend, settles
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
    given: tuple[Offer, ...] = (),
    because: str = "",
    hours: Decimal = Decimal(0),
) -> Verdict | Refusal:
    """Whether some offers may be made in a case.

    Args:
        given: what was offered in it before, and still stands.
        because: the reason of an override: with one, less than the whole may be paid back, or later, or the
            customer may pay for sending goods back. It goes on record with the offer.

    Returns:
        The verdict, or the first refusal: `gesture_only`, `part_refund`, `not_at_once`,
        `postage_at_customer`, `amount_without_rate`, `small_claim` or `above_ceiling`. While a rule is
        undecided that would come first, its ceiling might be another one: then being above is a warning.
    """
    every = (*given, *offers)
    if refusal := gesture_only(every, situation):
        return refusal
    for offer in offers:
        if refusal := _wrong(offer, given, policy, situation, because.strip()):
            return refusal
    recommended = recommend(policy, situation, hours)
    if isinstance(recommended, Refusal):
        return recommended
    if refusal := _small_claim(offers, every, recommended, situation):
        return refusal
    total, ceiling = sum_of(policy, every, situation), recommended.ceiling
    found = [*warnings_of(policy, every, situation)]
    if ceiling is not None and total.amount > ceiling.amount:
        why = "; ".join(recommended.ceiling_why)
        message = f"{total} is above the ceiling of {ceiling} ({why})."
        if all(look.fits is not None for look in recommended.looks):
            return Refusal("above_ceiling", message, "Offer less, or ask for an approval.")
        found.append(Warned("above_ceiling", message))
    if total.amount < recommended.total.amount:
        message = f"{total} is less than the base remedy, {recommended.total}: everybody gets at least that."
        found.append(Warned("below_base", message))
    return Verdict(offers, total, ceiling, tuple(found), recommended)


def _wrong(
    offer: Offer, given: tuple[Offer, ...], policy: Policy, situation: Situation, because: str
) -> Refusal | None:
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
    if offer.kind != "refund" or offer.amount is None or because:
        return None
    if offer.pay_within:
        message = f"A refund is paid at once, not within {offer.pay_within} days."
        return Refusal("not_at_once", message, "Leave the days out, or say why it takes them.")
    return _part(offer.amount, given, situation)


def _part(refund: Money, given: tuple[Offer, ...], situation: Situation) -> Refusal | None:
    """The refusal of a part refund: less than was paid, and less than was claimed, with all given before."""
    wholes = [whole for name in ("price", "claim") if (whole := situation.money(name)) is not None]
    before = [one.amount for one in given if one.kind == "refund" and one.amount is not None]
    try:
        for whole in wholes:
            of = whole.currency
            if sum(situation.rates.exact(one, of) for one in (refund, *before)) >= whole.amount:
                return None
    except NoRate as error:
        return Refusal("amount_without_rate", f"{refund}: {error}.", "Add the rate.")
    if not wholes:
        return None
    message = f"{refund} is a part of {' and of '.join(map(str, wholes))}; refunds are whole and at once."
    return Refusal("part_refund", message, "Refund the whole, or say why a part is right.")


def _small_claim(
    offers: tuple[Offer, ...], every: tuple[Offer, ...], recommended: Recommendation, situation: Situation
) -> Refusal | None:
    """The refusal of less than a claim that is smaller than the cost of disputing it; no reason helps."""
    claim = situation.money("claim")
    if not recommended.settle_at_once or claim is None or not any(one.kind in SETTLING for one in offers):
        return None
    if any(settles(one, claim, situation) for one in every):
        return None
    message = f"The claim of {claim} is smaller than the cost of disputing it: it is settled at once."
    return Refusal("small_claim", message, f"Refund {claim}.")
