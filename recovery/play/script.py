"""The script of a play: JSON Lines, one timed event a line, read into commands for the engine.

Every line is an object with `at` (an instant with its zone), `event` (one of `LINES`), `case` (the external
id; not for `tick`), `by` (`role:name`) and the fields of its kind. A line that cannot be read is refused,
with its number and what would be accepted; the rest of the play goes on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from recovery.core import events as ev
from recovery.core.errors import Refusal, closest
from recovery.core.instants import from_text

MAX_LINE = 4_000_000
"""Characters; a longer line is refused without being parsed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One readable line of a script.

    Attributes:
        kind: a key of `LINES`.
        case: the external id; None for a tick.
        event: what happened; None for a tick. A merge still lacks the number of its other case.
        other: for a merge, the external id of the case to merge into.
        workflow: for a complaint, the workflow to open it in.
    """

    number: int
    kind: str
    at: datetime
    case: str | None
    event: ev.Event | None
    other: str | None = None
    workflow: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no event."""

    number: int
    case: str | None
    kind: str | None
    refusal: Refusal


class _Wrong(Exception):
    """A field is missing or not of its type."""


@dataclass(frozen=True, slots=True)
class _Field:
    of: type | tuple[type, ...]
    wanted: str
    required: bool = False


_TEXT = _Field(str, "a text")
_NEEDED = _Field(str, "a text", required=True)
_FACTS = _Field(dict, 'an object of facts, such as {"owner": "li"}')
_SOURCE = _Field(str, "customer, agent, engine or import")

LINES: Mapping[str, tuple[type[ev.Event] | None, Mapping[str, _Field]]] = {
    "complaint": (
        ev.ComplaintReceived,
        {
            "text": _NEEDED,
            "from": _TEXT,
            "name": _TEXT,
            "language": _TEXT,
            "channel": _TEXT,
            "subject": _TEXT,
            "severity": _Field(int, "a whole number"),
            "facts": _FACTS,
            "source": _SOURCE,
            "workflow": _TEXT,
        },
    ),
    "record": (ev.FactsRecorded, {"facts": _Field(dict, _FACTS.wanted, required=True), "source": _SOURCE}),
    "retract": (ev.FactRetracted, {"fact": _NEEDED, "reason": _NEEDED}),
    "do": (ev.MoveRequested, {"transition": _NEEDED, "facts": _FACTS, "source": _SOURCE}),
    "force": (ev.MoveForced, {"to": _NEEDED, "reason": _NEEDED}),
    "message": (ev.MessageReceived, {"text": _NEEDED, "channel": _TEXT}),
    "hand_off": (ev.HandOffOffered, {"to": _NEEDED, "reason": _TEXT}),
    "accept": (ev.HandOffAccepted, {}),
    "decline": (ev.HandOffDeclined, {"reason": _TEXT}),
    "merge": (ev.CaseMerged, {"into": _NEEDED}),
    "unmerge": (ev.MergeUndone, {}),
    "lift": (ev.QuarantineLifted, {"reason": _NEEDED}),
    "tick": (None, {}),
}
"""What a line's `event` may be, the engine's event it becomes, and its own fields."""

_CUSTOMERS = ("complaint", "message")


def read_script(lines: Iterable[str]) -> Iterator[Line | Unreadable]:
    """Read a script line by line, in constant memory. Blank lines are passed over."""
    for number, text in enumerate(lines, start=1):
        if text.strip():
            yield _read(number, text)


def _read(number: int, text: str) -> Line | Unreadable:
    case = kind = None
    try:
        row = _parse(text)
        case = row.get("case") if isinstance(row.get("case"), str) else None
        kind = row.get("event") if isinstance(row.get("event"), str) else None
        return _line(number, row)
    except _Wrong as wrong:
        message, _, hint = str(wrong).partition("\n")
        return Unreadable(number, case, kind, Refusal("unreadable", message, hint))


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_LINE:
        raise _Wrong(f"The line has {len(text):,} characters; at most {MAX_LINE:,} are read.")
    try:
        row = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise _Wrong(f"The line is not JSON: {error}.") from None
    except RecursionError:
        raise _Wrong("The line is nested too deeply.") from None
    if not isinstance(row, dict):
        raise _Wrong('The line is not a JSON object.\nWrite {"at": …, "case": …, "event": …}.')
    return row


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def _line(number: int, row: dict[str, Any]) -> Line:
    kind = row.pop("event", None)
    if not isinstance(kind, str) or kind not in LINES:
        guess = closest(kind, list(LINES)) if isinstance(kind, str) else ""
        raise _Wrong(f"event {kind!r} is not known.\nOne of {', '.join(LINES)}. {guess.capitalize()}")
    at = _instant(row.pop("at", None))
    case = row.pop("case", None)
    by = row.pop("by", "customer" if kind in _CUSTOMERS else None)
    cls, fields = LINES[kind]
    for name in row:
        if name not in fields:
            known = ", ".join(["at", "case", "by", *fields])
            guess = closest(name, list(fields)).capitalize()
            raise _Wrong(f"{name} is not a field of {kind}.\nIts fields are {known}. {guess}")
    for name, field in fields.items():
        value = row.get(name)
        if value is None:
            if field.required:
                raise _Wrong(f"{kind} needs {name}: {field.wanted}.")
        elif not isinstance(value, field.of) or isinstance(value, bool):
            raise _Wrong(f"{name} of {kind} is {value!r:.60}, not {field.wanted}.")
    if cls is None:
        return Line(number, kind, at, None, None)
    if not isinstance(case, str) or not case:
        raise _Wrong(f"{kind} needs case: the external id of the case, a text.")
    if not isinstance(by, str) or not by:
        raise _Wrong(f"{kind} needs by: who did it, such as agent:li.")
    return _event(number, kind, at, case, by, row)


def _instant(value: Any) -> datetime:
    try:
        return from_text(value)
    except (TypeError, ValueError, OverflowError):
        raise _Wrong(
            f"at is {value!r:.60}, not an instant.\nWrite it with its zone, such as 2026-11-22T09:00:00Z."
        ) from None


def _event(number: int, kind: str, at: datetime, case: str, by: str, row: dict[str, Any]) -> Line:
    if "source" in row and row["source"] not in ("customer", "agent", "engine", "import"):
        raise _Wrong(f"source is {row['source']!r:.60}, not {_SOURCE.wanted}.")
    given = {name: value for name, value in row.items() if value is not None}
    workflow = given.pop("workflow", None)
    other = given.pop("into", None)
    if kind == "complaint":
        customer = {"address": given.pop("from", None), "name": given.pop("name", None)}
        given["customer"] = {name: value for name, value in customer.items() if value}
        given["external_id"] = case
    if kind == "merge":
        given["into"] = 0
    cls = LINES[kind][0]
    make: Callable[..., ev.Event] = cls  # type: ignore[assignment]
    return Line(number, kind, at, case, make(by=by, occurred_at=at, **given), other, workflow)


@contextmanager
def open_script(path: Path) -> Iterator[Iterable[str]]:
    """The lines of a script file, or of standard input for `-`.

    Raises:
        OSError: the file cannot be read.
    """
    if str(path) == "-":
        yield sys.stdin
        return
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as lines:
        yield lines
