"""Facts: what is known about a case, of which type, and from whom (domain.md §1, "Who said it")."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from unicodedata import category

from recovery.core.instants import from_text, to_text
from recovery.core.money import MONEY

Text = Mapping[str, str]
"""A text for people: language code → words. `en` is always there."""

SOURCES = ("customer", "agent", "engine", "import")
"""Who a fact can come from."""

KINDS = ("text", "boolean", "integer", "decimal", "money", "choice", "date", "instant", "person", "list")
"""The types a fact can have."""

MAX_TEXT = 1_000_000
MAX_ITEMS = 1_000
MAX_INTEGER = 2**53

_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_PERSON = re.compile(r"[^\s:]\S{0,99}")

_LONGEST_SHOWN = 60
_BRIEFLY = reprlib.Repr()
_BRIEFLY.maxlevel = 3
_BRIEFLY.maxstring = _BRIEFLY.maxother = _LONGEST_SHOWN


@dataclass(frozen=True, slots=True)
class FactType:
    """What values a fact may take, and who may say it.

    Attributes:
        kind: one of `KINDS`.
        choices: for `choice`, the values allowed.
        minimum, maximum: for `integer` and `decimal`, inclusive bounds.
        said_by: the sources accepted; empty means any.
        ask: the question that gets the fact, per language.
        personal: whether it tells of a person, and goes when they are erased; None: by its type.
    """

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    said_by: frozenset[str] = frozenset()
    ask: Text = field(default_factory=dict)
    personal: bool | None = None

    def check(self, value: Any) -> Any:
        """The value as it is kept: JSON-native, so that a fact reads back as it was written.

        Raises:
            ValueError: the value is not of this type; the message says what would be accepted.
        """
        return _CHECKS[self.kind](self, value)


class Fact(NamedTuple):
    """One fact of one case, with its source and its two times (text instants, UTC)."""

    value: Any
    source: str
    by: str
    occurred_at: str
    recorded_at: str
    seq: int


def shown(value: Any) -> str:
    """A value as a message shows it: short, and never failing however deep or huge the value is."""
    try:
        text = _BRIEFLY.repr(value)
    except ValueError:  # a whole number of thousands of digits
        return f"this {type(value).__name__}"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def unusable(text: str) -> str:
    """Why a text cannot be kept by every database and sent in every message; empty when it can."""
    if "\x00" in text:
        return "the text holds a NUL character; send it without"
    if text.isascii():
        return ""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "the text holds half a surrogate pair; send valid Unicode"
    return ""


def _wrong(value: Any, wanted: str) -> ValueError:
    return ValueError(f"{shown(value)} is not {wanted}")


def is_blank(text: str) -> bool:
    """Whether nobody can see anything in a text: it has only spaces, and characters without a shape."""
    if text.isascii():
        return not text.strip()
    return all(letter.isspace() or category(letter) in ("Cf", "Cc", "Co") for letter in text)


def _text(_: FactType, value: Any) -> str:
    usual = type(value) is str and value.isascii() and "\x00" not in value
    if usual and 0 < len(value) <= MAX_TEXT and not value.isspace():
        return value  # type: ignore[no-any-return]
    if not isinstance(value, str) or is_blank(value):
        raise _wrong(value, "a text of at least one character")
    if len(value) > MAX_TEXT:
        raise ValueError(f"a text of {len(value):,} characters is longer than {MAX_TEXT:,}")
    if problem := unusable(value):
        raise ValueError(problem)
    return value


def _boolean(_: FactType, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value, "true or false")
    return value


def _integer(kind: FactType, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_INTEGER:
        raise _wrong(value, "a whole number" + _bounds(kind))
    _within(kind, value)
    return value


def _decimal(kind: FactType, value: Any) -> str:
    text = str(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise _wrong(value, 'a decimal number in quotes, such as "12.50"' + _bounds(kind))
    _within(kind, Decimal(text))
    return text


def _within(kind: FactType, value: int | Decimal) -> None:
    low, high = kind.minimum, kind.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise ValueError(f"{value} is not within{_bounds(kind)}")


def _bounds(kind: FactType) -> str:
    if kind.minimum is None and kind.maximum is None:
        return ""
    if kind.maximum is None:
        return f" from {kind.minimum} up"
    if kind.minimum is None:
        return f" up to {kind.maximum}"
    return f" from {kind.minimum} to {kind.maximum}"


def _money(_: FactType, value: Any) -> str:
    if not isinstance(value, str) or not MONEY.fullmatch(value):
        raise _wrong(value, 'an amount with its currency, such as "12.50 USD"')
    return value


def _choice(kind: FactType, value: Any) -> str:
    if not isinstance(value, str) or value not in kind.choices:
        raise _wrong(value, "one of " + ", ".join(kind.choices))
    return value


def _date(_: FactType, value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise _wrong(value, "a date such as 2026-11-22") from None


def _instant(_: FactType, value: Any) -> str:
    try:
        return to_text(value if isinstance(value, datetime) else from_text(value))
    except (TypeError, ValueError, OverflowError):
        raise _wrong(value, "an instant with its zone, such as 2026-11-22T15:00:00+01:00") from None


def _list(_: FactType, value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or not value or len(value) > MAX_ITEMS:
        raise _wrong(value, f"a list of 1 to {MAX_ITEMS:,} texts")
    return [_text(_, item) for item in value]


def _person(_: FactType, value: Any) -> str:
    if not isinstance(value, str) or not _PERSON.fullmatch(value) or unusable(value):
        raise _wrong(value, "one person's name without spaces, such as li or ana@example.org")
    return value


_CHECKS = {
    "text": _text,
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "money": _money,
    "choice": _choice,
    "date": _date,
    "instant": _instant,
    "list": _list,
    "person": _person,
}


def read_decimal(value: Any) -> Decimal | None:
    """A kept decimal as a number; None when it is none."""
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None
    return number if number.is_finite() else None


BUILT_IN: Mapping[str, FactType] = {
    "problem.statement": FactType(
        "problem.statement",
        "text",
        ask={"en": "What happened, in their own words?", "zh": "发生了什么？请用顾客自己的话。"},
    ),
    "owner": FactType(
        "owner",
        "person",
        ask={"en": "Who takes this on by name?", "zh": "由谁负责到底？"},
    ),
}
"""Facts every workflow has: the complaint's text becomes `problem.statement`; `owner` is the one owner."""
