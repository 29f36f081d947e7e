"""Customer lifetime value, year by year, and three cohorts compared (domain.md §4).

`CLV = purchase occasions × average purchase − cost of acquiring and serving the customer + net income from
those they referred`. A year says what came of it; whether the customer ever complained is no part of it, so
complaining never lowers a customer's value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

RECOVERED, UNRECOVERED, NEVER_FAILED = "recovered", "unrecovered", "never_failed"

COHORTS = (RECOVERED, UNRECOVERED, NEVER_FAILED)
"""Customers who were recovered after a failure, who were not, and whom nothing ever went wrong for."""

ZERO = Fraction(0)


def bought(occasions: Decimal, average: Decimal) -> Fraction:
    """What so many purchases of an average size come to: 5 × 1,190 = 5,950."""
    return Fraction(occasions) * Fraction(average)


class Year(NamedTuple):
    """One year of one customer; amounts are exact and in one currency.

    Attributes:
        year: a calendar year, or 1 for the first.
        bought: bought by the customer; `bought()` makes it of occasions and an average purchase.
        referred_bought: bought by those the customer referred.
        cost: of acquiring and serving the customer.
        referred_customers: how many of those they referred were customers in this year.
        related: of `bought`, what was bought beside what they first came for (related sales).
    """

    year: int
    bought: Fraction
    cost: Fraction
    referred_bought: Fraction = ZERO
    referred_customers: Fraction = ZERO
    related: Fraction = ZERO


class Line(NamedTuple):
    """A year with what it comes to, and everything up to it."""

    year: Year
    referred_cost: Fraction
    net: Fraction
    cumulative: Fraction


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A customer's years in their order, and their sums.

    Attributes:
        referred_cost: of serving those they referred, over all years.
        value: the lifetime value.
    """

    lines: tuple[Line, ...]
    bought: Fraction
    referred_bought: Fraction
    cost: Fraction
    referred_cost: Fraction
    referred_customers: Fraction
    related: Fraction
    value: Fraction

    @property
    def retention(self) -> tuple[int, int]:
        """Of so many years with a purchase that another year follows, after how many that year has one too.

        The last year is not counted, for nobody knows yet what follows. A year left out between two others
        is a year without a purchase.
        """
        active = {line.year.year for line in self.lines if line.year.bought > 0}
        last = self.lines[-1].year.year if self.lines else 0
        asked = [year for year in active if year < last]
        return sum(year + 1 in active for year in asked), len(asked)


def lifetime(years: Iterable[Year], referred_cost: Decimal | Fraction = ZERO) -> Lifetime:
    """The lifetime value of one customer.

    Args:
        years: in any order, each year once.
        referred_cost: what serving one referred customer costs in a year.

    Raises:
        ValueError: a year comes twice.
    """
    each = Fraction(referred_cost)
    lines: list[Line] = []
    total = ZERO
    for year in sorted(years):
        if lines and lines[-1].year.year == year.year:
            raise ValueError(f"the year {year.year} comes twice")
        serving = each * year.referred_customers
        net = year.bought + year.referred_bought - year.cost - serving
        total += net
        lines.append(Line(year, serving, net, total))
    return Lifetime(
        tuple(lines),
        _sum(line.year.bought for line in lines),
        _sum(line.year.referred_bought for line in lines),
        _sum(line.year.cost for line in lines),
        _sum(line.referred_cost for line in lines),
        _sum(line.year.referred_customers for line in lines),
        _sum(line.year.related for line in lines),
        total,
    )


def _sum(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, ZERO)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers added up: the three Rs are retention, related sales and referrals.

    Attributes:
        stayed, could_stay: see `Lifetime.retention`, over all customers.
        referring: how many of them referred somebody.
    """

    customers: int = 0
    value: Fraction = ZERO
    bought: Fraction = ZERO
    related: Fraction = ZERO
    referred_net: Fraction = ZERO
    referred_customers: Fraction = ZERO
    referring: int = 0
    stayed: int = 0
    could_stay: int = 0

    def plus(self, life: Lifetime) -> Cohort:
        """The cohort with one customer more."""
        stayed, could_stay = life.retention
        return Cohort(
            self.customers + 1,
            self.value + life.value,
            self.bought + life.bought,
            self.related + life.related,
            self.referred_net + life.referred_bought - life.referred_cost,
            self.referred_customers + life.referred_customers,
            self.referring + (life.referred_customers > 0 or life.referred_bought > 0),
            self.stayed + stayed,
            self.could_stay + could_stay,
        )

    @property
    def mean(self) -> Fraction | None:
        """The value of one customer on average; None when there is none."""
        return self.value / self.customers if self.customers else None

    @property
    def retention(self) -> Fraction | None:
        """The share of years with a purchase that were followed by another; None when none could be."""
        return Fraction(self.stayed, self.could_stay) if self.could_stay else None

    @property
    def related_share(self) -> Fraction | None:
        """The share of related sales in what was bought; None when nothing was bought."""
        return self.related / self.bought if self.bought > 0 else None

    @property
    def referring_share(self) -> Fraction | None:
        """The share of customers who referred somebody; None when there is no customer."""
        return Fraction(self.referring, self.customers) if self.customers else None


class Cohorts:
    """The three cohorts and everybody else, by currency; filled one customer at a time, in little memory."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Cohort] = {}

    def add(self, cohort: str, currency: str, life: Lifetime) -> None:
        """Count a customer in; `cohort` is one of `COHORTS`, or empty when nobody said."""
        key = (currency, cohort)
        self._rows[key] = self._rows.get(key, Cohort()).plus(life)

    def __iter__(self) -> Iterator[tuple[str, str, Cohort]]:
        """Currency, cohort and its figures, the cohorts in their order."""
        order: Mapping[str, int] = {name: number for number, name in enumerate((*COHORTS, ""))}
        for currency, name in sorted(self._rows, key=lambda key: (key[0], order[key[1]])):
            yield currency, name, self._rows[currency, name]
