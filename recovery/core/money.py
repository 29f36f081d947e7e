"""Amounts of money: exact decimals with a currency, as facts and offers keep them. Never a float."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

MONEY = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,4})?) ([A-Z]{3})")
"""An amount as it is kept: `12.50 USD`. How many decimals a currency has is not known here."""


class Money(NamedTuple):
    """An amount: exact, with its currency's three letters."""

    amount: Decimal
    currency: str


def read_money(text: str) -> Money:
    """`"12.50 USD"` as an amount.

    Raises:
        ValueError: it is none; the message says what would be accepted.
    """
    found = MONEY.fullmatch(text)
    if found is None:
        raise ValueError('an amount is written with its currency, such as "12.50 USD"')
    return Money(Decimal(found[1]), found[2])
