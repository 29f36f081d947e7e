"""The script of a play: JSON Lines, one timed event a line, read into commands for the engine.

Every line is an object with `at` (an instant with its zone), `event` (one of `LINES`), `case` (the external
id; not for `tick`), `by` (`role:name`) and the fields of its kind. A line that cannot be read is refused,
with its number and what would be accepted; the rest of the play goes on.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from recovery.commands import usable
from recovery.core import events as ev
from recovery.core.empowerment import events as money
from recovery.core.errors import NotFound, Refusal, closest, sentence
from recovery.core.facts import SOURCES, shown, unusable
from recovery.core.instants import from_text
from recovery.core.shape import MAX_NAME
from recovery.core.stories import events as told

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
    """A line that is no event. `field` is the one that is wrong; None where it is not one alone."""

    number: int
    case: str | None
    kind: str | None
    refusal: Refusal
    field: str | None = None


class _Wrong(Exception):
    """A field is missing or not of its type."""

    def __init__(self, said: str, field: str | None = None) -> None:
        super().__init__(said)
        self.field = field


@dataclass(frozen=True, slots=True)
class _Field:
    of: type | tuple[type, ...]
    wanted: str
    required: bool = False


_TEXT = _Field(str, "a text")
_NEEDED = _Field(str, "a text", required=True)
_FACTS = _Field(dict, 'an object of facts, such as {"owner": "li"}')
_MOMENT = _Field(str, "an instant with its zone, such as 2026-11-22T09:00:00Z")
_MOMENT_NEEDED = _Field(str, _MOMENT.wanted, required=True)
_SOURCE = _Field(str, "customer, agent, engine or import")
_GIVING = {
    "kind": _NEEDED,
    **dict.fromkeys(("amount", "offer", "to", "note", "because", "hours"), _TEXT),
}

LINES: Mapping[str, tuple[type[ev.Event] | None, Mapping[str, _Field]]] = {
    "complaint": (
        ev.ComplaintReceived,
        {
            "text": _NEEDED,
            "from": _TEXT,
            "name": _TEXT,
            "zone": _TEXT,
            "language": _TEXT,
            "channel": _TEXT,
            "subject": _TEXT,
            "severity": _Field(int, "a whole number"),
            "facts": _FACTS,
            "source": _SOURCE,
            "signal": _Field(bool, "true or false"),
            "workflow": _TEXT,
        },
    ),
    "record": (ev.FactsRecorded, {"facts": _Field(dict, _FACTS.wanted, required=True), "source": _SOURCE}),
    "retract": (ev.FactRetracted, {"fact": _NEEDED, "reason": _NEEDED}),
    "do": (ev.MoveRequested, {"transition": _NEEDED, "facts": _FACTS, "source": _SOURCE}),
    "force": (ev.MoveForced, {"to": _NEEDED, "reason": _NEEDED}),
    "message": (
        ev.MessageReceived,
        {
            "text": _TEXT,
            "channel": _TEXT,
            "subject": _TEXT,
            "message_id": _TEXT,
            "in_reply_to": _TEXT,
            "auto": _Field(bool, "true or false"),
            "missed": _Field(bool, "true or false"),
        },
    ),
    "say": (
        ev.MessageWritten,
        {
            "text": _NEEDED,
            "subject": _TEXT,
            "template": _TEXT,
            "to": _TEXT,
            "language": _TEXT,
            "channel": _TEXT,
            "wait": _Field(int, "a whole number of seconds"),
            "despite": _TEXT,
        },
    ),
    "promise": (
        ev.PromiseMade,
        {
            "what": _TEXT,
            "by_when": _MOMENT,
            "estimate": _MOMENT,
            "to": _TEXT,
            "contact": _Field(bool, "true or false"),
        },
    ),
    "kept": (ev.PromiseKept, {"promise": _NEEDED, "note": _TEXT}),
    "release": (ev.PromiseReleased, {"promise": _NEEDED, "reason": _NEEDED}),
    "offer": (
        money.CompensationOffered,
        {
            **_GIVING,
            "expires_at": _MOMENT,
            "pay_within": _Field(int, "a whole number of days"),
            "postage": _TEXT,
        },
    ),
    "spend": (money.CompensationSpent, {**_GIVING, "receipt": _TEXT}),
    "accept_offer": (money.CompensationAccepted, {"compensation": _NEEDED}),
    "decline_offer": (money.CompensationDeclined, {"compensation": _NEEDED, "reason": _TEXT}),
    "revoke": (money.CompensationRevoked, {"compensation": _NEEDED, "reason": _NEEDED}),
    "fulfil": (money.CompensationFulfilled, {"compensation": _NEEDED, "receipt": _TEXT}),
    "approve": (money.ApprovalGranted, {"compensation": _NEEDED}),
    "refuse": (money.ApprovalRefused, {"compensation": _NEEDED, "reason": _NEEDED}),
    "delegate": (money.ApprovalDelegated, {"compensation": _NEEDED, "to": _NEEDED, "reason": _TEXT}),
    "ask": (ev.CollaborationAsked, {"of": _NEEDED, "what": _NEEDED, "by_when": _MOMENT_NEEDED}),
    "answer": (ev.CollaborationAnswered, {"collaboration": _NEEDED, "answer": _TEXT}),
    "tell": (told.StoryTold, {"felt": _NEEDED, "happened": _TEXT, "done": _TEXT}),
    "praise": (
        told.PraiseGiven,
        {
            "to": _NEEDED,
            "text": _NEEDED,
            "from_customer": _Field(bool, "true or false"),
            "reward": _TEXT,
        },
    ),
    "note": (ev.NoteAdded, {"text": _NEEDED}),
    "hand_off": (ev.HandOffOffered, {"to": _NEEDED, "reason": _TEXT}),
    "accept": (ev.HandOffAccepted, {}),
    "give": (ev.HandOffForced, {"to": _NEEDED, "reason": _NEEDED}),
    "decline": (ev.HandOffDeclined, {"reason": _TEXT}),
    "merge": (ev.CaseMerged, {"into": _NEEDED}),
    "unmerge": (ev.MergeUndone, {}),
    "lift": (ev.QuarantineLifted, {"reason": _NEEDED}),
    "erase": (ev.PersonErased, {"reason": _NEEDED, "despite": _TEXT}),
    "tick": (None, {}),
}
"""What a line's `event` may be, the engine's event it becomes, and its own fields."""

OF_CUSTOMERS = ("complaint", "message", "accept_offer", "decline_offer")
"""What the customer does, where nobody else is named."""


def read_script(lines: Iterable[str]) -> Iterator[Line | Unreadable]:
    """Read a script line by line, in constant memory. Blank lines are passed over."""
    for number, text in enumerate(lines, start=1):
        if text.strip():
            yield _read(number, text)


def read_row(number: int, row: Mapping[str, Any]) -> Line | Unreadable:
    """Read one line that has been taken apart: its keys with their values, as in a JSON object."""
    case, kind = (name if usable(name) else None for name in (row.get("case"), row.get("event")))
    try:
        return _line(number, dict(row))
    except _Wrong as wrong:
        return _unreadable(number, wrong, case, kind)


def _read(number: int, text: str) -> Line | Unreadable:
    try:
        row = _parse(text)
    except _Wrong as wrong:
        return _unreadable(number, wrong)
    return read_row(number, row)


def _unreadable(number: int, wrong: _Wrong, case: str | None = None, kind: str | None = None) -> Unreadable:
    message, _, hint = str(wrong).partition("\n")
    return Unreadable(number, case, kind, Refusal("unreadable", message, hint), wrong.field)


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_LINE:
        raise _Wrong(f"The line is longer than {MAX_LINE:,} characters.")
    if half := unusable(text):
        raise _Wrong(f"The line is not UTF-8 text: {half}.")
    try:
        row = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except ValueError as error:
        raise _Wrong(f"The line is not JSON: {error}.") from None
    except RecursionError:
        raise _Wrong("The line is nested too deeply.") from None
    if not isinstance(row, dict):
        raise _Wrong('The line is not a JSON object.\nWrite {"at": …, "case": …, "event": …}.')
    return row


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"{shown(twice)} stands twice in one object")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def _line(number: int, row: dict[str, Any]) -> Line:
    kind = row.pop("event", None)
    if not isinstance(kind, str) or kind not in LINES:
        guess = _guess(kind, LINES) if isinstance(kind, str) else ""
        raise _Wrong(f"event {shown(kind)} is not known.\nOne of {', '.join(LINES)}.{guess}")
    at = _instant(row.pop("at", None))
    case = row.pop("case", None)
    by = row.pop("by", "customer" if kind in OF_CUSTOMERS else None)
    cls, fields = LINES[kind]
    for name in row:
        if name not in fields:
            known = ", ".join(["at", "case", "by", *fields])
            raise _Wrong(
                f"{shown(name)} is not a field of {kind}.\nIts fields are {known}.{_guess(name, fields)}",
                name,
            )
    for name, field in fields.items():
        value = row.get(name)
        if value is None:
            if field.required:
                raise _Wrong(f"{kind} needs {name}: {field.wanted}.")
        elif not isinstance(value, field.of) or (isinstance(value, bool) and field.of is not bool):
            raise _Wrong(f"{name} of {kind} is {shown(value)}, not {field.wanted}.", name)
    if cls is None:
        return Line(number, kind, at, None, None)
    if not usable(case):
        raise _Wrong(f"{kind} needs case: the external id of the case, a text of 1 to {MAX_NAME} characters.")
    if not isinstance(by, str) or not by:
        raise _Wrong(f"{kind} needs by: who did it, such as agent:li.", "by")
    if ev.role(by) in ev.INSIDE:
        raise _Wrong(
            f"by is {shown(by)}; that is the program itself.\nName who did it, such as agent:li.", "by"
        )
    return _event(number, kind, at, case, by, row)


def _instant(value: Any) -> datetime:
    try:
        return from_text(value)
    except (TypeError, ValueError, OverflowError):
        raise _Wrong(
            f"at is {shown(value)}, not an instant.\nWrite it with its zone, such as 2026-11-22T09:00:00Z."
        ) from None


def _guess(word: str, known: Iterable[str]) -> str:
    return " " + sentence(closest(word[:MAX_NAME], list(known)))


def _event(number: int, kind: str, at: datetime, case: str, by: str, row: dict[str, Any]) -> Line:
    given = {name: value for name, value in row.items() if value is not None}
    if given.get("source", SOURCES[0]) not in SOURCES:
        raise _Wrong(f"source is {shown(given['source'])}, not {_SOURCE.wanted}.", "source")
    moments = [
        name for name, field in LINES[kind][1].items() if field.wanted == _MOMENT.wanted and name in given
    ]
    for name in moments:
        try:
            given[name] = from_text(given[name])
        except (ValueError, OverflowError):
            raise _Wrong(f"{name} is {shown(given[name])}, not {_MOMENT.wanted}.", name) from None
    workflow = given.pop("workflow", None)
    other = given.pop("into", None)
    if kind == "merge" and not usable(other):
        raise _Wrong(f"into of merge is {shown(other)}, not the external id of a case.", "into")
    if kind == "complaint":
        known_as = {"address": "from", "name": "name", "zone": "zone"}
        customer = {name: given.pop(field, None) for name, field in known_as.items()}
        given["customer"] = {name: value for name, value in customer.items() if value}
        given["external_id"] = case
    if kind == "merge":
        given["into"] = 0
    cls = LINES[kind][0]
    make: Callable[..., ev.Event] = cls  # type: ignore[assignment]
    return Line(number, kind, at, case, make(by=by, occurred_at=at, **given), other, workflow)


@contextmanager
def open_script(path: Path) -> Iterator[Iterable[str]]:
    """The lines of a script file, or of standard input for `-`: UTF-8, whatever the terminal's encoding is.

    A line that is too long comes shortened, so that it is refused and not held in memory.

    Raises:
        NotFound: there is no such file.
        OSError: it cannot be read.
    """
    if str(path) == "-":
        yield _lines(sys.stdin.buffer)
        return
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    with file:
        yield _lines(file)


def _lines(file: IO[bytes]) -> Iterator[str]:
    enough = 4 * MAX_LINE  # bytes that are surely so many characters
    encoding = "utf-8-sig"
    while line := file.readline(enough):
        part = line
        while part and not part.endswith(b"\n"):
            part = file.readline(enough)
            line += part if len(line) <= enough else b""
        yield line.decode(encoding, "surrogateescape")[: MAX_LINE + 1]
        encoding = "utf-8"
