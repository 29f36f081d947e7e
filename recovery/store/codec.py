"""How a case and its parts are written as rows and JSON, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from operator import itemgetter
from typing import Any, TypedDict, get_type_hints

import msgspec

from recovery.core.case import NEW, Case, Change
from recovery.core.changes import moved
from recovery.store.clocks import NO_CLOCKS, Clocks, raw_of
from recovery.store.statements import CASE_COLUMNS

decode = msgspec.json.Decoder().decode
"""JSON text as JSON-native values."""


_FIELDS = {field.name: field for field in fields(Case)}
_COLUMNS = tuple("tenant" if name == "tenant_id" else name for name in CASE_COLUMNS)
_TYPES = get_type_hints(Case)

_REST = tuple(name for name in _FIELDS if name not in _COLUMNS and name != "facts")
"""The fields of a case without a column of their own, save `facts`, which stand in `said`. New ones of the
core land here."""


def _rest(name: str) -> tuple[str, Any, Any]:
    """A field of `_Data`; one that is as in a new case is not written."""
    if name == "clocks":
        return name, msgspec.Raw, NO_CLOCKS
    default, factory = _FIELDS[name].default, _FIELDS[name].default_factory
    return name, _TYPES[name], default if factory is MISSING else msgspec.field(default_factory=factory)


_Data = msgspec.defstruct("_Data", map(_rest, _REST), omit_defaults=True, gc=False)
_rest_of = itemgetter(*_REST)

_kinds = {name: msgspec.Raw if name == "clocks" else _TYPES[name] for name in _REST}
_typed: Any = TypedDict
_decode_data = msgspec.json.Decoder(_typed("_Given", _kinds, total=False)).decode
_CHANNEL, _LANGUAGE = _FIELDS["channel"].default, _FIELDS["language"].default
_DATA, _HEAD = CASE_COLUMNS.index("data"), CASE_COLUMNS.index("head")

_OF_ROW = tuple(name for name in _COLUMNS if name in _FIELDS)
"""The fields of a case with a column of their own."""
_of_row = itemgetter(*map(_COLUMNS.index, _OF_ROW))

_encoder = msgspec.json.Encoder()
encode_bytes = _encoder.encode
"""What `encode` gives, as UTF-8."""


def encode(value: Any) -> str:
    """Compact JSON text of the JSON-native values the core makes; characters stand as they are.

    Raises:
        TypeError: something in it cannot be said in JSON.
        UnicodeEncodeError: a text holds half of a surrogate pair.
    """
    return _encoder.encode(value).decode()


CaseValues = tuple[Any, ...]
"""The values of a `recovery_case` row, in the order of `CASE_COLUMNS`."""


def case_values(case: Case, head: str) -> CaseValues:
    """A case as its row; `head` is the hash of the last event of its log."""
    rest: Any = _Data(*_rest_of(vars(case)))
    rest.clocks = raw_of(case.clocks)
    rest.said = {
        voice: (then, "" if learnt == then else learnt, facts)
        for voice, (then, learnt, facts) in rest.said.items()
    }
    if rest.channel == _CHANNEL:  # what is left out is known by being the default itself
        rest.channel = _CHANNEL
    if rest.language == _LANGUAGE:
        rest.language = _LANGUAGE
    return (
        case.tenant,
        case.id,
        case.workflow,
        case.bundle,
        case.external_id,
        case.step,
        case.closed_at is not None,
        case.mode,
        case.facts.get("owner"),
        case.severity,
        case.level,
        case.received_at,
        case.opened_at,
        case.updated_at,
        case.closed_at,
        case.seq,
        head,
        encode(rest),
        len(case.tasks),
        case.due_at,
    )


def read_case(row: CaseValues) -> tuple[Case, str]:
    """A case and the hash of its last event, from its row.

    Raises:
        TypeError, ValueError: `data` is not what `case_values` writes.
    """
    given = _decode_data(row[_DATA])
    values = {**NEW, **given}
    values.update(zip(_OF_ROW, _of_row(row), strict=True))
    facts: dict[str, Any] = {}
    said = values["said"]
    for voice, (then, learnt, told) in said.items():
        facts.update(told)
        if not learnt:
            said[voice] = (then, then, told)
    values["facts"] = facts
    if "clocks" in given:
        values["clocks"] = Clocks(given["clocks"])
    return Case.of(values), row[_HEAD]


def body_of(told: dict[str, Any], changes: list[Change], effects: dict[str, str], why: list[str]) -> str:
    """What the log keeps of an event: its own fields, its changes, digests of its effects, and the trace.

    Nothing is written twice: facts put on record just as the event gives them are left out of the change, and
    a line of the trace that only repeats a move is the number of that change.
    """
    given = told.get("facts")
    kept: list[Change] = []
    trace: list[str | int] = list(why)
    for n, change in enumerate(changes):
        if change[0] == "facts" and change[1] == given:
            change = ["facts", None, change[2]]
        elif change[0] == "move" and (line := moved(change)) in why:
            trace[why.index(line)] = n
        kept.append(change)
    return encode({"event": told, "changes": kept, "effects": effects, "why": trace})


def read_body(text: str) -> dict[str, Any]:
    """The same back, with every change whole.

    Raises:
        KeyError, TypeError, ValueError: it is not what `body_of` writes.
    """
    body: dict[str, Any] = decode(text)
    changes = body["changes"]
    for change in changes:
        if change[0] == "facts" and change[1] is None:
            change[1] = body["event"]["facts"]
    body["why"] = [moved(changes[line]) if isinstance(line, int) else line for line in body["why"]]
    return body


_IN_ROW = frozenset({"case", "seq"})
_IN_ROW_AND_LOG = _IN_ROW | {"effects", "why"}


def answer_of(answer: Mapping[str, Any], logged: bool) -> str:
    """The answer to a command as its row keeps it: without columns, what the log says, and empty texts."""
    if logged and not answer["instead"]:  # as nearly all are
        return encode({"step": answer["step"]})
    without = _IN_ROW_AND_LOG if logged else _IN_ROW
    return encode({name: value for name, value in answer.items() if name not in without and value != ""})


def read_answer(case: int, seq: int, text: str, body: str | None) -> dict[str, Any]:
    """The same back; `body` is that of the event the command led to."""
    answer = {"case": case, "seq": seq, **decode(text)}
    if body is not None and "why" not in answer:
        logged = read_body(body)
        answer["effects"], answer["why"] = list(logged["effects"]), logged["why"]
    return answer


def effect_key(seq: int, n: int) -> str:
    """`seq.n`, as the core names an effect within its case."""
    return f"{seq}.{n}"


def read_effect_key(key: str) -> tuple[int, int]:
    """`"5.0"` → `(5, 0)`.

    Raises:
        ValueError: this is no effect's key.
    """
    seq, _, n = key.partition(".")
    return int(seq), int(n)
