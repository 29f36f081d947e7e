"""Reading the tables of derived facts: values, conditions, and an order that puts causes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from recovery.core.derived import Derived, Row
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
        if rows and replace(rows[-1], value=None, line=0, file="") == Row(None):
            hint = "Let only the last row stand without a condition."
            names.say(here, "never_fires", "The row before fits every case; this one is never reached.", hint)
        value = names.recorded(path[:1], {name: shape.is_}, at=(*here, "is")).get(name)
        document = names.document
        file = document.files.get(here, "")
        first, before = map(_day, (shape.received_from, shape.received_before))
        when = names.guard((*here, "if"), shape.when)
        rows.append(Row(value, when, document.at(here).line, file, first, before))
    return Derived(name, tuple(rows), zone)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _in_order(names: Names, tables: Mapping[str, Derived]) -> list[str]:
    """Names of derived facts so that each comes after those its conditions ask for; circles are reported."""
    causes = {
        name: {fact for row in table.rows if row.when for fact in row.when.facts()} & tables.keys()
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
