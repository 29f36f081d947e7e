"""Which amounts of money can be paid: the currency exists and has that many decimals, by Babel's tables."""

from __future__ import annotations

from recovery.core.money import read_money


def unpayable(text: str) -> str:
    """Why an amount such as `10.50 USD` cannot be paid, in words; empty when it can."""
    from babel.core import get_global
    from babel.numbers import get_currency_precision

    try:
        amount, currency = read_money(text)
    except ValueError as error:
        return str(error)
    if currency not in get_global("all_currencies"):
        return f"{currency} is no currency"
    given, most = -int(amount.as_tuple().exponent), get_currency_precision(currency)
    if given > most:
        decimals = {0: "no decimals", 1: "one decimal"}.get(most, f"{most} decimals")
        return f"{currency} has {decimals}, and {text} has {given}"
    return ""
