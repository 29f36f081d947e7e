"""What a store is, whatever its database: connections of each thread, transactions, versions and seals."""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from recovery.core.errors import EngineFault
from recovery.core.instants import to_text
from recovery.store import outbox_statements as outbox_sql
from recovery.store import schema, seals
from recovery.store import statements as sql
from recovery.store.codec import encode
from recovery.store.dialect import LAST, Cursor, Dialect
from recovery.store.lending import Guests, Lendable
from recovery.store.reading import SENDER, Reading, Snapshot
from recovery.store.records import OutboxRow, Record, Schema
from recovery.store.seals import Sealing
from recovery.store.threads import Own, Unlocked
from recovery.store.unit import Unit

BUSY_SECONDS = 10
"""How long a writer waits for another one."""

UPGRADE_SECONDS = 60
"""How long an upgrade waits for another one."""

WorkT = TypeVar("WorkT")


class Store(Reading, Unlocked):
    """Everything that is kept, in one database. Share it between threads: each has its own connections.

    Attributes:
        where: the database as errors name it; never with a password.
    """

    def __init__(
        self, dialect: Dialect, where: str, clock: Callable[[], datetime], entropy: Callable[[int], bytes]
    ) -> None:
        super().__init__(dialect, clock)
        self.where = where
        self._entropy = entropy
        self._is_checked = False
        self._installed: str | None = None
        self._own = Own()
        self._opened: list[tuple[threading.Thread, int, Any]] = []
        Unlocked.__init__(self)
        self._guests = Guests(dialect, where, self._installation)

    def close(self) -> None:
        """Close every connection, whichever thread opened it. The store may be used again."""
        with self._lock:
            opened = [one for _, process, one in self._opened if process == os.getpid()]
            self._opened = [row for row in self._opened if row[1] != os.getpid()]
            self._own = Own()
        for connection in opened:
            connection.close()

    # --- what each database does in its own way -------------------------------------------------------------

    @abstractmethod
    def _connect_to_write(self) -> Any:
        """A new connection in autocommit mode, for transactions."""

    @abstractmethod
    def _connect_to_read(self) -> Any:
        """A new connection in autocommit mode that cannot write."""

    @abstractmethod
    def _begin(self) -> tuple[Any, Cursor]:
        """Begin a transaction on this thread's writing connection; gives that, and a cursor to work with."""

    def _rollback(self, connection: Any) -> None:
        """End a transaction that has failed."""
        connection.rollback()

    def _end(self) -> None:
        """A transaction is over, whatever came of it."""

    @abstractmethod
    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Reads that all see one moment, whatever is written meanwhile.

        Raises:
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        yield  # type: ignore[misc]

    @abstractmethod
    def upgrade(self) -> Schema:
        """Bring the database to this version's schema.

        Raises:
            EnvironmentFault: a newer version wrote it, or it cannot be written; nothing was changed.
        """

    # --- the schema -----------------------------------------------------------------------------------------

    def schema(self) -> Schema:
        """Which schema the database has, and which one this version works with.

        Raises:
            EnvironmentFault: the database cannot be read.
        """
        with self._explaining():
            connection = self._connect_to_read()
            try:
                return schema.schema(connection.cursor(), self.dialect)
            finally:
                connection.close()

    def require_current(self) -> None:
        """Make sure that this version may work with the database; every use does so once.

        Raises:
            EnvironmentFault: the schema is older or newer than this version, or cannot be read.
        """
        schema.require_current(self.schema(), self.where)
        self._is_checked = True

    def _installation(self) -> str:
        if self._installed is None:
            self._check()
            self._installed = self.installation_id()
        return self._installed

    def _new_id(self) -> str:
        return self._entropy(16).hex()

    # --- transactions ---------------------------------------------------------------------------------------

    @contextmanager
    def write(self, connection: Lendable | None = None) -> Iterator[Unit]:
        """One transaction: what the unit holds is committed at the end, or, when anything is raised, nothing.

        Args:
            connection: one that a host lends: then it is done in the host's transaction, and committed with
                it (see `recovery.store.lending`).

        Raises:
            Unlendable: the lent connection cannot be used.
            EnvironmentFault: the database is locked, full, read-only, gone or of another schema.
            EngineFault: a unit is already open in this thread.
            LostRace, ExternalIdTaken, NotFound: see `Unit.flush`.
        """
        with self._transaction() if connection is None else self._guests.writing(connection) as cursor:
            unit = Unit(cursor, self.dialect, self.clock, self._entropy)
            yield unit
            unit.flush()
            if unit.asks:
                self._announce(cursor)

    @contextmanager
    def reading(self, connection: Lendable | None) -> Iterator[Reading]:
        """What to read through: the store itself, or a lent connection, which sees its own transaction.

        Raises:
            Unlendable: the lent connection cannot be used.
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        if connection is None:
            yield self
            return
        with self._guests.reading(connection, self.clock) as lent:
            yield lent

    def changes(self, tenant: str, since: int, limit: int) -> list[Record]:
        """Events after a position in the order of the log, up to where no event can appear any more.

        Raises:
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        with self._explaining():
            cursor = self._reader().cursor()
            try:
                through = self.dialect.settled(cursor)
            finally:
                cursor.close()
        return self.log_between(tenant, since, through, limit)

    def publish(self, tenant: str, hash: str, workflow: str, files: Mapping[str, str]) -> None:
        """Keep a version (its files: path → text), and make it the one that new cases run on.

        Raises:
            EnvironmentFault: see `write`.
        """
        texts = self.dialect.texts
        with self._transaction() as cursor:
            now = to_text(self.clock())
            row = (tenant, hash, workflow, encode(dict(files)), now)
            self.dialect.many(cursor, sql.INSERT_BUNDLE, [row])
            cursor.execute(texts[sql.INSERT_PUBLISHED], (tenant, workflow, hash, now))

    def claim(
        self,
        tenant: str,
        owner: str,
        lasting: timedelta,
        limit: int,
        without_channels: Sequence[str] = (),
        *,
        installation: str,
    ) -> list[OutboxRow]:
        """Lease messages that may be sent now (see `Outbox.claim`); none of what is paused.

        Args:
            without_channels: channels that are out of order.
            installation: who sends; nothing is leased once another has taken the database over.

        Raises:
            EnvironmentFault: see `write`.
        """
        if not self._may_be_due(tenant):
            return []
        paused = self.pauses(tenant)
        if any(pause.kind == "tenant" for pause in paused):
            return []
        channels = [*without_channels, *(pause.name for pause in paused if pause.kind == "channel")]
        workflows = [pause.name for pause in paused if pause.kind == "workflow"]
        with self.write() as unit:
            now = self.clock()
            return unit.outbox.claim(
                tenant, owner, now, lasting, limit, channels, workflows, installation=installation
            )

    def renew(self, tenant: str, rows: Sequence[OutboxRow], lasting: timedelta) -> list[OutboxRow]:
        """Let the leases of messages last longer (see `Outbox.renew`); gives those that are lost.

        Raises:
            EnvironmentFault: see `write`.
        """
        with self.write() as unit:
            return unit.outbox.renew(tenant, rows, lasting)

    def take_over(self, installation: str, by: str, now: datetime) -> int:
        """Make another installation the one that sends; gives how many due messages are held from now on.

        For a copy of a database that is to be used by itself: what the original sends is not sent by it too,
        until somebody looks at it and releases it. In the original, nobody leases anything any more.

        Raises:
            EnvironmentFault: see `write`.
        """
        with self._transaction() as cursor:
            texts = self.dialect.texts
            self.dialect.claiming(cursor, None)
            cursor.execute(texts[sql.GET_META], (SENDER,))
            if cursor.fetchone() is None:
                cursor.execute(texts[sql.INSERT_META], (SENDER, installation))
            else:
                cursor.execute(texts[sql.SET_META], (installation, SENDER))
            note = f"held when {by} made {installation} the sender at {to_text(now)}"
            cursor.execute(texts[outbox_sql.HOLD_DUE], (note,))
            return cursor.rowcount

    def seal(self, key: bytes, now: datetime) -> int:
        """Seal every event since the last seal (see `recovery.store.seals`); gives how many those were.

        Raises:
            RecoveryError: the key is too short.
            WrongSealKey: the last seal was not made with this key, or seals are missing.
            EnvironmentFault: see `write`.
        """
        return seals.seal_all(self._is_unsealed, partial(self.working, Sealing), self.give_way, key, now)

    def require_seal_key(self, key: bytes) -> None:
        """Make sure that a key is the one the seals were made with.

        Raises:
            RecoveryError: the key is too short.
            WrongSealKey: the last seal was not made with this key, or seals are missing.
            EnvironmentFault: the database cannot be read, or is of another schema.
        """
        with self.snapshot() as snapshot:
            seals.require_key(snapshot.rows, key)

    @contextmanager
    def working(self, make: Callable[..., WorkT], *more: Any) -> Iterator[WorkT]:
        """One transaction's work on rows of another kind than cases: `make(cursor, dialect, *more)`.

        Raises:
            EnvironmentFault: see `write`.
        """
        with self._transaction() as cursor:
            yield make(cursor, self.dialect, *more)

    def _is_unsealed(self) -> bool:
        rows = self.rows(sql.LAST_SEAL)
        through = seals.Seal(*rows[0]).through if rows else 0
        return bool(self.rows(sql.UNSEALED, through, LAST, 1))

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        own = self._mine()
        if own.is_writing:
            raise EngineFault("A unit of work is already open in this thread; finish it first.")
        self._check()
        with self._explaining():
            connection, cursor = self._begin()
            own.is_writing = True
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                self._rollback(connection)
                raise
            finally:
                own.is_writing = False
                self._end()

    def _announce(self, cursor: Cursor) -> None:
        """Within the transaction: tell those who listen that messages were asked for, where that can be."""

    def listen(self, wake: Callable[[], None], stop: threading.Event) -> None:
        """Call `wake` when messages were asked for, by any process, until `stop`; at once over where nobody
        can be told. No promise: what is missed is found by whoever looks every second."""

    def cut(self) -> None:
        """Break the connections of this process, for somebody waits on one of them and nothing comes back.

        Whoever waits hears that the connection was lost, and the next use connects anew. Nothing is done
        where no network lies between.
        """

    def _may_be_due(self, tenant: str) -> bool:  # noqa: ARG002 - where nobody waits, a claim finds out itself
        """Whether it is worth a transaction to look for messages to claim."""
        return True

    def give_way(self) -> None:
        """Between two batches: let others have their turn, where there is one writer at a time."""

    def leave_no_trace(self) -> None:
        """After something was erased: let no journal have it any longer, where there is one of ours."""

    # --- connections ----------------------------------------------------------------------------------------

    def _check(self) -> None:
        if not self._is_checked:
            self.require_current()

    def _explaining(self) -> AbstractContextManager[None]:
        return self.dialect.explaining(self.where)

    def _mine(self) -> Own:
        """This thread's connections; none in a process that was forked since."""
        own = self._own
        if own.process != os.getpid():
            own.process, own.writer, own.reader, own.is_writing = os.getpid(), None, None, False
        return own

    def _writer(self) -> Any:
        own = self._mine()
        if own.writer is None:
            own.writer = self._keep(self._connect_to_write())
        return own.writer

    def _reader(self) -> Any:
        own = self._mine()
        if own.reader is None:
            self._check()
            own.reader = self._keep(self._connect_to_read())
        return own.reader

    def _keep(self, connection: Any) -> Any:
        """Remember a connection for `close`, and close those of threads that have ended.

        Those of the process this one was forked from are kept unused: closing them would end its talk.
        """
        here = os.getpid()
        with self._lock:
            ended = [one for thread, of, one in self._opened if of == here and not thread.is_alive()]
            self._opened = [row for row in self._opened if row[1] != here or row[0].is_alive()]
            self._opened.append((threading.current_thread(), here, connection))
        for one in ended:
            one.close()
        return connection
