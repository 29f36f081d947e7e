"""Column types that mean the same in every database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from recovery.core.instants import from_text, to_text


class Instant(TypeDecorator[datetime]):
    """An instant, kept as fixed-width UTC text, so that text order is time order in every database.

    Raises:
        ValueError: a naive datetime is bound: it does not say which instant it means.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return String(27, collation=_bytewise(dialect))

    def process_bind_param(self, value: datetime | None, _: Dialect) -> str | None:
        return None if value is None else to_text(value)

    def process_result_value(self, value: Any, _: Dialect) -> datetime | None:
        return None if value is None else from_text(value)


class Words(TypeDecorator[str]):
    """Text that is compared and sorted byte by byte in every database, never by the habits of a language."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation=_bytewise(dialect))


class WholeNumber(TypeDecorator[int]):
    """A whole number of 64 bits. SQLite keeps it as INTEGER, so that it can be the row's own address."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Integer() if dialect.name == "sqlite" else BigInteger()


def _bytewise(dialect: Dialect) -> str | None:
    """The collation that compares bytes, where it is not what happens anyway."""
    return "C" if dialect.name == "postgresql" else None
