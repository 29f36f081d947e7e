"""Statements of SQLAlchemy Core, compiled once to SQL text for a database and run on its driver's cursor.

Core itself is too slow on the write path, and its session is no guest in a host's own transaction (design.md
§3). So statements are written in Core, reviewable on their own, and only their text is used.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.dialects import sqlite


class Statement:
    """A statement and the order its values are given in."""

    __slots__ = ("clause", "values")

    def __init__(self, clause: ClauseElement, *values: str) -> None:
        self.clause = clause
        self.values = values


class Texts(dict[Statement, str]):
    """The SQL text of each statement for one database, compiled when first asked for.

    Raises:
        TypeError: a statement's values are declared in another order than its text has them: a bug.
    """

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._dialect = dialect

    def __missing__(self, statement: Statement) -> str:
        compiled: Any = statement.clause.compile(dialect=self._dialect)
        order = tuple(compiled.positiontup or ())
        if order != statement.values:
            raise TypeError(f"declared {statement.values}, compiled {order}: {compiled}")
        text = self[statement] = str(compiled)
        return text


SQLITE = Texts(sqlite.dialect(paramstyle="qmark"))
"""The texts for SQLite, shared by every store."""
