"""A host's own connection, lent to the engine for one command or one question (design.md §4).

The engine works in the host's transaction: what it writes is committed with the host's own work, or not at
all.

- Is a transaction open, the engine works inside a savepoint of it and releases it, or rolls back to it.
- Is none open and the host commits itself, the engine begins one and leaves it to the host; when it has
  written nothing in it, it takes it back.
- Is none open and the connection commits each statement (autocommit), the engine begins and commits.

It never commits, rolls back or closes anything else. Which libraries hosts use is told by the names of their
modules, so that none is imported that the host has not imported itself.
"""

from __future__ import annotations

from recovery.store.lending.guests import Guests
from recovery.store.lending.hosts import AsyncLendable, Lendable
from recovery.store.lending.lent import Unlendable

__all__ = ["AsyncLendable", "Guests", "Lendable", "Unlendable"]
