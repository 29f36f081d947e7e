"""Reading what somebody does at a moment: the acts are those of a play, written the way people tell them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from recovery.core.compensation.policy import OFFER_KINDS
from recovery.core.instants import to_text
from recovery.play.script import LINES, OF_CUSTOMERS, Line, read_row
from recovery.scenarios.shape import ACTS, MomentShape
from recovery.scenarios.story import Act
from recovery.workflow.findings import Finding, guess, shown
from recovery.workflow.reader import Document, Path

MAIN = {
    "complaint": "text",
    "record": "facts",
    "do": "transition",
    "message": "text",
    "say": "template",
    "kept": "promise",
    "accept_offer": "compensation",
    "decline_offer": "compensation",
    "fulfil": "compensation",
    "approve": "compensation",
    "answer": "collaboration",
    "tell": "felt",
    "note": "text",
    "hand_off": "to",
    "decline": "reason",
    "merge": "into",
    "lift": "reason",
    "erase": "reason",
}
"""The field that an act's value stands for where it is a text."""

ANYBODY = "agent"

WITH_SOURCE = ("record", "do")


GIVING = ("offer", "spend")


def _given(value: Mapping[str, Any]) -> dict[str, Any]:
    """`{refund: 40 USD}` as `{kind: refund, amount: 40 USD}`; a kind without an amount is one for nothing."""
    kinds = {name: amount for name, amount in value.items() if name in OFFER_KINDS}
    if len(kinds) != 1 or "kind" in value:
        return dict(value)
    ((kind, amount),) = kinds.items()
    rest = {name: one for name, one in value.items() if name != kind}
    return {"kind": kind, **({} if amount is None else {"amount": amount}), **rest}


class Acting:
    """Reads the acts of one file and keeps what is wrong with them."""

    def __init__(self, document: Document, given: Mapping[str, Any], findings: list[Finding]) -> None:
        self._document = document
        self._given = given
        self._findings = findings

    def read(self, path: Path, shape: MomentShape, at: datetime, case: str) -> Act | None:
        """The act of a moment, or None when it has none, or none that can be read."""
        kinds = [kind for kind in ACTS if kind in shape.model_fields_set]
        if len(kinds) > 1:
            message = f"Two things happen at once: {kinds[0]} and {kinds[1]}."
            self._say(
                (*path, kinds[1]), "two_acts", message, "Make two moments of it, at the same time.", key=True
            )
            return None
        if shape.from_ is not None and not set(kinds) <= set(WITH_SOURCE):
            message = "`from` says who facts come from, and nobody records any here."
            self._say((*path, "from"), "unknown_key", message, "It goes with record and do.", key=True)
            return None
        if not kinds:
            return None
        (kind,) = kinds
        fields = self._fields((*path, kind), kind)
        if fields is None:
            return None
        if shape.from_ is not None:
            fields["source"] = shape.from_
        is_filled = kind == "say" and "text" not in fields
        if is_filled and "template" not in fields:
            self._say(
                (*path, kind), "missing_key", "There is nothing to say.", "Name a template, or give a text."
            )
            return None
        if is_filled:
            fields["text"] = ""
        if kind == "say":
            fields.setdefault("wait", 0)
        line = self._line((*path, kind), kind, fields, at, case, shape.by)
        anybody = shape.by is None and kind not in OF_CUSTOMERS
        return None if line is None else Act(line, self._document.key((*path, kind)), anybody, is_filled)

    def _fields(self, path: Path, kind: str) -> dict[str, Any] | None:
        """An act's value as the fields of a play's line."""
        value, known = self._document.get(path), LINES[kind][1]
        main = MAIN.get(kind)
        if kind == "record" and isinstance(value, dict):
            return {"facts": dict(value)}
        if kind in GIVING and isinstance(value, dict):
            value = _given(value)
        if isinstance(value, dict):
            for name in value:
                if name not in known:
                    message = f"{shown(name)} is not a field of {kind}."
                    self._say((*path, name), "unknown_key", message, guess(name, known), key=True)
                    return None
            return {**self._given, **value} if kind == "complaint" else dict(value)
        if value is None and not any(field.required for field in known.values()):
            return {}
        if main is None or value is None or kind == "record":
            wanted = (
                "no value" if not known else "a mapping" if main is None or kind == "record" else "a text"
            )
            hint = f"Its fields are {', '.join(known)}." if known and kind != "record" else ""
            self._say(path, "wrong_type", f"{kind} wants {wanted}.", hint, key=value is None)
            return None
        return {**(self._given if kind == "complaint" else {}), main: value}

    def _line(
        self, path: Path, kind: str, fields: dict[str, Any], at: datetime, case: str, by: str | None
    ) -> Line | None:
        row = {**fields, "event": kind, "at": to_text(at), "case": case}
        if by is not None or kind not in OF_CUSTOMERS:
            row["by"] = by or ANYBODY
        line = read_row(0, row)
        if isinstance(line, Line):
            return line
        wrong = line.field
        if wrong in ("by", "case"):
            path = (*path[:-1], wrong)
        elif wrong is not None:
            path = (*path, wrong)
        self._say(path, "wrong_value", line.refusal.message, line.refusal.hint)
        return None

    def _say(self, path: Path, code: str, message: str, hint: str, *, key: bool = False) -> None:
        self._findings.append(self._document.finding(path, code, message, hint, key=key))
