"""The three ways of working in a lent connection, by whether a transaction is open and who commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from recovery.store.dialect import Cursor
from recovery.store.lending.lent import Lent, Unlendable

SAVEPOINT = "recovery_unit"


@contextmanager
def inside(lent: Lent) -> Iterator[Cursor]:
    """A cursor in the host's transaction: what it writes stands when the block ends, or, when anything is
    raised, is undone. See `recovery.store.lending` for who commits.

    Raises:
        Unlendable: the connection is closed, or its transaction has failed and must be rolled back first.
    """
    with _cursor(lent) as cursor, manner(lent)(lent, cursor):
        yield cursor


@contextmanager
def looking(lent: Lent) -> Iterator[Cursor]:
    """A cursor to read with: it begins nothing that reading by itself would not begin.

    Raises:
        Unlendable: see `inside`.
    """
    if not lent.survives_errors:
        with inside(lent) as cursor:
            yield cursor
        return
    with _cursor(lent) as cursor:
        yield cursor


@contextmanager
def _cursor(lent: Lent) -> Iterator[Cursor]:
    with lent.plainly():
        cursor = lent.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


# --- the three manners --------------------------------------------------------------------------------------

Manner = Callable[[Lent, Cursor], AbstractContextManager[None]]


def manner(lent: Lent) -> Manner:
    """Which way fits.

    Raises:
        Unlendable: none; the transaction has failed.
    """
    state = lent.state
    if state == "failed":
        raise Unlendable(
            "The lent connection's transaction has failed.",
            hint="Roll it back, or roll back to a savepoint of yours, and begin again.",
        )
    if state == "open":
        return savepoint
    return alone if lent.commits_itself else begun


@contextmanager
def savepoint(lent: Lent, cursor: Cursor) -> Iterator[None]:
    """Inside the transaction that the host has begun."""
    cursor.execute(f"SAVEPOINT {SAVEPOINT}")
    try:
        yield
        cursor.execute(f"RELEASE SAVEPOINT {SAVEPOINT}")
    except BaseException:
        if lent.state != "idle":  # on a full disk SQLite may have rolled everything back by itself
            cursor.execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            cursor.execute(f"RELEASE SAVEPOINT {SAVEPOINT}")
        raise


@contextmanager
def alone(lent: Lent, cursor: Cursor) -> Iterator[None]:
    """In a transaction of the engine's own, for nobody else would commit it."""
    lent.begin(cursor)
    with _undoing(lent, cursor):
        yield
        cursor.execute("COMMIT")


@contextmanager
def begun(lent: Lent, cursor: Cursor) -> Iterator[None]:
    """In a transaction begun for the host, who commits it.

    One that nothing was written in is taken back: on SQLite it would keep everybody else from writing.
    """
    before = lent.written
    lent.begin(cursor)
    with _undoing(lent, cursor):
        yield
        if before is not None and lent.written == before:
            cursor.execute("ROLLBACK")


@contextmanager
def _undoing(lent: Lent, cursor: Cursor) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if lent.state != "idle":
            cursor.execute("ROLLBACK")
        raise
