"""Guards: small conditions over facts, evaluated three-valued.

A guard is true, false or *unknown* (`None`): unknown as soon as the answer hangs on a fact the case does
not have. `and`/`or` follow Kleene: `false and unknown` is false, `true or unknown` is true. So a missing
fact never silently opens or closes a way, and `explain` can name the fact that is missing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from recovery.core.facts import read_decimal, shown

if TYPE_CHECKING:
    from recovery.core.case import Case

CASE_VALUES = ("step", "severity", "level", "failures", "channel", "language", "mode", "unanswered", "signal")
"""What a guard may ask of the case itself, as `case.severity` and so on."""


class Guard(Protocol):
    """A node of a guard. `evaluate` gives a value, or None for unknown."""

    def evaluate(self, case: Case, /) -> Any: ...
    def facts(self) -> Iterator[str]: ...
    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: text, whole number, decimal, boolean, or a tuple of those."""

    value: Any

    def evaluate(self, _: Case) -> Any:
        return self.value

    def facts(self) -> Iterator[str]:
        return iter(())

    def __str__(self) -> str:
        if isinstance(self.value, tuple):
            return "[" + ", ".join(str(Constant(item)) for item in self.value) + "]"
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return f'"{self.value}"' if isinstance(self.value, str) else str(self.value)


@dataclass(frozen=True, slots=True)
class FactValue:
    """The value of a fact; unknown while the case does not have it."""

    name: str
    decimal: bool = False

    def evaluate(self, case: Case) -> Any:
        value = case.facts.get(self.name)
        return read_decimal(value) if self.decimal and value is not None else value

    def facts(self) -> Iterator[str]:
        yield self.name

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class CaseValue:
    """A value of the case itself (`CASE_VALUES`)."""

    name: str

    def evaluate(self, case: Case) -> Any:
        return getattr(case, self.name)

    def facts(self) -> Iterator[str]:
        return iter(())

    def __str__(self) -> str:
        return f"case.{self.name}"


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`; unknown when either side is, or when they cannot be compared."""

    operator: str
    left: Guard
    right: Guard
    holds: Callable[[Any, Any], bool] = field(init=False, repr=False, compare=False)
    fact: str = field(init=False, repr=False, compare=False)
    constant: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Nearly all compare a fact with a constant: those need not be asked for what they are.
        left, right = self.left, self.right
        object.__setattr__(self, "holds", OPERATORS[self.operator])
        object.__setattr__(self, "fact", left.name if type(left) is FactValue and not left.decimal else "")
        object.__setattr__(self, "constant", right.value if type(right) is Constant else None)

    def evaluate(self, case: Case) -> bool | None:
        left = case.facts.get(self.fact) if self.fact else self.left.evaluate(case)
        if left is None:
            return None
        right = self.right.evaluate(case) if self.constant is None else self.constant
        if right is None:
            return None
        try:
            return self.holds(left, right)
        except TypeError:
            return None

    def facts(self) -> Iterator[str]:
        yield from self.left.facts()
        yield from self.right.facts()

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True)
class Known:
    """`fact is known` / `fact is unknown`: always true or false."""

    name: str
    known: bool = True

    def evaluate(self, case: Case) -> bool:
        return (self.name in case.facts) is self.known

    def facts(self) -> Iterator[str]:
        yield self.name

    def __str__(self) -> str:
        return f"{self.name} is {'known' if self.known else 'unknown'}"


@dataclass(frozen=True, slots=True)
class Not:
    """`not x`; unknown stays unknown."""

    term: Guard

    def evaluate(self, case: Case) -> bool | None:
        value = self.term.evaluate(case)
        return None if value is None else not value

    def facts(self) -> Iterator[str]:
        return self.term.facts()

    def __str__(self) -> str:
        return f"not ({self.term})"


@dataclass(frozen=True, slots=True)
class And:
    """Every term: false if one is false, else unknown if one is, else true."""

    terms: tuple[Guard, ...]

    def evaluate(self, case: Case) -> bool | None:
        answer: bool | None = True
        for term in self.terms:
            value = term.evaluate(case)
            if value is None:
                answer = None
            elif not value:
                return False
        return answer

    def facts(self) -> Iterator[str]:
        for term in self.terms:
            yield from term.facts()

    def __str__(self) -> str:
        return " and ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Or:
    """Any term: true if one is true, else unknown if one is, else false."""

    terms: tuple[Guard, ...]

    def evaluate(self, case: Case) -> bool | None:
        answer: bool | None = False
        for term in self.terms:
            value = term.evaluate(case)
            if value is None:
                answer = None
            elif value:
                return True
        return answer

    def facts(self) -> Iterator[str]:
        for term in self.terms:
            yield from term.facts()

    def __str__(self) -> str:
        return " or ".join(str(term) for term in self.terms)


def why(guard: Guard, case: Case) -> str:
    """The guard's answer with its reason, for people: what it says and which facts it hung on."""
    return reason(str(guard), tuple(dict.fromkeys(guard.facts())), guard.evaluate(case), case)


def reason(text: str, facts: tuple[str, ...], answer: Any, case: Case) -> str:
    """The same for a guard whose text, facts and answer are at hand."""
    known = ""
    missing = ""
    for name in facts:
        value = case.facts.get(name)
        if value is None:
            missing += f", {name} is not known"
        elif type(value) is str and len(value) <= 60:
            known += f', {name} is "{value}"'
        else:
            known += f", {name} is {_briefly(value)}"
    word = "unknown" if answer is None else "true" if answer else "false"
    reasons = (known + missing)[2:]
    return f"{text} is {word} ({reasons})" if reasons else f"{text} is {word}"


def _briefly(value: Any) -> str:
    """A fact as a reason shows it: a customer's whole letter does not belong into a trace."""
    if type(value) is str:
        return f'"{value[:57]}..."'
    return shown(value) if isinstance(value, list) else str(Constant(value))
