"""Amounts of money: exact decimals with a currency, as facts and offers keep them. Never a float.

Sums and products are fractions until the end, so that nothing is lost on the way; what is paid or shown is
rounded once, to what the currency has, half a unit away from zero.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

MONEY = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,4})?) ([A-Z]{3})")
"""An amount as it is kept: `12.50 USD`. How many decimals a currency has is not known here."""


class Money(NamedTuple):
    """An amount: exact, with its currency's three letters."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def read_money(text: str) -> Money:
    """`"12.50 USD"` as an amount.

    Raises:
        ValueError: it is none; the message says what would be accepted.
    """
    found = MONEY.fullmatch(text)
    if found is None:
        raise ValueError('an amount is written with its currency, such as "12.50 USD"')
    return Money(Decimal(found[1]), found[2])


def rounded(amount: Fraction | Decimal | int, decimals: int) -> Decimal:
    """An exact amount with so many decimals; half a unit is rounded away from zero (0.125 to 0.13)."""
    top, bottom = amount.as_integer_ratio()
    units, rest = divmod(abs(top) * 10**decimals, bottom)
    if 2 * rest >= bottom:
        units += 1
    return Decimal(f"{-units if top < 0 else units}E-{decimals}")


def spoken(money: Money) -> str:
    """An amount for people, with its thousands apart: `12,800.00 USD`."""
    return f"{money.amount:,f} {money.currency}"


def written_out(units: int, decimals: int, currency: str) -> str:
    """So many of a currency's smallest coin as an amount, `20.00 USD`."""
    return str(Money(Decimal(units).scaleb(-decimals), currency))


def same_amount(one: str, other: str) -> bool:
    """Whether two texts are the same amount, as `40 USD` and `40.00 USD` are."""
    try:
        return read_money(one) == read_money(other)
    except ValueError:
        return False
