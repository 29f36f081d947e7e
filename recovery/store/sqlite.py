"""The store on SQLite: connections, transactions, and everything else by its own module.

Settings are those of design.md §4: WAL, so that readers never wait; `synchronous=FULL`, so that a committed
send is never forgotten; `BEGIN IMMEDIATE`, so that a unit that reads and then writes cannot be overtaken.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from recovery.core.errors import EngineFault
from recovery.core.instants import to_text
from recovery.store import schema, seals
from recovery.store import statements as sql
from recovery.store.codec import encode
from recovery.store.compiling import SQLITE
from recovery.store.faults import explaining
from recovery.store.reading import Reading, Snapshot
from recovery.store.records import Schema
from recovery.store.unit import Unit

__all__ = ["SqliteStore", "Unit"]

BUSY_SECONDS = 10
"""How long a writer waits for another one."""

UPGRADE_SECONDS = 60
"""How long an upgrade waits for another one."""

SYNCHRONOUS = ("FULL", "NORMAL")


class _Connections(threading.local):
    writer: sqlite3.Connection | None = None
    reader: sqlite3.Connection | None = None


class SqliteStore(Reading):
    """Everything that is kept, in one SQLite file. Share it between threads: each has its own connections."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
        synchronous: str,
    ) -> None:
        super().__init__(SQLITE, clock)
        self.path = path
        self._entropy = entropy
        self._synchronous = synchronous
        self._is_checked = False
        self._own = _Connections()
        self._opened: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes] = os.urandom,
        synchronous: str = "FULL",
    ) -> SqliteStore:
        """A store on a file. Nothing is touched yet: `upgrade` makes the file, the first use opens it.

        Args:
            clock: gives the present moment (aware).
            entropy: gives so many random bytes: salts and the installation id. Seeded in demos.
            synchronous: `FULL`, or `NORMAL`, which may forget the last commits when the power fails.

        Raises:
            ValueError: `synchronous` is neither.
        """
        if synchronous not in SYNCHRONOUS:
            raise ValueError(f"synchronous is {synchronous!r}; it must be one of {', '.join(SYNCHRONOUS)}")
        return cls(Path(path).absolute(), clock=clock, entropy=entropy, synchronous=synchronous)

    def close(self) -> None:
        """Close every connection, whichever thread opened it. The store may be used again."""
        with self._lock:
            opened, self._opened = self._opened, []
            self._own = _Connections()
        for _, connection in opened:
            connection.close()

    # --- the schema -----------------------------------------------------------------------------------------

    def upgrade(self) -> Schema:
        """Bring the database to this version's schema; make it, with its folder's leave, when there is none.

        Raises:
            EnvironmentFault: a newer version wrote it, or it cannot be written; nothing was changed.
        """
        with explaining(self.path):
            connection = self._connect("rwc", UPGRADE_SECONDS)
            try:
                _write_ahead(connection)
                connection.execute("pragma synchronous = full")
                return schema.upgrade(connection, self.path, lambda: self._entropy(16).hex())
            finally:
                connection.close()

    def schema(self) -> Schema:
        """Which schema the database has, and which one this version works with.

        Raises:
            EnvironmentFault: the database cannot be read.
        """
        with explaining(self.path):
            connection = self._connect("rw", BUSY_SECONDS)
            try:
                return schema.schema(connection)
            finally:
                connection.close()

    def require_current(self) -> None:
        """Make sure that this version may work with the database; every use does so once.

        Raises:
            EnvironmentFault: the schema is older or newer than this version, or cannot be read.
        """
        schema.require_current(self.schema(), self.path)
        self._is_checked = True

    # --- transactions ---------------------------------------------------------------------------------------

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """One transaction: what the unit holds is committed at the end, or, when anything is raised, nothing.

        Raises:
            EnvironmentFault: the database is locked, full, read-only or of another schema.
            EngineFault: a unit is already open in this thread.
            LostRace, ExternalIdTaken, NotFound: see `Unit.flush`.
        """
        with self._transaction() as connection:
            unit = Unit(connection.cursor(), SQLITE, self._clock, self._entropy)
            yield unit
            unit.flush()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Reads that all see one moment, whatever is written meanwhile.

        Raises:
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        self._check()
        with explaining(self.path):
            connection = self._connect("rw", BUSY_SECONDS)
            try:
                connection.execute("begin")
                yield Snapshot(SQLITE, self._clock, connection, self._explaining)
            finally:
                connection.close()

    def publish(self, tenant: str, hash: str, workflow: str, files: Mapping[str, str]) -> None:
        """Keep a version (its files: path → text), and make it the one that new cases run on.

        Raises:
            EnvironmentFault: see `write`.
        """
        with self._transaction() as connection:
            now = to_text(self._clock())
            if connection.execute(SQLITE[sql.LOAD_BUNDLE], (tenant, hash)).fetchone() is None:
                row = (tenant, hash, workflow, encode(dict(files)), now)
                connection.execute(SQLITE[sql.INSERT_BUNDLE], row)
            connection.execute(SQLITE[sql.INSERT_PUBLISHED], (tenant, workflow, hash, now))

    def seal(self, key: bytes, now: datetime) -> int:
        """Seal every event since the last seal (see `recovery.store.seals`); gives how many those were.

        Raises:
            RecoveryError: the key is too short.
            WrongSealKey: the last seal was not made with this key, or seals are missing.
            EnvironmentFault: see `write`.
        """
        with self._explaining():
            return seals.seal_all(self._reader(), SQLITE, self._transaction, key, now)

    def require_seal_key(self, key: bytes) -> None:
        """Make sure that a key is the one the seals were made with.

        Raises:
            RecoveryError: the key is too short.
            WrongSealKey: the last seal was not made with this key, or seals are missing.
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        with self._explaining():
            reader = self._reader()
            reader.execute("begin")
            try:
                seals.require_key(reader, SQLITE, key)
            finally:
                reader.rollback()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._writer()
        if connection.in_transaction:
            raise EngineFault("A unit of work is already open in this thread; finish it first.")
        with explaining(self.path):
            connection.execute("begin immediate")
            try:
                yield connection
                connection.execute("commit")
            except BaseException:
                connection.rollback()
                raise

    # --- connections ----------------------------------------------------------------------------------------

    def _check(self) -> None:
        if not self._is_checked:
            self.require_current()

    def _writer(self) -> sqlite3.Connection:
        if self._own.writer is None:
            self._check()
            with explaining(self.path):
                self._own.writer = self._keep(self._connect("rw", BUSY_SECONDS))
                self._own.writer.execute(f"pragma synchronous = {self._synchronous}")
        return self._own.writer

    def _reader(self) -> sqlite3.Connection:
        if self._own.reader is None:
            self._check()
            with explaining(self.path):
                self._own.reader = self._keep(self._connect("rw", BUSY_SECONDS))
                self._own.reader.execute("pragma query_only = on")
        return self._own.reader

    def _explaining(self) -> AbstractContextManager[None]:
        return explaining(self.path)

    def _connect(self, mode: str, seconds: float) -> sqlite3.Connection:
        """A connection in autocommit mode. `mode` `rw` makes no file where there is none."""
        return sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=seconds,
            check_same_thread=False,
        )

    def _keep(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Remember a connection for `close`, and close those of threads that have ended."""
        with self._lock:
            ended = [one for thread, one in self._opened if not thread.is_alive()]
            self._opened = [row for row in self._opened if row[0].is_alive()]
            self._opened.append((threading.current_thread(), connection))
        for one in ended:
            one.close()
        return connection


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
