"""What the store asks of a lent connection, whoever lends it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

from recovery.core.errors import RecoveryError
from recovery.store.dialect import Cursor

State = Literal["idle", "open", "failed"]
"""Whether no transaction is open, one is, or one that can only be rolled back."""


class Unlendable(RecoveryError):
    """What was lent as a connection cannot be used as one: its kind, or the state it is in."""


class Lent(ABC):
    """A connection of the host's, seen from its driver.

    Attributes:
        database: the name of its dialect, `sqlite` or `postgresql`.
        driver: the driver's own connection.
        survives_errors: whether a transaction goes on after a statement that was refused.
    """

    database: str
    driver: Any
    survives_errors: bool

    @abstractmethod
    def cursor(self) -> Cursor:
        """A cursor of the store's own. Its rows are plain tuples, whatever the host has set up."""

    @property
    @abstractmethod
    def state(self) -> State:
        """What the driver says of the transaction."""

    @property
    @abstractmethod
    def commits_itself(self) -> bool:
        """Whether each statement outside a transaction is committed at once: the host will not do it."""

    @abstractmethod
    def begin(self, cursor: Cursor) -> None:
        """Begin a transaction, when none is open."""

    @property
    def can_be_noted(self) -> bool:
        """Whether the driver's connection takes weak references."""
        return getattr(type(self.driver), "__weakrefoffset__", 0) != 0

    @property
    def written(self) -> int | None:
        """A number that grows with every row that is written, where the driver has one."""
        return None

    def plainly(self) -> AbstractContextManager[None]:
        """Meanwhile the driver gives what it reads as it is by default."""
        return nullcontext()
