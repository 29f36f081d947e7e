"""What a compensation policy is: plain frozen data, made by `recovery.workflow.compensation` from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from recovery.core.compensation.facts import Condition, PolicyFact, Situation, all_hold
from recovery.core.facts import Text
from recovery.core.loyalty import Loyalty
from recovery.core.money import Money

GESTURES = ("apology_letter", "gift", "comfort_gesture")
"""Words and gifts: alone they resolve no failure of the lower three drivers (domain.md §1, step 7)."""

PAID = ("coupon", "refund", "credit", "payment")
"""What has an amount. A refund gives back what was paid; a payment is money beyond it, such as a tariff's."""

OFFER_KINDS = ("apology_letter", *PAID, "free_item", "extra_service", "gift", "comfort_gesture")


class Unknown(NamedTuple):
    """An amount that cannot be told, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """An amount as it is."""

    money: Money

    def __str__(self) -> str:
        return str(self.money)


@dataclass(frozen=True, slots=True)
class Share:
    """So many per cent of an amount the case knows, such as its `price`."""

    percent: Decimal
    of: str = "price"

    def __str__(self) -> str:
        return f"{self.percent:f}% of {self.of}"


@dataclass(frozen=True, slots=True)
class ByTariff:
    """What a tariff says."""

    name: str

    def __str__(self) -> str:
        return f"tariff {self.name}"


Amount = Fixed | Share | ByTariff


class TariffRow(NamedTuple):
    """One row of a tariff."""

    when: tuple[Condition, ...]
    amount: Money


class PerDay(NamedTuple):
    """So much for each day after the first `after`, for `at_most` days; the fact `days` counts them."""

    amount: Money
    days: str
    after: int = 0
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """Amounts that a law or a scheme fixes; one version of them, valid from a day and to a day, inclusive.

    Attributes:
        law: what fixes them. What a law fixes is owed: no ceiling and no share of a price limits it.
        rows: the first that fits; or `per_day`.
    """

    name: str
    law: str
    rows: tuple[TariffRow, ...] = ()
    per_day: PerDay | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def valid(self, on: date) -> bool:
        """Whether it is this version that counts on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )

    def amount(self, situation: Situation) -> Money | Unknown:
        """What is owed. It is unknown while a fact is that could change it: a law is not guessed."""
        if self.per_day is not None:
            return self._by_days(self.per_day, situation)
        missing: tuple[Condition, ...] = ()
        possible: list[Money] = []
        for row in self.rows:
            fits = all_hold(row.when, situation)
            if fits is False:
                continue
            possible.append(row.amount)
            if fits:
                break
            missing += tuple(one for one in row.when if one.holds(situation) is None)
        if not possible:
            return Unknown(f"no row of tariff {self.name} fits")
        if len(set(possible)) == 1:
            return possible[0]
        facts = " and ".join(dict.fromkeys(one.fact for one in missing))
        return Unknown(f"tariff {self.name}: {' or '.join(map(str, possible))}, for {facts} is not known")

    def _by_days(self, per_day: PerDay, situation: Situation) -> Money | Unknown:
        days = situation.known.get(per_day.days)
        if not isinstance(days, int):
            return Unknown(f"tariff {self.name}: {per_day.days} is not known")
        paid = max(days - per_day.after, 0)
        if per_day.at_most is not None:
            paid = min(paid, per_day.at_most)
        return situation.rates.money(Fraction(per_day.amount.amount) * paid, per_day.amount.currency)


@dataclass(frozen=True, slots=True)
class OfferSpec:
    """One offer of a rule.

    Attributes:
        kind: one of `OFFER_KINDS`.
        amount: of the kinds in `PAID`.
        detail: of the others, what it is, in words.
        cost: what it costs the house; of what is paid, its amount.
        days: how many days a coupon is good.
        pay_within: how many days payment may take; 0 is at once.
        postage: who pays for sending goods back, `ours` or `customer`.
        because: why less than the whole is paid back, or the customer pays the postage (a reasoned override).
    """

    kind: str
    amount: Amount | None = None
    detail: Text | None = None
    cost: Money | None = None
    days: int | None = None
    pay_within: int = 0
    postage: str = "ours"
    because: Text | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Offers for the cases that all conditions fit; no condition fits all.

    Attributes:
        ceiling: the most that may be given in all; without one, what the offers come to.
    """

    name: str
    when: tuple[Condition, ...]
    offers: tuple[OfferSpec, ...]
    ceiling: Amount | None = None
    note: Text | None = None


class Raise(NamedTuple):
    """A customer worth `above` or more raises the ceiling `by` an amount, or so many per cent of itself."""

    above: Money
    by: Money | Decimal


class AgentTime(NamedTuple):
    """What an agent's day costs, and how many hours it has."""

    day: Money
    hours: Decimal

    def cost(self, hours: Decimal) -> Fraction:
        """What some hours cost, exact: 2 hours of 8 at 80 are 20 (domain.md §4)."""
        return Fraction(self.day.amount) * Fraction(hours) / Fraction(self.hours)


@dataclass(frozen=True, slots=True)
class Policy:
    """A compensation policy.

    Attributes:
        currency: of sums and ceilings.
        rules: the first that fits.
        raises: by `above`, the lowest first.
        warn_above: the share of the price, in per cent, above which a warning is given; and its source.
        disputing_costs: a smaller claim is settled at once.
        facts: everything that conditions may ask.
        tariffs: name → its versions.
    """

    currency: str
    rules: tuple[Rule, ...]
    agent_time: AgentTime
    disputing_costs: Money
    warn_above: tuple[Decimal, str]
    loyalty: Loyalty
    facts: Mapping[str, PolicyFact]
    raises: tuple[Raise, ...] = ()
    tariffs: Mapping[str, tuple[Tariff, ...]] = field(default_factory=dict)

    def amount(self, amount: Amount, situation: Situation) -> Money | Unknown:
        """What an amount comes to in a case; a share is rounded to its currency's decimals."""
        if isinstance(amount, Fixed):
            return amount.money
        if isinstance(amount, Share):
            whole = situation.money(amount.of)
            if whole is None:
                return Unknown(f"{amount}: {amount.of} is not known")
            return situation.rates.money(
                Fraction(whole.amount) * Fraction(amount.percent) / 100, whole.currency
            )
        tariff = self.tariff(amount.name, situation.on)
        if tariff is None:
            return Unknown(f"{amount} is not valid on {situation.on}")
        return tariff.amount(situation)

    def tariff(self, name: str, on: date) -> Tariff | None:
        """The version of a tariff that counts on a day."""
        return next((one for one in self.tariffs[name] if one.valid(on)), None)
