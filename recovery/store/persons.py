"""Persons: the cases a customer has, and who was erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import literal_column, select

from recovery.core.erasing import ERASURE, NAMELESS
from recovery.store.codec import decode, encode, read_case
from recovery.store.compiling import Among, Statement
from recovery.store.statements import case, event, value

if TYPE_CHECKING:
    from recovery.store.reading import Reading

_MAYBE_OF_PERSON = Statement(
    select(case)
    .where(case.c.tenant_id == value("tenant"), case.c.data.ilike(value("looks_like"), escape="!"))
    .order_by(case.c.id),
    "tenant",
    "looks_like",
)
"""Every case whose data has a text in it somewhere, as JSON writes it."""

_first = event.alias("first_event")

_ERASURES = Statement(
    select(event.c.case_id, _first.c.hash, event.c.recorded_at, event.c.by, event.c.body)
    .select_from(event)
    .join(
        _first,
        (_first.c.tenant_id == event.c.tenant_id)
        & (_first.c.case_id == event.c.case_id)
        & (_first.c.seq == literal_column("1")),
    )
    .where(event.c.tenant_id == value("tenant"), event.c.kind == literal_column(f"'{ERASURE}'"))
    .order_by(event.c.id),
    "tenant",
)

_FIRST_HASHES = Statement(
    select(event.c.case_id, event.c.hash).where(
        event.c.tenant_id == value("tenant"),
        Among(event.c.case_id, "ids"),
        event.c.seq == literal_column("1"),
    ),
    "tenant",
    "ids",
)


class Erasure(NamedTuple):
    """That somebody was erased from a case.

    Attributes:
        first: the hash of the case's first event, by which the case is known in another copy.
        at: when it was recorded (text instant).
    """

    case: int
    first: str
    at: str
    by: str
    reason: str
    despite: str | None


def erasures(reading: Reading, tenant: str) -> Iterator[Erasure]:
    """Every erasure, in the order of the log."""
    for number, first, at, by, body in reading.stream(_ERASURES, tenant):
        told = decode(body)["event"]
        yield Erasure(number, first, at, by, told["reason"], told.get("despite"))


def first_hashes(reading: Reading, tenant: str, cases: Sequence[int]) -> dict[int, str]:
    """The hash of the first event of each of these cases; unknown ones are left out."""
    return dict(reading.rows(_FIRST_HASHES, tenant, reading.dialect.items(list(cases))))


def ways_to_find(customer: Mapping[str, str]) -> dict[str, str]:
    """By what other cases of a customer are found: an id, else everything that is no name and no zone."""
    known = {name: value for name, value in customer.items() if name not in NAMELESS and value.strip()}
    return {"id": known["id"]} if "id" in known else known


def of_person(reading: Reading, tenant: str, values: Iterable[str]) -> list[int]:
    """The cases of the customer who has any of these values, and those of the same id.

    A value is any field of a customer but name and zone; letters may be large or small.
    """
    found: dict[int, None] = {}
    asked: set[str] = set()
    wanted = {value.casefold() for value in values}
    while new := wanted - asked:
        asked |= new
        for one_of in sorted(new):
            looks_like = "%" + encode(one_of)[1:-1].translate(_PLAINLY) + "%"
            for row in reading.rows(_MAYBE_OF_PERSON, tenant, looks_like):
                one = read_case(row)[0]
                known = {name: text.casefold() for name, text in one.customer.items() if name not in NAMELESS}
                if one_of in known.values():
                    found[one.id] = None
                    wanted |= {known["id"]} if "id" in known else set()
    return sorted(found)


_PLAINLY = str.maketrans({sign: f"!{sign}" for sign in "!%_"})
