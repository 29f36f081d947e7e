"""Statements of SQLAlchemy Core, compiled once to SQL text for a database and run on its driver's cursor.

Core itself is too slow on the write path, and its session is no guest in a host's own transaction (design.md
§3). So statements are written in Core, reviewable on their own, and only their text is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ClauseElement,
    ColumnElement,
    Dialect,
    LargeBinary,
    Text,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from recovery.store.types import WholeNumber


class Statement:
    """A statement and the order its values are given in."""

    __slots__ = ("clause", "values")

    def __init__(self, clause: ClauseElement, *values: str) -> None:
        self.clause = clause
        self.values = values


class Many(Statement):
    """A statement for many rows: `clause` takes one row, `together` takes each column as an array of values.

    A driver that sends every row on its own wants the first, a database across a network the second.
    """

    __slots__ = ("together",)

    def __init__(self, clause: ClauseElement, together: ClauseElement, *values: str) -> None:
        super().__init__(clause, *values)
        self.together = together


class Insertion(Many):
    """The insertion of rows, for a driver in the same process also `ROWS` at once (see `several`)."""

    __slots__ = ("_make", "_several")

    ROWS = 20
    """Of more rows a statement is hardly quicker; and old SQLite takes no more than 999 values in one."""

    def __init__(
        self,
        clause: ClauseElement,
        make: Callable[[int], Statement],
        together: ClauseElement,
        *values: str,
    ) -> None:
        super().__init__(clause, together, *values)
        self._make = make
        self._several: Statement | None = None

    @property
    def several(self) -> Statement:
        """The insertion of `ROWS` rows, whose values are given one after the other.

        The driver lets go of Python's lock and takes it again, and opens the table with its indexes, once for
        each statement: a fifth of what a row costs. Made when first asked for, for it has very many values.
        """
        if self._several is None:
            self._several = self._make(self.ROWS)
        return self._several


class Texts(dict[Statement, str]):
    """The SQL text of each statement for one database, compiled when first asked for.

    Raises:
        TypeError: a statement's values are declared in another order than its text has them: a bug.
    """

    def __init__(self, dialect: Dialect, *, together: bool) -> None:
        super().__init__()
        self._dialect = dialect
        self._together = together

    def __missing__(self, statement: Statement) -> str:
        many = self._together and isinstance(statement, Many)
        clause = statement.together if many else statement.clause  # type: ignore[attr-defined]
        compiled: Any = clause.compile(dialect=self._dialect)
        order = tuple(compiled.positiontup or ())
        if order != statement.values:
            raise TypeError(f"declared {statement.values}, compiled {order}: {compiled}")
        text = self[statement] = str(compiled)
        return text


# --- lists as one value -------------------------------------------------------------------------------------


def array_for(column: ColumnElement[Any], name: str) -> Any:
    """An array given as one value, of what a column holds."""
    kind: TypeEngine[Any] = Text()
    if isinstance(column.type, WholeNumber):
        kind = BigInteger()
    elif isinstance(column.type, Boolean):
        kind = Boolean()
    elif isinstance(column.type, LargeBinary):
        kind = LargeBinary()
    return bindparam(name, required=True, type_=ARRAY(kind))


class Among(ColumnElement[bool]):
    """Whether a column is one of the items of a list given as one value: one text however many there are."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.items = array_for(column, name)

    def self_group(self, against: Any = None) -> Among:  # noqa: ARG002
        """Needs no brackets in any place it is used in."""
        return self


@compiles(Among, "sqlite")
def _as_json(element: Among, compiler: Any, **more: Any) -> str:
    column = compiler.process(element.column, **more)
    return f"{column} IN (SELECT value FROM json_each({compiler.process(element.items, **more)}))"


@compiles(Among, "postgresql")
def _as_array(element: Among, compiler: Any, **more: Any) -> str:
    column = compiler.process(element.column, **more)
    return f"{column} = ANY ({compiler.process(element.items, **more)})"
