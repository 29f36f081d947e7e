"""What a compensation policy that can be read should not say: rules of the house, and of research."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from recovery.core.compensation.facts import DRIVERS, LOWER_DRIVERS, Condition, Value
from recovery.core.compensation.policy import GESTURES, Amount, Fixed, OfferSpec, Policy, Rule, Share
from recovery.core.facts import FactType
from recovery.core.money import Money
from recovery.core.rates import Rates
from recovery.core.spec import Workflow
from recovery.workflow.findings import Finding
from recovery.workflow.reader import Document, Path


def check_policy(policy: Policy, document: Document) -> Iterator[Finding]:
    """Everything that is wrong, or worth knowing, with a policy by itself."""
    for number, rule in enumerate(policy.rules):
        path: Path = ("rules", number)
        yield from _gesture_only(rule, document, path)
        yield from _conduct(rule, document, path)
        for at, offer in enumerate(rule.offers):
            yield from _refund(offer, document, (*path, "offer", at))
        yield from _ceiling(policy, rule, document, path)
    yield from _reach(policy, document)


def check_rates(policy: Policy, rates: Rates, document: Document) -> Iterator[Finding]:
    """Amounts of the policy that its rates cannot compare with the others."""
    for path, money in _amounts(policy):
        for currency in {money.currency, policy.currency}:
            if currency != rates.base and currency not in rates.worth and money.currency != policy.currency:
                message = f"{money} cannot be counted in {policy.currency}: there is no rate for {currency}."
                yield document.finding(path, "no_rate", message, "Write it in config/currencies.yaml.")


def check_words(policy: Policy, workflows: Iterable[Workflow], document: Document) -> Iterator[Finding]:
    """Facts and values that no workflow of the project can ever have."""
    kinds = list(workflows)
    for number, rule in enumerate(policy.rules):
        for condition in rule.when:
            path = ("rules", number, "when", condition.fact)
            fact = policy.facts[condition.fact]
            known = [one.facts[fact.case] for one in kinds if fact.case in one.facts]
            for value in condition.values if known else ():
                if not any(_can_be(kind, value) for kind in known):
                    message = f"No workflow has {value} for {fact.case}."
                    yield document.finding(path, "impossible_value", message)
            if not known and kinds and not fact.case.startswith("case."):
                message = f"No workflow has the fact {fact.case}: {fact.name} is known only when it is given."
                yield document.notice(path, "unknown_fact", message)


def _can_be(kind: FactType, value: Value) -> bool:
    return kind.kind != "choice" or str(value) in kind.choices


def _gesture_only(rule: Rule, document: Document, path: Path) -> Iterator[Finding]:
    if any(offer.kind not in GESTURES for offer in rule.offers):
        return
    lower = [driver for driver in LOWER_DRIVERS if may_be(rule.when, "driver", driver)]
    if lower and may_be(rule.when, "resolution", "gesture"):
        message = f"Rule {rule.name} has words and gifts alone, for failures of {', '.join(lower)} too."
        hint = "Add a remedy that matches the loss, or let it fit contact and emotion only."
        yield document.finding((*path, "offer"), "gesture_only", message, hint, key=True)


def _conduct(rule: Rule, document: Document, path: Path) -> Iterator[Finding]:
    """A rule for failures of conduct that has compensation and no word (Gelbrich & Roschk)."""
    if any(offer.kind in GESTURES for offer in rule.offers):
        return
    drivers = {driver for driver in DRIVERS if may_be(rule.when, "driver", driver)}
    said = [one for one in rule.when if not one.operator and one.fact in ("conduct", "category")]
    in_conduct = any(one.values in ((True,), ("conduct",)) for one in said) and drivers <= set(DRIVERS[2:])
    if drivers <= {"contact", "emotion"} or in_conduct:
        message = (
            f"Rule {rule.name} answers a failure of conduct with compensation alone "
            "(Gelbrich & Roschk: it is not mended so)."
        )
        yield document.notice((*path, "offer"), "conduct_compensation_only", message)


def may_be(when: Iterable[Condition], name: str, word: str) -> bool:
    """Whether a case that conditions fit may have this word."""
    for condition in when:
        if condition.fact == name:
            if not condition.operator and word not in condition.values:
                return False
            if condition.operator == "!=" and word in condition.values:
                return False
    return True


def _refund(offer: OfferSpec, document: Document, path: Path) -> Iterator[Finding]:
    """Refunds are decisive: whole, at once, and no postage (domain.md §1, step 7)."""
    if offer.kind != "refund" or offer.because is not None:
        return
    if isinstance(offer.amount, Fixed) or (isinstance(offer.amount, Share) and offer.amount.percent < 100):
        message = f"{offer.amount} may be a part of what was paid; refunds are whole and at once."
        hint = "Write 100% of price, or `because` with the reason beside it."
        yield document.finding((*path, "refund"), "part_refund", message, hint)
    if offer.postage == "customer":
        message = "The customer would pay for sending goods back."
        hint = "Leave it out, or write `because` with the reason beside it."
        yield document.finding((*path, "postage"), "postage_at_customer", message, hint)


def _ceiling(policy: Policy, rule: Rule, document: Document, path: Path) -> Iterator[Finding]:
    share, source = policy.warn_above
    here = (*path, "ceiling")
    ceiling = rule.ceiling
    if isinstance(ceiling, Share) and ceiling.of == "price" and ceiling.percent > share:
        message = f"{ceiling} is more than {share:f}%: compensation brings less from there on ({source})."
        yield document.notice(here, "above_share_of_price", message)
    base = _sum_like(ceiling, rule.offers)
    if base is not None and ceiling is not None and base > _size(ceiling):
        message = f"The offers come to more than the ceiling of {ceiling}, which never lowers them."
        yield document.finding(here, "ceiling_below_base", message, "Raise the ceiling, or leave it out.")


def _sum_like(ceiling: Amount | None, offers: Iterable[OfferSpec]) -> Decimal | None:
    """What the offers come to, as far as they are written as the ceiling is."""
    if not isinstance(ceiling, Fixed | Share):
        return None
    total = Decimal(0)
    for offer in offers:
        amount = Fixed(offer.cost) if offer.cost is not None else offer.amount
        if isinstance(amount, Fixed | Share) and _unit(amount) == _unit(ceiling):
            total += _size(amount)
    return total


def _unit(amount: Fixed | Share) -> str:
    return amount.money.currency if isinstance(amount, Fixed) else f"% of {amount.of}"


def _size(amount: Amount) -> Decimal:
    assert isinstance(amount, Fixed | Share)
    return amount.money.amount if isinstance(amount, Fixed) else amount.percent


def _reach(policy: Policy, document: Document) -> Iterator[Finding]:
    """Rules that never come to their turn, and cases that no rule fits."""
    for number, rule in enumerate(policy.rules):
        before = next((one for one in policy.rules[:number] if set(one.when) <= set(rule.when)), None)
        if before is not None:
            message = f"Rule {rule.name} is never reached: {before.name} fits whatever it fits."
            yield document.finding(("rules", number), "never_reached", message, "Put the narrower one first.")
    if all(rule.when for rule in policy.rules):
        message = "Cases that no rule fits get nothing."
        yield document.notice(
            ("rules",), "no_last_rule", f"{message} A last rule with `when: {{}}` fits all."
        )


def _amounts(policy: Policy) -> Iterator[tuple[Path, Money]]:
    """Every amount of a policy with its place."""
    yield ("disputing_costs",), policy.disputing_costs
    for number, rule in enumerate(policy.rules):
        if isinstance(rule.ceiling, Fixed):
            yield ("rules", number, "ceiling"), rule.ceiling.money
        for at, offer in enumerate(rule.offers):
            path = ("rules", number, "offer", at)
            if isinstance(offer.amount, Fixed):
                yield (*path, offer.kind), offer.amount.money
            if offer.cost is not None:
                yield (*path, "cost"), offer.cost
    for name, versions in policy.tariffs.items():
        for tariff in versions:
            if not tariff.law and tariff.per_day is not None:
                yield ("tariffs", name), tariff.per_day.amount
            for row in () if tariff.law else tariff.rows:
                yield ("tariffs", name), row.amount
    for number, one in enumerate(policy.raises):
        yield ("value_raises_ceiling", number, "from"), one.above
        if isinstance(one.by, Money):
            yield ("value_raises_ceiling", number, "by"), one.by
