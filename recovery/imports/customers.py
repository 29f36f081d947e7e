"""Customers and their years out of a file: CSV or JSON Lines, rows in any order, in constant memory.

The rows are sorted by customer and year on the disk first, so that each customer comes once and whole,
however the file was exported. A row that cannot be read is told with its column and what would be accepted;
its customer is then marked as incomplete, never silently worth less.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from recovery.core.errors import EnvironmentFault, RecoveryError, closest
from recovery.core.value import COHORTS, Lifetime, Year, bought, lifetime
from recovery.imports.rows import BadRow, Row, Rows, bad, read_heads

REQUIRED = ("year", "cost")

COLUMNS = {
    "customer": "Whose year it is; left out, the whole file is about one customer.",
    "year": "A calendar year, or 1 for the first. Each year of a customer once.",
    "bought": "What the customer bought in it; instead of it, `occasions` and `average_purchase`.",
    "occasions": "How many purchases there were, or are expected.",
    "average_purchase": "What one of them comes to on average.",
    "related": "Of what was bought, what the customer did not first come for (related sales).",
    "cost": "What winning and serving the customer cost in it; 0 where nothing.",
    "referred_bought": "What those they referred bought in it.",
    "referred_customers": "How many of those they referred were customers in it.",
    "cohort": "`recovered`, `unrecovered` or `never_failed`; the same in all years.",
    "currency": "The currency of the amounts by its three letters; the same in all years.",
}
"""Every column that is read, and what it holds. Empty cells are 0, but for `year`, `bought` and `cost`."""

ROWS_AT_ONCE = 20_000
"""Rows that are sorted in memory; more are sorted in pieces, on the disk."""

YEAR_AT_MOST = 9_999

NAME_AT_MOST = 200
"""Characters of a customer's name, so that rows stay small."""

_YEAR = re.compile(r"[0-9]{1,4}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_MAY_BE_NEGATIVE = ("bought", "referred_bought")

Unpayable = Callable[[str], str]
"""Why an amount such as `10.555 USD` cannot be paid; empty when it can."""


class _BadCell(Exception):
    """A cell that cannot be used: the column, and what would be accepted."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


class Customer(NamedTuple):
    """A customer with what every year came to.

    Attributes:
        name: empty where the file is about one customer and does not say whom.
        cohort: one of `COHORTS`, or empty.
        complete: whether every row of the customer could be read.
    """

    name: str
    cohort: str
    currency: str
    life: Lifetime
    complete: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read.

    Attributes:
        currency: of the rows that name none.
        referred_cost: what serving one referred customer costs in a year.
        unpayable: tells amounts with more decimals than their currency has, and currencies there are not.
    """

    currency: str
    referred_cost: Decimal
    unpayable: Unpayable


def unread_columns(path: Path) -> list[str]:
    """What the header (or the first JSON object) names and nobody reads, each with what may be meant."""
    heads = [head for head in read_heads(path) if set(REQUIRED) <= set(head)]
    names = [name for name in heads[0] if name and name not in COLUMNS] if heads else []
    hints = {name: closest(name, list(COLUMNS)) for name in names}
    return [f"{name}: {hint}" if hint else name for name, hint in hints.items()]


def customers(path: Path, how: Reading, *, read: Callable[[int], None]) -> Iterator[Customer | BadRow]:
    """Every customer of a file, in order of their names, and every row that could not be used.

    Args:
        read: told how many bytes have been read so far.

    Raises:
        RecoveryError: the file has no header with the columns that are needed; see `Source` for the rest.
        EnvironmentFault: there is no room to sort on the disk.
    """
    used = [column for column in COLUMNS if column not in REQUIRED]
    with Rows(path, REQUIRED, used) as rows, ExitStack() as files:
        if not {"bought", "occasions"} & set(rows.columns):
            message = f"{path} has neither a column bought nor occasions and average_purchase."
            raise RecoveryError(message, hint="One of the two says what the customer bought.")
        pieces: list[Iterable[_Kept]] = []
        kept: list[_Kept] = []
        named: bool | None = None
        for row in rows:
            found = _kept(row, how, named)
            if isinstance(found, BadRow):
                yield found
                kept += _missed(found)
            else:
                named = bool(found.customer)
                kept.append(found)
            if len(kept) >= ROWS_AT_ONCE:
                pieces.append(_on_disk(sorted(kept), files))
                kept = []
                read(rows.source.done)
        pieces.append(sorted(kept))
        for name, own in groupby(merge(*pieces), key=lambda one: one.customer):
            yield from _customer(name, own, how)


class _Kept(NamedTuple):
    """A row as it is sorted; the order of the fields is the order of the rows."""

    customer: str
    year: int
    number: int
    line: int
    cohort: str
    currency: str
    bought: str
    cost: str
    referred_bought: str
    referred_customers: str
    related: str


def _missed(row: BadRow) -> list[_Kept]:
    """What is left of a row that could not be read: that its customer is incomplete."""
    if row.cells is None:
        return []
    return [_Kept(row.cells.get("customer", "").strip()[:NAME_AT_MOST], 0, row.number, row.line, *[""] * 7)]


def _kept(row: Row | BadRow, how: Reading, named: bool | None) -> _Kept | BadRow:
    """The row to be sorted; `named` says whether the rows before it named a customer."""
    if isinstance(row, BadRow):
        return row
    try:
        return _taken_apart(row, how, named)
    except _BadCell as wrong:
        return bad(row, wrong.reason, wrong.column)


def _taken_apart(row: Row, how: Reading, named: bool | None) -> _Kept:
    cells = {name: row.cells.get(name, "").strip() for name in COLUMNS}
    if not _YEAR.fullmatch(cells["year"]) or int(cells["year"]) == 0:
        raise _BadCell("year", f"A year is a whole number from 1 to {YEAR_AT_MOST}, such as 2026.")
    if named is not None and named is not bool(cells["customer"]):
        raise _BadCell("customer", "Either every row names its customer, or none does.")
    if len(cells["customer"]) > NAME_AT_MOST:
        raise _BadCell("customer", f"A name has at most {NAME_AT_MOST} characters.")
    if cells["cohort"] not in (*COHORTS, ""):
        raise _BadCell("cohort", f"A cohort is one of {', '.join(COHORTS)}, or nothing.")
    currency = cells["currency"] or how.currency
    if how.unpayable(f"0 {currency}"):
        raise _BadCell("currency", "A currency is written by its three letters, such as USD.")
    direct = _bought(cells, currency, how)
    amounts = {name: _amount(cells, name, currency, how) for name in ("cost", "referred_bought", "related")}
    if Fraction(amounts["related"]) > max(direct, Fraction(0)):
        raise _BadCell(
            "related", "Related sales are a part of what was bought, and this is more than all of it."
        )
    return _Kept(
        cells["customer"],
        int(cells["year"]),
        row.number,
        row.line,
        cells["cohort"],
        currency,
        str(direct),
        amounts["cost"],
        amounts["referred_bought"],
        _number(cells, "referred_customers") or "0",
        amounts["related"],
    )


def _bought(cells: dict[str, str], currency: str, how: Reading) -> Fraction:
    said = [name for name in ("occasions", "average_purchase") if cells[name]]
    if cells["bought"] and said:
        raise _BadCell("bought", f"What was bought is said twice: in bought, and in {' and '.join(said)}.")
    if cells["bought"]:
        return Fraction(_amount(cells, "bought", currency, how))
    if len(said) != 2:
        column = "bought" if not said else "average_purchase" if said == ["occasions"] else "occasions"
        raise _BadCell(
            column, "Say what was bought, 0 where nothing was; or both occasions and average_purchase."
        )
    occasions, average = (_number(cells, name) for name in said)
    return bought(Decimal(occasions), Decimal(average))


def _amount(cells: dict[str, str], column: str, currency: str, how: Reading) -> str:
    text = cells[column]
    if not text and column != "cost":
        return "0"
    if not _AMOUNT.fullmatch(text):
        raise _BadCell(
            column, "An amount is a number such as 1250 or 1250.50, without currency or thousands."
        )
    if text.startswith("-") and column not in _MAY_BE_NEGATIVE:
        raise _BadCell(column, "This cannot be less than 0.")
    if why := how.unpayable(f"{text} {currency}"):
        raise _BadCell(column, f"{why[:1].upper()}{why[1:]}.")
    return text


def _number(cells: dict[str, str], column: str) -> str:
    if cells[column] and not _NUMBER.fullmatch(cells[column]):
        raise _BadCell(column, "A number from 0 up is wanted, such as 5 or 2.5.")
    return cells[column]


def _on_disk(rows: Iterable[_Kept], files: ExitStack) -> Iterator[_Kept]:
    """The rows, written to a file of nobody's and read again."""
    try:
        file = files.enter_context(tempfile.TemporaryFile("w+", encoding="ascii"))  # noqa: SIM115
        file.writelines(json.dumps(row) + "\n" for row in rows)
        file.seek(0)
    except OSError as error:
        hint = f"Make room in {tempfile.gettempdir()}; nothing was reported."
        raise EnvironmentFault(f"The rows cannot be sorted: {error.strerror}.", hint=hint) from error
    return (_Kept(*json.loads(line)) for line in file)


def _customer(name: str, rows: Iterable[_Kept], how: Reading) -> Iterator[Customer | BadRow]:
    """One customer, after the rows that do not go together with the others."""
    good: list[_Kept] = []
    complete = True
    for row in rows:
        wrong = None if row.year == 0 else _contradiction(row, good)
        if wrong is not None:
            yield wrong
        if row.year == 0 or wrong is not None:
            complete = False
        else:
            good.append(row)
    if not good:
        return
    years = [
        Year(row.year, *map(Fraction, (row.bought, row.cost, row.referred_bought, row.referred_customers,
                                        row.related)))
        for row in good
    ]  # fmt: skip
    life = lifetime(years, how.referred_cost)
    yield Customer(name, good[0].cohort, good[0].currency, life, complete)


def _contradiction(row: _Kept, before: list[_Kept]) -> BadRow | None:
    """What keeps a row from standing beside the customer's earlier years."""

    def against(column: str, reason: str, value: Any) -> BadRow:
        return BadRow(row.number, row.line, reason, column, str(value))

    if not before:
        return None
    first, last = before[0], before[-1]
    if last.year == row.year:
        return against("year", f"The customer has this year already, in line {last.line:,}.", row.year)
    if row.currency != first.currency:
        reason = f"The customer's amounts are in {first.currency} in line {first.line:,}."
        return against("currency", reason, row.currency)
    if row.cohort != first.cohort:
        reason = f"The customer is {first.cohort or 'of no cohort'} in line {first.line:,}."
        return against("cohort", reason, row.cohort)
    return None
