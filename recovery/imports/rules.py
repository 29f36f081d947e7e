"""What a mapping file says: how a row becomes a complaint, or an event of a case."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from recovery.core.events import ComplaintReceived
from recovery.core.facts import FactType
from recovery.imports.moments import Moments

PORTAL = "portal"
"""The channel of a complaint without an address: it sends nothing."""

LONGEST_ID = 200

_INTEGER = re.compile(r"[-+]?[0-9]{1,16}")

Cells = Mapping[str, str]


class BadValue(Exception):
    """A cell cannot be used. `field` is its column."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


@dataclass(frozen=True, slots=True)
class Column:
    """A value out of one column.

    Attributes:
        prefix: put in front of it.
        values: what each text means; None takes the text as it stands.
        otherwise: what a text means that is not among `values`, if there are any; None refuses it.
    """

    name: str
    prefix: str = ""
    values: Mapping[str, Any] | None = None
    otherwise: Any = None

    def read(self, cells: Cells) -> Any:
        """The value; None where the cell is empty and nothing is said about that.

        Raises:
            BadValue: the text is not among the accepted ones.
        """
        text = cells.get(self.name, "").strip()
        if self.values is not None:
            if text in self.values:
                return self.values[text]
            if text and self.otherwise is None:
                known = ", ".join(list(self.values)[:12]) + (", …" if len(self.values) > 12 else "")
                raise BadValue(self.name, f"The mapping does not say what this means. It knows {known}.")
            return self.otherwise if text else None
        return self.prefix + text if text else None


@dataclass(frozen=True, slots=True)
class Hash:
    """An id for rows that have none: a hash over columns, so that the same row is known again."""

    columns: tuple[str, ...]
    prefix: str = ""

    def read(self, cells: Cells) -> str | None:
        """The id; None where all the columns are empty."""
        values = [cells.get(column, "") for column in self.columns]
        if not any(value.strip() for value in values):
            return None
        text = json.dumps(values, ensure_ascii=False)
        return self.prefix + hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Words:
    """The complaint's text: the first column that has any, else a text made from others.

    Attributes:
        lead: what the made text begins with.
        parts: separator and column; the separator of the first part is empty.
        end: what the made text ends with.
    """

    first: tuple[str, ...] = ()
    lead: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    end: str = ""

    def read(self, cells: Cells) -> str | None:
        """The text as it stands in the file; None where there is none.

        Of a made text, a part whose column is empty is left out together with its separator.
        """
        for column in self.first:
            text = cells.get(column, "")
            if text.strip():
                return text
        made = ""
        for separator, column in self.parts:
            text = cells.get(column, "")
            if text.strip():
                made += (separator if made else self.lead) + text
        return made + self.end if made else None


@dataclass(frozen=True, slots=True)
class When:
    """The moment a row is about.

    Attributes:
        column: None: the moment of the import.
        or_import: an empty cell means the moment of the import.
    """

    column: str | None
    moments: Moments
    or_import: bool = False

    def read(self, cells: Cells, now: datetime) -> datetime:
        """The instant (UTC).

        Raises:
            BadValue: the cell is empty or no such date.
        """
        if self.column is None:
            return now
        text = cells.get(self.column, "").strip()
        if not text:
            if self.or_import:
                return now
            raise BadValue(self.column, f"It is empty. A date such as {self.moments.example()} is wanted.")
        try:
            return self.moments.read(text)
        except ValueError as error:
            raise BadValue(self.column, f"It {error}.") from None


NOW = When(None, Moments(None, None))
"""The moment of the import."""


@dataclass(frozen=True, slots=True)
class FactRule:
    """One fact out of one column, typed as the workflow says."""

    kind: FactType
    column: Column
    moments: Moments | None = None

    def read(self, cells: Cells) -> Any:
        """The fact's value; None where the cell is empty.

        Raises:
            BadValue: the cell does not hold a value of the fact's type.
        """
        if self.column.values is not None:
            return self.column.read(cells)
        text = cells.get(self.column.name, "")
        if not text.strip():
            return None
        try:
            return self.kind.check(self._typed(text))
        except ValueError as error:
            raise BadValue(self.column.name, f"{self.kind.name}: {error}.") from None

    def _typed(self, text: str) -> Any:
        kind = self.kind.kind
        if kind == "text":
            return text
        text = text.strip()
        if kind == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "boolean":
            return {"true": True, "false": False}.get(text.lower(), text)
        if kind == "list":
            return [text]
        if self.moments is not None:
            try:
                return self.moments.day(text) if kind == "date" else self.moments.read(text)
            except ValueError as error:
                raise ValueError(f"it {error}") from None
        return text


@dataclass(frozen=True, slots=True)
class Log:
    """How a row becomes an event of a case.

    Attributes:
        activity: gives the name of a transition.
        by: gives who did it, as `role:name`.
    """

    case: Column
    at: When
    activity: Column
    by: Column | None


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """One mapping, checked against its workflow.

    Attributes:
        file: where it was read from.
        required: the columns a file must have.
        log: set when one row is one event of a case (`mode: events`); else one row is one complaint.
        source: who the text and the facts come from.
    """

    name: str
    file: str
    workflow: str
    required: tuple[str, ...]
    external_id: Column | Hash | None = None
    received_at: When = NOW
    text: Words = Words()
    language: Column | str = "en"
    channel: Column | str = PORTAL
    customer: Mapping[str, Column] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, FactRule] = field(default_factory=dict)
    log: Log | None = None
    source: Literal["customer", "import"] = "import"

    def columns(self) -> tuple[str, ...]:
        """Every column that is read, the required ones first."""
        readers = [self.external_id, self.language, self.channel, *self.customer.values()]
        if self.log is not None:
            readers += [self.log.case, self.log.activity, self.log.by]
        readers += [rule.column for rule in self.facts.values()]
        found = list(self.required)
        for reader in readers:
            if isinstance(reader, Column):
                found.append(reader.name)
            elif isinstance(reader, Hash):
                found += reader.columns
        for when in (self.received_at, self.log.at if self.log else NOW):
            if when.column is not None:
                found.append(when.column)
        found += self.text.first
        found += [column for _, column in self.text.parts]
        return tuple(dict.fromkeys(found))

    def requiring_keys(self) -> ImportMapping:
        """The same, requiring also the columns without which no row can be known again."""
        keys = list(self.required)
        if isinstance(self.external_id, Hash):
            keys += self.external_id.columns
        elif self.external_id is not None:
            keys.append(self.external_id.name)
        when = self.received_at
        if self.log is not None:
            keys += (self.log.case.name, self.log.activity.name)
            when = self.log.at
        if when.column is not None and not when.or_import:
            keys.append(when.column)
        return replace(self, required=tuple(dict.fromkeys(keys)))

    def complaint(
        self, cells: Cells, external_id: str, received_at: datetime, *, live: bool, hold: bool
    ) -> ComplaintReceived:
        """The complaint a row stands for.

        Without an address to answer to the channel is `portal`, which sends nothing.

        Raises:
            BadValue: a cell cannot be used.
        """
        customer = {}
        for name, column in self.customer.items():
            value = column.read(cells)
            if value is not None:
                customer[name] = value
        facts = dict(self.constants)
        for name, rule in self.facts.items():
            value = rule.read(cells)
            if value is not None:
                facts[name] = value
        return ComplaintReceived(
            by="import",
            occurred_at=received_at,
            hold=hold,
            text=self.text.read(cells),
            customer=customer,
            channel=_plain(self.channel, cells, PORTAL) if "address" in customer else PORTAL,
            language=_plain(self.language, cells, "en"),
            external_id=external_id,
            facts=facts,
            source=self.source,
            mode="live" if live else "history",
        )


def identity(reader: Column | Hash, cells: Cells) -> str:
    """The id a row's complaint or case is known by.

    Raises:
        BadValue: there is none, or it cannot be kept.
    """
    where = reader.name if isinstance(reader, Column) else reader.columns[0]
    found = reader.read(cells)
    if found is None:
        raise BadValue(where, "It is empty. Without it the row could not be known again.")
    if len(found) > LONGEST_ID:
        raise BadValue(where, f"An id of {len(found):,} characters is longer than {LONGEST_ID}.")
    return str(found)


def _plain(reader: Column | str, cells: Cells, empty: str) -> str:
    if isinstance(reader, str):
        return reader
    found = reader.read(cells)
    if found is None:
        found = reader.otherwise
    return empty if found is None else str(found)
