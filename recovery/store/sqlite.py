"""The store on SQLite.

Settings are those of design.md §4: WAL, so that readers never wait; `synchronous=FULL`, so that a committed
send is never forgotten; `BEGIN IMMEDIATE`, so that a unit that reads and then writes cannot be overtaken.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from recovery.core.instants import to_text
from recovery.store import outbox_statements as outbox_sql
from recovery.store import schema
from recovery.store import store as waiting
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor
from recovery.store.faults import busy
from recovery.store.reading import FETCH, Snapshot
from recovery.store.records import Schema
from recovery.store.sqlite_dialect import SQLITE
from recovery.store.store import Store
from recovery.store.unit import Unit

__all__ = ["SqliteStore", "Unit"]

SYNCHRONOUS = ("FULL", "NORMAL")

TRY_SECONDS = 0.001
"""How long a writer that finds another process at work waits before it tries again. SQLite's own waits grow
to 100 ms, in which it would miss every gap that a process writing batch after batch leaves. The threads of a
process queue up before, so that one of them tries and not all."""

GAP_SECONDS = 0.002
"""How long such a process leaves the database to others between two batches: twice what they wait."""

TIDY_BYTES = 2**22
"""How long SQLite's journal may grow before such a process puts it into the database in one of its gaps."""

LEFT_PAGES = 2_000
"""How many pages of journal (4 KB each) make any other process do that after a commit: some 150 steps, each
committed alone. A journal that begins anew is written over, which costs a commit a quarter less than one that
makes its file longer; and what is done once in 150 steps is not felt in one of a hundred."""

Wait = Callable[[float], object]
"""Waits so many seconds."""


class Turn(Protocol):
    """Whose turn it is among the threads of a process."""

    def acquire(self, *, timeout: float) -> bool:
        """Wait for it; False: in vain."""

    def release(self) -> None:
        """Let the next one have it."""


def pause(seconds: float) -> None:
    """Wait in the ordinary way."""
    threading.Event().wait(seconds)


class SqliteStore(Store):
    """Everything that is kept, in one SQLite file. Share it between threads: each has its own connections."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
        synchronous: str,
        wait: Wait,
    ) -> None:
        super().__init__(SQLITE, str(path), clock, entropy)
        self._wait = wait
        self._journal = f"{path}-wal"
        self.path = path
        self._synchronous = synchronous

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes] = os.urandom,
        synchronous: str = "FULL",
        wait: Wait = pause,
    ) -> SqliteStore:
        """A store on a file. Nothing is touched yet: `upgrade` makes the file, the first use opens it.

        Args:
            clock: gives the present moment (aware).
            entropy: gives so many random bytes: salts and the installation id. Seeded in demos.
            synchronous: `FULL`, or `NORMAL`, which may forget the last commits when the power fails.
            wait: waits so many seconds for a turn to write.

        Raises:
            ValueError: `synchronous` is neither.
        """
        if synchronous not in SYNCHRONOUS:
            raise ValueError(f"synchronous is {synchronous!r}; it must be one of {', '.join(SYNCHRONOUS)}")
        return cls(Path(path).absolute(), clock=clock, entropy=entropy, synchronous=synchronous, wait=wait)

    def upgrade(self) -> Schema:
        """Bring the database to this version's schema; make it, with its folder's leave, when there is none.

        Raises:
            EnvironmentFault: a newer version wrote it, or it cannot be written; nothing was changed.
        """
        with self._explaining():
            connection = self._connect("rwc", waiting.UPGRADE_SECONDS)
            try:
                _write_ahead(connection)
                connection.execute("pragma synchronous = full")
                return schema.upgrade(connection, self.dialect, ["BEGIN IMMEDIATE"], self.where, self._new_id)
            finally:
                connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Reads that all see one moment, whatever is written meanwhile.

        Raises:
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        self._check()
        with self._explaining():
            connection = self._connect("rw", waiting.BUSY_SECONDS)
            try:
                connection.execute("begin")
                yield _SqliteSnapshot(self, connection)
            finally:
                connection.close()

    # --- reading --------------------------------------------------------------------------------------------

    def rows(self, statement: Statement, *values: Any) -> list[Any]:
        """Every row a statement gives: for this package."""
        with self._explaining():
            return self.rows_of(self._reader(), statement, values)

    def stream(self, statement: Statement, *values: Any) -> Iterator[Any]:
        """The rows a statement gives, in constant memory: for this package."""
        with self._explaining():
            reader = self._reader()
        return self.stream_of(reader, statement, values)

    def rows_of(self, connection: sqlite3.Connection, statement: Statement, values: Any) -> list[Any]:
        """Every row a statement gives through a connection: for this module."""
        with self._explaining():
            return connection.execute(self.dialect.texts[statement], values).fetchall()

    def stream_of(self, connection: sqlite3.Connection, statement: Statement, values: Any) -> Iterator[Any]:
        """The rows a statement gives through a connection, in constant memory: for this module."""
        with self._explaining():
            cursor = connection.execute(self.dialect.texts[statement], values)
            while rows := cursor.fetchmany(FETCH):
                yield from rows

    # --- connections ----------------------------------------------------------------------------------------

    def _unlock(self) -> None:
        super()._unlock()
        self._turn: Turn = threading.Lock()

    def _begin(self) -> tuple[sqlite3.Connection, Cursor]:
        connection: sqlite3.Connection = self._writer()
        cursor = connection.cursor()
        until = time.monotonic() + waiting.BUSY_SECONDS
        if not self._turn.acquire(timeout=waiting.BUSY_SECONDS):
            raise busy(self.where)
        try:
            self._begin_by(until, cursor)
        except BaseException:
            self._turn.release()
            raise
        return connection, cursor

    def _begin_by(self, until: float, cursor: Cursor) -> None:
        """Begin as soon as no other process writes."""
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise
            self._wait(TRY_SECONDS)

    def _end(self) -> None:
        self._turn.release()

    def _may_be_due(self, tenant: str) -> bool:
        """Whether anything is due: a transaction would keep the one writer waiting."""
        return bool(self.rows(outbox_sql.ANY_DUE, tenant, to_text(self.clock())))

    def give_way(self) -> None:
        """Between two batches: let others have their turn, and tidy up so that they need not."""
        with suppress(sqlite3.Error, FileNotFoundError):
            if os.path.getsize(self._journal) > TIDY_BYTES:
                self._writer().execute("pragma wal_checkpoint(passive)")
        self._wait(GAP_SECONDS)

    def leave_no_trace(self) -> None:
        """Put the journal into the database and empty it; while others read, that is for later."""
        with suppress(sqlite3.Error):
            self._writer().execute("pragma wal_checkpoint(truncate)")

    def _connect_to_write(self) -> sqlite3.Connection:
        """For transactions, whose turn `_begin` waits for; to open a file others open too, SQLite waits."""
        connection = self._connect("rw", waiting.BUSY_SECONDS)
        connection.execute(f"pragma synchronous = {self._synchronous}")
        connection.execute(f"pragma wal_autocheckpoint = {LEFT_PAGES}")
        connection.execute("pragma busy_timeout = 0")
        return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        connection = self._connect("rw", waiting.BUSY_SECONDS)
        connection.execute("pragma query_only = on")
        return connection

    def _connect(self, mode: str, seconds: float) -> sqlite3.Connection:
        """A connection in autocommit mode. `mode` `rw` makes no file where there is none."""
        return sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=seconds,
            check_same_thread=False,
        )


class _SqliteSnapshot(Snapshot):
    def __init__(self, store: SqliteStore, connection: sqlite3.Connection) -> None:
        super().__init__(store.dialect, store.clock)
        self._store = store
        self._connection = connection

    def rows(self, statement: Statement, *values: Any) -> list[Any]:
        return self._store.rows_of(self._connection, statement, values)

    def stream(self, statement: Statement, *values: Any) -> Iterator[Any]:
        return self._store.stream_of(self._connection, statement, values)

    def read_anything(self) -> None:
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")

    def damage(self) -> list[str]:
        with self.dialect.explaining(self._store.where):
            found = [row[0] for row in self._connection.execute("pragma integrity_check(10)")]
        return [] if found == ["ok"] else found


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a database to WAL, once and for all.

    While it is in another mode, SQLite does not wait for those who are switching it too, but fails at once.
    So we wait for them ourselves, by taking the lock they have.
    """
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        connection.execute("begin exclusive")
        connection.execute("commit")
