"""What a policy recommends in a case: the offers of the first rule that fits, the ceiling, and why."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from recovery.core.compensation.facts import Condition, Situation, all_hold
from recovery.core.compensation.offers import Offer, Warned, gesture_only, sum_of, warnings_of
from recovery.core.compensation.policy import PAID, ByTariff, OfferSpec, Policy, Rule, Unknown
from recovery.core.errors import Refusal
from recovery.core.facts import Text
from recovery.core.loyalty import AtStake, value_at_stake
from recovery.core.money import Money
from recovery.core.rates import NoRate

SETTLING = ("refund", "payment", "credit")
"""Kinds by which a claim is met with money."""


class Look(NamedTuple):
    """One rule that was looked at: whether it fits (None: unknown), and the conditions it hung on."""

    rule: str
    fits: bool | None
    reasons: tuple[str, ...]


class Recommendation(NamedTuple):
    """What a policy recommends.

    Attributes:
        rule: the rule that fits; None when none does.
        offers: the base remedy, what is settled at once first.
        total: what the offers cost without what is owed by law and the agent's time, as far as it is known.
        ceiling: the most that may be given without what is owed by law; None while it cannot be told.
        ceiling_why: how it comes about, step by step.
        settle_at_once: whether the claim is smaller than the cost of disputing it.
        agent_time: what the agent's hours cost.
        at_stake: of the customer's value; None while value or loss is not known.
        looks: every rule that was looked at, in order.
    """

    rule: str | None
    offers: tuple[Offer, ...]
    total: Money
    ceiling: Money | None
    ceiling_why: tuple[str, ...]
    settle_at_once: bool
    agent_time: Money
    at_stake: AtStake | None
    looks: tuple[Look, ...]
    warnings: tuple[Warned, ...]
    note: Text | None = None


def recommend(policy: Policy, situation: Situation, hours: Decimal = Decimal(0)) -> Recommendation | Refusal:
    """What to offer in a case.

    A rule fits when every condition is true; one that hangs on an unknown fact does not fit, and the
    recommendation warns of it, for it might be the right one.

    Args:
        hours: of an agent's time that the recovery takes, for its cost.

    Returns:
        The recommendation, or a refusal `gesture_only` where the policy has nothing but words and gifts for a
        failure that those cannot resolve.
    """
    rule, looks = _choose(policy, situation)
    offers = tuple(_offer(policy, spec, situation) for spec in (rule.offers if rule else ()))
    claim = _small_claim(policy, situation)
    if claim is not None and not any(settles(offer, claim, situation) for offer in offers):
        kept = tuple(offer for offer in offers if offer.kind != "refund")
        offers = (Offer("refund", claim, cost=claim), *kept)
    if refusal := gesture_only(offers, situation):
        return refusal
    total = sum_of(policy, offers, situation)
    ceiling, ceiling_why = _ceiling(policy, rule, total, situation)
    return Recommendation(
        rule.name if rule else None,
        offers,
        total,
        ceiling,
        ceiling_why,
        claim is not None,
        situation.rates.money(policy.agent_time.cost(hours), policy.agent_time.day.currency),
        _at_stake(policy, situation),
        looks,
        (*_open(looks, rule), *warnings_of(policy, offers, situation)),
        rule.note if rule else None,
    )


def _choose(policy: Policy, situation: Situation) -> tuple[Rule | None, tuple[Look, ...]]:
    """The first rule that fits, and every rule up to it."""
    looks: list[Look] = []
    for rule in policy.rules:
        fits = all_hold(rule.when, situation)
        looks.append(Look(rule.name, fits, _reasons(rule.when, fits, situation)))
        if fits:
            return rule, tuple(looks)
    return None, tuple(looks)


def _reasons(when: tuple[Condition, ...], fits: bool | None, situation: Situation) -> tuple[str, ...]:
    """The conditions that decided: those that are false, or else unknown, or else all."""
    if not when:
        return ("it fits every case",)
    return tuple(one.why(situation) for one in when if one.holds(situation) is fits)


def _offer(policy: Policy, spec: OfferSpec, situation: Situation) -> Offer:
    amount, unknown, owed = None, "", False
    if spec.amount is not None:
        found = policy.amount(spec.amount, situation)
        amount, unknown = (None, found.why) if isinstance(found, Unknown) else (found, "")
        if isinstance(spec.amount, ByTariff):
            tariff = policy.tariff(spec.amount.name, situation.on)
            owed = tariff is not None and bool(tariff.law)
    cost = amount if spec.kind in PAID else spec.cost
    return Offer(
        spec.kind,
        amount,
        unknown,
        spec.detail,
        cost,
        spec.days,
        spec.pay_within,
        spec.postage,
        spec.because,
        owed,
    )


def _small_claim(policy: Policy, situation: Situation) -> Money | None:
    """The claim, where it is smaller than the cost of disputing it: it is settled at once."""
    claim = situation.money("claim")
    if claim is None or claim.amount <= 0:
        return None
    try:
        small = situation.rates.exact(claim, policy.disputing_costs.currency) < policy.disputing_costs.amount
    except NoRate:
        return None
    return claim if small else None


def settles(offer: Offer, claim: Money, situation: Situation) -> bool:
    """Whether an offer pays a claim already, whole and at once."""
    if offer.kind not in ("refund", "payment") or offer.amount is None or offer.pay_within:
        return False
    try:
        return situation.rates.exact(offer.amount, claim.currency) >= claim.amount
    except NoRate:
        return False


def _ceiling(
    policy: Policy, rule: Rule | None, base: Money, situation: Situation
) -> tuple[Money | None, tuple[str, ...]]:
    """The ceiling: the rule's, raised by the customer's value, and never below the base remedy."""
    if rule is None or rule.ceiling is None:
        ceiling, why = Fraction(base.amount), [f"the rule names none: what is offered, {base}"]
    else:
        found = policy.amount(rule.ceiling, situation)
        if isinstance(found, Unknown):
            return None, (found.why,)
        try:
            ceiling = situation.rates.exact(found, policy.currency)
        except NoRate as error:
            return None, (f"{rule.ceiling}: {error}",)
        why = [f"{rule.ceiling}: {situation.rates.money(ceiling, policy.currency)}"]
    by, said = _raised(policy, ceiling, situation)
    why += said
    ceiling += by
    if ceiling < base.amount:
        ceiling = Fraction(base.amount)
        why.append(f"never below the base remedy: {base}")
    return situation.rates.money(ceiling, policy.currency), tuple(why)


def _raised(policy: Policy, ceiling: Fraction, situation: Situation) -> tuple[Fraction, list[str]]:
    """By how much the customer's value raises a ceiling; never below zero."""
    value = situation.money("value")
    if value is None:
        return Fraction(0), ["the customer's value is not known: not raised"] if policy.raises else []
    try:
        reached = [
            one
            for one in policy.raises
            if situation.rates.exact(value, one.above.currency) >= one.above.amount
        ]
        if not reached:
            return Fraction(0), []
        above, by = reached[-1]
        if isinstance(by, Money):
            more = situation.rates.exact(by, policy.currency)
        else:
            more = ceiling * Fraction(by) / 100
    except NoRate as error:
        return Fraction(0), [f"not raised by the customer's value: {error}"]
    raised = situation.rates.money(ceiling + more, policy.currency)
    return more, [f"raised by a customer's value of {above} and more: {raised}"]


def _at_stake(policy: Policy, situation: Situation) -> AtStake | None:
    value, loss = situation.money("value"), situation.money("claim") or situation.money("price")
    if value is None or loss is None:
        return None
    try:
        return value_at_stake(
            value.amount, situation.rates.exact(loss, policy.loyalty.currency), policy.loyalty
        )
    except NoRate:
        return None


def _open(looks: tuple[Look, ...], rule: Rule | None) -> tuple[Warned, ...]:
    """Warnings of rules that might have fitted, and of none that does."""
    found = [
        Warned("rule_undecided", f"Rule {look.rule} might come first. {'; '.join(look.reasons)}.")
        for look in looks
        if look.fits is None
    ]
    if rule is None:
        found.append(Warned("no_rule", "No rule of the policy fits this case."))
    return tuple(found)
