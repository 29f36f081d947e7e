"""The small words of a compensation policy: amounts, shares, days, conditions."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from recovery.core.compensation.facts import OPERATORS, Condition, PolicyFact, Value
from recovery.core.compensation.policy import Amount, ByTariff, Fixed, Share
from recovery.core.money import Money, read_money
from recovery.workflow.currencies import unpayable
from recovery.workflow.findings import guess, shown

AMOUNTS = ("10 USD", "100% of price", "tariff eu261")
"""How an amount may be written."""

_PERCENT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?%")
_SHARE = re.compile(rf"{_PERCENT.pattern} of ([a-z][a-z0-9_]*)")
_TARIFF = re.compile(r"tariff ([a-z][a-z0-9_-]*)")
_DAYS = re.compile(r"([0-9]{1,4}) days?")
_COMPARED = re.compile(r"(>=|<=|>|<|!=) ?(.+)")


class WordProblem(Exception):
    """A text that means nothing here: what is wrong, and what would be accepted."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def money(text: str) -> Money:
    """`10.50 USD`; the currency exists and has that many decimals.

    Raises:
        WordProblem: it is none, or less than nothing.
    """
    if why := unpayable(text):
        raise WordProblem(f"{shown(text)}: {why}.")
    read = read_money(text)
    if read.amount < 0:
        raise WordProblem(f"{shown(text)} is less than nothing.", "Write an amount from 0 up.")
    return read


def percent(text: str) -> Decimal:
    """`150%`.

    Raises:
        WordProblem: it is none.
    """
    found = _PERCENT.fullmatch(text)
    if found is None:
        raise WordProblem(f"{shown(text)} is no percentage.", "Such as 20%.")
    return Decimal(found[1])


def days(text: str) -> int:
    """`60 days`, or 0 for `at once`.

    Raises:
        WordProblem: it is none.
    """
    found = _DAYS.fullmatch(text)
    if found is None and text != "at once":
        raise WordProblem(f"{shown(text)} is no number of days.", "Such as 60 days.")
    return int(found[1]) if found else 0


def amount(text: str, known: dict[str, PolicyFact], tariffs: list[str]) -> Amount:
    """`10 USD`, `20% of price` or `tariff eu261`.

    Raises:
        WordProblem: it is none of these, or names a fact or a tariff that there is not.
    """
    if found := _SHARE.fullmatch(text):
        amounts = [name for name, fact in known.items() if fact.kind == "money" and name != "value"]
        if found[2] not in amounts:
            raise WordProblem(
                f"{shown(found[2])} is no amount that a policy knows.", guess(found[2], amounts)
            )
        return Share(Decimal(found[1]), found[2])
    if found := _TARIFF.fullmatch(text):
        if found[1] not in tariffs:
            raise WordProblem(f"There is no tariff {shown(found[1])}.", guess(found[1], tariffs))
        return ByTariff(found[1])
    if "%" in text:
        raise WordProblem(f"{shown(text)} does not say of what.", "Such as 20% of price.")
    try:
        return Fixed(money(text))
    except WordProblem as problem:
        raise WordProblem(problem.message, problem.hint or f"Such as {', '.join(AMOUNTS)}.") from None


def condition(name: str, written: Any, fact: PolicyFact) -> Condition:
    """What stands behind a fact's name: a value, a list of values, or a comparison such as `>= 2`.

    Raises:
        WordProblem: it is none of these, or nothing this fact can be.
    """
    if isinstance(written, list):
        return Condition(name, "", tuple(_value(name, one, fact) for one in written))
    found = _COMPARED.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        return Condition(name, "", (_value(name, written, fact),))
    if found[1] != "!=" and fact.kind in ("word", "boolean"):
        hint = "A value, a list of values, or != and a value."
        raise WordProblem(f"{name} has no more and less: {shown(written)}.", hint)
    return Condition(name, found[1], (_value(name, found[2].strip(), fact),))


assert set(OPERATORS) == {">=", "<=", ">", "<", "!="}


def _value(name: str, written: Any, fact: PolicyFact) -> Value:
    try:
        if fact.kind == "money":
            return money(str(written))
        return fact.read(written)
    except ValueError:
        hint = guess(str(written), fact.choices) if fact.choices else f"It is {fact.wanted()}."
        raise WordProblem(f"{shown(written)} is nothing that {name} can be.", hint) from None
