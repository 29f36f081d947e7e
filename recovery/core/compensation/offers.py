"""Offers, what they cost, and what research and the rules say of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from recovery.core.compensation.facts import LOWER_DRIVERS, Situation, is_conduct
from recovery.core.compensation.policy import GESTURES, Policy, Share
from recovery.core.errors import Refusal
from recovery.core.facts import Text
from recovery.core.money import Money
from recovery.core.rates import NoRate


class Offer(NamedTuple):
    """One remedy.

    Attributes:
        kind: one of `OFFER_KINDS`.
        amount: of what is paid; None while it cannot be told, and `unknown` says why.
        cost: what it costs the house, as far as it is known.
        owed: whether a law fixes it: no ceiling lowers it.
        because: why less than the whole is paid back, or the customer pays the postage.
    """

    kind: str
    amount: Money | None = None
    unknown: str = ""
    detail: Text | None = None
    cost: Money | None = None
    days: int | None = None
    pay_within: int = 0
    postage: str = "ours"
    because: Text | None = None
    owed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The offer as plain data."""
        return {
            **self._asdict(),
            "amount": None if self.amount is None else str(self.amount),
            "cost": None if self.cost is None else str(self.cost),
            "detail": None if self.detail is None else dict(self.detail),
            "because": None if self.because is None else dict(self.because),
        }


class Warned(NamedTuple):
    """Something worth a second thought; `code` is a stable word for programs."""

    code: str
    message: str


def sum_of(policy: Policy, offers: tuple[Offer, ...], situation: Situation) -> Money:
    """What offers cost in the policy's currency, as far as it is known; what is owed by law is left out."""
    total = Fraction(0)
    for offer in offers:
        if offer.cost is not None and not offer.owed:
            try:
                total += situation.rates.exact(offer.cost, policy.currency)
            except NoRate:
                continue
    return situation.rates.money(total, policy.currency)


def gesture_only(offers: tuple[Offer, ...], situation: Situation) -> Refusal | None:
    """The refusal of words and gifts alone for a failure of the lower three drivers (domain.md §1, step 7).

    Where the case is resolved by something else already, such as a repair, they may go with it.
    """
    known = situation.known
    if not offers or any(offer.kind not in GESTURES for offer in offers):
        return None
    if known.get("driver") not in LOWER_DRIVERS or known.get("resolution", "gesture") != "gesture":
        return None
    kinds = " and ".join(dict.fromkeys(offer.kind.replace("_", " ") for offer in offers))
    return Refusal(
        "gesture_only",
        f"A failure of {known['driver']} is not put right by words and gifts alone ({kinds}).",
        "Add a remedy that matches the loss, such as a refund, a credit or an extra service.",
    )


def warnings_of(policy: Policy, offers: tuple[Offer, ...], situation: Situation) -> tuple[Warned, ...]:
    """What is worth a second thought about some offers; each with the research it comes from."""
    found = [
        Warned("amount_unknown", f"The {offer.kind} cannot be told: {offer.unknown}.")
        for offer in offers
        if offer.unknown
    ]
    found += [Warned("amount_without_rate", f"{why}.") for why in _without_rate(policy, offers, situation)]
    known = situation.known
    only_gestures = bool(offers) and all(offer.kind in GESTURES for offer in offers)
    if only_gestures and "driver" not in known and known.get("resolution", "gesture") == "gesture":
        message = "Whether words and gifts are enough cannot be told: driver is not known."
        found.append(Warned("driver_unknown", message))
    if offers and is_conduct(known) and not any(offer.kind in GESTURES for offer in offers):
        message = (
            "A failure of conduct is not mended with compensation alone: add words or a gesture "
            "(Gelbrich & Roschk)."
        )
        found.append(Warned("conduct_compensation_only", message))
    return (*found, *_above(policy, offers, situation))


def _above(policy: Policy, offers: tuple[Offer, ...], situation: Situation) -> tuple[Warned, ...]:
    """A warning of compensation far above the price; what a law fixes is not counted."""
    price = situation.money("price")
    share, source = policy.warn_above
    total = sum_of(policy, offers, situation)
    try:
        limit = (
            None if price is None else situation.rates.exact(price, policy.currency) * Fraction(share) / 100
        )
    except NoRate:
        limit = None
    if limit is None or total.amount <= limit:
        return ()
    most = situation.rates.money(limit, policy.currency)
    said = Share(share)
    message = f"{total} is more than {said} ({most}): compensation brings less from there on ({source})."
    return (Warned("above_share_of_price", message),)


def _without_rate(policy: Policy, offers: tuple[Offer, ...], situation: Situation) -> list[str]:
    """The amounts that no sum or ceiling can count."""
    found = []
    for offer in offers:
        if offer.cost is not None:
            try:
                situation.rates.exact(offer.cost, policy.currency)
            except NoRate as error:
                found.append(f"{offer.cost} of the {offer.kind} is not counted: {error}")
    return found
