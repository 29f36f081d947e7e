"""What may be compared with what: the types of the two sides of a comparison in a guard."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from recovery.core.facts import FactType
from recovery.core.guards import Constant, Guard
from recovery.workflow.findings import guess, one_of
from recovery.workflow.shape import boolean_hint

ORDERS = ("<", "<=", ">", ">=")
_ORDERED = ("integer", "decimal", "date", "instant")
_TEXTS = ("text", "person", "choice", "money", "date", "instant")


class Problem(NamedTuple):
    """What is wrong with a guard; its place is that of the whole expression.

    Attributes:
        about: the name that is unknown, where one is.
    """

    code: str
    message: str
    hint: str = ""
    about: str = ""


class Bad(Exception):
    """Raised while a guard is read; never leaves `expressions`."""

    def __init__(self, code: str, message: str, hint: str = "", about: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(code, message, hint, about)


def turned(sign: str) -> str:
    """The sign that says the same when the two sides change places."""
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)


def membership(
    sign: str, left: Guard, left_kind: FactType | None, right: Guard, right_kind: FactType | None
) -> Guard:
    """The right side of `in`, checked: a list of values the fact can have, or a fact of type list.

    Raises:
        Bad: the right side is no list, or none of that kind.
    """
    if right_kind is not None:
        if right_kind.kind != "list":
            message = f"`{sign}` wants a list; {right_kind.name} is of type {right_kind.kind}."
            raise Bad(
                "wrong_type", message, 'Write for example: problem.category in ["delivery", "billing"].'
            )
        text = left_kind.kind in _TEXTS if left_kind else isinstance(getattr(left, "value", None), str)
        if not text:
            raise Bad("wrong_type", f"{right_kind.name} is a list of texts; {left} is no text.")
        return right
    value = right.value if isinstance(right, Constant) else None
    if not isinstance(value, tuple):
        raise Bad("wrong_type", f"`{sign}` wants a list on its right.", f"Write [{right}].")
    assert left_kind is not None
    return Constant(tuple(fitting("==", left_kind, Constant(item)) for item in value))


def two_facts(sign: str, left: FactType, right: FactType) -> None:
    """Refuse to compare two facts whose values are never alike.

    Raises:
        Bad: the types do not fit each other, or the sign.
    """
    numbers = ("integer", "decimal")
    same = left.kind == right.kind or (left.kind in numbers and right.kind in numbers)
    texts = sign in ("==", "!=") and {left.kind, right.kind} <= {"text", "choice", "person"}
    if not (same or texts) or left.kind == "list":
        message = f"{left.name} ({left.kind}) and {right.name} ({right.kind}) cannot be compared."
        raise Bad("wrong_type", message)
    if sign in ORDERS:
        _orderable(left)


def _orderable(kind: FactType) -> None:
    if kind.kind == "money":
        message = f"{kind.name} is money: amounts of two currencies have no order."
        raise Bad("wrong_type", message, "Only == and != are accepted.")
    if kind.kind not in _ORDERED:
        message = f"{kind.name} is of type {kind.kind}, which has no order."
        raise Bad("wrong_type", message, "Use ==, != or in.")


def fitting(sign: str, kind: FactType, constant: Guard) -> Any:
    """The constant as facts of this type keep their values.

    Raises:
        Bad: the comparison makes no sense, is always true, or never is.
    """
    assert isinstance(constant, Constant)
    value = constant.value
    if isinstance(value, tuple):
        raise Bad("wrong_type", f"{kind.name} cannot be compared with a list.", "Use `in`.")
    if kind.kind == "list":
        raise Bad("wrong_type", f"{kind.name} is a list.", f'Write "…" in {kind.name}, or `is known`.')
    ordered = sign in ORDERS
    if ordered:
        _orderable(kind)
    unbounded = FactType(kind.name, kind.kind, kind.choices) if ordered else kind
    try:
        kept = unbounded.check(value)
    except ValueError as error:
        hint = boolean_hint(value) or (guess(str(value), kind.choices) if kind.choices else "")
        message = f"{kind.name} can never be {constant}: {error}."
        raise Bad("impossible_value", message, hint or _accepted(kind)) from None
    kept = Decimal(kept) if kind.kind == "decimal" else kept
    if ordered:
        _matters(sign, kind, kept)
    return kept


def _accepted(kind: FactType) -> str:
    return one_of(kind.choices) if kind.choices else ""


def _matters(sign: str, kind: FactType, value: Any) -> None:
    """Refuse a comparison that no value within the fact's bounds can make false, or none can make true."""
    low, high = kind.minimum, kind.maximum
    compare = {
        "<": (low is not None and low >= value, high is not None and high < value),
        "<=": (low is not None and low > value, high is not None and high <= value),
        ">": (high is not None and high <= value, low is not None and low > value),
        ">=": (high is not None and high < value, low is not None and low >= value),
    }
    never, always = compare[sign]
    if never or always:
        span = (
            f"from {low} to {high}"
            if low is not None and high is not None
            else (f"from {low} up" if low is not None else f"up to {high}")
        )
        word = "never" if never else "always"
        message = f"{kind.name} {sign} {value} is {word} true: {kind.name} goes {span}."
        raise Bad("constant_guard", message, f"Write `{kind.name} is known`." if always else "")
