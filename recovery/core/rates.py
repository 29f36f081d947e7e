"""Exchange rates that somebody has configured: amounts of several currencies, compared and added in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from recovery.core.money import Money, rounded

Decimals = Callable[[str], int]
"""How many decimals a currency has: 2 for USD, 0 for JPY, 3 for KWD."""


class NoRate(ValueError):
    """There is no rate for a currency; the message says which and where to write it."""


@dataclass(frozen=True, slots=True)
class Rates:
    """A table of rates.

    Attributes:
        base: the currency that the rates are written in.
        as_of: the day they were taken (`2026-11-20`); said beside whatever was converted.
        worth: currency → what one of it is worth in `base`.
        decimals: how many decimals a currency has.
    """

    base: str
    as_of: str
    worth: Mapping[str, Decimal]
    decimals: Decimals = field(repr=False)

    def exact(self, money: Money, currency: str) -> Fraction:
        """An amount in another currency, not rounded.

        Raises:
            NoRate: the table does not have one of the two.
        """
        if money.currency == currency:
            return Fraction(money.amount)
        return Fraction(money.amount) * self._worth(money.currency) / self._worth(currency)

    def convert(self, money: Money, currency: str) -> Money:
        """An amount in another currency, rounded once to that currency's decimals, half away from zero.

        Raises:
            NoRate: the table does not have one of the two.
        """
        return self.money(self.exact(money, currency), currency)

    def money(self, amount: Fraction | Decimal, currency: str) -> Money:
        """An exact amount as it can be paid in a currency."""
        return Money(rounded(amount, self.decimals(currency)), currency)

    def _worth(self, currency: str) -> Fraction:
        if currency == self.base:
            return Fraction(1)
        if currency not in self.worth:
            raise NoRate(f"there is no rate for {currency} in config/currencies.yaml")
        return Fraction(self.worth[currency])
