"""The shape of an event: what is checked before anybody judges what it means.

Whoever sends an event may have built it from anything (JSON, a form, a file). A value of the wrong type, half
a character or a moment without a zone is the sender's mistake: it is refused here with its field's name, and
never reaches a handler, a case or the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, get_args

from recovery.core.errors import Refusal
from recovery.core.events import EVENTS, Event, Mode, role
from recovery.core.facts import MAX_INTEGER, MAX_TEXT, SOURCES, shown, unusable
from recovery.core.instants import to_text

MAX_NAME = 500
"""The longest name: of a person, a transition, a fact, an external id …"""

LONG_TEXTS = frozenset(
    {"answer", "text", "reason", "subject", "despite", "doubts", "happened", "done", "felt"}
)
"""Fields in which people write; every other text is a name."""

MODES = get_args(Mode)

_ACTOR = re.compile(r"[a-z][a-z0-9_-]*(?::.*\S.*)?", re.DOTALL)


def problem(event: Event) -> Refusal | None:
    """What is wrong with the fields of an event; None when each is of its type."""
    found = []
    fields_of, values_of = _FIELDS[type(event)]
    for (name, check, longest, usual), value in zip(fields_of, values_of(event), strict=True):
        if value is usual:  # left as it is in most events: right without being looked at
            continue
        wrong = check(value, longest)
        if wrong:
            found.append(f"{name}: {wrong}.")
    if found:
        return Refusal(
            "wrong_field",
            found[0],
            f"Mend it and send the {type(event).__name__} again.",
            details=tuple(found[1:]),
        )
    if not _names_somebody(event.by):
        hint = "Write role:name, such as agent:li."
        return Refusal("wrong_actor", f"{shown(event.by)} names nobody.", hint)
    if getattr(event, "source", None) == "engine" and role(event.by) != "engine":
        return Refusal(
            "wrong_source",
            f"{event.by} cannot record what only the engine knows.",
            "Name who said it: the customer, the agent or the import.",
        )
    return None


@lru_cache(maxsize=1024)
def _names_somebody(by: str) -> bool:
    return _ACTOR.fullmatch(by) is not None


def _text(value: Any, longest: int) -> str:
    if type(value) is str and len(value) <= longest and value.isascii() and "\x00" not in value:
        return ""
    if not isinstance(value, str):
        return f"{shown(value)} is not a text"
    if len(value) > longest:
        return f"{len(value):,} characters are more than {longest:,}"
    return unusable(value)


def _optional_text(value: Any, longest: int) -> str:
    return "" if value is None else _text(value, longest)


def _moment(value: Any, _: int) -> str:
    if type(value) is datetime and value.tzinfo is UTC:
        return ""
    if not isinstance(value, datetime):
        return f"{shown(value)} is not a datetime"
    try:
        to_text(value)
    except (ValueError, OverflowError) as error:
        return str(error)
    return ""


def _optional_moment(value: Any, _: int) -> str:
    return "" if value is None else _moment(value, _)


def _boolean(value: Any, _: int) -> str:
    return "" if isinstance(value, bool) else f"{shown(value)} is not true or false"


def _whole(value: Any, _: int) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return "" if whole and 0 <= value <= MAX_INTEGER else f"{shown(value)} is not a whole number from 0 up"


def _optional_whole(value: Any, _: int) -> str:
    return "" if value is None else _whole(value, _)


def _named(value: Any, longest: int) -> str:
    """A mapping whose keys are names; what stands behind them is for others to check."""
    if not isinstance(value, (dict, Mapping)):
        return f"{shown(value)} is not a mapping of names to values"
    if _usable(value, longest):
        return ""
    for name in value:
        wrong = _text(name, longest)
        if wrong:
            return f"name {shown(name)}: {wrong}"
    return ""


def _usable(texts: Iterable[Any], longest: int) -> bool:
    """Whether several texts can be used, seen at once: they can when all of them together make one."""
    try:
        return not _text("".join(texts), longest)
    except TypeError:
        return False


def _texts(value: Any, longest: int) -> str:
    wrong = _named(value, longest)
    if wrong or _usable(value.values(), longest):
        return wrong
    return next((f"{name}: {wrong}" for name, text in value.items() if (wrong := _text(text, longest))), "")


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any, int], str]:
    def check(value: Any, _: int) -> str:
        known = isinstance(value, str) and value in allowed
        return "" if known else f"{shown(value)} is not one of {', '.join(allowed)}"

    return check


_CHECKS: dict[object, Callable[[Any, int], str]] = {
    "str": _text,
    "str | None": _optional_text,
    "datetime": _moment,
    "datetime | None": _optional_moment,
    "bool": _boolean,
    "int": _whole,
    "int | None": _optional_whole,
    "Mapping[str, str]": _texts,
    "Mapping[str, Any]": _named,
    "Source": _one_of(SOURCES),
    "Mode": _one_of(MODES),
}
"""How a field is checked, by its annotation: a new event needs nothing here."""

_Field = tuple[str, Callable[[Any, int], str], int, Any]
_Values = Callable[[Event], tuple[Any, ...]]


def _fields_of(cls: type[Event]) -> tuple[tuple[_Field, ...], _Values]:
    found = tuple(
        (field.name, _CHECKS[field.type], MAX_TEXT if field.name in LONG_TEXTS else MAX_NAME, field.default)
        for field in fields(cls)
    )
    return found, attrgetter(*(name for name, *_ in found))


_FIELDS = {cls: _fields_of(cls) for cls in EVENTS.values()}
"""Of each event the fields, how each is checked, how long its texts may be, and what it is when left
out; and what gives their values."""
