"""What differs between databases, behind one small seam: all that units of work and reads know of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from recovery.store.compiling import Many, Texts

LAST = 2**63 - 1
"""A position after every other."""


class Cursor(Protocol):
    """What the store asks of a DBAPI cursor; rows are plain tuples."""

    @property
    def rowcount(self) -> int: ...

    def execute(self, text: Any, values: Any = ..., /) -> Any: ...

    def executemany(self, text: Any, rows: Any, /) -> Any: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def close(self) -> Any: ...


class Dialect(ABC):
    """One kind of database. There is one object of each: `SQLITE` and `POSTGRES`.

    Attributes:
        name: `sqlite` or `postgresql`.
        alchemy: the name SQLAlchemy has for it and its driver.
        texts: the SQL text of each statement, with the driver's placeholders.
        has_table: gives a row when there is a table of the name that is given.
        first_values: what a new database has in `recovery_meta` beside its installation id.
        upgrade_lock: statements that, in a transaction, make other upgrades wait for its end.
    """

    name: str
    alchemy: str
    has_table: str
    texts: Texts
    first_values: Mapping[str, str] = MappingProxyType({})
    upgrade_lock: tuple[str, ...] = ()

    @abstractmethod
    def items(self, items: Sequence[Any]) -> Any:
        """A list as the one value that `compiling.Among` takes."""

    @abstractmethod
    def many(self, cursor: Cursor, statement: Many, rows: list[tuple[Any, ...]]) -> int:
        """Run a statement for many rows (at least one); gives how many rows of the database it changed."""

    @abstractmethod
    def numbers(self, cursor: Cursor, n: int) -> list[int]:
        """`n` case numbers, ascending, that nobody else is ever given once this transaction is committed."""

    @abstractmethod
    def give_back(self, cursor: Cursor, numbers: list[int]) -> None:
        """Take back the last of the numbers that this transaction drew, where that leaves no gap."""

    @abstractmethod
    def settled(self, cursor: Cursor) -> int:
        """A position of the log below or at which no event can appear any more.

        What is at or below it is seen by statements that begin later, in the same transaction also.
        """

    @abstractmethod
    def lease_now(self, cursor: Cursor) -> datetime:
        """The present moment by the database's clock, which all who lease from it share."""

    @abstractmethod
    def claiming(self, cursor: Cursor, tenant: str | None) -> None:
        """Wait until nobody else claims for this tenant (None: for any), where several may write at once."""

    @abstractmethod
    def take(self, cursor: Cursor, numbers: Sequence[int]) -> None:
        """Wait until nobody else has taken one of these numbers, one after the other, and keep them until the
        transaction ends, where there is more than one writer at a time."""

    @abstractmethod
    def wiping(self, cursor: Cursor) -> None:
        """Let what is written over in this transaction be overwritten on the disk too, where that can be."""

    @abstractmethod
    def explaining(self, where: str) -> AbstractContextManager[None]:
        """Turns the driver's errors into ours; `where` names the database in them.

        Raises:
            LostRace: somebody else was writing the same rows; nothing was written.
            EnvironmentFault: the disk, a lock, the network or a permission stands in the way.
            EngineFault: anything else the database refuses.
        """
