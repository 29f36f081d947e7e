"""The store on PostgreSQL, for many processes and machines. It needs the extra `postgres` (psycopg 3).

Writers do not wait for each other, unless they change the same case: whoever loads a case in a unit holds its
row until the end. `READ COMMITTED` is enough for that, and what is committed is what the server's own
`synchronous_commit` makes of it.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any

from recovery.core.errors import EnvironmentFault, RecoveryError
from recovery.store import schema
from recovery.store import store as waiting
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor
from recovery.store.postgres_dialect import POSTGRES
from recovery.store.postgres_faults import unreachable
from recovery.store.reading import FETCH, Snapshot
from recovery.store.records import Schema
from recovery.store.store import Store
from recovery.store.urls import POSTGRES as POSTGRES_URL
from recovery.store.urls import shown

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS = 10
"""How long to wait for a server, when the URL does not say (`connect_timeout`)."""

SILENT = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How a server that has gone without a word is noticed within a minute, when the URL does not say (libpq)."""

IDLE_SECONDS = 60
"""After so long in a transaction without a statement the server ends it: whoever began it may be gone without
a word, and others wait for what it holds. The server's own `idle_in_transaction_session_timeout` counts where
it is shorter."""

SPARE = 2
"""How many connections for long reads are kept between them."""

TOPIC = "recovery_messages"
"""What is announced under this name: messages were asked for."""

ANNOUNCE_SECONDS = 0.1
"""How often a process announces at most: the server lets those who announce commit one after the other."""

LISTEN_SECONDS = 0.5
"""How often one who listens looks whether to stop."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds until one who listens connects anew, at first, and after that has failed again and again."""

BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresStore(Store):
    """Everything that is kept, in a PostgreSQL database, in the first schema of its `search_path`.

    Share it between threads: each has its own connections. One that was lost is made anew at the next use.
    """

    def __init__(
        self,
        parameters: dict[str, Any],
        where: str,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
    ) -> None:
        super().__init__(POSTGRES, where, clock, entropy)
        self._parameters = parameters
        self._spare: list[tuple[int, Connection]] = []
        self._names = count(1)
        self._announced: float | None = None

    @classmethod
    def open(
        cls, url: str, *, clock: Callable[[], datetime], entropy: Callable[[int], bytes] = os.urandom
    ) -> PostgresStore:
        """A store on a database. Nothing is touched yet: the first use connects.

        Args:
            url: `postgresql://user@host/database?…`, or with `postgresql+psycopg`; after the `?` whatever
                libpq knows, such as `host=/socket/folder` or `options=-csearch_path%3Drecovery`.
            clock: gives the present moment (aware).
            entropy: gives so many random bytes: salts and the installation id. Seeded in demos.

        Raises:
            RecoveryError: the URL cannot be read.
            EnvironmentFault: psycopg is not installed.
        """
        parameters = _read(url)
        parameters.setdefault("connect_timeout", CONNECT_SECONDS)
        parameters.setdefault("fallback_application_name", "service-recovery")
        parameters = {**SILENT, **parameters}
        parameters |= {"client_encoding": "utf8", "autocommit": True}
        return cls(parameters, shown(url), clock, entropy)

    def close(self) -> None:
        """Close every connection, whichever thread opened it. The store may be used again."""
        super().close()
        with self._lock:
            spare = [one for process, one in self._spare if process == os.getpid()]
            self._spare = [row for row in self._spare if row[0] != os.getpid()]
        for connection in spare:
            connection.close()

    def upgrade(self) -> Schema:
        """Bring the database to this version's schema; the database itself must be there.

        Raises:
            EnvironmentFault: a newer version wrote it, it is not in UTF-8, or it cannot be written; nothing
                was changed.
        """
        with self._explaining():
            connection = self._connect(waiting.UPGRADE_SECONDS)
            try:
                self._require_unicode(connection)
                begin = [BEGIN, *self.dialect.upgrade_lock]
                return schema.upgrade(connection, self.dialect, begin, self.where, self._new_id)
            finally:
                connection.close()

    def _require_unicode(self, connection: Connection) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise EnvironmentFault(
                f"The database {self.where} keeps text as {encoding}, which not every customer writes in.",
                hint="Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
            )

    # --- reading --------------------------------------------------------------------------------------------

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Reads that all see one moment, whatever is written meanwhile.

        Raises:
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        self._check()
        with self._explaining(), self._long_read() as connection:
            yield _PostgresSnapshot(self, connection)

    def rows(self, statement: Statement, *values: Any) -> list[Any]:
        """Every row a statement gives: for this package."""
        import psycopg

        with self._explaining():
            connection = self._reader()
            try:
                return self.rows_of(connection, statement, values)
            except psycopg.OperationalError:
                if not connection.closed:
                    raise
            return self.rows_of(self._reader(), statement, values)

    def stream(self, statement: Statement, *values: Any) -> Iterator[Any]:
        """The rows a statement gives, in constant memory: for this package."""
        self._check()
        with self._explaining(), self._long_read() as connection:
            yield from self.stream_of(connection, statement, values)

    def rows_of(self, connection: Connection, statement: Statement, values: Any) -> list[Any]:
        """Every row a statement gives through a connection: for this module."""
        return connection.execute(self.dialect.texts[statement].encode(), values).fetchall()

    def stream_of(self, connection: Connection, statement: Statement, values: Any) -> Iterator[Any]:
        """The rows a statement gives through a connection in a transaction, in constant memory."""
        with self._explaining(), connection.cursor(name=f"recovery_{next(self._names)}") as cursor:
            cursor.itersize = FETCH
            cursor.execute(self.dialect.texts[statement].encode(), values)
            yield from cursor

    @contextmanager
    def _long_read(self) -> Iterator[Connection]:
        """A connection that nobody else uses meanwhile, in a transaction that sees one moment."""
        connection = self._begin_reading()
        try:
            yield connection
        finally:
            self._end_reading(connection)

    def _begin_reading(self) -> Connection:
        import psycopg

        here = os.getpid()
        while True:
            with self._lock:
                usable = [row for row in self._spare if row[0] == here]
                if usable:
                    self._spare.remove(usable[-1])
            if not usable:
                break
            connection = usable[-1][1]
            with suppress(psycopg.OperationalError):  # it was lost meanwhile: try the next one
                connection.execute(BEGIN_READING)
                return connection
            connection.close()
        connection = self._connect_to_read()
        connection.execute(BEGIN_READING)
        return connection

    def _end_reading(self, connection: Connection) -> None:
        self._rollback(connection)
        with self._lock:
            is_kept = not connection.closed and len(self._spare) < SPARE
            if is_kept:
                self._spare.append((os.getpid(), connection))
        if not is_kept:
            connection.close()

    # --- announcing -----------------------------------------------------------------------------------------

    def _announce(self, cursor: Cursor) -> None:
        now = monotonic()
        if self._announced is None or now - self._announced >= ANNOUNCE_SECONDS:
            self._announced = now
            cursor.execute(f"NOTIFY {TOPIC}")

    def listen(self, wake: Callable[[], None], stop: threading.Event) -> None:
        """Call `wake` when messages were asked for, by any process, until `stop`; over its own connection.

        One that is lost is made anew after a pause. Meanwhile, and whenever a process announces too often,
        nothing is said: whoever listens looks every second as well.
        """
        import psycopg

        pause = FIRST_PAUSE
        while not stop.is_set():
            with suppress(psycopg.Error, EnvironmentFault):
                connection = self._connect_to_read()
                try:
                    connection.execute(f"LISTEN {TOPIC}")
                    pause = FIRST_PAUSE
                    while not stop.is_set():
                        for _ in connection.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                            wake()
                finally:
                    connection.close()
            stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    # --- connections ----------------------------------------------------------------------------------------

    def _begin(self) -> tuple[Connection, Cursor]:
        import psycopg

        connection = self._writer()
        cursor = connection.cursor()
        try:
            cursor.execute(BEGIN)
        except psycopg.OperationalError:
            if not connection.closed:
                raise
            connection = self._writer()  # it was lost since it was used last: nothing has been done yet
            cursor = connection.cursor()
            cursor.execute(BEGIN)
        return connection, cursor

    def _rollback(self, connection: Connection) -> None:
        import psycopg

        with suppress(psycopg.Error):  # a connection that is lost has rolled back
            connection.rollback()

    def _writer(self) -> Connection:
        own = self._mine()
        if own.writer is not None and own.writer.closed:
            own.writer = None
        connection: Connection = super()._writer()
        return connection

    def _reader(self) -> Connection:
        own = self._mine()
        if own.reader is not None and own.reader.closed:
            own.reader = None
        connection: Connection = super()._reader()
        return connection

    def cut(self) -> None:
        """Break every connection of this process, whichever thread waits on it (see `Store.cut`)."""
        with self._lock:
            here = os.getpid()
            opened = [one for _, process, one in self._opened if process == here]
        for connection in opened:
            if not connection.closed:
                with socket.socket(fileno=os.dup(connection.fileno())) as line, suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    def _connect_to_write(self) -> Connection:
        connection = self._connect(waiting.BUSY_SECONDS)
        connection.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, false) "
            "WHERE current_setting('idle_in_transaction_session_timeout')::interval "
            "NOT BETWEEN '1 ms' AND %s::interval",
            (f"{IDLE_SECONDS}s", f"{IDLE_SECONDS}s"),
        )
        return connection

    def _connect_to_read(self) -> Connection:
        return self._connect(waiting.BUSY_SECONDS, read_only=True)

    def _connect(self, seconds: float, *, read_only: bool = False) -> Connection:
        """A connection in autocommit mode.

        Args:
            seconds: how long it waits for a lock.

        Raises:
            EnvironmentFault: the server cannot be reached, or does not let us in.
        """
        import psycopg

        try:
            connection = psycopg.connect(**self._parameters)
        except psycopg.Error as error:
            raise unreachable(str(error), self.where) from error
        connection.execute(
            "SELECT set_config('lock_timeout', %s, false), "
            "set_config('default_transaction_read_only', %s, false)",
            (f"{max(1, int(seconds * 1000))}ms", "on" if read_only else "off"),
        )
        return connection


class _PostgresSnapshot(Snapshot):
    def __init__(self, store: PostgresStore, connection: Connection) -> None:
        super().__init__(store.dialect, store.clock)
        self._store = store
        self._connection = connection

    def rows(self, statement: Statement, *values: Any) -> list[Any]:
        return self._store.rows_of(self._connection, statement, values)

    def stream(self, statement: Statement, *values: Any) -> Iterator[Any]:
        return self._store.stream_of(self._connection, statement, values)

    def read_anything(self) -> None:
        """Text is text here: the server sees to it."""

    def damage(self) -> list[str]:
        """Nothing: the server says of its own what it finds damaged."""
        return []


# --- the URL ------------------------------------------------------------------------------------------------


def _read(url: str) -> dict[str, Any]:
    """What libpq makes of a URL.

    Raises:
        RecoveryError: it cannot be read; the message holds nothing of it that may be a secret.
        EnvironmentFault: psycopg is not installed.
    """
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise EnvironmentFault(
            f"{shown(url)} needs a driver for PostgreSQL, which is not installed.",
            hint="Run `pip install 'service-recovery[postgres]'`.",
        ) from error
    try:
        return dict(conninfo_to_dict(POSTGRES_URL.sub("postgresql://", url, count=1)))
    except psycopg.Error as error:
        raise RecoveryError(
            f"{shown(url)} cannot be read as the URL of a PostgreSQL database.",
            hint="Write postgresql+psycopg://USER@HOST/DATABASE, with %20 for a blank and the like.",
        ) from error
