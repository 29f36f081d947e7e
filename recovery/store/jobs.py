"""What is done at set times, as rows: one for each moment, unique by name and moment, leased meanwhile.

A job has one row that is due at most. Whoever finishes it writes the next one in the same transaction, so
that a moment is neither lost nor done by two.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, literal_column, null, or_, select, update

from recovery.core.instants import from_text, to_text
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor, Dialect
from recovery.store.reading import Reading
from recovery.store.statements import insert_many, value
from recovery.store.tables import table

job = table("job")

_DUE: ColumnElement[str] = literal_column("'due'")
_DONE: ColumnElement[str] = literal_column("'done'")
_NOUGHT: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")

_NOT_LEASED = {"lease_owner": null(), "lease_until": null()}

_KEY = ("tenant", "of_name", "of_due", "of_version")
_this = (
    job.c.tenant_id == value("tenant"),
    job.c.name == value("of_name"),
    job.c.due_at == value("of_due"),
    job.c.status == _DUE,
    job.c.version == value("of_version"),
)

PENDING = Statement(
    select(
        *(job.c.name, job.c.due_at, job.c.attempts, job.c.note),
        *(job.c.lease_owner, job.c.lease_until, job.c.version),
    )
    .where(job.c.tenant_id == value("tenant"), job.c.status == _DUE)
    .order_by(job.c.due_at, job.c.name),
    "tenant",
)

LAST_DONE = Statement(
    select(job.c.name, func.max(job.c.due_at), func.max(job.c.done_at))
    .where(job.c.tenant_id == value("tenant"), job.c.status == _DONE)
    .group_by(job.c.name),
    "tenant",
)

PLAN = insert_many(
    job, ("tenant_id", "name", "due_at"), ignoring=True, status=_DUE, attempts=_NOUGHT, version=_NOUGHT
)

MOVE = Statement(
    update(job)
    .values(due_at=value("at"))
    .where(*_this, job.c.attempts == _NOUGHT, job.c.lease_owner.is_(None)),
    "at",
    *_KEY,
)

TAKE = Statement(
    update(job)
    .values(
        attempts=job.c.attempts + _ONE,
        lease_owner=value("by"),
        lease_until=value("until"),
        version=job.c.version + _ONE,
    )
    .where(*_this, or_(job.c.lease_until.is_(None), job.c.lease_until <= value("free"))),
    *("by", "until", *_KEY, "free"),
)

RENEW = Statement(update(job).values(lease_until=value("until")).where(*_this), "until", *_KEY)

FINISH = Statement(
    update(job).values(status=_DONE, done_at=value("at"), note=null(), **_NOT_LEASED).where(*_this),
    "at",
    *_KEY,
)

PUT_OFF = Statement(
    update(job).values(note=value("remark"), lease_owner=null(), lease_until=value("until")).where(*_this),
    *("remark", "until", *_KEY),
)

GIVE_BACK = Statement(update(job).values(attempts=job.c.attempts - _ONE, **_NOT_LEASED).where(*_this), *_KEY)

FORGET = Statement(
    job.delete().where(
        job.c.tenant_id == value("tenant"),
        job.c.name == value("of_name"),
        job.c.status == _DONE,
        job.c.due_at < value("before"),
    ),
    *("tenant", "of_name", "before"),
)


class DueJob(NamedTuple):
    """The moment at which a job is due next, or was already.

    Attributes:
        attempts: how often it was begun.
        note: why it failed last; None when it did not.
        lease_until: nobody else begins it before (the database's time); None when anybody may.
        version: counts the leases, so that who comes too late is known.
    """

    name: str
    due_at: datetime
    attempts: int
    note: str | None
    lease_owner: str | None
    lease_until: datetime | None
    version: int


class DoneJob(NamedTuple):
    """The last moment of a job that was done, and when that was."""

    due_at: datetime
    done_at: datetime


def pending(reading: Reading, tenant: str) -> list[DueJob]:
    """What is due next of each job, the earliest first.

    Raises:
        EnvironmentFault: the database cannot be read, or is of another schema.
    """
    return [_due_job(row) for row in reading.rows(PENDING, tenant)]


def last_done(reading: Reading, tenant: str) -> dict[str, DoneJob]:
    """What was done last of each job, by its name.

    Raises:
        EnvironmentFault: the database cannot be read, or is of another schema.
    """
    return {name: DoneJob(from_text(due), from_text(at)) for name, due, at in reading.rows(LAST_DONE, tenant)}


def _due_job(row: Any) -> DueJob:
    name, due_at, attempts, note, owner, until, version = row
    until = None if until is None else from_text(until)
    return DueJob(name, from_text(due_at), attempts, note, owner, until, version)


class Jobs:
    """Work on the rows of jobs of one tenant, on a cursor that is inside a transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect, tenant: str) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._tenant = tenant

    def plan(self, moments: Iterable[tuple[str, datetime]]) -> None:
        """Write down when jobs are due next, but for those that have a row that is due or for then."""
        rows = [(self._tenant, name, to_text(at)) for name, at in moments]
        if rows:
            self._dialect.many(self._cursor, PLAN, rows)

    def move(self, of: DueJob, to: datetime) -> None:
        """Let a job that nobody has begun be due at another moment."""
        self._changed(MOVE, to_text(to), *self._key(of))

    def take(self, of: DueJob, owner: str, lasting: timedelta) -> DueJob | None:
        """Lease a job to be done; None when somebody else has it, or had it meanwhile."""
        present = self._dialect.lease_now(self._cursor)
        until = present + lasting
        if not self._changed(TAKE, owner, to_text(until), *self._key(of), to_text(present)):
            return None
        taken = of._replace(lease_owner=owner, lease_until=until)
        return taken._replace(attempts=of.attempts + 1, version=of.version + 1)

    def renew(self, of: DueJob, lasting: timedelta) -> bool:
        """Let a lease last longer from now on; False when it is somebody else's by now."""
        until = self._dialect.lease_now(self._cursor) + lasting
        return self._changed(RENEW, to_text(until), *self._key(of))

    def finish(self, of: DueJob, at: datetime, following: datetime | None, keep_since: datetime) -> bool:
        """Say that a job was done, and when it is due next (None: never); False when the lease is lost.

        Args:
            keep_since: what was due before is forgotten.
        """
        if not self._changed(FINISH, to_text(at), *self._key(of)):
            return False
        if following is not None:
            self.plan([(of.name, following)])
        self._changed(FORGET, self._tenant, of.name, to_text(keep_since))
        return True

    def put_off(self, of: DueJob, note: str, wait: timedelta) -> bool:
        """Say that a job failed, and is tried again after a while; False when the lease is lost."""
        until = self._dialect.lease_now(self._cursor) + wait
        return self._changed(PUT_OFF, note, to_text(until), *self._key(of))

    def give_back(self, of: DueJob) -> None:
        """Let somebody else do a leased job from the beginning, as if it had not been begun."""
        self._changed(GIVE_BACK, *self._key(of))

    def _key(self, of: DueJob) -> tuple[Any, ...]:
        return self._tenant, of.name, to_text(of.due_at), of.version

    def _changed(self, statement: Statement, *values: Any) -> bool:
        self._cursor.execute(self._dialect.texts[statement], values)
        return self._cursor.rowcount == 1
