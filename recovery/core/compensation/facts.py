"""What a compensation policy may ask about a case, and conditions over it, true, false or unknown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from recovery.core.facts import read_decimal
from recovery.core.money import Money, read_money
from recovery.core.rates import NoRate, Rates

if TYPE_CHECKING:
    from recovery.core.case import Case

DRIVERS = ("core_offer", "support_systems", "execution", "contact", "emotion")
"""The ladder from the ground up (domain.md §6)."""

LOWER_DRIVERS = DRIVERS[:3]
"""Failures of these are not resolved by words and gifts alone."""

FAULTS = ("ours", "partner", "customer", "nobody")

Value = str | int | bool | Decimal | Money


class PolicyFact(NamedTuple):
    """Something a policy may ask.

    Attributes:
        kind: `word`, `integer`, `decimal`, `boolean` or `money`.
        case: the fact of a case it is read from; `case.severity` and its like are the case's own values.
        choices: the words it can be; empty where any will do.
    """

    name: str
    kind: str
    case: str
    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> Value:
        """A value as a case or a command line has it.

        Raises:
            ValueError: it is not of this kind; the message says what would be accepted.
        """
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(value, str | int | Decimal):
            raise ValueError(f"it is {self.wanted()}")
        if self.kind == "boolean" and text in ("true", "false"):
            return text == "true"
        if self.kind == "integer" and text.removeprefix("-").isdecimal() and len(text) < 17:
            return int(text)
        number = read_decimal(text) if self.kind == "decimal" and len(text) < 40 else None
        if number is not None:
            return number
        if self.kind == "money":
            return read_money(text)
        if self.kind == "word" and text and (not self.choices or text in self.choices):
            return text
        raise ValueError(f"it is {self.wanted()}")

    def wanted(self) -> str:
        """What a value is, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kinds = {
            "boolean": "true or false",
            "integer": "a whole number",
            "decimal": "a number",
            "word": "a word",
        }
        return kinds.get(self.kind, "an amount such as 12.50 USD")


FACTS: Mapping[str, PolicyFact] = {
    fact.name: fact
    for fact in (
        PolicyFact("driver", "word", "problem.driver", DRIVERS),
        PolicyFact("category", "word", "problem.category"),
        PolicyFact("severity", "integer", "case.severity"),
        PolicyFact("failures", "integer", "case.failures"),
        PolicyFact("fault", "word", "loss.fault", FAULTS),
        PolicyFact("price", "money", "loss.price"),
        PolicyFact("claim", "money", "loss.claim"),
        PolicyFact("conduct", "boolean", "loss.conduct"),
        PolicyFact("resolution", "word", "resolution.kind"),
        PolicyFact("value", "money", "customer.value"),
    )
}
"""What every policy may ask; it may declare more. `value` raises a ceiling and chooses no rule."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known about a case, as a policy reads it.

    Attributes:
        known: name of a policy fact → its value; what is not there is unknown.
        on: the day whose tariffs count.
    """

    known: Mapping[str, Value]
    on: date
    rates: Rates = field(repr=False)

    def money(self, name: str) -> Money | None:
        """An amount, or None while it is not known."""
        value = self.known.get(name)
        return value if isinstance(value, Money) else None


def known_of(case: Case, facts: Mapping[str, PolicyFact]) -> dict[str, Value]:
    """What a case knows of what a policy may ask. A value of another kind than the policy's is not known."""
    known: dict[str, Value] = {}
    for fact in facts.values():
        if fact.case.startswith("case."):
            value = getattr(case, fact.case.removeprefix("case."))
        else:
            value = case.facts.get(fact.case)
        if value is not None:
            try:
                known[fact.name] = fact.read(value)
            except ValueError:
                continue
    return known


def is_conduct(known: Mapping[str, Value]) -> bool | None:
    """Whether we failed in conduct: `contact`, `emotion`, or conduct in `execution`; None while unknown."""
    driver = known.get("driver")
    if driver in ("contact", "emotion"):
        return True
    behaved = known.get("conduct")
    if behaved is None and known.get("category") == "conduct":
        behaved = True
    if driver == "execution":
        return None if behaved is None and "category" not in known else bool(behaved)
    return None if driver is None else False


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "!=": operator.ne,
}


class Condition(NamedTuple):
    """`fact` is one of `values`, or compares with the only one by `operator`."""

    fact: str
    operator: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        said = " or ".join(map(_said, self.values))
        return f"{self.fact} {self.operator} {said}" if self.operator else f"{self.fact} is {said}"

    def holds(self, situation: Situation) -> bool | None:
        """True, false, or None while the fact, or the rate to compare with, is not known."""
        value = situation.known.get(self.fact)
        if value is None:
            return None
        try:
            if not self.operator:
                return any(
                    _exact(value, situation, other) == _exact(other, situation, other)
                    for other in self.values
                )
            other = self.values[0]
            return OPERATORS[self.operator](_exact(value, situation, other), _exact(other, situation, other))
        except NoRate:
            return None

    def why(self, situation: Situation) -> str:
        """What is known, beside what is asked for."""
        value = situation.known.get(self.fact)
        if value is None:
            return f"{self}: {self.fact} is not known"
        if self.holds(situation) is None:
            return f"{self}: there is no rate to compare {_said(value)}"
        return f"{self}: {self.fact} is {_said(value)}"


def _exact(value: Value, situation: Situation, other: Value) -> Value | Fraction:
    """A value to compare; money in the currency of the other."""
    if isinstance(value, Money) and isinstance(other, Money):
        return situation.rates.exact(value, other.currency)
    return value


def _said(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def all_hold(conditions: tuple[Condition, ...], situation: Situation) -> bool | None:
    """Every condition (Kleene): false if one is false, else unknown if one is, else true."""
    answer: bool | None = True
    for condition in conditions:
        holds = condition.holds(situation)
        if holds is False:
            return False
        if holds is None:
            answer = None
    return answer
