"""Reading the tables of derived facts: values, conditions, and an order that puts causes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from recovery.core.derived import Derived, Row
from recovery.core.facts import FactType
from recovery.core.guards import Guard
from recovery.workflow.names import UNREAD, Names
from recovery.workflow.pack_shapes import DerivedRow
from recovery.workflow.reader import Path

DERIVED = "derived"


def read_derived(
    names: Names, shapes: Mapping[str, list[DerivedRow]], zone: str
) -> tuple[tuple[Derived, ...], list[tuple[Path, Guard]]]:
    """Every derived fact, causes before what follows from them; each condition with the place of its row.

    Args:
        zone: whose date of receipt counts for rows that hold from or before one.
    """
    tables = {name: _table(names, (DERIVED, name), name, rows, zone) for name, rows in shapes.items()}
    guards: list[tuple[Path, Guard]] = [
        ((DERIVED, name, number), row.when)
        for name, table in tables.items()
        for number, row in enumerate(table.rows)
        if row.when is not None and row.when is not UNREAD
    ]
    return tuple(tables[name] for name in _in_order(names, tables)), guards


def _table(names: Names, path: Path, name: str, shapes: list[DerivedRow], zone: str) -> Derived:
    rows: list[Row] = []
    for number, shape in enumerate(shapes):
        here = (*path, number)
        if here in names.broken:
            continue
        if rows and replace(rows[-1], value=None, line=0, file="", least_of=()) == Row(None):
            hint = "Let only the last row stand without a condition."
            names.say(here, "never_fires", "The row before fits every case; this one is never reached.", hint)
        value = _value(names, here, name, shape)
        least = _least(names, here, name, shape.least_of or ())
        document = names.document
        file = document.files.get(here, "")
        first, before = map(_day, (shape.received_from, shape.received_before))
        when = names.guard((*here, "if"), shape.when)
        rows.append(Row(value, when, document.at(here).line, file, first, before, least))
    return Derived(name, tuple(rows), zone)


def _value(names: Names, here: Path, name: str, shape: DerivedRow) -> Any:
    """The value that a row names; None, reported where that is wrong, for one that names none."""
    written = names.document.get(here)
    if ("is" in written) == ("least_of" in written) and not names.broken & {
        (*here, "is"),
        (*here, "least_of"),
    }:
        message = "A row says either the value, `is`, or the facts it is the least of, `least_of`."
        names.say(here, "missing_key" if "is" not in written else "wrong_value", message)
        return None
    if shape.least_of is not None:
        names.said_by_rules(here[:2], name)
        return None
    return names.recorded(here[:1], {name: shape.is_}, at=(*here, "is")).get(name)


def _least(names: Names, here: Path, name: str, of: Sequence[str]) -> tuple[str, ...]:
    """The facts a row takes the least of: whole numbers within the same bounds as the fact itself."""
    kind, found = names.facts.get(name), []
    for number, one in enumerate(of):
        path = (*here, "least_of", number)
        other = names.fact(path, one)
        if kind is None or other is None:
            continue
        found.append(one)
        if other.kind != "integer" or _bounds(other) != _bounds(kind):
            message = f"{one} is not a whole number between the same bounds as {name}."
            names.say(path, "wrong_value", message, "Give both the same type, integer, `from` and `to`.")
    return tuple(found)


def _bounds(kind: FactType) -> tuple[object, ...]:
    return kind.kind, kind.minimum, kind.maximum


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _asked(row: Row) -> Iterator[str]:
    yield from row.least_of
    if row.when is not None:
        yield from row.when.facts()


def _in_order(names: Names, tables: Mapping[str, Derived]) -> list[str]:
    """Names of derived facts so that each comes after those its conditions ask for; circles are reported."""
    causes = {
        name: {fact for row in table.rows for fact in _asked(row)} & tables.keys()
        for name, table in tables.items()
    }
    order: list[str] = []
    while len(order) < len(tables):
        ready = [name for name in tables if name not in order and causes[name] <= set(order)]
        if not ready:
            circle = [name for name in tables if name not in order]
            message = f"These facts follow from themselves: {', '.join(circle)}."
            hint = "Let one of them be recorded, not derived."
            names.say((DERIVED, circle[0]), "derived_from_itself", message, hint, key=True)
            return [*order, *circle]
        order += ready
    return order
